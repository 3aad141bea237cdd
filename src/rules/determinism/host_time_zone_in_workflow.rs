use crate::diagnostic::Diagnostic;
use crate::project::{Evaluator, EventKind, Place, Value};
use crate::rules::context::{Finding, RuleContext};
use crate::semantic::BindingKind;
use crate::source::ast::{self, Expr, Ranged};
use crate::temporal::Context;

/// How many names are followed to where a value was made.
const NAMES_LIMIT: usize = 3;

/// `.timestamp()` of a naive `datetime` takes it for local time (Python's documentation of `datetime.timestamp`). Only
/// what is visibly made without a time zone is reported.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let evaluator = reached.reach.evaluator();
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                if let EventKind::Call { callee, call: Some(call), .. } = &event.kind
                    && &**callee == "datetime.datetime.timestamp"
                    && let Expr::Attribute(method) = &*call.func
                    && is_naive(&method.value, evaluator, event.place, 0)
                {
                    let words = vec![
                        ("callee", "datetime.timestamp".to_owned()),
                        ("use", "`.replace(tzinfo=timezone.utc).timestamp()`".to_owned()),
                    ];
                    findings.push((id, Finding { range: event.range, words, ..Finding::default() }));
                }
            }
        }
        context.report_reached(reached, findings, out);
    }
}

/// Whether an expression surely gives a `datetime` without a time zone.
fn is_naive<'a>(expression: &'a Expr, evaluator: &Evaluator<'_, 'a>, place: Place, names: usize) -> bool {
    match expression {
        Expr::Call(call) => match evaluator.value(&call.func, place) {
            Value::External(name) => makes_naive(&name, call),
            _ => false,
        },
        Expr::Name(name) if names < NAMES_LIMIT => {
            let module = evaluator.project().module(place.file);
            let ids = module.reaching(place.scope, name.id.as_str(), name.range().start());
            !ids.is_empty()
                && ids.iter().all(|id| match &module.binding(*id).kind {
                    BindingKind::Assignment { value: Some(value), path, .. } if path.is_empty() => {
                        is_naive(value, evaluator, place, names + 1)
                    }
                    _ => false,
                })
        }
        _ => false,
    }
}

fn makes_naive(name: &str, call: &ast::ExprCall) -> bool {
    let arguments = &call.arguments;
    let open = arguments.args.iter().any(Expr::is_starred_expr)
        || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
    let zone = |position| arguments.find_argument_value("tzinfo", position);
    match name {
        "datetime.datetime" => !open && zone(7).is_none_or(Expr::is_none_literal_expr),
        "datetime.datetime.replace" => !open && zone(7).is_some_and(Expr::is_none_literal_expr),
        "datetime.datetime.strptime" => match arguments.find_positional(1) {
            Some(Expr::StringLiteral(format)) => !format.value.to_str().contains("%z"),
            _ => false,
        },
        "datetime.datetime.utcnow" | "datetime.datetime.utcfromtimestamp" => true,
        _ => false,
    }
}
