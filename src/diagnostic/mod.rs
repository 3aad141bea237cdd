//! What the tool says, however it is printed.
//!
//! Knows: what a finding consists of and how findings are ordered. Does not know: which rules exist, how a
//! finding was reached, or how it will look.

mod chain;

use std::fmt;

use crate::source::Span;

pub use chain::{CallChain, Frame, LeftOut};

/// How bad a finding is: what happens at run time if nothing is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Info,
    /// Breaks under circumstances that the code does not rule out.
    Warning,
    /// Breaks a workflow, stalls a worker or loses a result.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// How sure the analysis is, apart from how bad the finding is. The confidence of a finding is that of its weakest hop.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Plausible; a reader has to decide.
    Low,
    /// Resolved with an assumption that rarely fails.
    Medium,
    /// Every hop was resolved.
    High,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        })
    }
}

/// A place in a file with what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Where.
    pub span: Span,
    /// A few words for the label under the snippet; may be empty.
    pub label: String,
}

/// A further place of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    /// Where.
    pub span: Span,
    /// What is wrong there.
    pub label: String,
    /// How to mend that place.
    pub fix: Option<Fix>,
}

/// What findings are one: those of a rule that lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unit {
    /// The place that stands for it, such as a function's name.
    pub span: Span,
    /// What a message calls one of its further places: `place`.
    pub place: &'static str,
    /// What a message calls the whole: `function`.
    pub whole: &'static str,
}

impl Unit {
    /// A function, by the place of its name.
    #[must_use]
    pub fn function(span: Span) -> Self {
        Self { span, place: "place", whole: "function" }
    }
}

/// Whether an edit keeps the meaning of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// The edit may be applied without being read.
    Safe,
    /// The edit changes more than the finding, and is to be read first.
    Unsafe,
}

/// A replacement of source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub span: Span,
    /// What stands there afterwards.
    pub content: String,
}

/// A change that removes the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, in the imperative.
    pub message: String,
    /// Whether it may be applied unread.
    pub applicability: Applicability,
    /// What else changes; empty where the change is safe.
    pub caution: String,
    /// The edits, in order of their place, none overlapping.
    pub edits: Vec<Edit>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's code, such as `TPY101`.
    pub code: &'static str,
    /// The rule's name, such as `wall-clock-in-workflow`.
    pub name: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong here: lower case, no final stop. Code stands in backticks.
    pub message: String,
    /// What happens at run time if nothing is done; may be empty.
    pub consequence: String,
    /// What to do about it; may be empty.
    pub help: String,
    /// The offending code.
    pub primary: Annotation,
    /// Further places that explain it.
    pub secondary: Vec<Annotation>,
    /// What it is one finding with; absent where it stands alone.
    pub unit: Option<Unit>,
    /// The further places of its unit, in order, each with its own message.
    pub related: Vec<Further>,
    /// From the entry point to the offending code; empty where the entry point itself is at fault.
    pub call_chain: CallChain,
    /// How many entry points besides the one in `call_chain` reach the offending code.
    pub more_entry_points: usize,
    /// How to remove it, where that can be done mechanically.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// Every place that it names.
    pub fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        let annotations = std::iter::once(&mut self.primary).chain(&mut self.secondary);
        let further = self.related.iter_mut().flat_map(|place| {
            let edits = place.fix.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
            std::iter::once(&mut place.span).chain(edits)
        });
        annotations
            .map(|annotation| &mut annotation.span)
            .chain(further)
            .chain(self.unit.iter_mut().map(|unit| &mut unit.span))
            .chain(self.call_chain.spans_mut())
            .chain(self.fix.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span))
    }

    /// The fixes of all its places, its own first.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.fix.iter().chain(self.related.iter().filter_map(|place| place.fix.as_ref()))
    }

    /// Orders by code and then by place; the caller orders by path first, since ids of files follow discovery.
    #[must_use]
    pub fn sort_key(&self) -> (u32, u32, &'static str, &str) {
        (self.primary.span.range.start().to_u32(), self.primary.span.range.end().to_u32(), self.code, &self.message)
    }
}
