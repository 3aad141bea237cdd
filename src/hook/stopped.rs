use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashSet;
use serde_json::Value;

use super::event::edited_by_use;

/// The files that an agent edited, by its transcript; where there is none, the files that differ from the last commit.
pub(super) fn edited_files(transcript: Option<&Utf8Path>, cwd: &Utf8Path) -> Vec<Utf8PathBuf> {
    match transcript.and_then(|path| File::open(path).ok()) {
        Some(file) => of_transcript(BufReader::new(file), cwd),
        None => changed_since_commit(cwd).unwrap_or_default(),
    }
}

/// A transcript has one JSON object a line; those of the agent's own messages hold the tools it used.
fn of_transcript(lines: impl BufRead, cwd: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut seen = FxHashSet::default();
    let mut files = Vec::new();
    for line in lines.split(b'\n').map_while(Result::ok) {
        // Most lines are long and hold no use of a tool; these are not parsed.
        if memchr::memmem::find(&line, b"\"file_path\"").is_none() {
            continue;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&line) else { continue };
        let uses = value.pointer("/message/content").and_then(Value::as_array).into_iter().flatten();
        files.extend(uses.filter_map(|used| edited_by_use(used, cwd)).filter(|file| seen.insert(file.clone())));
    }
    files
}

/// Changed and untracked files, by git. Nothing of the repository's configuration is run, and no lock is taken.
fn changed_since_commit(cwd: &Utf8Path) -> Option<Vec<Utf8PathBuf>> {
    let git = |args: &[&str]| -> Option<String> {
        let mut command = Command::new("git");
        command.arg("-C").arg(cwd).args(["-c", "core.fsmonitor=false"]).args(args);
        command.env("GIT_OPTIONAL_LOCKS", "0").stdin(Stdio::null()).stderr(Stdio::null());
        let output = command.output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let top = Utf8Path::new(top.trim_end_matches(['\n', '\r']));
    let status = git(&["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"])?;
    Some(status.split('\0').filter_map(|entry| entry.get(3..)).map(|path| top.join(path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_transcript_are_those_of_its_edits() {
        let line = |tool: &str, file: &str| {
            serde_json::json!({
                "type": "assistant",
                "message": {"role": "assistant", "content": [
                    {"type": "text", "text": "now"},
                    {"type": "tool_use", "name": tool, "input": {"file_path": file}},
                ]},
            })
        };
        let lines = [
            serde_json::json!({"type": "user", "message": {"content": "edit \"file_path\" please"}}).to_string(),
            line("Read", "/p/read.py").to_string(),
            line("Edit", "/p/a.py").to_string(),
            "{\"file_path\" broken".to_owned(),
            line("Write", "/p/b.py").to_string(),
            line("Edit", "/p/a.py").to_string(),
        ];
        let files = of_transcript(lines.join("\n").as_bytes(), Utf8Path::new("/p"));
        assert_eq!(files, ["/p/a.py", "/p/b.py"]);
    }
}
