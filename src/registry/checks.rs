// What the tables of symbols may say, checked with the place of each fault. Shared with `build.rs`, which checks our own
// tables with it; the crate checks those of a project (`extend-rules`).
//
// Knows: the form of symbols, the words, and what may not stand twice. Does not know: where a file lies, nor what our own
// tables alone may say (`build.rs`). The place of a word is the last one where it stands by itself.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::schema::{BLOCKS, CONFIDENCES, Calls, EFFECTS, EffectGroup, ExtensionFile, HandsOff, NONE, TypesFile};

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters it takes.
    pub width: usize,
    /// What is wrong.
    pub message: String,
}

/// A file under examination.
#[derive(Debug)]
pub struct Examined<'a> {
    /// Its text.
    pub text: &'a str,
    /// What is wrong with it so far.
    pub faults: Vec<Fault>,
}

impl<'a> Examined<'a> {
    /// Nothing is wrong so far.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, faults: Vec::new() }
    }

    /// Reads it. Enums stand as maps of one key (`check: { blocking: … }`), not as YAML tags.
    pub fn parse<T: DeserializeOwned>(&mut self) -> Option<T> {
        let yaml = serde_yaml::Deserializer::from_str(self.text);
        match serde_yaml::with::singleton_map_recursive::deserialize(yaml) {
            Ok(value) => Some(value),
            Err(problem) => {
                let said = problem.to_string();
                // Of characters that YAML does not have the position alone is told.
                let (message, position) = said.split_once(" at position ").unwrap_or((&said, ""));
                let by_position = position.split(' ').next().and_then(|number| number.parse().ok());
                let (line, column) = match (by_position, problem.location()) {
                    (Some(position), _) => line_column(self.text, position),
                    (None, Some(place)) => (place.line(), place.column()),
                    (None, None) => (1, 1),
                };
                // The place is given in front already.
                let message = message.split(" at line ").next().unwrap_or(message).to_owned();
                let from = self.text.lines().nth(line.saturating_sub(1)).unwrap_or("").chars();
                let from = from.skip(column.saturating_sub(1));
                let word = from.take_while(|c| !c.is_whitespace() && !":,]}".contains(*c)).count();
                self.faults.push(Fault { line, column, width: word.max(1), message });
                None
            }
        }
    }

    /// Notes a mistake at the last place where `word` stands by itself, or at the top of the file.
    pub fn wrong(&mut self, word: &str, message: impl Into<String>) {
        let (line, column) = place(self.text, word).unwrap_or((1, 1));
        self.faults.push(Fault { line, column, width: word.chars().count().max(1), message: message.into() });
    }

    /// Whether a word is one of those known.
    pub fn check_word(&mut self, what: &str, word: &str, known: &[&str]) {
        if !known.contains(&word) {
            self.wrong(word, format!("unknown {what} `{word}`, expected {}", listed(known)));
        }
    }

    /// The groups of effects.
    pub fn check_effects(&mut self, groups: &[EffectGroup]) {
        let mut seen: HashMap<(&str, &str), ()> = HashMap::new();
        for group in groups {
            let first = group.symbols.first().map_or("", String::as_str);
            if group.symbols.is_empty() {
                self.wrong("effects", "a group without symbols");
            }
            if group.effect.is_none() && group.blocks.is_none() {
                self.wrong(first, format!("the group of `{first}` has neither `effect` nor `blocks`"));
            }
            if let Some(effect) = group.effect.as_deref().filter(|effect| *effect != NONE) {
                self.check_word("effect", effect, &EFFECTS);
            }
            if let Some(blocks) = group.blocks.as_deref().filter(|blocks| *blocks != NONE) {
                self.check_word("kind of blocking", blocks, &BLOCKS);
            }
            if let Some(confidence) = &group.confidence {
                self.check_word("confidence", confidence, &CONFIDENCES);
            }
            for rewrite in group.fix.iter().chain(&group.fix_async) {
                let ways = [rewrite.callee.is_some(), rewrite.call.is_some(), rewrite.to_thread];
                if ways.iter().filter(|said| **said).count() != 1 {
                    self.wrong(first, format!("a fix of `{first}` says one of `callee`, `call` and `to-thread`"));
                }
            }
            for symbol in &group.symbols {
                self.check_symbol(symbol);
                if !symbol.contains('.') {
                    self.wrong(symbol, format!("`{symbol}` has no module; built-ins are `builtins.{symbol}`"));
                }
                let sides = [("effect", group.effect.is_some()), ("blocks", group.blocks.is_some())];
                for (side, _) in sides.into_iter().filter(|(_, given)| *given) {
                    if seen.insert((side, symbol), ()).is_some() {
                        self.wrong(symbol, format!("`{symbol}` has `{side}` in two groups"));
                    }
                }
            }
        }
    }

    /// What is known of types.
    pub fn check_types(&mut self, table: &TypesFile) {
        for function in table.perhaps_none.iter().flat_map(|group| &group.symbols) {
            if !table.returns.contains_key(function) {
                self.wrong(function, format!("`{function}` may give `None`, but `returns` does not say what else"));
            }
        }
        for (function, class) in table.returns.iter().chain(&table.attributes).chain(&table.bases) {
            self.check_symbol(function);
            self.check_symbol(class);
        }
        for (spelling, symbol) in &table.canonical {
            self.check_symbol(spelling);
            self.check_symbol(symbol);
            let from = spelling.trim_end_matches(".*");
            let to = symbol.trim_end_matches(".*");
            if to == from || to.strip_prefix(from).is_some_and(|rest| rest.starts_with('.')) {
                self.wrong(spelling, format!("`{spelling}` is mapped to itself or to something below itself"));
            }
        }
    }

    /// What callables do with functions that they are given.
    pub fn check_handling(&mut self, calls: &[Calls], hands_off: &[HandsOff], keeps: &[String]) {
        let calls = calls.iter().flat_map(|entry| &entry.symbols);
        let handled = calls.chain(hands_off.iter().flat_map(|entry| &entry.symbols)).chain(keeps);
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for symbol in handled {
            self.check_symbol(symbol);
            if seen.insert(symbol, ()).is_some() {
                self.wrong(symbol, format!("`{symbol}` stands twice among `calls`, `hands-off` and `keeps`"));
            }
        }
    }

    /// A file of a project's own tables.
    pub fn check_extension(&mut self, file: &ExtensionFile) {
        self.check_effects(&file.effects);
        self.check_types(&file.types);
        let behaviour = &file.behaviour;
        self.check_handling(&behaviour.calls, &behaviour.hands_off, &behaviour.keeps);
        let rest = (behaviour.never_returns.iter().flat_map(|entry| &entry.symbols))
            .chain(behaviour.returns_argument.iter().flat_map(|entry| &entry.symbols));
        rest.for_each(|symbol| self.check_symbol(symbol));
        let mut seen: HashMap<&str, ()> = HashMap::new();
        for symbol in file.decorators.iter().flat_map(|group| &group.symbols) {
            self.check_symbol(symbol);
            if symbol.ends_with(".*") || !symbol.contains('.') {
                self.wrong(
                    symbol,
                    format!("`{symbol}` is no decorator's whole name, such as `acme.temporal.activity`"),
                );
            }
            if seen.insert(symbol, ()).is_some() {
                self.wrong(symbol, format!("`{symbol}` stands twice among `decorators`"));
            }
        }
        for symbol in file.symbols().filter(|symbol| symbol.split('.').next() == Some("temporalio")) {
            self.wrong(symbol, format!("`{symbol}` belongs to the SDK, of which the linter knows itself"));
        }
    }

    /// The form of a symbol.
    pub fn check_symbol(&mut self, symbol: &str) {
        let name = symbol.strip_suffix(".*").unwrap_or(symbol).replacen(".**.", ".", 1);
        if !name.split('.').all(is_component) {
            let message = format!(
                "`{symbol}` is not a symbol: dotted names, `()` after one for its result, a final `.*`, one `.**.`"
            );
            self.wrong(symbol, message);
        }
    }
}

fn is_component(component: &str) -> bool {
    let name = component.trim_end_matches("()");
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Words for a message.
#[must_use]
pub fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The line and column of the last occurrence of `word` that is not part of a longer one.
fn place(text: &str, word: &str) -> Option<(usize, usize)> {
    if word.is_empty() {
        return None;
    }
    let inside = |c: char| c.is_alphanumeric() || "_-.*()".contains(c);
    let alone = |at: usize| {
        !text[..at].chars().next_back().is_some_and(inside)
            && !text[at + word.len()..].chars().next().is_some_and(inside)
    };
    let (at, _) = text.rmatch_indices(word).find(|(at, _)| alone(*at))?;
    Some(line_column(text, at))
}

/// The line and column of a byte, from 1.
fn line_column(text: &str, at: usize) -> (usize, usize) {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (text[..at].matches('\n').count() + 1, text[line_start..at].chars().count() + 1)
}
