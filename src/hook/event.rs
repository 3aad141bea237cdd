//! Events as the client sends them.
//!
//! Knows: the fields that matter. Does not know: what is answered.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::config::absolute;

/// The agent whose end is answered, by its name or by that of the plugin that brings it and its name.
const AGENT: &str = "temporal-python";

/// What happened, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The session's folder, absolute.
    pub cwd: Utf8PathBuf,
    /// What the session has said so far.
    pub session: Option<Utf8PathBuf>,
    pub occasion: Occasion,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A file was edited or written.
    Edited(Edited),
    /// The agent is about to stop. The transcript holds what it did.
    Stopped { transcript: Option<Utf8PathBuf> },
}

/// A file that was edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edited {
    pub file: Utf8PathBuf,
    pub edits: Vec<Edit>,
    /// Its text before, where that is known; empty where it was not there.
    pub original: Option<String>,
}

/// A replacement of text, as far as the event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// The whole file has this content now; before it had that, if it was there.
    Whole { old: Option<String> },
    /// Every place that has the new text may have been replaced.
    Part { old: String, new: String },
}

impl Event {
    /// Reads an event; nothing where it is malformed, or none that is answered. Fields that are not needed may hold
    /// anything.
    pub(super) fn read(input: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input)).ok()?;
        let cwd = match text(&value, "/cwd") {
            Some(path) => Utf8PathBuf::from(path),
            None => Utf8PathBuf::from_path_buf(std::env::current_dir().ok()?).ok()?,
        };
        let occasion = match text(&value, "/hook_event_name")? {
            "PostToolUse" => edited(&value, &cwd)?,
            "SubagentStop" => stopped(&value)?,
            _ => return None,
        };
        let session = text(&value, "/transcript_path").map(Utf8PathBuf::from);
        cwd.is_absolute().then_some(Self { cwd, session, occasion })
    }

    /// The event's name, which its answer repeats.
    pub(super) fn name(&self) -> &'static str {
        match self.occasion {
            Occasion::Edited(_) => "PostToolUse",
            Occasion::Stopped { .. } => "SubagentStop",
        }
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

fn edited(value: &Value, cwd: &Utf8Path) -> Option<Occasion> {
    let input = value.get("tool_input")?;
    let edits = match text(value, "/tool_name")? {
        "Edit" => part(input).into_iter().collect(),
        "MultiEdit" => input.get("edits").and_then(Value::as_array).into_iter().flatten().filter_map(part).collect(),
        "Write" => vec![Edit::Whole { old: text(value, "/tool_response/originalFile").map(str::to_owned) }],
        _ => return None,
    };
    let file = text(input, "/file_path").filter(|path| !path.is_empty())?;
    let original = text(value, "/tool_response/originalFile").map(str::to_owned);
    let is_made = text(value, "/tool_response/type") == Some("create");
    let original = original.or_else(|| is_made.then(String::new));
    Some(Occasion::Edited(Edited { file: absolute(cwd, Utf8Path::new(file)), edits, original }))
}

fn part(input: &Value) -> Option<Edit> {
    let new = text(input, "/new_string")?.to_owned();
    Some(Edit::Part { old: text(input, "/old_string").unwrap_or_default().to_owned(), new })
}

/// An agent that goes on because of an answer is not answered again.
fn stopped(value: &Value) -> Option<Occasion> {
    let active = value.get("stop_hook_active").and_then(Value::as_bool)?;
    let agent = text(value, "/agent_type")?;
    let ours = agent.rsplit(':').next() == Some(AGENT);
    let transcript = text(value, "/agent_transcript_path").map(Utf8PathBuf::from);
    (ours && !active).then_some(Occasion::Stopped { transcript })
}

/// What a tool's use in a transcript edited.
pub(super) fn edited_by_use(value: &Value, cwd: &Utf8Path) -> Option<Edited> {
    let input = value.get("input")?;
    let edits = match (text(value, "/type")?, text(value, "/name")?) {
        ("tool_use", "Edit") => part(input).into_iter().collect(),
        ("tool_use", "MultiEdit") => {
            input.get("edits").and_then(Value::as_array).into_iter().flatten().filter_map(part).collect()
        }
        ("tool_use", "Write") => vec![Edit::Whole { old: None }],
        _ => return None,
    };
    let file = text(input, "/file_path")?;
    Some(Edited { file: absolute(cwd, Utf8Path::new(file)), edits, original: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_missing_or_of_another_type_are_no_event() {
        let events = [
            "",
            "null",
            "[]",
            "{}",
            r#"{"hook_event_name": 3}"#,
            r#"{"hook_event_name": "PostToolUse"}"#,
            r#"{"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": []}"#,
            r#"{"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": {"file_path": ""}}"#,
            r#"{"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"file_path": "/a.py"}}"#,
            r#"{"hook_event_name": "PostToolUse", "tool_name": "Edit", "cwd": "b", "tool_input": {"file_path": "a"}}"#,
            r#"{"hook_event_name": "SubagentStop", "agent_type": "temporal-python"}"#,
            r#"{"hook_event_name": "SubagentStop", "agent_type": "other", "stop_hook_active": false}"#,
            r#"{"hook_event_name": "SubagentStop", "agent_type": "temporal-python", "stop_hook_active": true}"#,
        ];
        for event in events {
            assert_eq!(Event::read(event.as_bytes()), None, "{event}");
        }
    }

    #[test]
    fn an_edit_is_read_with_what_it_replaced() {
        let event = r#"{"hook_event_name": "PostToolUse", "tool_name": "Edit", "cwd": "/p", "unheard_of": 1,
            "tool_input": {"file_path": "b/../a.py", "old_string": "x", "new_string": "y"}}"#;
        let event = format!("\u{feff}{event}");
        let edits = vec![Edit::Part { old: "x".to_owned(), new: "y".to_owned() }];
        let occasion = Occasion::Edited(Edited { file: "/p/a.py".into(), edits, original: None });
        assert_eq!(Event::read(event.as_bytes()), Some(Event { cwd: "/p".into(), session: None, occasion }));
    }
}
