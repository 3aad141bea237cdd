use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::place::Encoding;
use super::uri;
use crate::source::MAX_FILE_SIZE;

/// An open document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// Its address, as the client writes it.
    pub uri: String,
    pub version: i64,
    pub text: String,
}

/// The documents that are open and are Python.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: BTreeMap<Utf8PathBuf, Document>,
}

impl Documents {
    /// Takes in a document that was opened. Says whether it is one to look at.
    pub(super) fn open(&mut self, params: &Value) -> bool {
        let document = &params["textDocument"];
        let (Some(uri), Some(text)) = (document["uri"].as_str(), document["text"].as_str()) else { return false };
        let is_python = document["languageId"] == "python" || uri.ends_with(".py") || uri.ends_with(".pyi");
        let Some(path) = uri::path_of(uri).filter(|_| is_python && is_readable(text)) else { return false };
        let version = document["version"].as_i64().unwrap_or_default();
        self.open.insert(path, Document { uri: uri.to_owned(), version, text: text.to_owned() });
        true
    }

    /// Makes the changes of a document. Says whether it is one that is open.
    pub(super) fn change(&mut self, params: &Value, encoding: Encoding) -> bool {
        let Some(path) = params["textDocument"]["uri"].as_str().and_then(uri::path_of) else { return false };
        let Some(document) = self.open.get_mut(&path) else { return false };
        for change in params["contentChanges"].as_array().into_iter().flatten() {
            let Some(text) = change["text"].as_str() else { continue };
            match change.get("range").filter(|range| !range.is_null()) {
                None => text.clone_into(&mut document.text),
                Some(range) => {
                    let place = |name: &str| encoding.offset(&document.text, range.get(name)?);
                    let (Some(start), Some(end)) = (place("start"), place("end")) else { continue };
                    document.text.replace_range(start.min(end)..end.max(start), text);
                }
            }
        }
        document.version = params["textDocument"]["version"].as_i64().unwrap_or(document.version + 1);
        if !is_readable(&document.text) {
            self.open.remove(&path);
        }
        true
    }

    /// Forgets a document that was closed. Says whether it was one that is open.
    pub(super) fn close(&mut self, params: &Value) -> bool {
        let path = params["textDocument"]["uri"].as_str().and_then(uri::path_of);
        path.is_some_and(|path| self.open.remove(&path).is_some())
    }

    pub(super) fn get(&self, path: &Utf8Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub(super) fn all(&self) -> &BTreeMap<Utf8PathBuf, Document> {
        &self.open
    }
}

/// What the command would not read is not read here.
fn is_readable(text: &str) -> bool {
    text.len() as u64 <= MAX_FILE_SIZE
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn opened(text: &str) -> Documents {
        let mut documents = Documents::default();
        let document = json!({ "uri": "file:///a.py", "languageId": "python", "version": 1, "text": text });
        assert!(documents.open(&json!({ "textDocument": document })));
        documents
    }

    fn changed(documents: &mut Documents, changes: &Value) -> String {
        let params = json!({ "textDocument": { "uri": "file:///a.py", "version": 2 }, "contentChanges": changes });
        assert!(documents.change(&params, Encoding::Utf16));
        documents.get(Utf8Path::new("/a.py")).map(|document| document.text.clone()).unwrap_or_default()
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let at = |line, start, end| json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } });
        let mut documents = opened("a = 1\nb = 2\n");
        let changes = json!([
            { "range": at(0, 4, 5), "text": "10\nc = 3" },
            { "range": at(2, 0, 1), "text": "d" },
            { "range": "nowhere", "text": "x" },
        ]);
        assert_eq!(changed(&mut documents, &changes), "a = 10\nc = 3\nd = 2\n");
        assert_eq!(changed(&mut documents, &json!([{ "text": "e" }])), "e");
        let reversed = json!({ "start": { "line": 0, "character": 1 }, "end": { "line": 0, "character": 0 } });
        assert_eq!(changed(&mut documents, &json!([{ "range": reversed, "text": "f" }])), "f");
    }

    #[test]
    fn what_is_not_python_or_not_open_is_left_alone() {
        let mut documents = Documents::default();
        let other = json!({ "uri": "file:///a.md", "languageId": "markdown", "version": 1, "text": "" });
        assert!(!documents.open(&json!({ "textDocument": other })));
        assert!(!documents.open(&json!({ "textDocument": { "uri": 1 } })));
        assert!(!documents.change(&json!({}), Encoding::Utf16) && !documents.close(&json!(null)));
    }

    #[test]
    fn what_grows_too_large_is_let_go() {
        let mut documents = opened("");
        let long = " ".repeat(usize::try_from(MAX_FILE_SIZE).expect("it fits") + 1);
        assert_eq!(changed(&mut documents, &json!([{ "text": long }])), "");
        assert!(documents.all().is_empty());
    }
}
