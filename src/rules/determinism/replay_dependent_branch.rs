use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Context, Done};

/// A replay has to come to the same commands and the same state as the first run: what it does otherwise is missing in one
/// of them (temporalio/workflow/_sandbox.py, `unsafe.is_replaying`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for branch in reached.replay_branches() {
            let when = match branch.does {
                Done::Choice => "on replay",
                _ if branch.on_replay => "on replay only",
                _ => "not on replay",
            };
            let (what, facts, confidence) = match branch.does {
                Done::Command(name) => {
                    let name = name.as_str();
                    let shown = name.strip_prefix("temporalio.").unwrap_or(name);
                    (format!("`{shown}` is called"), Vec::new(), Confidence::High)
                }
                Done::Assignment(name) => (format!("`self.{name}` is changed"), vec![Fact::State], Confidence::Medium),
                Done::Value(name) => (format!("`{name}` is changed"), vec![Fact::State], Confidence::Medium),
                Done::Return => ("this result is given".to_owned(), vec![Fact::State], Confidence::Medium),
                Done::Choice => ("another value is chosen".to_owned(), vec![Fact::State], Confidence::Medium),
            };
            let words = vec![("what", what), ("when", when.to_owned())];
            let finding =
                Finding { range: branch.range, words, facts, confidence: Some(confidence), ..Finding::default() };
            findings.push((branch.node, finding));
        }
        context.report_reached(reached, findings, out);
    }
}
