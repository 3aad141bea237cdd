use crate::diagnostic::{Edit, Fix};
use crate::source::{FileId, TextRange, parse};

/// What became of the fixes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The text with the changes.
    pub text: String,
    /// By position, whether a fix was taken; what overlaps one that was taken is left for another time.
    pub taken: Vec<bool>,
}

/// Applies fixes to the text of their file: of two that touch the same place the first, in the order given. None is
/// taken that would break the syntax.
#[must_use]
pub fn applied(text: &str, file: FileId, fixes: &[&Fix], is_stub: bool) -> Applied {
    let mut chosen = Chosen::default();
    let taken: Vec<bool> =
        fixes.iter().map(|fix| fix.edits.iter().all(|edit| edit.span.file == file) && chosen.take(fix)).collect();
    let changed = chosen.put_into(text);
    if is_sound(text, &changed, is_stub) {
        return Applied { text: changed, taken };
    }
    // One of them is wrong: each has to show by itself that it is not it.
    let mut chosen = Chosen::default();
    let is_sound_alone = |fix: &Fix| {
        let mut alone = Chosen::default();
        alone.take(fix) && is_sound(text, &alone.put_into(text), is_stub)
    };
    let mut taken = taken;
    for (fix, taken) in fixes.iter().zip(&mut taken) {
        *taken = *taken && is_sound_alone(fix) && chosen.take(fix);
    }
    let changed = chosen.put_into(text);
    if is_sound(text, &changed, is_stub) {
        Applied { text: changed, taken }
    } else {
        Applied { text: text.to_owned(), taken: vec![false; fixes.len()] }
    }
}

/// Whether a change has broken no syntax.
fn is_sound(before: &str, after: &str, is_stub: bool) -> bool {
    parse(after, is_stub).problems().len() <= parse(before, is_stub).problems().len()
}

/// Edits that go together, in the order of their places.
#[derive(Default)]
struct Chosen<'f> {
    edits: Vec<&'f Edit>,
}

impl<'f> Chosen<'f> {
    /// Takes all edits of a fix, or none of them. What others insert too, such as an import, is inserted once.
    fn take(&mut self, fix: &'f Fix) -> bool {
        let is_new = |edit: &&'f Edit| !self.edits.contains(edit);
        let new: Vec<&Edit> = fix.edits.iter().filter(is_new).collect();
        let clashes = |edit: &&Edit| self.edits.iter().any(|taken| overlap(taken.span.range, edit.span.range));
        if new.is_empty() || new.iter().any(clashes) {
            return false;
        }
        self.edits.extend(new);
        true
    }

    fn put_into(mut self, text: &str) -> String {
        self.edits.sort_by_key(|edit| (edit.span.range.start(), edit.span.range.end()));
        let mut changed = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for edit in self.edits {
            changed.push_str(&text[at..edit.span.range.start().to_usize()]);
            changed.push_str(&edit.content);
            at = edit.span.range.end().to_usize();
        }
        changed.push_str(&text[at..]);
        changed
    }
}

/// Whether edits of two places cannot both be made: they share text, or insert at the same place.
fn overlap(one: TextRange, other: TextRange) -> bool {
    if one.is_empty() && other.is_empty() {
        return one.start() == other.start();
    }
    one.start() < other.end() && other.start() < one.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Applicability;
    use crate::source::{Span, TextSize};

    fn fix(edits: &[(u32, u32, &str)]) -> Fix {
        let edit = |&(start, end, content): &(u32, u32, &str)| Edit {
            span: Span { file: FileId::from_index(0), range: TextRange::new(TextSize::new(start), TextSize::new(end)) },
            content: content.to_owned(),
        };
        let edits = edits.iter().map(edit).collect();
        Fix { message: String::new(), applicability: Applicability::Safe, caution: String::new(), edits }
    }

    fn done(text: &str, fixes: &[Fix]) -> (String, Vec<bool>) {
        let fixes: Vec<&Fix> = fixes.iter().collect();
        let Applied { text, taken } = applied(text, FileId::from_index(0), &fixes, false);
        (text, taken)
    }

    #[test]
    fn of_fixes_that_overlap_the_first_is_taken() {
        let fixes = [fix(&[(0, 1, "x")]), fix(&[(0, 5, "y = 2")]), fix(&[(4, 5, "2")])];
        assert_eq!(done("a = 1\n", &fixes), ("x = 2\n".to_owned(), vec![true, false, true]));
    }

    #[test]
    fn what_several_insert_is_inserted_once() {
        let fixes = [fix(&[(0, 0, "import b\n"), (0, 1, "c")]), fix(&[(0, 0, "import b\n"), (4, 5, "d")])];
        assert_eq!(done("a = 1\n", &fixes), ("import b\nc = d\n".to_owned(), vec![true, true]));
        let others = [fix(&[(0, 0, "import b\n")]), fix(&[(0, 0, "import c\n")])];
        assert_eq!(done("a = 1\n", &others).1, [true, false]);
    }

    #[test]
    fn what_would_break_the_syntax_is_not_done() {
        let fixes = [fix(&[(0, 1, "x")]), fix(&[(4, 5, ")")])];
        assert_eq!(done("a = 1\n", &fixes), ("x = 1\n".to_owned(), vec![true, false]));
    }
}
