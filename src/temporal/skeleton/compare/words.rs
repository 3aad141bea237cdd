//! Steps and conditions in a few words.
//!
//! Knows: how people call what a step does. Does not know: which difference is told ([`walk`](super::walk)).

use crate::temporal::skeleton::reading::opposite;
use crate::temporal::skeleton::step::{CONDITION, Command, Exit, SETTLED, Step, awaited_condition, each_step};

/// What a step is, in a few words.
pub(super) fn shown(step: Option<&Step>) -> String {
    match step {
        None | Some(Step::Exit(Exit::Return, _)) => "the end".to_owned(),
        Some(Step::Command(command)) => command.shown(),
        Some(Step::Branch { condition, then, orelse, .. }) => match then.is_empty() {
            false => format!("{} if `{}`", first_command(then), in_words(&condition.text.name)),
            true => format!("{} unless `{}`", first_command(orelse), in_words(&condition.text.name)),
        },
        Some(Step::Loop { head, body, .. }) => {
            let head = match head.name.strip_prefix("each of ") {
                Some(of) => format!("for each of `{}`", in_words(of)),
                None if &*head.name == "True" => "again and again".to_owned(),
                None => format!("while `{}`", in_words(&head.name)),
            };
            format!("{} {head}", first_command(body))
        }
        Some(Step::Beside(steps)) => format!("{} beside the rest", first_command(steps)),
        Some(Step::Failed { .. }) => "what is done on failure".to_owned(),
        Some(Step::Exit(exit, _)) => exit.word(),
        Some(Step::Over) => String::new(),
        Some(Step::Put { attribute, .. }) => format!("a change of `{}`", attribute.name),
        Some(Step::Unknown { what, .. }) => format!("`{}`", what.name),
        Some(Step::Wait(wait)) => {
            format!("a wait for {}", wait.tokens.first().map_or_else(String::new, |token| told(token)))
        }
    }
}

fn first_command(steps: &[Step]) -> String {
    first_of(steps).map_or_else(|| "no command".to_owned(), Command::shown)
}

/// The first command of steps.
pub(super) fn first_of(steps: &[Step]) -> Option<&Command> {
    let mut found = None;
    each_step(steps, &mut |step| {
        if let Step::Command(command) = step {
            found.get_or_insert(command);
        }
    });
    found
}

/// Up to how many characters of what decides something are shown.
const WORDS: usize = 100;

/// What decides something, for people: `or` and `and` instead of their one form, and no more than can be read.
#[must_use]
pub fn in_words(text: &str) -> String {
    let parts = |inner: &str| -> Option<Vec<String>> {
        (!inner.contains("all of (")).then(|| inner.split("; ").map(str::to_owned).collect())
    };
    let all = |text: &str| text.strip_prefix("all of (").and_then(|text| text.strip_suffix(')')).and_then(parts);
    let words = match (all(text), text.strip_prefix("not ").and_then(all)) {
        (Some(parts), _) => parts.join(" and "),
        (None, Some(parts)) => parts.iter().map(|part| opposite(part)).collect::<Vec<_>>().join(" or "),
        (None, None) => text.to_owned(),
    };
    let words = plainly(&words);
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// What is known by this becomes true in no history.
pub(super) const NEVER: &str = "condition False";

/// Whether what is waited for is one command.
pub(super) fn is_of_command(token: &str) -> bool {
    token.contains('#') && ![CONDITION, SETTLED, "any of "].iter().any(|word| token.starts_with(word))
}

/// What is written in the engine's own form, and what it is called for people.
const OWN_FORMS: [(&str, &str); 3] =
    [("generated(", "what the generator gives"), ("loop(", "what the loop has made"), ("made(", "")];

/// A text without the forms that only the engine writes.
fn plainly(text: &str) -> String {
    let mut text = text.replace("builtins.", "");
    for (form, called) in OWN_FORMS {
        let mut done = String::new();
        let mut from = 0;
        while let Some(at) = text[from..].find(form).map(|at| from + at) {
            let inner = &text[at + form.len()..];
            done.push_str(&text[from..at]);
            if !stands_alone(&text[..at]) {
                done.push_str(form);
                from = at + form.len();
                continue;
            }
            // A text that was shortened is closed nowhere.
            let end = closed(inner).unwrap_or(inner.len());
            done.push_str(if called.is_empty() { &inner[..end] } else { called });
            if end == inner.len() {
                done.push('\u{2026}');
            }
            from = (at + form.len() + end + 1).min(text.len());
        }
        done.push_str(&text[from..]);
        text = done;
    }
    let mut done = String::new();
    for (number, part) in text.split("result of ").enumerate() {
        let (called, rest) = match part.split_once('#') {
            Some((called, rest)) if number > 0 && !called.contains(['(', ')']) => {
                (called, rest.trim_start_matches(|next: char| next.is_ascii_digit()))
            }
            _ => (part, ""),
        };
        done.push_str(if number > 0 { "result of " } else { "" });
        done.push_str(called);
        done.push_str(rest);
    }
    done
}

/// Whether what follows begins a word of its own: it ends no name, and stands in no text of the code.
#[must_use]
pub fn stands_alone(before: &str) -> bool {
    let ends_name = before.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '.'));
    !ends_name && before.matches('\'').count().is_multiple_of(2)
}

/// Where the bracket is closed that was opened before a text.
fn closed(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A token without its number, or with the name of what it asks about.
pub(super) fn told(token: &str) -> String {
    if token == NEVER {
        return "what only messages bring that no history holds".to_owned();
    }
    match awaited_condition(token) {
        Some((name, _)) => format!("{CONDITION}{name}"),
        None if token.starts_with("slot ") => "a lock or semaphore".to_owned(),
        None => token.split('#').next().unwrap_or(token).to_owned(),
    }
}

/// How many steps of each version are shown.
const SHOWN: usize = 3;

/// The next steps, in a few words.
pub(super) fn excerpt(steps: &[Step]) -> String {
    let mut parts: Vec<String> = steps
        .iter()
        .filter(|step| !matches!(step, Step::Wait(_) | Step::Failed { .. } | Step::Over))
        .take(SHOWN + 1)
        .map(|step| shown(Some(step)))
        .collect();
    if parts.len() > SHOWN {
        parts.truncate(SHOWN);
        parts.push("…".to_owned());
    } else if parts.is_empty() {
        parts.push("the end".to_owned());
    }
    parts.join(", then ")
}
