use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use camino::Utf8Path;
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::event::{Edit, Edited, edited_by_use};
use crate::lint::uncommitted;

/// How much of a transcript is read, in bytes.
const MOST_READ: u64 = 512 * 1024 * 1024;

/// What an agent edited, by its transcript; where there is none, what differs from the last commit.
pub(super) fn edited(transcript: Option<&Utf8Path>, cwd: &Utf8Path) -> Vec<Edited> {
    // A pipe in its place would be waited for.
    let is_file = |path: &&Utf8Path| std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    match transcript.filter(is_file).and_then(|path| File::open(path).ok()) {
        Some(file) => of_transcript(BufReader::new(file.take(MOST_READ)), cwd),
        None => of_commit(cwd),
    }
}

/// A transcript has one JSON object a line; those of the agent's own messages hold the tools it used.
fn of_transcript(lines: impl BufRead, cwd: &Utf8Path) -> Vec<Edited> {
    let mut positions = FxHashMap::default();
    let mut files: Vec<Edited> = Vec::new();
    for line in lines.split(b'\n').map_while(Result::ok) {
        // Most lines are long and hold no use of a tool; these are not parsed.
        if memchr::memmem::find(&line, b"\"file_path\"").is_none() {
            continue;
        }
        let Ok(value) = serde_json::from_slice::<Value>(&line) else { continue };
        let uses = value.pointer("/message/content").and_then(Value::as_array).into_iter().flatten();
        for edited in uses.filter_map(|used| edited_by_use(used, cwd)) {
            match positions.get(&edited.file) {
                Some(&at) => {
                    let known: &mut Edited = &mut files[at];
                    known.edits.extend(edited.edits);
                }
                None => {
                    positions.insert(edited.file.clone(), files.len());
                    files.push(edited);
                }
            }
        }
    }
    files
}

/// Changed and untracked files, by git.
fn of_commit(cwd: &Utf8Path) -> Vec<Edited> {
    let edited = |(file, old)| Edited { file, edits: vec![Edit::Whole { old }], original: None };
    uncommitted(cwd).into_iter().map(edited).collect()
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
                    {"type": "tool_use", "name": tool, "input": {"file_path": file, "new_string": "x"}},
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
        let edited = of_transcript(lines.join("\n").as_bytes(), Utf8Path::new("/p"));
        let files: Vec<(&str, usize)> = edited.iter().map(|file| (file.file.as_str(), file.edits.len())).collect();
        assert_eq!(files, [("/p/a.py", 2), ("/p/b.py", 1)]);
    }
}
