//! What a rule is given, and how it says what it found.
//!
//! Knows: the facts, the comments that hold findings back, the way that leads to a finding, and what lowers its confidence:
//! doubt on the way, code for old histories, code for other calls than there are, a call before that ends the way, tests. Does
//! not know: what any rule looks for.

use rustc_hash::FxHashMap;

use super::ends::Ends;
use crate::diagnostic::{Annotation, CallChain, Confidence, Diagnostic, Fix, Severity, Unit};
use crate::registry::Rule;
use crate::registry::schema::{Fact, InTests};
use crate::source::Span;
use crate::source::TextRange;
use crate::temporal::{
    Analysis, Context, Edge, EntryPoint, MODULE, NodeId, Reach, ReachedCode, runs_otherwise_only, serves_old_histories,
    unit_of,
};

/// What a rule is given.
pub struct RuleContext<'c, 'e, 'p> {
    /// The rule.
    pub rule: &'static Rule,
    /// The facts.
    pub analysis: &'c Analysis<'e, 'p>,
    /// What comments hold back.
    pub comments: &'c dyn Comments,
    /// What lies behind other findings; none while those are looked for.
    pub(super) ends: Option<&'c Ends<'c, 'e, 'p>>,
}

/// Comments in the code that hold findings back.
pub trait Comments {
    /// Whether a comment holds a rule back at a place. Asking marks the comment as one that does.
    fn hold_back(&self, code: &str, span: Span) -> bool;
    /// Takes note of a finding that is held back because of the ways that lead to it.
    fn note_held_back(&self);
}

/// No comments at all.
pub struct NoComments;

impl Comments for NoComments {
    fn hold_back(&self, _: &str, _: Span) -> bool {
        false
    }

    fn note_held_back(&self) {}
}

/// What a rule has to say about one place.
#[derive(Debug, Clone, Default)]
pub struct Finding<'t> {
    /// The offending code.
    pub range: TextRange,
    /// Words for the placeholders of the rule's message and help.
    pub words: Vec<(&'t str, String)>,
    /// A few words under the snippet.
    pub label: String,
    /// How sure; the rule's own limit still applies.
    pub confidence: Option<Confidence>,
    /// How bad, where it is not as bad as the rule says.
    pub severity: Option<Severity>,
    /// Further places.
    pub secondary: Vec<Annotation>,
    /// What chooses the sentences of the rule's message, consequence and help; what comes first counts first.
    pub facts: Vec<Fact>,
    /// What it is one finding with; in reached code the function that holds it, unless something else is said.
    pub unit: Option<Unit>,
    /// How to mend it.
    pub fix: Option<Fix>,
}

/// The entry points from which code counts, where not all do.
pub type From<'f> = Option<&'f dyn Fn(&EntryPoint) -> bool>;

impl<'p> RuleContext<'_, '_, 'p> {
    /// Reports findings in reached code: one a place, by the shortest way that leads there.
    pub fn report_reached(
        &self,
        reached: &ReachedCode<'p>,
        findings: Vec<(NodeId, Finding<'_>)>,
        out: &mut Vec<Diagnostic>,
    ) {
        self.report_from(reached, None, findings, out);
    }

    /// Reports findings that count in what some entry points reach: one a place, by the shortest way from one of these.
    pub fn report_from(
        &self,
        reached: &ReachedCode<'p>,
        from: From<'_>,
        findings: Vec<(NodeId, Finding<'_>)>,
        out: &mut Vec<Diagnostic>,
    ) {
        let mut seen: FxHashMap<Span, usize> = FxHashMap::default();
        let mut roots: Vec<Vec<usize>> = Vec::new();
        let mut told: Vec<Vec<(&str, String)>> = Vec::new();
        let first = out.len();
        for (node, finding) in findings {
            let span = reached.reach.span(node, finding.range);
            // Of several things that may be meant at a place, the first by name is told: not the one that was met first.
            let words = finding.words.clone();
            let mut new_roots = reached.reach.roots_of(node);
            new_roots.retain(|root| counts(reached, from, *root));
            if let Some(&known) = seen.get(&span) {
                roots[known].extend(new_roots);
                if words < told[known]
                    && let Some(diagnostic) = self.diagnostic(reached, from, node, finding, span)
                {
                    out[first + known] = diagnostic;
                    told[known] = words;
                }
                continue;
            }
            let Some(diagnostic) = self.diagnostic(reached, from, node, finding, span) else { continue };
            seen.insert(span, out.len() - first);
            out.push(diagnostic);
            told.push(words);
            roots.push(new_roots);
        }
        for (diagnostic, mut roots) in out[first..].iter_mut().zip(roots) {
            roots.sort_unstable();
            roots.dedup();
            diagnostic.more_entry_points = roots.len().saturating_sub(1);
        }
        drop_nested(out, first);
    }

    fn diagnostic(
        &self,
        reached: &ReachedCode<'p>,
        from: From<'_>,
        node: NodeId,
        finding: Finding<'_>,
        span: Span,
    ) -> Option<Diagnostic> {
        let in_tests =
            only_from_tests(reached, from, node) || (reached.entries.is_empty() && self.analysis.is_test(span.file));
        let Some(way) = self.open_way(reached, from, node) else {
            self.comments.note_held_back();
            return None;
        };
        let chain = self.call_chain(reached, &way, finding.range);
        let is_old = serves_old_histories(&reached.reach, node, finding.range);
        let is_left_out = matches!(reached.context, Context::AsyncActivity | Context::SyncActivity)
            && runs_otherwise_only(self.analysis, reached, node, finding.range);
        let is_behind = self.ends.is_some_and(|ends| ends.hides(self.rule, reached, node, finding.range));
        let is_unlikely = stands_unlikely(&reached.reach, node, finding.range)
            || lacks_way(reached, from, node, &|edge| edge.unlikely);
        let doubt = if is_old || is_left_out || is_behind || is_unlikely {
            Confidence::Low
        } else if lacks_way(reached, from, node, &|edge| edge.doubtful) {
            Confidence::Medium
        } else {
            Confidence::High
        };
        let confidence = finding.confidence.unwrap_or(Confidence::High).min(doubt);
        let unit = finding.unit.or_else(|| unit_of(&reached.reach, node));
        let mut diagnostic = self.plain(span, finding, confidence, in_tests)?;
        diagnostic.call_chain = chain;
        diagnostic.unit = unit;
        Some(diagnostic)
    }

    /// The way to a place, entry point first; empty where the entry point itself holds the place. What runs when a module is
    /// imported is entered by the imports that load it.
    fn call_chain(
        &self,
        reached: &ReachedCode<'_>,
        way: &[(NodeId, Option<TextRange>)],
        range: TextRange,
    ) -> CallChain {
        let reach = &reached.reach;
        let module = way.first().map(|(node, _)| reach.node(*node).code.file());
        let imported = module.filter(|_| reached.context == Context::Import);
        let imports = imported.map(|file| self.analysis.import_way(file)).unwrap_or_default();
        let steps: Vec<Step> = imports
            .into_iter()
            .map(Step::Import)
            .chain(way.iter().map(|(node, site)| Step::Code(*node, *site)))
            .collect();
        if steps.len() < 2 {
            return CallChain::default();
        }
        let span = |step: &Step| match step {
            Step::Import(span) => *span,
            Step::Code(node, site) => reach.span(*node, site.unwrap_or(range)),
        };
        CallChain::new(&steps, span, |step| match step {
            Step::Import(_) => MODULE.to_owned(),
            Step::Code(node, _) => reach.name(*node),
        })
    }

    /// The shortest way to a node over calls that no comment holds back.
    fn open_way(
        &self,
        reached: &ReachedCode<'_>,
        from: From<'_>,
        node: NodeId,
    ) -> Option<Vec<(NodeId, Option<TextRange>)>> {
        let reach = &reached.reach;
        let is_open = |edge: &Edge| !self.is_held_back(reach, edge);
        let is_root = |root: usize| counts(reached, from, root);
        let shortest = match from {
            None => reach.way(node),
            Some(_) => reach.way_from(node, &is_root, &|_| true)?,
        };
        let mut hops = shortest.iter().filter_map(|(id, site)| Some((*id, (*site)?)));
        if hops.all(|(id, site)| !self.comments.hold_back(&self.rule.code, reach.span(id, site))) {
            return Some(shortest);
        }
        reach.way_from(node, &is_root, &is_open)
    }

    /// Whether a comment on a call holds back what lies behind it.
    pub fn is_held_back(&self, reach: &Reach<'_>, edge: &Edge) -> bool {
        self.comments.hold_back(&self.rule.code, reach.span(edge.from, edge.site))
    }

    /// Reports a finding that no entry point leads to.
    pub fn report_plain(&self, span: Span, finding: Finding<'_>, out: &mut Vec<Diagnostic>) {
        let confidence = finding.confidence.unwrap_or(Confidence::High);
        let in_tests = self.analysis.is_test(span.file);
        out.extend(self.plain(span, finding, confidence, in_tests));
    }

    /// Reports a finding in the statements of a module that the sandbox loads with that of a workflow.
    pub fn report_loaded(&self, span: Span, finding: Finding<'_>, out: &mut Vec<Diagnostic>) {
        let first = out.len();
        self.report_plain(span, finding, out);
        let imports = self.analysis.import_way(span.file);
        if imports.is_empty() {
            return;
        }
        let steps: Vec<Span> = imports.into_iter().chain([span]).collect();
        for diagnostic in &mut out[first..] {
            diagnostic.call_chain = CallChain::new(&steps, |span| *span, |_| MODULE.to_owned());
        }
    }

    fn plain(&self, span: Span, finding: Finding<'_>, confidence: Confidence, in_tests: bool) -> Option<Diagnostic> {
        let confidence = match (in_tests, self.rule.tests) {
            (true, InTests::Skip) => return None,
            (true, InTests::Low) => Confidence::Low,
            // What no import leads to is mended in the other file, if at all.
            _ if self.analysis.project.is_left_over(span.file) => Confidence::Low,
            _ => confidence.min(self.rule.confidence),
        };
        Some(Diagnostic {
            code: &self.rule.code,
            name: &self.rule.name,
            severity: finding.severity.unwrap_or(self.rule.severity),
            confidence,
            message: filled(&self.rule.message.text(&finding.facts), &finding.words),
            consequence: self.rule.consequence.text(&finding.facts),
            help: help(&self.rule.help.text(&finding.facts), &finding.words),
            primary: Annotation { span, label: finding.label },
            secondary: finding.secondary,
            unit: finding.unit,
            related: Vec::new(),
            call_chain: CallChain::default(),
            more_entry_points: 0,
            fix: finding.fix,
        })
    }
}

fn counts(reached: &ReachedCode<'_>, from: From<'_>, root: usize) -> bool {
    from.is_none_or(|is_wanted| reached.entries.get(root).is_some_and(is_wanted))
}

/// Whether every way that counts has a hop of a kind.
fn lacks_way(reached: &ReachedCode<'_>, from: From<'_>, node: NodeId, is_such: &dyn Fn(&Edge) -> bool) -> bool {
    match from {
        None => reached.reach.all_ways_have(node, is_such),
        Some(_) => reached.reach.way_from(node, &|root| counts(reached, from, root), &|edge| !is_such(edge)).is_none(),
    }
}

/// Whether every entry point that counts and reaches a node stands in test code.
fn only_from_tests(reached: &ReachedCode<'_>, from: From<'_>, node: NodeId) -> bool {
    let Some(is_wanted) = from else { return reached.only_from_tests(node) };
    reached.entries_of(node).filter(|entry| is_wanted(entry)).all(|entry| entry.in_tests)
}

/// Of two findings of a rule that begin at the same place, the wider one says all: `os.environ.get(…)` holds
/// `os.environ`.
fn drop_nested(out: &mut Vec<Diagnostic>, first: usize) {
    let mut widest: FxHashMap<(crate::source::FileId, u32), u32> = FxHashMap::default();
    for diagnostic in &out[first..] {
        let span = diagnostic.primary.span;
        let end = widest.entry((span.file, span.range.start().to_u32())).or_insert(0);
        *end = (*end).max(span.range.end().to_u32());
    }
    let mut index = 0;
    out.retain(|diagnostic| {
        index += 1;
        let span = diagnostic.primary.span;
        index <= first || widest[&(span.file, span.range.start().to_u32())] == span.range.end().to_u32()
    });
}

/// One step of the way to a place.
enum Step {
    /// An import that loads the next step's module.
    Import(Span),
    /// A piece of code, and the place in it that leads on.
    Code(NodeId, Option<TextRange>),
}

fn filled(template: &str, words: &[(&str, String)]) -> String {
    words.iter().fold(template.to_owned(), |text, (name, word)| text.replace(&format!("{{{name}}}"), word))
}

/// The help, without the clauses whose words are missing.
fn help(template: &str, words: &[(&str, String)]) -> String {
    let text = filled(template, words);
    let open = |clause: &&str| !(clause.contains("{use}") || clause.contains("{async}"));
    text.split("; ").filter(open).collect::<Vec<_>>().join("; ")
}

/// Whether all that happens at a place happens only where an annotation is wrong.
fn stands_unlikely(reach: &Reach<'_>, node: NodeId, range: TextRange) -> bool {
    let mut here = reach.node(node).events.iter().filter(|event| event.range == range).peekable();
    here.peek().is_some() && here.all(|event| event.unlikely)
}
