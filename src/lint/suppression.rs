//! Comments that hold findings back: `# temporal-py-lint: ignore[TPY101, wall-clock-in-workflow] reason`.
//!
//! Such a comment speaks for the logical line that it is in, or ends; on a line of its own, for the next one.
//! `file-ignore[…]` speaks for the whole file, `ignore-start[…]` for all up to `ignore-end`, and `# noqa: TPY101`, as
//! other tools have it, for its logical line. All name rules, one by one: a blanket `ignore` would hide what nobody has
//! looked at.
//!
//! Knows: how such comments are written and which lines they speak for. Does not know: how a finding came about.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::registry::{self, Rule};
use crate::source::ast::{TextRange, TextSize};
use crate::source::{LogicalLines, speaks_of_us};

/// What a comment for this tool begins with.
const MARKER: &str = crate::source::COMMENT_MARKER;
const IGNORE: &str = "ignore";
const FILE_IGNORE: &str = "file-ignore";
const IGNORE_START: &str = "ignore-start";
const IGNORE_END: &str = "ignore-end";
/// What other tools' comments of the kind begin with.
const NOQA: &str = "noqa";
const EXAMPLE: &str = "write `# temporal-py-lint: ignore[TPY101] reason`";
/// Words of other tools' comments, which show that one was meant where the colon is missing.
const ACTIONS: [&str; 9] =
    [IGNORE, FILE_IGNORE, IGNORE_START, IGNORE_END, "noqa", "disable", "disable-next", "skip", "off"];

/// Which entry of a file's [`Suppressions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SuppressionId(usize);

/// One rule that a comment holds back.
#[derive(Debug)]
pub struct Suppression {
    /// The rule's code.
    pub code: &'static str,
    /// The rule's name.
    pub name: &'static str,
    /// The rule as the comment names it.
    pub range: TextRange,
    /// The whole comment.
    pub comment: TextRange,
    /// What the comment gives as its reason; may be empty.
    pub reason: String,
    /// What can be taken away without harm where the entry holds nothing back: for an instruction that names other rules
    /// too the name with its comma, else the instruction. Nothing for blocks, whose ends stand elsewhere, and for comments
    /// in the form of other tools.
    removable: Option<Removable>,
    /// The logical line that the comment speaks for; `None` where none follows.
    line: Option<TextRange>,
    used: AtomicBool,
}

/// Where an instruction stands.
#[derive(Debug, Clone, Copy)]
struct Removable {
    /// The instruction, from its `#` on.
    instruction: TextRange,
    /// The list of rules, without its brackets.
    list: TextRange,
}

/// A comment for this tool that holds nothing back, being wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSuppression {
    /// The wrong part.
    pub range: TextRange,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// The comments of one file that hold findings back, and which of them have done so.
#[derive(Debug, Default)]
pub struct Suppressions {
    entries: Vec<Suppression>,
    invalid: Vec<InvalidSuppression>,
}

impl Suppressions {
    /// Those of a file. `lines` is asked for only where the text speaks of this tool at all, since it needs the syntax.
    pub fn find(text: &str, lines: impl FnOnce() -> LogicalLines) -> Self {
        if !speaks_of_us(text) {
            return Self::default();
        }
        let rules = registry::rules();
        Self::find_with(text, &lines(), rules)
    }

    fn find_with(text: &str, lines: &LogicalLines, rules: &'static [Rule]) -> Self {
        let mut reader = Reader { text, rules, found: Self::default(), open: Vec::new() };
        for &comment in lines.comments() {
            let line = lines.around(comment.start()).or_else(|| lines.after(comment.start()));
            reader.read(comment, line);
        }
        reader.close_all();
        reader.found
    }

    /// The entry that holds back findings of a rule at a place, which counts as used from now on.
    pub fn matching(&self, code: &str, offset: TextSize) -> Option<SuppressionId> {
        let speaks =
            |entry: &Suppression| entry.code == code && entry.line.is_some_and(|line| line.contains_inclusive(offset));
        let position = self.entries.iter().position(speaks)?;
        self.entries[position].used.store(true, Ordering::Relaxed);
        Some(SuppressionId(position))
    }

    /// Counts as used what is used in the same file's comments as others have read them.
    pub fn note_use_of(&self, others: &Self) {
        for (own, other) in self.entries.iter().zip(&others.entries) {
            own.used.fetch_or(other.used.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// The entry of an id.
    ///
    /// # Panics
    ///
    /// Where the id is that of another file's.
    #[must_use]
    pub fn get(&self, id: SuppressionId) -> &Suppression {
        &self.entries[id.0]
    }

    /// Entries that held nothing back, of rules that have run, in order of their place.
    pub fn unused<'a>(&'a self, has_run: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = &'a Suppression> {
        self.entries.iter().filter(move |entry| !entry.used.load(Ordering::Relaxed) && has_run(entry.code))
    }

    /// What is to be taken away of a text so that an unused entry is gone: all of its instruction where that names nothing
    /// that is used, with the blanks before it, or the whole line where it holds nothing else.
    #[must_use]
    pub fn removal(&self, unused: &Suppression, text: &str) -> Option<TextRange> {
        let Removable { instruction, list } = unused.removable?;
        let is_beside = |entry: &&Suppression| {
            entry.removable.is_some_and(|removable| removable.instruction == instruction)
                && entry.used.load(Ordering::Relaxed)
        };
        if self.entries.iter().any(|entry| is_beside(&entry))
            || self.invalid.iter().any(|wrong| list.contains_range(wrong.range))
        {
            return Some(with_comma(text, unused.range, list));
        }
        let (start, end) = (usize::from(instruction.start()), usize::from(instruction.end()));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
        let is_alone = text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty();
        if is_alone {
            return Some(TextRange::new(size(line_start), size(line_end)));
        }
        let before = text[line_start..start].trim_end().len() + line_start;
        Some(TextRange::new(size(before), instruction.end()))
    }

    /// Comments that are wrong, in order of their place.
    #[must_use]
    pub fn invalid(&self) -> &[InvalidSuppression] {
        &self.invalid
    }

    /// Whether there is nothing to ask for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.invalid.is_empty()
    }
}

struct Reader<'a> {
    text: &'a str,
    rules: &'static [Rule],
    found: Suppressions,
    /// Blocks that are not at their end yet: their entries, and the comments that began them.
    open: Vec<(std::ops::Range<usize>, TextRange)>,
}

impl Reader<'_> {
    /// A comment may hold others: `# noqa: E501 # temporal-py-lint: ignore[TPY101]`.
    fn read(&mut self, comment: TextRange, line: Option<TextRange>) {
        self.read_noqa(comment, line);
        let (mut start, end) = (usize::from(comment.start()), usize::from(comment.end()));
        while start < end {
            let next = next_marker(&self.text[start + 1..end]).map_or(end, |at| start + 1 + at);
            self.read_part(Part { text: self.text, start, end: next, comment, line });
            start = next;
        }
    }

    fn read_part(&mut self, part: Part) {
        let Some(rest) = part.said().trim_start_matches('#').trim_start().strip_prefix(MARKER) else { return };
        let said = rest.trim_start();
        let Some(instruction) = said.strip_prefix(':').map(str::trim_start) else {
            // Prose about the tool is nobody's business.
            if ACTIONS.contains(&word(said)) {
                self.wrong(&part, rest, "the colon after `temporal-py-lint` is missing".into(), EXAMPLE);
            }
            return;
        };
        let action = word(instruction);
        if action == IGNORE_END {
            return self.close(&part, instruction);
        }
        if ![IGNORE, FILE_IGNORE, IGNORE_START].contains(&action) {
            let message = match action {
                "" => "the comment does not say what to do".to_owned(),
                _ => format!("unknown instruction `{action}`"),
            };
            return self.wrong(&part, instruction, message, EXAMPLE);
        }
        let after = &instruction[action.len()..];
        let Some(list) = after.trim_start().strip_prefix('[') else {
            let hint = "name each rule: `# temporal-py-lint: ignore[TPY101] reason`";
            let message = format!("`{action}` names no rule, which would hide all findings");
            return self.wrong(&part, instruction, message, hint);
        };
        let Some((list, reason)) = list.split_once(']') else {
            return self.wrong(&part, instruction, "the `[` is not closed".into(), EXAMPLE);
        };
        if list.trim().is_empty() {
            return self.wrong(&part, instruction, format!("`{action}[]` names no rule"), EXAMPLE);
        }
        let first = self.found.entries.len();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            self.take(&part, name, reason.trim());
        }
        if action != IGNORE_START {
            let instruction = TextRange::new(part.range_of(part.said()).start(), part.trimmed_end());
            let removable = Removable { instruction, list: part.range_of(list) };
            self.found.entries[first..].iter_mut().for_each(|entry| entry.removable = Some(removable));
        }
        match action {
            FILE_IGNORE => self.stretch(first, TextRange::new(TextSize::new(0), TextSize::of(self.text))),
            IGNORE_START => self.open.push((first..self.found.entries.len(), part.comment)),
            _ => {}
        }
    }

    /// Makes entries speak for a range instead of a line.
    fn stretch(&mut self, first: usize, range: TextRange) {
        self.found.entries[first..].iter_mut().for_each(|entry| entry.line = Some(range));
    }

    /// Ends the block that was begun last.
    fn close(&mut self, part: &Part, instruction: &str) {
        let Some((entries, start)) = self.open.pop() else {
            let hint = "begin a block with `# temporal-py-lint: ignore-start[TPY101] reason`, or remove the comment";
            return self.wrong(part, instruction, "`ignore-end` ends no block".to_owned(), hint);
        };
        let range = start.cover(part.comment);
        self.found.entries[entries].iter_mut().for_each(|entry| entry.line = Some(range));
    }

    /// Blocks without an end hold nothing back, and are told.
    fn close_all(&mut self) {
        for (entries, comment) in std::mem::take(&mut self.open) {
            self.found.entries[entries].iter_mut().for_each(|entry| entry.line = None);
            let hint = "end it with `# temporal-py-lint: ignore-end`, or use `file-ignore[…]` for the whole file";
            self.found.invalid.push(InvalidSuppression {
                range: comment,
                message: "the block that `ignore-start` begins has no end".to_owned(),
                hint: hint.to_owned(),
            });
        }
        self.found.invalid.sort_by_key(|invalid| invalid.range.start());
    }

    /// `# noqa: E501, TPY101`, of which the rules of other tools are left to them.
    fn read_noqa(&mut self, comment: TextRange, line: Option<TextRange>) {
        let said = &self.text[comment];
        let found = said.to_ascii_lowercase().find(NOQA).map(|at| (&said[..at], &said[at + NOQA.len()..]));
        let Some((before, after)) = found else { return };
        let codes = after.trim_start().strip_prefix(':').filter(|_| before.trim_end().ends_with('#'));
        let codes = codes.map_or("", |codes| codes.split('#').next().unwrap_or(codes));
        let part = Part { text: self.text, start: comment.start().into(), end: comment.end().into(), comment, line };
        let is_code =
            |word: &&str| word.strip_prefix("TPY").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        for code in codes.split([',', ' ', '\t']).filter(is_code) {
            self.take(&part, code, "");
        }
    }

    fn take(&mut self, part: &Part, written: &str, reason: &str) {
        let rules = self.rules;
        let named =
            |rule: &&Rule| [&rule.code, &rule.name].into_iter().any(|known| known.eq_ignore_ascii_case(written));
        if let Some(rule) = rules.iter().find(named) {
            self.found.entries.push(Suppression {
                code: &rule.code,
                name: &rule.name,
                range: part.range_of(written),
                comment: part.comment,
                reason: reason.to_owned(),
                removable: None,
                line: part.line,
                used: AtomicBool::new(false),
            });
            return;
        }
        let (message, hint) = self.unknown(written);
        self.found.invalid.push(InvalidSuppression { range: part.range_of(written), message, hint });
    }

    fn unknown(&self, written: &str) -> (String, String) {
        let upper = written.to_ascii_uppercase();
        let stands_for_many = upper == "ALL" || upper.starts_with("TPY") && self.starts_code(&upper);
        if stands_for_many {
            let hint = "name each rule: an `ignore` comment takes whole codes and names alone".to_owned();
            return (format!("`{written}` stands for more than one rule"), hint);
        }
        let hint = match registry::suggest(self.rules, written) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "`temporal-py-lint rules` lists all rules".to_owned(),
        };
        (format!("no rule is called `{written}`"), hint)
    }

    fn starts_code(&self, upper: &str) -> bool {
        self.rules.iter().any(|rule| rule.code.starts_with(upper))
    }

    fn wrong(&mut self, part: &Part, from: &str, message: String, hint: &str) {
        let start = part.range_of(from).start();
        let range = TextRange::new(start.min(part.trimmed_end()), part.trimmed_end());
        self.found.invalid.push(InvalidSuppression { range, message, hint: hint.to_owned() });
    }
}

/// A comment, or what lies between two `#` with the marker in it.
struct Part<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    comment: TextRange,
    line: Option<TextRange>,
}

impl<'a> Part<'a> {
    fn said(&self) -> &'a str {
        &self.text[self.start..self.end]
    }

    /// Where a piece is, which has to be a slice of the text.
    fn range_of(&self, piece: &str) -> TextRange {
        let start = piece.as_ptr() as usize - self.text.as_ptr() as usize;
        TextRange::at(size(start), TextSize::of(piece))
    }

    fn trimmed_end(&self) -> TextSize {
        size(self.start + self.said().trim_end().len())
    }
}

/// A name of a list, with the comma that its neighbour does not need any more.
fn with_comma(text: &str, name: TextRange, list: TextRange) -> TextRange {
    let (before, after) = (TextRange::new(list.start(), name.start()), TextRange::new(name.end(), list.end()));
    let slice = |range: TextRange| &text[usize::from(range.start())..usize::from(range.end())];
    if let Some(comma) = slice(before).rfind(',') {
        return TextRange::new(before.start() + size(comma), name.end());
    }
    let rest = slice(after).find(',').map_or(0, |comma| {
        let behind = &slice(after)[comma + 1..];
        comma + 1 + (behind.len() - behind.trim_start().len())
    });
    TextRange::new(name.start(), name.end() + size(rest))
}

/// Where the next `#` is that this tool's marker follows.
fn next_marker(text: &str) -> Option<usize> {
    text.match_indices('#').map(|(at, _)| at).find(|at| text[at + 1..].trim_start().starts_with(MARKER))
}

/// Files are far below 4 GB.
fn size(offset: usize) -> TextSize {
    TextSize::new(u32::try_from(offset).unwrap_or(u32::MAX))
}

/// The letters and `-` that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::registry::sample;
    use crate::source::parse;

    fn rules() -> &'static [Rule] {
        static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
        RULES.get_or_init(|| {
            vec![
                sample("TPY101", "wall-clock-in-workflow", true),
                sample("TPY102", "random-in-workflow", true),
                sample("TPY201", "blocking-call-in-async-activity", true),
            ]
        })
    }

    fn found(text: &str) -> Suppressions {
        Suppressions::find_with(text, &LogicalLines::of(&parse(text, false)), rules())
    }

    fn slice(text: &str, range: TextRange) -> &str {
        &text[usize::from(range.start())..usize::from(range.end())]
    }

    fn holds(text: &str, found: &Suppressions, code: &str, at: &str) -> bool {
        found.matching(code, size(text.find(at).expect("in the text"))).is_some()
    }

    fn invalid(text: &str) -> Vec<(String, String)> {
        let found = found(text);
        assert!(found.invalid.iter().all(|wrong| !wrong.hint.is_empty()));
        found.invalid.iter().map(|wrong| (slice(text, wrong.range).to_owned(), wrong.message.clone())).collect()
    }

    #[test]
    fn a_comment_speaks_for_its_logical_line_and_no_other() {
        let text = "a = 1\nb = f(  # temporal-py-lint: ignore[TPY101] why\n    c,\n    d,\n)\ne = 2\n";
        let found = found(text);
        assert!(["b =", "f(", "c,", "d,"].iter().all(|at| holds(text, &found, "TPY101", at)));
        assert!(!["a =", "e ="].iter().any(|at| holds(text, &found, "TPY101", at)));
        assert!(!holds(text, &found, "TPY102", "b ="));
    }

    #[test]
    fn a_comment_after_the_last_physical_line_speaks_for_the_first() {
        let text = "b = f(\n    c,\n)  # temporal-py-lint: ignore[TPY101]\n";
        assert!(holds(text, &found(text), "TPY101", "b ="));
    }

    #[test]
    fn a_comment_on_its_own_line_speaks_for_the_next_logical_line() {
        let text = "a = 1\n# temporal-py-lint: ignore[TPY101]\n# temporal-py-lint: ignore[TPY102]\n# prose\n\nb = f(\n    c)\nd = 1\n";
        let found = found(text);
        for code in ["TPY101", "TPY102"] {
            assert!(holds(text, &found, code, "b =") && holds(text, &found, code, "c)"));
            assert!(!holds(text, &found, code, "a =") && !holds(text, &found, code, "d ="));
        }
    }

    #[test]
    fn rules_are_named_by_code_or_name_in_any_case_with_a_reason() {
        let text = "x = 1  # temporal-py-lint:ignore [ tpy102 , Wall-Clock-In-Workflow,]  see #12\n";
        let found = found(text);
        assert_eq!(found.invalid, []);
        let id = found.matching("TPY101", 0.into()).expect("named");
        let entry = found.get(id);
        assert_eq!((entry.code, entry.name, entry.reason.as_str()), ("TPY101", "wall-clock-in-workflow", "see #12"));
        assert_eq!(slice(text, entry.range), "Wall-Clock-In-Workflow");
        assert!(slice(text, entry.comment).starts_with("# temporal-py-lint"));
    }

    #[test]
    fn other_comments_may_stand_in_front() {
        let text = "x = 1  # noqa: E501 # temporal-py-lint: ignore[TPY101] a\n";
        assert!(holds(text, &found(text), "TPY101", "x"));
    }

    #[test]
    fn what_is_in_a_string_is_no_comment() {
        let text = "x = '# temporal-py-lint: ignore[TPY101]'\ny = f'''\n# temporal-py-lint: ignore\n'''\n";
        assert!(found(text).is_empty());
    }

    #[test]
    fn unused_entries_are_told_one_by_one() {
        let text = "x = 1  # temporal-py-lint: ignore[TPY101, TPY102, TPY102, TPY201]\n";
        let found = found(text);
        assert!(holds(text, &found, "TPY101", "x") && holds(text, &found, "TPY102", "x"));
        let unused: Vec<_> =
            found.unused(|code| code != "TPY201").map(|entry| (entry.code, u32::from(entry.range.start()))).collect();
        assert_eq!(unused, [("TPY102", 50)]);
        assert_eq!(found.unused(|_| true).count(), 2);
    }

    #[test]
    fn a_comment_that_nothing_follows_is_unused() {
        let text = "x = 1\n# temporal-py-lint: ignore[TPY101]\n";
        let found = found(text);
        assert!(!holds(text, &found, "TPY101", "x"));
        assert_eq!(found.unused(|_| true).count(), 1);
    }

    #[test]
    fn wrong_comments_are_told() {
        let one = |text: &str| invalid(&format!("x = 'é'  {text}\n")).pop().expect("one is wrong");
        let pair = |range: &str, message: &str| (range.to_owned(), message.to_owned());
        let blanket = "`ignore` names no rule, which would hide all findings";
        assert_eq!(one("# temporal-py-lint: ignore"), pair("ignore", blanket));
        assert_eq!(one("# temporal-py-lint: ignore TPY101  "), pair("ignore TPY101", blanket));
        assert_eq!(one("# temporal-py-lint: ignore[ ]"), pair("ignore[ ]", "`ignore[]` names no rule"));
        assert_eq!(one("# temporal-py-lint: ignore[TPY101"), pair("ignore[TPY101", "the `[` is not closed"));
        assert_eq!(one("# temporal-py-lint: disable=TPY101"), pair("disable=TPY101", "unknown instruction `disable`"));
        assert_eq!(one("# temporal-py-lint:"), pair("", "the comment does not say what to do"));
        assert_eq!(one("# temporal-py-lint ignore[TPY101]").1, "the colon after `temporal-py-lint` is missing");
        assert_eq!(one("# temporal-py-lint: ignore[TPY1]"), pair("TPY1", "`TPY1` stands for more than one rule"));
        assert_eq!(one("# temporal-py-lint: ignore[all]"), pair("all", "`all` stands for more than one rule"));
        assert_eq!(one("# temporal-py-lint: ignore[E501]"), pair("E501", "no rule is called `E501`"));
    }

    #[test]
    fn an_unknown_rule_does_not_undo_the_others() {
        let text = "x = 1  # temporal-py-lint: ignore[TPY110, TPY102] b\n";
        let found = found(text);
        assert!(holds(text, &found, "TPY102", "x"));
        assert_eq!(found.invalid[0].message, "no rule is called `TPY110`");
        assert_eq!(found.invalid[0].hint, "did you mean `TPY101`?");
    }

    #[test]
    fn prose_about_the_tool_is_no_instruction() {
        assert!(found("# temporal-py-lint is run by CI\n# see temporal-py-lint: docs\nx = 1\n").is_empty());
    }

    #[test]
    fn a_comment_may_speak_for_the_whole_file() {
        let text = "a = 1\n# temporal-py-lint: file-ignore[TPY101, TPY102] generated\n";
        let found = found(text);
        assert!(holds(text, &found, "TPY101", "a =") && !holds(text, &found, "TPY201", "a ="));
        assert_eq!(found.unused(|_| true).map(|entry| entry.code).collect::<Vec<_>>(), ["TPY102"]);
        assert_eq!(
            invalid("# temporal-py-lint: file-ignore\n")[0].1,
            "`file-ignore` names no rule, which would hide all findings"
        );
    }

    #[test]
    fn a_block_goes_from_its_start_to_its_end() {
        let text = "a = 1\n# temporal-py-lint: ignore-start[TPY101] old\nb = 2\n# temporal-py-lint: ignore-start[TPY102]\n\
                    c = 3\n# temporal-py-lint: ignore-end\nd = 4\n# temporal-py-lint: ignore-end\ne = 5\n";
        let found = found(text);
        let held = |code: &str| ["a =", "b =", "c =", "d =", "e ="].map(|at| holds(text, &found, code, at));
        assert_eq!(held("TPY101"), [false, true, true, true, false]);
        assert_eq!(held("TPY102"), [false, false, true, false, false]);
        assert_eq!(found.invalid, []);
        let open = invalid("# temporal-py-lint: ignore-start[TPY101]\nx = 1\n");
        assert_eq!(open[0].1, "the block that `ignore-start` begins has no end");
        assert_eq!(invalid("# temporal-py-lint: ignore-end\n")[0].1, "`ignore-end` ends no block");
    }

    #[test]
    fn the_comments_of_other_tools_may_name_our_rules() {
        let text = "x = 1  # noqa: E501, TPY101 TPY102  # why\ny = 2  # NOQA:TPY101\nz = 3  # noqa\nw = 4  # no noqa: TPY101\n";
        let found = found(text);
        assert!(holds(text, &found, "TPY101", "x =") && holds(text, &found, "TPY102", "x ="));
        assert!(holds(text, &found, "TPY101", "y ="));
        assert!(!holds(text, &found, "TPY101", "z =") && !holds(text, &found, "TPY101", "w ="));
        assert_eq!(invalid("x = 1  # noqa: TPY999\n")[0].1, "no rule is called `TPY999`");
    }

    #[test]
    fn what_holds_nothing_back_can_be_taken_away() {
        let without = |text: &str, used: &str| {
            let found = found(text);
            let position = found.entries.iter().position(|entry| entry.code == used);
            position.iter().for_each(|at| found.entries[*at].used.store(true, Ordering::Relaxed));
            let unused = found.unused(|_| true).next().expect("one is unused");
            let range = found.removal(unused, text).expect("it can be taken away");
            format!("{}{}", &text[..range.start().to_usize()], &text[range.end().to_usize()..])
        };
        let all = "a = 1  # temporal-py-lint: ignore[TPY101] why\nb = 2\n";
        assert_eq!(without(all, ""), "a = 1\nb = 2\n");
        assert_eq!(without("x\n  # temporal-py-lint: ignore[TPY101]\r\ny\n", ""), "x\ny\n");
        let two = "a = 1  # temporal-py-lint: ignore[TPY101, TPY102] why\n";
        assert_eq!(without(two, "TPY101"), "a = 1  # temporal-py-lint: ignore[TPY101] why\n");
        assert_eq!(without(two, "TPY102"), "a = 1  # temporal-py-lint: ignore[TPY102] why\n");
        assert_eq!(without(two, ""), "a = 1\n");
        let beside = "a = 1  # noqa: E501 # temporal-py-lint: ignore[TPY101]  # mine\n";
        assert_eq!(without(beside, ""), "a = 1  # noqa: E501\n");
        let block = "# temporal-py-lint: ignore-start[TPY101]\nb = 2\n# temporal-py-lint: ignore-end\n";
        let found = found(block);
        assert!(found.removal(found.unused(|_| true).next().expect("one is unused"), block).is_none());
    }

    #[test]
    fn the_syntax_is_not_asked_for_where_the_text_is_silent() {
        assert!(Suppressions::find("x = 1  # noqa\n", || unreachable!("no marker in the text")).is_empty());
    }
}
