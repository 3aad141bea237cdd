//! Whether an agent file is one that every reader accepts.
//!
//! Knows: front matter, its places, and the limits of a body. Does not know: which fields a harness has
//! ([`fields`](super::fields)), or Python ([`examples`](super::examples)).

use camino::Utf8Path;
use serde_yaml::Value;

use super::fields::{self, Field, IGNORED_IN_PLUGINS, Wrong, suggestion};
use super::front_matter::{self, Malformed, Parts};
use super::{Harness, examples};
use crate::diagnostic::Severity;

/// How many characters a body has at most. It is the agent's whole prompt, and is read at every start.
const LONGEST_BODY: usize = 10_000;

/// Something wrong in an agent file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub row: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// An error is refused or ignored by some harness, or breaks a promise of the file; a warning is neither.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Problem {
    pub(super) fn error(row: usize, column: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { row, column, severity: Severity::Error, message: message.into(), help: help.into() }
    }

    fn warning(row: usize, column: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(row, column, message, help) }
    }

    fn malformed(malformed: Malformed, help: &str) -> Self {
        Self::error(malformed.row, malformed.column, malformed.message, help)
    }
}

/// Checks an agent file: its front matter as strictly as the strictest reader, its body, and the Python examples in it.
/// Problems come in the order of their places. `path` is absolute; it is not read.
#[must_use]
pub fn check(path: &Utf8Path, bytes: &[u8], harness: Harness) -> Vec<Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return vec![Problem::error(1, 1, "not valid UTF-8", "save the file as UTF-8")];
    };
    let file = AgentFile { path, text, harness };
    let mut problems = if harness == Harness::Codex { file.check_toml() } else { file.check_markdown() };
    problems.sort_by_key(|problem| (problem.row, problem.column));
    problems
}

struct AgentFile<'a> {
    path: &'a Utf8Path,
    text: &'a str,
    harness: Harness,
}

impl AgentFile<'_> {
    fn check_markdown(&self) -> Vec<Problem> {
        let Some(parts) = front_matter::split(self.text) else {
            let help = "begin the file with a line `---`, the fields `name` and `description`, and another line `---`";
            return vec![Problem::error(1, 1, "no front matter", help)];
        };
        let mut problems = match parts.value() {
            Ok(value) => self.check_fields(&value),
            Err(malformed) => {
                let help = "put the value in quotes, or write it as a block: `description: >-`, then indented lines";
                vec![Problem::malformed(malformed, help)]
            }
        };
        problems.extend(self.check_body(&parts));
        problems
    }

    fn check_toml(&self) -> Vec<Problem> {
        let value = match front_matter::of_toml(self.text) {
            Ok(value) => value,
            Err(malformed) => return vec![Problem::malformed(malformed, "")],
        };
        let mut problems = self.check_fields(&value);
        // A text in TOML may be written with escapes, so that its lines are not those of the file; codes are looked for
        // in the file itself, and examples only where the text stands in it as it is.
        problems.extend(examples::unknown_codes(self.text, 1));
        let body = value.get("developer_instructions").and_then(Value::as_str).unwrap_or_default();
        if let Some(at) = self.text.find(body).filter(|_| !body.is_empty()) {
            problems.extend(examples::check(body, self.text[..at].matches('\n').count() + 1, self.path));
        }
        problems
    }

    fn check_fields(&self, value: &Value) -> Vec<Problem> {
        let Some(mapping) = value.as_mapping() else {
            return vec![Problem::error(
                1,
                1,
                "the front matter has no fields",
                "write `name: …` and `description: …`",
            )];
        };
        let known = fields::of(self.harness);
        let mut problems: Vec<Problem> = known
            .iter()
            .filter(|field| field.required && !mapping.contains_key(field.name))
            .map(|field| Problem::error(1, 1, format!("`{}` is missing", field.name), missing_help(field.name)))
            .collect();
        for (key, value) in mapping {
            let Some(key) = key.as_str() else {
                problems.push(Problem::error(1, 1, "a field's name must be text", "put it in quotes"));
                continue;
            };
            match known.iter().find(|field| field.name == key) {
                Some(field) => problems.extend(self.check_field(field, value)),
                None => problems.push(self.unknown_field(key, known)),
            }
        }
        problems
    }

    fn check_field(&self, field: &Field, value: &Value) -> Vec<Problem> {
        let mut problems: Vec<Problem> =
            field.check(value).into_iter().map(|wrong| self.wrong_value(field.name, wrong)).collect();
        let (row, column) = self.place(field.name, None);
        if IGNORED_IN_PLUGINS.contains(&field.name) && self.is_in_plugin() {
            let message = format!("`{}` is ignored in the agents of a plugin", field.name);
            problems.push(Problem::error(row, column, message, "put it into the plugin, or into the user's settings"));
        }
        problems
    }

    fn wrong_value(&self, field: &str, wrong: Wrong) -> Problem {
        let (row, column) = self.place(field, wrong.word.as_deref());
        let problem = Problem::error(row, column, wrong.message, wrong.help);
        Problem { severity: if wrong.mild { Severity::Warning } else { Severity::Error }, ..problem }
    }

    fn unknown_field(&self, key: &str, known: &[Field]) -> Problem {
        let names: Vec<&str> = known.iter().map(|field| field.name).collect();
        let help = match key {
            "allowed-tools" if self.harness == Harness::Claude => "it is a skill's; an agent has `tools`".to_owned(),
            _ => suggestion(key, &names).unwrap_or_else(|| format!("the fields are `{}`", names.join("`, `"))),
        };
        let (row, column) = self.place(key, None);
        Problem::error(row, column, format!("unknown field `{key}`"), help)
    }

    fn check_body(&self, parts: &Parts<'_>) -> Vec<Problem> {
        let row = parts.body_row;
        if parts.body.trim().is_empty() {
            let help = "write below the second `---` what the agent is to do: that is its whole prompt";
            return vec![Problem::error(row - 1, 1, "the body is empty", help)];
        }
        let mut problems = examples::check(parts.body, row, self.path);
        problems.extend(examples::unknown_codes(parts.body, row));
        let length = parts.body.chars().count();
        if length > LONGEST_BODY {
            let message = format!("the body has {length} characters, which are read at every start of the agent");
            problems.push(Problem::warning(row, 1, message, "move what is not always needed into a skill"));
        }
        problems
    }

    /// Where a field of the uppermost level stands, or a word of its value; the file's beginning where that cannot be
    /// told.
    fn place(&self, field: &str, word: Option<&str>) -> (usize, usize) {
        let names = |line: &str| {
            let rest = line.trim_start_matches(['"', '\'']).strip_prefix(field);
            rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with([':', '=']))
        };
        let mut lines = self.text.lines().enumerate().skip_while(|(_, line)| !names(line));
        let Some((first, line)) = lines.next() else { return (1, 1) };
        let value_start = line.find([':', '=']).map_or(0, |at| at + 1);
        let found = |line: &str, from: usize| {
            let at = from + line[from..].find(word?)?;
            Some(line[..at].chars().count() + 1)
        };
        if let Some(column) = found(line, value_start) {
            return (first + 1, column);
        }
        let deeper = lines.take_while(|(_, line)| line.starts_with([' ', '\t', '-']) && *line != "---");
        let mut inside = deeper.filter_map(|(index, line)| Some((index + 1, found(line, 0)?)));
        inside.next().unwrap_or((first + 1, 1))
    }

    /// Whether the file lies in the folder of a plugin's root, or in one directly below it.
    fn is_in_plugin(&self) -> bool {
        let folders = self.path.ancestors().skip(1).take(2);
        self.harness == Harness::Claude && folders.into_iter().any(|f| f.join(".claude-plugin/plugin.json").is_file())
    }
}

fn missing_help(field: &str) -> &'static str {
    match field {
        "name" => "write the file's name without its ending, such as `name: temporal-python`",
        "description" => "say what the agent does and when to use it: that is all it is chosen by",
        _ => "write what the agent is to do: that is its whole prompt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let problems = check(Utf8Path::new("/agents/my-agent.md"), text.as_bytes(), Harness::Claude);
        let told = |p: &Problem| format!("{}:{}: {}: {}", p.row, p.column, p.severity, p.message);
        problems.iter().map(told).collect()
    }

    const HEAD: &str = "name: my-agent\ndescription: Does something, when something is there.\n";

    #[test]
    fn a_plain_agent_passes() {
        assert_eq!(told(&format!("---\n{HEAD}---\nWork.\n")), Vec::<String>::new());
        assert_eq!(told(&format!("\u{feff}---\n{HEAD}---\nWork.\n").replace('\n', "\r\n")), Vec::<String>::new());
    }

    #[test]
    fn problems_are_told_with_their_places() {
        let text = format!("---\n{HEAD}tools: Read, Grap\nskills:\n  - one\ncolour: red\n---\n\n");
        assert_eq!(
            told(&text),
            ["4:14: error: unknown tool `Grap`", "7:1: error: unknown field `colour`", "8:1: error: the body is empty"]
        );
        let text = format!("---\n{HEAD}tools:\n  - Read\n  - Grap\n---\nWork.\n");
        assert_eq!(told(&text), ["6:5: error: unknown tool `Grap`"]);
        assert_eq!(told("---\nname: other\n---\nWork.\n")[0], "1:1: error: `description` is missing");
        assert_eq!(told("no agent"), ["1:1: error: no front matter"]);
        assert_eq!(told("---\n- a\n---\nWork.\n"), ["1:1: error: the front matter has no fields"]);
        assert_eq!(told("---\n---\nWork.\n"), ["1:1: error: the front matter has no fields"]);
    }

    #[test]
    fn front_matter_is_read_strictly() {
        let text = "---\nname: my-agent\ndescription: Use when: user: asks for something.\n---\nWork.\n";
        assert!(told(text)[0].starts_with("3:"), "{:?}", told(text));
        let text = format!("---\n{HEAD}tools: [Read, Grep\n---\nWork.\n");
        assert_eq!(told(&text).len(), 1, "{:?}", told(&text));
        let text = format!("---\n{HEAD}name: my-agent\n---\nWork.\n");
        assert!(told(&text)[0].contains("duplicate"), "{:?}", told(&text));
    }

    #[test]
    fn codes_that_do_not_exist_are_told() {
        let text = format!("---\n{HEAD}---\nSee TPY101, `TPY999` and TPYnnn.\n");
        assert_eq!(told(&text), ["5:14: error: there is no rule `TPY999`"]);
    }
}
