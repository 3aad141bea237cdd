use crate::diagnostic::{Applicability, Edit, Fix};
use crate::semantic::BlockId;
use crate::source::{FileId, Span, TextRange, TextSize};

use super::said::{Library, said};
use crate::python::Project;

/// A change of one file that is being put together.
pub struct Draft<'p> {
    project: &'p Project<'p>,
    file: FileId,
    edits: Vec<Edit>,
    caution: String,
}

impl<'p> Draft<'p> {
    /// A change of a file.
    #[must_use]
    pub fn new(project: &'p Project<'p>, file: FileId) -> Self {
        Self { project, file, edits: Vec::new(), caution: String::new() }
    }

    /// Replaces what stands at a place.
    pub fn replace(&mut self, range: TextRange, content: impl Into<String>) {
        self.edits.push(Edit { span: Span { file: self.file, range }, content: content.into() });
    }

    /// Inserts at a place.
    pub fn insert(&mut self, at: TextSize, content: impl Into<String>) {
        let content = content.into();
        if !content.is_empty() {
            self.replace(TextRange::empty(at), content);
        }
    }

    /// Takes away what stands at a place.
    pub fn remove(&mut self, range: TextRange) {
        self.replace(range, "");
    }

    /// Puts something around a place.
    pub fn enclose(&mut self, range: TextRange, before: impl Into<String>, after: impl Into<String>) {
        self.insert(range.start(), before);
        self.insert(range.end(), after);
    }

    /// Says what else changes: the change is then not safe.
    pub fn caution(&mut self, what: &str) {
        if !self.caution.is_empty() {
            self.caution.push_str("; ");
        }
        self.caution.push_str(what);
    }

    /// How code in a block says a name of a library, which is imported where it is not yet; the second part says whether
    /// that was needed. Nothing where the name means something else there.
    pub fn say(&mut self, library: Library<'_>, block: BlockId) -> Option<(String, bool)> {
        let said = said(self.project, self.file, block, library)?;
        let is_new = said.import.is_some();
        self.edits.extend(said.import);
        Some((said.text, is_new))
    }

    /// The change; nothing where it would take a comment away.
    #[must_use]
    pub fn finish(mut self, message: impl Into<String>) -> Option<Fix> {
        let text = self.project.source(self.file).text_once();
        let takes_comment = |edit: &Edit| {
            let old = text.get(std::ops::Range::<usize>::from(edit.span.range)).unwrap_or_default();
            // A comment ends its line. A `#` in a string costs a fix, at worst.
            let is_moved = || self.edits.iter().any(|other| other.content.contains(old.trim()));
            old.contains('\n') && old.contains('#') && !is_moved()
        };
        if self.edits.is_empty() || self.edits.iter().any(takes_comment) {
            return None;
        }
        self.edits.sort_by_key(|edit| (edit.span.range.start(), edit.span.range.end()));
        let applicability = if self.caution.is_empty() { Applicability::Safe } else { Applicability::Unsafe };
        Some(Fix { message: message.into(), applicability, caution: self.caution, edits: self.edits })
    }
}
