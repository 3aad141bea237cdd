//! The fields of an agent file's front matter, for each harness.
//!
//! Knows: which fields there are, what each holds, and what is wrong with a value. Does not know: where a field stands
//! in a file ([`check`](super::check)).

use serde_yaml::Value;

use super::harness::Harness;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// The agent's name.
    Name,
    /// What it is for.
    Description,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or a whole number.
    WordOrNumber(&'static [&'static str]),
    /// A whole number from 1 on.
    Count,
    /// A number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Names of tools, in a list or with commas.
    Tools,
    /// A model of Claude Code's.
    Model,
    /// A list, or words with commas.
    List,
    /// A mapping.
    Mapping,
    /// A list or a mapping.
    Nested,
}

/// A field that a harness knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub name: &'static str,
    pub required: bool,
    pub kind: Kind,
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, required: true, kind }
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, required: false, kind }
}

const CLAUDE: &[Field] = &[
    required("name", Kind::Name),
    required("description", Kind::Description),
    field("tools", Kind::Tools),
    field("disallowedTools", Kind::Tools),
    field("model", Kind::Model),
    field("effort", Kind::WordOrNumber(&["low", "medium", "high", "xhigh", "max"])),
    field("maxTurns", Kind::Count),
    field("skills", Kind::List),
    field("memory", Kind::Word(&["user", "project", "local"])),
    field("background", Kind::Switch),
    field("isolation", Kind::Word(&["worktree", "remote"])),
    field("color", Kind::Word(&["red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"])),
    field("initialPrompt", Kind::Text),
    field(
        "permissionMode",
        Kind::Word(&["default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan", "manual"]),
    ),
    field("hooks", Kind::Mapping),
    field("mcpServers", Kind::Nested),
];

const CURSOR: &[Field] = &[
    required("name", Kind::Name),
    required("description", Kind::Description),
    field("model", Kind::Text),
    field("readonly", Kind::Switch),
    field("is_background", Kind::Switch),
];

const OPENCODE: &[Field] = &[
    field("name", Kind::Name),
    required("description", Kind::Description),
    field("mode", Kind::Word(&["primary", "subagent", "all"])),
    field("model", Kind::Text),
    field("variant", Kind::Text),
    field("temperature", Kind::Number),
    field("top_p", Kind::Number),
    field("prompt", Kind::Text),
    field("steps", Kind::Count),
    field("maxSteps", Kind::Count),
    field("tools", Kind::Mapping),
    field("permission", Kind::Nested),
    field("hidden", Kind::Switch),
    field("disable", Kind::Switch),
    field("color", Kind::Text),
    field("options", Kind::Mapping),
];

const CODEX: &[Field] = &[
    required("name", Kind::Name),
    required("description", Kind::Description),
    required("developer_instructions", Kind::Text),
    field("nickname_candidates", Kind::List),
    field("model", Kind::Text),
    field("model_reasoning_effort", Kind::Text),
    field("sandbox_mode", Kind::Word(&["read-only", "workspace-write", "danger-full-access"])),
    field("web_search", Kind::Text),
    field("mcp_servers", Kind::Mapping),
    field("skills", Kind::Mapping),
];

/// Fields that Claude Code ignores in the agents of a plugin.
pub(super) const IGNORED_IN_PLUGINS: [&str; 3] = ["hooks", "mcpServers", "permissionMode"];

/// Claude Code's tools, of version 2.1.330; `Task` is the former name of `Agent`.
const TOOLS: &[&str] = &[
    "Agent",
    "Artifact",
    "AskUserQuestion",
    "Bash",
    "CronCreate",
    "CronDelete",
    "CronList",
    "Edit",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "Glob",
    "Grep",
    "LSP",
    "ListMcpResourcesTool",
    "Monitor",
    "NotebookEdit",
    "PowerShell",
    "PushNotification",
    "Read",
    "ReadMcpResourceDirTool",
    "ReadMcpResourceTool",
    "RemoteTrigger",
    "ScheduleWakeup",
    "SendMessage",
    "Skill",
    "Task",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskStop",
    "TaskUpdate",
    "TodoWrite",
    "ToolSearch",
    "WebFetch",
    "WebSearch",
    "Workflow",
    "Write",
];

/// Tools that Claude Code had, and what does their work now.
const FORMER_TOOLS: [(&str, &str); 6] = [
    ("MultiEdit", "`Edit` does its work"),
    ("LS", "`Glob` and `Bash` do its work"),
    ("NotebookRead", "`Read` does its work"),
    ("BashOutput", "`Read` does its work"),
    ("KillShell", "`TaskStop` does its work"),
    ("TaskOutput", "`Read` does its work"),
];

/// Claude Code's names for models. A suffix such as `[1m]` asks for a longer context.
const MODELS: &[&str] = &["inherit", "default", "best", "sonnet", "opus", "haiku", "fable", "opusplan"];

/// The fields of a harness.
pub(super) fn of(harness: Harness) -> &'static [Field] {
    match harness {
        Harness::Claude => CLAUDE,
        Harness::Codex => CODEX,
        Harness::Cursor => CURSOR,
        Harness::Opencode => OPENCODE,
    }
}

/// Something wrong with a field's value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub message: String,
    pub help: String,
    /// The word at fault, where it is one.
    pub word: Option<String>,
    /// It is bad style rather than wrong.
    pub mild: bool,
}

fn wrong(message: impl Into<String>, help: impl Into<String>) -> Vec<Wrong> {
    vec![Wrong { message: message.into(), help: help.into(), word: None, mild: false }]
}

/// Description lengths in characters: below the first and above the last a description is refused, between the middle
/// two it is fine. The client puts it into every session's context.
const DESCRIPTION: [usize; 4] = [10, 20, 1_000, 5_000];

impl Field {
    /// What is wrong with the field's value.
    pub(super) fn check(&self, value: &Value) -> Vec<Wrong> {
        match self.kind {
            Kind::Name => self.text(value, name),
            Kind::Description => self.text(value, description),
            Kind::Text => self.text(value, |_| Vec::new()),
            Kind::Word(words) => self.text(value, |text| self.word(text, words)),
            Kind::WordOrNumber(words) if value.as_u64().is_none() => self.text(value, |text| self.word(text, words)),
            Kind::WordOrNumber(_) => Vec::new(),
            Kind::Count => self.expect(value.as_u64().is_some_and(|count| count > 0), "a whole number from 1 on"),
            Kind::Number => self.expect(value.as_f64().is_some(), "a number"),
            Kind::Switch => self.expect(value.is_bool(), "`true` or `false`"),
            Kind::Tools => self.names(value, tool),
            Kind::Model => self.text(value, model),
            Kind::List => self.names(value, |_| Vec::new()),
            Kind::Mapping => self.expect(value.is_mapping(), "a mapping"),
            Kind::Nested => self.expect(value.is_mapping() || value.is_sequence() || value.is_string(), "a mapping"),
        }
    }

    fn expect(&self, holds: bool, what: &str) -> Vec<Wrong> {
        if holds { Vec::new() } else { wrong(format!("`{}` must be {what}", self.name), "") }
    }

    fn text(&self, value: &Value, check: impl FnOnce(&str) -> Vec<Wrong>) -> Vec<Wrong> {
        match value.as_str() {
            None => wrong(format!("`{}` must be text, not {}", self.name, type_name(value)), "put it in quotes"),
            Some(text) if text.trim().is_empty() => wrong(format!("`{}` is empty", self.name), ""),
            Some(text) => check(text),
        }
    }

    fn word(&self, text: &str, words: &[&str]) -> Vec<Wrong> {
        if words.contains(&text) {
            return Vec::new();
        }
        let help = suggestion(text, words).unwrap_or_else(|| format!("it is one of {}", listed(words)));
        worded(text, format!("`{}` cannot be `{text}`", self.name), help)
    }

    /// Names in a list, or in one text with commas.
    fn names(&self, value: &Value, check: impl Fn(&str) -> Vec<Wrong>) -> Vec<Wrong> {
        let names: Option<Vec<&str>> = match value {
            Value::String(text) => Some(separated(text)),
            Value::Sequence(items) => items.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let Some(names) = names else {
            return wrong(format!("`{}` must be a list of names", self.name), "such as `Read, Edit, Bash`");
        };
        let mut found: Vec<Wrong> = names.iter().flat_map(|name| check(name)).collect();
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                found.extend(worded(name, format!("`{name}` is named twice in `{}`", self.name), String::new()));
            }
        }
        found
    }
}

fn worded(word: &str, message: String, help: String) -> Vec<Wrong> {
    vec![Wrong { message, help, word: Some(word.to_owned()), mild: false }]
}

/// What a text's commas separate, except those in parentheses.
fn separated(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = text.split(move |char| {
        match char {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        char == ',' && depth == 0
    });
    parts.map(str::trim).collect()
}

fn name(text: &str) -> Vec<Wrong> {
    let letter = |char: char| char.is_ascii_lowercase();
    let inside = text.chars().all(|char| letter(char) || char.is_ascii_digit() || char == '-');
    if !text.starts_with(letter) || !inside || text.ends_with('-') || text.contains("--") {
        let help = "use lower-case letters, digits and single hyphens, a letter first: `temporal-python`";
        return worded(text, format!("`{text}` is no name for an agent"), help.to_owned());
    }
    if !(3..=50).contains(&text.len()) {
        let message = format!("the name `{text}` has {} characters", text.len());
        return vec![Wrong { message, help: "3 to 50 serve best".to_owned(), word: Some(text.to_owned()), mild: true }];
    }
    Vec::new()
}

fn description(text: &str) -> Vec<Wrong> {
    let length = text.chars().count();
    let [least, few, many, most] = DESCRIPTION;
    let mild = (least..=most).contains(&length);
    if (few..=many).contains(&length) {
        return Vec::new();
    }
    let help = if length < few {
        "say what the agent does and when to use it, by what is seen in the code: that is all it is chosen by"
    } else {
        "it is in every session's context; move what the agent is to do into the body"
    };
    vec![Wrong {
        message: format!("the description has {length} characters; {few} to {many} serve best"),
        help: help.to_owned(),
        word: None,
        mild,
    }]
}

/// A tool's name, perhaps with a rule in parentheses; or a tool of an MCP server.
fn tool(text: &str) -> Vec<Wrong> {
    let base = match text.split_once('(') {
        Some((base, rule)) if rule.ends_with(')') => base,
        Some(_) => return worded(text, format!("`{text}` lacks its closing parenthesis"), String::new()),
        None => text,
    };
    if TOOLS.contains(&base) || base == "*" || base.strip_prefix("mcp__").is_some_and(|server| !server.is_empty()) {
        return Vec::new();
    }
    let former = FORMER_TOOLS.iter().find(|(name, _)| *name == base);
    let meant = suggestion(base, TOOLS);
    // The client has new tools more often than this list: a name that is like none of them may be one.
    let mild = former.is_none() && meant.is_none() && !base.is_empty();
    let help = match former {
        Some((_, now)) => format!("it no longer exists; {now}"),
        None if base.is_empty() => "there is a comma too many".to_owned(),
        None => meant.unwrap_or_else(|| "where the client does not know it either, it grants nothing".to_owned()),
    };
    vec![Wrong { message: format!("unknown tool `{base}`"), help, word: Some(base.to_owned()), mild }]
}

/// A name of a model, or its full identifier with Anthropic or a cloud provider.
fn model(text: &str) -> Vec<Wrong> {
    let base = text.split('[').next().unwrap_or(text);
    if MODELS.contains(&base) || base.contains("claude-") || base.starts_with("arn:") {
        return Vec::new();
    }
    let help = suggestion(base, MODELS).unwrap_or_else(|| {
        "it is `inherit`, `sonnet`, `opus`, `haiku`, `fable`, or an identifier as `claude-…`".to_owned()
    });
    worded(text, format!("unknown model `{text}`"), help)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) | Value::Tagged(_) => "a mapping",
    }
}

fn listed(words: &[&str]) -> String {
    format!("`{}`", words.join("`, `"))
}

/// Help for a misspelt word.
pub(super) fn suggestion(word: &str, words: &[&str]) -> Option<String> {
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
    let nearest = words.iter().min_by_key(distance)?;
    (distance(&nearest) <= nearest.len() / 3).then(|| format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(field: &str, value: &str) -> Vec<String> {
        let field = CLAUDE.iter().find(|known| known.name == field).expect("a known field");
        let value: Value = serde_yaml::from_str(value).expect("YAML");
        field.check(&value).into_iter().map(|wrong| format!("{} ({})", wrong.message, wrong.help)).collect()
    }

    #[test]
    fn good_values_pass() {
        let good = [
            ("name", "temporal-python"),
            ("name", "k8s-helper"),
            ("tools", "Read, Bash(git log:*, git status), mcp__db__query, Agent(a, b)"),
            ("tools", "[Read, Grep]"),
            ("disallowedTools", "mcp__*"),
            ("model", "inherit"),
            ("model", "opus[1m]"),
            ("model", "claude-opus-4-5"),
            ("model", "us.anthropic.claude-sonnet-4-v1:0"),
            ("color", "cyan"),
            ("effort", "7"),
            ("effort", "xhigh"),
            ("maxTurns", "3"),
            ("background", "true"),
            ("skills", "[a, b]"),
        ];
        for (field, value) in good {
            assert_eq!(messages(field, value), Vec::<String>::new(), "{field}: {value}");
        }
    }

    #[test]
    fn bad_values_do_not() {
        let bad = [
            ("name", "42", "`name` must be text, not a number (put it in quotes)"),
            ("name", "''", "`name` is empty ()"),
            ("tools", "Read,, Edit", "unknown tool `` (there is a comma too many)"),
            ("tools", "read", "unknown tool `read` (did you mean `Read`?)"),
            ("tools", "MultiEdit", "unknown tool `MultiEdit` (it no longer exists; `Edit` does its work)"),
            ("tools", "Bash(git", "`Bash(git` lacks its closing parenthesis ()"),
            ("tools", "Read, Read", "`Read` is named twice in `tools` ()"),
            ("tools", "{Read: true}", "`tools` must be a list of names (such as `Read, Edit, Bash`)"),
            ("model", "sonet", "unknown model `sonet` (did you mean `sonnet`?)"),
            ("color", "gren", "`color` cannot be `gren` (did you mean `green`?)"),
            ("background", "maybe", "`background` must be `true` or `false` ()"),
            ("maxTurns", "-1", "`maxTurns` must be a whole number from 1 on ()"),
            ("hooks", "x", "`hooks` must be a mapping ()"),
        ];
        for (field, value, expected) in bad {
            assert_eq!(messages(field, value), [expected], "{field}: {value}");
        }
        for name in ["a:b", "-ab", "ab-", "Ab-cd", "a b", "a--b", "9ab", "ab"] {
            assert_eq!(messages("name", &format!("'{name}'")).len(), 1, "{name}");
        }
        assert!(messages("model", "gpt-5")[0].starts_with("unknown model `gpt-5`"));
        assert!(messages("color", "chartreuse")[0].contains("it is one of `red`"));
    }

    #[test]
    fn a_tool_that_is_like_none_is_a_warning() {
        assert!(tool("Teleport")[0].mild);
        assert!(!tool("read")[0].mild && !tool("LS")[0].mild && !tool("")[0].mild);
    }

    #[test]
    fn descriptions_are_long_enough_and_not_too_long() {
        assert_eq!(description(&"x".repeat(20)), []);
        assert_eq!(description(&"x".repeat(1000)), []);
        let mild = |length: usize| description(&"x".repeat(length))[0].mild;
        assert!(!mild(9) && mild(10) && mild(1001) && mild(5000) && !mild(5001));
    }
}
