//! Differences in words: what is done otherwise, on both sides, what happens to a running execution, what to write.
//!
//! Knows: the words. Does not know: how a difference was found.

use camino::Utf8Path;

use super::Known;
use super::patch::Patch;
use crate::diagnostic::{Annotation, CallChain, Confidence, Diagnostic, Frame, Severity};
use crate::lint::of_rule;
use crate::source::{SourceFile, Sources, Span};
use crate::temporal::skeleton::{
    Difference, DifferenceKind, Flow, FlowKind, Site, Skeleton, Step, Verdict, each_step, in_words, stands_alone,
};

/// Tells the differences of one workflow.
pub(super) struct Teller<'t> {
    /// The workflow before.
    pub known: &'t Known,
    /// What the version before is called.
    pub version: &'t str,
    /// The workflow now.
    pub skeleton: &'t Skeleton,
}

impl Teller<'_> {
    /// The finding of a difference, with the patch that mends it where there is one.
    pub(super) fn diagnostic(&self, difference: &Difference, patch: Option<Patch>) -> Option<Diagnostic> {
        let site = difference.after_at.as_ref().map(|site| self.frames(site));
        let definition = difference.definition.or(self.skeleton.at);
        let span = site.as_ref().and_then(|frames| frames.last()).map(|frame| frame.span).or(definition)?;
        let frames = site.filter(|frames| frames.len() > 1).unwrap_or_default();
        let (id, fix) = patch.map(|Patch { id, fix }| (id, fix)).unzip();
        let help = self.help(difference, id.as_deref());
        let told = of_rule(rule_of(difference), span, self.message(difference), Some(help))?;
        Some(Diagnostic {
            severity: severity_of(difference),
            confidence: if difference.is_sure { Confidence::High } else { Confidence::Low },
            consequence: consequence(difference),
            call_chain: CallChain::from(frames),
            fix,
            ..told
        })
    }

    /// The way to a place, up to where it is decided what is done: code that many commands go through is left out.
    fn frames(&self, site: &Site) -> Vec<Frame> {
        let mut way: Vec<(String, Span)> = site.way.to_vec();
        if way.is_empty() {
            way.push((String::new(), site.span));
        }
        while way.len() > 1 && way.last().is_some_and(|(_, span)| self.is_shared(*span)) {
            way.pop();
        }
        way.into_iter().map(|(function, span)| Frame { function, span }).collect()
    }

    /// Whether commands of several types are issued at a place.
    fn is_shared(&self, span: Span) -> bool {
        let mut first: Option<String> = None;
        let mut is_shared = false;
        for flow in &self.skeleton.flows {
            each_step(&flow.steps, &mut |step| {
                if let Step::Command(command) = step
                    && let Some(at) = &command.at
                    && at.span == span
                {
                    let shown = command.shown();
                    is_shared |= first.as_ref().is_some_and(|first| *first != shown);
                    first.get_or_insert(shown);
                }
            });
        }
        is_shared
    }

    /// A text in which arguments are called as the code calls them.
    fn with_names(&self, text: &str, (kind, name): &(FlowKind, String)) -> String {
        let is_it = |flow: &&Flow| (flow.kind, &flow.name) == (*kind, name);
        let of = |skeleton: &'_ Skeleton| -> Vec<String> {
            skeleton.flows.iter().find(is_it).map_or_else(Vec::new, |flow| flow.parameters.clone())
        };
        let (now, before) = (of(self.skeleton), of(&self.known.skeleton));
        let mut done = String::new();
        let mut from = 0;
        for (at, word) in text.match_indices("input.") {
            let number = &text[at + word.len()..];
            let end = number.find(|next: char| !next.is_ascii_digit()).unwrap_or(number.len());
            let position = number[..end].parse::<usize>().ok().filter(|_| stands_alone(&text[..at]));
            if let Some(called) = position.and_then(|position| now.get(position).or(before.get(position))) {
                done.push_str(&text[from..at]);
                done.push_str(called);
                from = at + word.len() + end;
            }
        }
        done.push_str(&text[from..]);
        done
    }

    /// What is said of a difference.
    fn message(&self, difference: &Difference) -> String {
        self.with_names(&self.in_words(difference), &difference.flow)
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each kind of difference")]
    fn in_words(&self, difference: &Difference) -> String {
        let Difference { what, workflow, before, after, .. } = difference;
        let flow = match &difference.flow {
            (FlowKind::Run, _) => format!("`{workflow}`"),
            (kind, name) if name.is_empty() => format!("the dynamic {} handler of `{workflow}`", kind.word()),
            (kind, name) => format!("the {} handler `{name}` of `{workflow}`", kind.word()),
        };
        let version = self.version;
        match difference.kind {
            DifferenceKind::Added => format!("{flow} issues {what} here, and did not at {version}"),
            DifferenceKind::Removed => format!("{flow} no longer issues {what}, as it did at {version}"),
            DifferenceKind::Replaced => {
                format!("{flow} does {} here, where it did {} at {version}", first(after), first(before))
            }
            DifferenceKind::Reordered => format!("{flow} issues {what} in another place than at {version}"),
            DifferenceKind::Condition => {
                format!("the condition `{}` decides what {flow} does, and did not at {version}", in_words(what))
            }
            DifferenceKind::Undecided => {
                format!("the condition `{}` no longer decides what {flow} does, as it did at {version}", in_words(what))
            }
            DifferenceKind::Sooner => format!("in {flow} {what}, where it waited for more at {version}"),
            DifferenceKind::Later => format!("in {flow} {what}, and did not at {version}"),
            DifferenceKind::Timeout => {
                format!("the wait for `{}` in {flow} has got a timeout since {version}", in_words(what))
            }
            DifferenceKind::Exit => {
                format!("{flow} ends with {} here, where it did {} at {version}", first(after), first(before))
            }
            DifferenceKind::Failures => format!("{flow} does something else on failure than at {version}"),
            DifferenceKind::Cancellation => {
                format!("{flow} does something else with {what} than at {version} where the wait for it is cancelled")
            }
            DifferenceKind::Default => {
                format!("the default of `{what}`, on which {flow} depends, is another than at {version}")
            }
            DifferenceKind::Effect => {
                format!("{flow} does something else to `{what}`, on which other code depends, than at {version}")
            }
            DifferenceKind::Arguments => format!("{flow} {what}, and was given others at {version}"),
            DifferenceKind::Form => format!("{flow} {what}, at {version}"),
            DifferenceKind::Hints => {
                format!(
                    "{flow} gets {what} as it was recorded, and no more as its annotation says, as it did at {version}"
                )
            }
            DifferenceKind::PatchRemoved => {
                format!("`{workflow}` no longer asks for the patch `{what}`, as it did at {version}")
            }
            DifferenceKind::PatchDeprecated => {
                format!("`{workflow}` deprecates the patch `{what}`, and still had its old branch at {version}")
            }
            DifferenceKind::DeprecationRemoved => {
                format!("`{workflow}` no longer deprecates the patch `{what}`, as it did at {version}")
            }
            DifferenceKind::PatchReused => {
                format!("the patch `{what}` of {flow} decides here too, and did not at {version}")
            }
            DifferenceKind::HandlerRemoved => format!("{flow} is gone since {version}"),
            DifferenceKind::WorkflowRemoved => format!("the workflow `{workflow}` is gone since {version}"),
            DifferenceKind::Unknown => {
                format!("it cannot be told whether {flow} still replays what it did at {version}: {what}")
            }
        }
    }

    /// Both versions, and what to write: a patch of this id.
    fn help(&self, difference: &Difference, id: Option<&str>) -> String {
        let mut lines = Vec::new();
        if !difference.before.is_empty() && difference.before != difference.after {
            let at = difference.before_at.as_ref().and_then(|site| self.place_before(site));
            let at = at.map_or(String::new(), |at| format!(" ({at})"));
            let [before, after] =
                [&difference.before, &difference.after].map(|text| self.with_names(text, &difference.flow));
            lines.push(format!("before: {before}{at}"));
            lines.push(format!("after: {after}"));
        }
        lines.push(advice(difference, id));
        lines.join("\n")
    }

    /// A place of the version before, as `file:line`.
    fn place_before(&self, site: &Site) -> Option<String> {
        let sources = self.known.sources.as_ref()?;
        let file = sources.get(site.span.file);
        let path = file.path().strip_prefix(self.known.base()?).unwrap_or(file.path());
        Some(format!("{path}:{}", file.line_column(site.span.range.start()).row))
    }
}

/// The first of some steps.
fn first(steps: &str) -> &str {
    steps.split(", then ").next().unwrap_or(steps)
}

fn rule_of(difference: &Difference) -> &'static str {
    match (difference.kind, difference.verdict) {
        (
            DifferenceKind::PatchRemoved
            | DifferenceKind::PatchDeprecated
            | DifferenceKind::DeprecationRemoved
            | DifferenceKind::PatchReused,
            _,
        ) => "TPY914",
        (DifferenceKind::HandlerRemoved, Verdict::Closed) => "TPY913",
        (DifferenceKind::HandlerRemoved | DifferenceKind::WorkflowRemoved, _) => "TPY915",
        (_, Verdict::Unsafe) => "TPY911",
        (_, Verdict::Depends) => "TPY912",
        (_, Verdict::Closed) => "TPY913",
        (_, Verdict::Unknown) => "TPY916",
    }
}

fn severity_of(difference: &Difference) -> Severity {
    match difference.verdict {
        Verdict::Unsafe => Severity::Error,
        Verdict::Depends | Verdict::Closed => Severity::Warning,
        Verdict::Unknown => Severity::Info,
    }
}

fn consequence(difference: &Difference) -> String {
    let retried = "its workflow task is retried until a worker with the old code runs";
    let stuck =
        "replay raises a nondeterminism error, and the workflow task is retried until a worker with the old code runs";
    match (difference.kind, difference.verdict) {
        (DifferenceKind::WorkflowRemoved, _) => {
            "a running execution finds no worker that knows its workflow, and its workflow task is retried until one does"
                .to_owned()
        }
        (DifferenceKind::HandlerRemoved, Verdict::Unsafe | Verdict::Depends | Verdict::Unknown) => format!(
            "on replay the messages that a running execution has taken find no handler: where something depends on what it \
             did, {stuck}"
        ),
        (DifferenceKind::PatchDeprecated, _) => {
            format!("for an execution that was started before the patch was deployed, {stuck}")
        }
        (DifferenceKind::DeprecationRemoved, _) => {
            format!("for an execution that was started before the patch was deprecated, {stuck}")
        }
        (DifferenceKind::PatchRemoved | DifferenceKind::PatchReused, _) => {
            format!("for a running execution that has the mark of the patch in its history, {stuck}")
        }
        (DifferenceKind::Arguments, Verdict::Unsafe) => {
            format!("for a running execution the recorded arguments do not fit: the call fails, and {retried}")
        }
        (DifferenceKind::Arguments, _) => {
            format!("for a running execution that was given fewer the call fails, and {retried}")
        }
        (DifferenceKind::Hints, _) => format!(
            "the SDK makes objects of recorded arguments only where there are as many as parameters: a running execution gets \
             plain dicts, the first attribute of one fails, and {retried}"
        ),
        (DifferenceKind::Form, _) if difference.flow.0 == FlowKind::Signal => format!(
            "on replay the SDK drops a recorded signal that it cannot make into what is annotated: where something depends \
             on what its handler did, {stuck}"
        ),
        (DifferenceKind::Form, Verdict::Unsafe) => {
            format!("for a running execution the SDK cannot make recorded data into what is annotated, and {retried}")
        }
        (DifferenceKind::Form, Verdict::Depends) => format!(
            "for a running execution whose recorded data cannot be taken so, {retried}"
        ),
        (DifferenceKind::Default, _) => {
            format!("for a running execution whose recorded input leaves it out, {stuck}")
        }
        (DifferenceKind::Cancellation, Verdict::Depends) => {
            format!("for a running execution in which that wait was cancelled, {stuck}")
        }
        (_, Verdict::Unsafe) => format!("for a running execution that has passed this place, {stuck}"),
        (_, Verdict::Depends) => {
            format!("for a running execution that has passed this place and for which it decides otherwise, {stuck}")
        }
        (_, Verdict::Closed) => {
            "only executions that are closed feel it: queries of them fail, and so do resets".to_owned()
        }
        (_, Verdict::Unknown) => format!("if it does not, {stuck}"),
    }
}

fn advice(difference: &Difference, id: Option<&str>) -> String {
    let id = id.map_or_else(|| format!("{}-2", difference.workflow.to_lowercase()), str::to_owned);
    let patch = format!(
        "write `if workflow.patched(\"{id}\"):` around the new code and keep the old code in `else`; where no execution from \
         before is left, take the old code out step by step"
    );
    match (difference.kind, difference.verdict) {
        (DifferenceKind::WorkflowRemoved, _) => {
            "keep the class under its old name (`@workflow.defn(name=…)`) until no execution of it runs".to_owned()
        }
        (DifferenceKind::HandlerRemoved, _) => {
            "keep the handler, or give the new one the old name (`name=…`), until no execution that has taken such a message \
             runs"
                .to_owned()
        }
        (DifferenceKind::PatchRemoved, _) => format!(
            "write `workflow.deprecate_patch(\"{}\")` in its place, and take that out once no execution that has the mark runs",
            difference.what
        ),
        (DifferenceKind::PatchDeprecated, _) => {
            "deploy it once every execution that was started before `patched` was deployed has ended".to_owned()
        }
        (DifferenceKind::DeprecationRemoved, _) => {
            "deploy it once every execution that was started before `deprecate_patch` was deployed has ended".to_owned()
        }
        (DifferenceKind::Form, Verdict::Unsafe | Verdict::Depends) => {
            "keep the type, with a default for each new field, or give the new data to a workflow, handler or activity of \
             another name"
                .to_owned()
        }
        (DifferenceKind::Arguments | DifferenceKind::Hints, _) => {
            "put new data into a new field, with a default, of an object that is given already, or add a handler of another name"
                .to_owned()
        }
        (DifferenceKind::Default, _) => {
            "keep the default, and let new starts say what they want".to_owned()
        }
        (DifferenceKind::PatchReused, _) => "use an id of its own for each change".to_owned(),
        (_, Verdict::Closed) => {
            "nothing has to be done unless closed executions are queried or reset".to_owned()
        }
        (_, Verdict::Unknown) => {
            "replay recorded histories with the SDK's `Replayer` before it is deployed".to_owned()
        }
        _ => patch,
    }
}

/// The finding of a workflow that is gone: at the place of its class before.
pub(super) fn gone(known: &Known, version: &str, base: &Utf8Path, sources: &Sources) -> Option<Diagnostic> {
    let difference = Difference::gone(&known.skeleton.name);
    let (text, range) = match (&known.sources, known.skeleton.at) {
        (Some(before), Some(span)) => (before.get(span.file).text().to_owned(), span.range),
        _ => (String::new(), crate::source::TextRange::default()),
    };
    let file = sources.add(SourceFile::new(base.join(&known.path), text, true));
    let teller = Teller { known, version, skeleton: &known.skeleton };
    let span = Span { file, range };
    let told = of_rule("TPY915", span, teller.message(&difference), Some(advice(&difference, None)))?;
    Some(Diagnostic {
        severity: severity_of(&difference),
        consequence: consequence(&difference),
        primary: Annotation { span, label: format!("as it was at {version}") },
        ..told
    })
}
