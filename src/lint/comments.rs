use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::of_rule;
use super::suppression::Suppressions;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::registry;
use crate::rules::Comments;
use crate::source::{FileId, LogicalLines, Sources, Span};

/// The comments of the files, read when a file is first asked about.
pub(super) struct FileComments<'s> {
    sources: &'s Sources,
    files: RefCell<FxHashMap<FileId, Rc<Suppressions>>>,
    held_back: Cell<usize>,
}

impl<'s> FileComments<'s> {
    pub(super) fn new(sources: &'s Sources) -> Self {
        Self { sources, files: RefCell::default(), held_back: Cell::new(0) }
    }

    fn of(&self, id: FileId) -> Rc<Suppressions> {
        let read = || {
            let file = self.sources.get(id);
            if !file.may_speak_of_us() {
                return Rc::default();
            }
            let text = file.text_once();
            Rc::new(Suppressions::find(&text, || LogicalLines::of(&file.parse(&text))))
        };
        self.files.borrow_mut().entry(id).or_insert_with(read).clone()
    }

    /// The reason of the comment on the offending line that holds a finding back, where one does; it may be empty.
    pub(super) fn suppresses(&self, diagnostic: &Diagnostic) -> Option<String> {
        let span = diagnostic.primary.span;
        let comments = self.of(span.file);
        let entry = comments.matching(diagnostic.code, span.range.start())?;
        self.note_held_back();
        Some(comments.get(entry).reason.clone())
    }

    /// How many findings were held back.
    pub(super) fn held_back(&self) -> usize {
        self.held_back.get()
    }

    /// Those of the files whose syntax was needed, where there are any.
    pub(super) fn of_parsed(&self) -> Vec<(FileId, Suppressions)> {
        self.sources.ids().filter(|id| self.sources.get(*id).is_parsed()).for_each(|id| _ = self.of(id));
        let files = self.files.take().into_iter();
        let own = files.filter_map(|(file, comments)| Some((file, Rc::into_inner(comments)?)));
        own.filter(|(_, comments)| !comments.is_empty()).collect()
    }
}

/// Comments of a file that hold nothing back, and comments that are wrong.
pub(super) fn at_fault(
    file: FileId,
    text: &str,
    comments: &Suppressions,
    is_enabled: &dyn Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if is_enabled("TPY004") {
        for invalid in comments.invalid() {
            let span = Span { file, range: invalid.range };
            found.extend(of_rule("TPY004", span, invalid.message.clone(), Some(invalid.hint.clone())));
        }
    }
    if is_enabled("TPY003") {
        for unused in comments.unused(is_enabled) {
            let span = Span { file, range: unused.range };
            let message = registry::find("TPY003").map(|rule| rule.message.replace("{code}", unused.code));
            let fix = comments.removal(unused, text).map(|range| Fix {
                message: "take it away".to_owned(),
                applicability: Applicability::Safe,
                caution: String::new(),
                edits: vec![Edit { span: Span { file, range }, content: String::new() }],
            });
            let finding = of_rule("TPY003", span, message.unwrap_or_default(), None);
            found.extend(finding.map(|finding| Diagnostic { fix, ..finding }));
        }
    }
    found
}

impl Comments for FileComments<'_> {
    fn hold_back(&self, code: &str, span: Span) -> bool {
        self.of(span.file).matching(code, span.range.start()).is_some()
    }

    fn note_held_back(&self) {
        self.held_back.set(self.held_back.get() + 1);
    }
}
