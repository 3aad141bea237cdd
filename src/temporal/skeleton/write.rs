//! A skeleton as lines of text, one step a line, and read back from these.
//!
//! Knows: the form of the lines. Does not know: files.
//!
//! ```text
//! run 1 writes
//!   activity charge
//!   wait for activity charge#1
//!   if input.0 == 'express'
//!     timer
//!   else
//!     return
//! ```

use std::sync::Arc;

use super::effects::Effect;
use super::forms::{Called, Told};
use super::step::{Command, CommandKind, Condition, Exit, Failures, OneOf, Step, Text, Wait};

/// How steps read, without places and without what tells commands of one type apart.
#[must_use]
pub(super) fn key(steps: &[Step]) -> String {
    let mut lines = Vec::new();
    write(steps, 0, &mut Called::default(), &mut lines);
    let untold = |line: String| match line.split_once(" \u{2190} ") {
        Some((first, _)) => first.to_owned(),
        None => line,
    };
    let told: Vec<String> =
        lines.into_iter().filter(|line| !line.trim_start().starts_with("wait ")).map(untold).collect();
    told.join("\n")
}

/// Whether steps read alike. What differs at once is not read to its end: in a chain of branches each holds all that follow.
#[must_use]
pub(super) fn alike(one: &[Step], other: &[Step]) -> bool {
    let kinds = |steps: &[Step]| -> Vec<std::mem::Discriminant<Step>> {
        steps.iter().filter(|step| !matches!(step, Step::Wait(_))).map(std::mem::discriminant).collect()
    };
    kinds(one) == kinds(other) && key(one) == key(other)
}

/// What stands behind the kind of a command whose type is known by how it comes about.
const COMPUTED: &str = " by value";

/// Between what a command is known by and what is done with it where it is cancelled, if that is not as usual.
const CANCELLED: &str = ", cancelled as ";

/// What is not known.
pub(super) const NOT_KNOWN: &str = "?";

/// Between what a line says, and between several of a kind.
pub(super) const THEN: &str = " \u{2261} ";
pub(super) const AND: &str = " \u{2022} ";

/// Around the duration of a timer that is not started where it is 0.
const UNLESS: &str = ", unless ";
const IS_ZERO: &str = " is 0";

/// Before what the result of a command is in JSON.
const GIVES: &str = ", gives ";

/// How it reads what is done with a command where it is cancelled; nothing where that is as usual.
fn cancelled(command: &Command) -> String {
    match command.cancels.as_deref() {
        cancels if cancels == command.kind.cancels() => String::new(),
        cancels => format!("{CANCELLED}{}", cancels.unwrap_or(NOT_KNOWN)),
    }
}

/// The lines of steps.
pub fn write(steps: &[Step], depth: usize, called: &mut Called, lines: &mut Vec<String>) {
    let line = |lines: &mut Vec<String>, text: String| lines.push(format!("{}{text}", "  ".repeat(depth)));
    for step in steps {
        match step {
            Step::Command(command) => {
                let id = command.id.as_ref().map_or(String::new(), |id| format!(" id {}", both(id)));
                let until = command.until.as_ref().map_or(String::new(), |until| format!(" until {}", both(until)));
                let name = both(&command.name);
                let kind = command.kind.word();
                let computed = if command.is_computed { COMPUTED } else { "" };
                let (token, cancels) = (&command.token, cancelled(command));
                let zero =
                    command.zero.as_ref().map_or(String::new(), |zero| format!("{UNLESS}{}{IS_ZERO}", both(zero)));
                let gives =
                    command.gives.as_ref().map_or(String::new(), |form| format!("{GIVES}{}", called.form(form)));
                line(lines, format!("{kind}{computed}: {name}{id}{until} \u{2190} {token}{cancels}{zero}{gives}"));
            }
            Step::Wait(wait) => {
                line(lines, format!("{}: {}", wait.failures.word(), wait.tokens.join(AND)));
            }
            Step::Branch { condition, then, orelse, .. } => {
                let compares = match &condition.compares {
                    Some(OneOf { of, constants }) => {
                        format!("{THEN}{of}{THEN}{}", constants.join(AND))
                    }
                    None => String::new(),
                };
                line(lines, format!("if: {}{compares}", both(&condition.text)));
                write(then, depth + 1, called, lines);
                if !orelse.is_empty() {
                    line(lines, "else".to_owned());
                    write(orelse, depth + 1, called, lines);
                }
            }
            Step::Loop { head, body, .. } => {
                line(lines, format!("loop: {}", both(head)));
                write(body, depth + 1, called, lines);
            }
            Step::Beside(steps) => {
                line(lines, "beside".to_owned());
                write(steps, depth + 1, called, lines);
            }
            Step::Failed { handlers, of, .. } => {
                if handlers.is_empty() {
                    line(lines, "block".to_owned());
                }
                let of = if of.is_empty() { String::new() } else { format!(" \u{2190} {of}") };
                for (position, (kind, steps)) in handlers.iter().enumerate() {
                    let on = if position == 0 { "on failure" } else { "or on failure" };
                    line(lines, format!("{on}: {}{of}", both(kind)));
                    write(steps, depth + 1, called, lines);
                }
            }
            Step::Over => line(lines, "over".to_owned()),
            Step::Exit(exit, _) => line(lines, exit.word()),
            Step::Put { attribute, value } => line(lines, format!("put: {}{THEN}{}", both(attribute), both(value))),
            Step::Unknown { what, reason, .. } => line(lines, format!("unknown: {}{THEN}{reason}", both(what))),
        }
    }
}

/// The lines of what a handler puts into the state.
pub fn write_effects(effects: &[Effect], depth: usize, lines: &mut Vec<String>) {
    let line = |effect: &Effect| {
        let puts = if effect.is_later { PUTS_LATER } else { PUTS };
        format!("{}{puts}{}{THEN}{}", "  ".repeat(depth), both(&effect.attribute), both(&effect.does))
    };
    lines.extend(effects.iter().map(line));
}

/// Reads what a handler puts into the state from a line; nothing where it says something else.
#[must_use]
pub fn read_effect(line: &str) -> Option<Effect> {
    let (line, is_later) = match line.strip_prefix(PUTS) {
        Some(line) => (line, false),
        None => (line.strip_prefix(PUTS_LATER)?, true),
    };
    let (attribute, does) = line.split_once(THEN)?;
    Some(Effect { attribute: text_of(attribute), does: text_of(does), is_later })
}

/// How a line begins that says what a handler puts into the state.
const PUTS: &str = "puts into ";
const PUTS_LATER: &str = "puts later into ";

/// Both forms of a text in one line.
pub(super) fn both(text: &Text) -> String {
    let shared = if text.is_shared { " \u{25cb}" } else { "" };
    if text.name == text.shape {
        return format!("{}{shared}", text.name);
    }
    format!("{} \u{2248} {}{shared}", text.name, text.shape)
}

pub(super) fn text_of(line: &str) -> Text {
    let (line, is_shared) = match line.strip_suffix(" \u{25cb}") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (name, shape) = line.split_once(" \u{2248} ").unwrap_or((line, line));
    Text { name: name.into(), shape: shape.into(), is_shared }
}

/// Lines that are indented, as a tree.
struct Lines<'l> {
    lines: &'l [(usize, &'l str)],
    at: usize,
    told: &'l Told,
}

/// Reads steps from lines, each with its depth. Nothing where a line is none of a skeleton's.
#[must_use]
pub fn read(lines: &[(usize, &str)], depth: usize, told: &Told) -> Option<Vec<Step>> {
    let mut reader = Lines { lines, at: 0, told };
    let steps = reader.steps(depth)?;
    (reader.at == lines.len()).then_some(steps)
}

impl Lines<'_> {
    fn next(&mut self, depth: usize) -> Option<String> {
        let (found, line) = self.lines.get(self.at)?;
        (*found == depth).then(|| {
            self.at += 1;
            (*line).to_owned()
        })
    }

    fn peek(&self, depth: usize) -> Option<&str> {
        let (found, line) = self.lines.get(self.at)?;
        (*found == depth).then_some(*line)
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each kind of line")]
    fn steps(&mut self, depth: usize) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        while let Some(line) = self.next(depth) {
            let step = match line.split_once(": ").or_else(|| line.strip_suffix(':').map(|word| (word, ""))) {
                Some(("if", text)) => {
                    let mut parts = text.split(THEN);
                    let text = text_of(parts.next()?);
                    let compares = match (parts.next(), parts.next()) {
                        (Some(of), Some(constants)) => {
                            let constants = constants.split(AND).map(Arc::from).collect();
                            Some(OneOf { of: of.into(), constants })
                        }
                        _ => None,
                    };
                    let then = self.steps(depth + 1)?;
                    let orelse = match self.peek(depth) {
                        Some("else") => {
                            self.at += 1;
                            self.steps(depth + 1)?
                        }
                        _ => Vec::new(),
                    };
                    Step::Branch { condition: Condition { text, compares }, then, orelse, at: None }
                }
                Some(("loop", text)) => {
                    let head = text_of(text);
                    Step::Loop { head, body: self.steps(depth + 1)?, at: None }
                }
                Some(("on failure", text)) => {
                    let (kind, of) = guarded(text);
                    let of: Arc<str> = of.into();
                    let mut handlers = vec![(text_of(kind), self.steps(depth + 1)?)];
                    while let Some(more) = self.peek(depth).and_then(|line| line.strip_prefix("or on failure: ")) {
                        let kind = text_of(guarded(more).0);
                        self.at += 1;
                        handlers.push((kind, self.steps(depth + 1)?));
                    }
                    Step::Failed { handlers, of, at: None }
                }
                Some(("unknown", text)) => {
                    let (what, reason) = text.split_once(THEN)?;
                    Step::Unknown { what: text_of(what), reason: reason.to_owned(), at: None }
                }
                Some((wait, tokens)) if wait.starts_with("wait") => {
                    let tokens = tokens.split(AND).filter(|token| !token.is_empty());
                    let tokens = tokens.map(Arc::from).collect();
                    Step::Wait(Wait { tokens, failures: Failures::of_word(wait)?, at: None })
                }
                Some((kind, rest)) => {
                    let (kind, is_computed) = match kind.strip_suffix(COMPUTED) {
                        Some(kind) => (kind, true),
                        None => (kind, false),
                    };
                    Step::Command(Command { is_computed, ..command_of(CommandKind::of_word(kind)?, rest, self.told)? })
                }
                None if line == "block" => Step::Failed { handlers: Vec::new(), of: "".into(), at: None },
                None if line == "over" => Step::Over,
                None if line == "beside" => Step::Beside(self.steps(depth + 1)?),
                None => Step::Exit(Exit::of_word(&line)?, None),
            };
            steps.push(step);
        }
        Some(steps)
    }
}

/// What is caught, and in what.
fn guarded(line: &str) -> (&str, &str) {
    line.split_once(" \u{2190} ").unwrap_or((line, ""))
}

fn command_of(kind: CommandKind, line: &str, told: &Told) -> Option<Command> {
    let (line, token) = line.split_once("\u{2190} ")?;
    let (token, gives) = match token.rsplit_once(GIVES) {
        Some((token, gives)) => (token, Some(told.form(gives)?)),
        None => (token, None),
    };
    let (token, zero) = match token.strip_suffix(IS_ZERO).and_then(|token| token.split_once(UNLESS)) {
        Some((token, zero)) => (token, Some(text_of(zero))),
        None => (token, None),
    };
    let (token, cancels) = match token.split_once(CANCELLED) {
        Some((token, cancels)) => (token, Some(cancels).filter(|cancels| *cancels != NOT_KNOWN)),
        None => (token, kind.cancels()),
    };
    let line = line.strip_suffix(' ').unwrap_or(line);
    let (line, until) = match line.split_once(" until ") {
        Some((line, until)) => (line, Some(text_of(until))),
        None => (line, None),
    };
    let (name, id) = match line.split_once(" id ") {
        Some((name, id)) => (name, Some(text_of(id))),
        None => (line, None),
    };
    Some(Command {
        kind,
        name: text_of(name),
        is_computed: false,
        id,
        token: token.into(),
        until,
        zero,
        gives,
        cancels: cancels.map(Arc::from),
        at: None,
    })
}

/// The steps of a text, two spaces a level; a command may leave out what tells it from others of its type.
#[cfg(test)]
pub(super) fn steps_of(text: &str) -> Vec<Step> {
    let lines: Vec<(usize, String)> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let bare = line.trim_start();
            let is_command = bare.split_once(": ").is_some_and(|(kind, _)| CommandKind::of_word(kind).is_some());
            let token = bare.replacen(": ", " ", 1);
            let told = if is_command { format!("{bare} \u{2190} {token}#1") } else { bare.to_owned() };
            ((line.len() - bare.len()) / 2, told)
        })
        .collect();
    let first = lines.first().map_or(0, |(depth, _)| *depth);
    let lines: Vec<(usize, &str)> = lines.iter().map(|(depth, line)| (depth - first, line.as_str())).collect();
    read(&lines, 0, &Told::default()).unwrap_or_else(|| panic!("no steps: {text}"))
}

/// Steps as such a text.
#[cfg(test)]
pub(super) fn text_of_steps(steps: &[Step]) -> String {
    let mut lines = Vec::new();
    write(steps, 0, &mut Called::default(), &mut lines);
    let bare = |line: &String| line.split(" \u{2190} ").next().unwrap_or_default().to_owned();
    lines.iter().map(bare).collect::<Vec<_>>().join("\n")
}
