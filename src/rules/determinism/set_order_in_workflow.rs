use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::registry::{OrderOf, behaviour};
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::source::last_part;
use crate::temporal::{Context, OrderReaches, OrderUse, Role, set_orders};

/// Strings and most objects hash by a seed that each process draws, so the order of a set that holds them differs from
/// worker to worker (`PYTHONHASHSEED`, Python's documentation of `object.__hash__`).
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let mut findings = Vec::new();
        for order in set_orders(reached) {
            if !reached.entries_of(order.node).any(|entry| issues_commands(entry.role)) {
                continue;
            }
            let words = vec![("what", what(order.by))];
            let confidence = match (order.by, order.reaches) {
                (OrderUse::Text, _) if order.is_command => Confidence::Medium,
                (OrderUse::Text, _) | (_, OrderReaches::Nothing) => Confidence::Low,
                (_, OrderReaches::Commands) if !order.doubtful => Confidence::High,
                (_, OrderReaches::Commands | OrderReaches::Value) => Confidence::Medium,
            };
            let confidence = Some(if order.unlikely { Confidence::Low } else { confidence });
            let facts = if order.in_ties { vec![Fact::Ties] } else { Vec::new() };
            findings.push((order.node, Finding { range: order.range, words, facts, confidence, ..Finding::default() }));
        }
        context.report_reached(reached, findings, out);
    }
}

fn what(by: OrderUse) -> String {
    match by {
        OrderUse::Iteration => "iteration over a set".to_owned(),
        OrderUse::Unpacking => "unpacking a set".to_owned(),
        OrderUse::Text => "the text of a set".to_owned(),
        OrderUse::Pop => "`pop()` of a set".to_owned(),
        OrderUse::YieldFrom => "`yield from` a set".to_owned(),
        OrderUse::Call(name) if collects(name.as_str()) => format!("`{}()` with a set", last_part(name.as_str())),
        OrderUse::Call(name) => match shown(name.as_str()) {
            "str" | "repr" => "the text of a set".to_owned(),
            "str.join" => "`join()` of a set".to_owned(),
            "map" | "filter" | "dict.fromkeys" => format!("`{}()` over a set", shown(name.as_str())),
            short => format!("`{short}()` of a set"),
        },
    }
}

/// Whether what the callable is a method of has the set's order from there on.
fn collects(callable: &str) -> bool {
    behaviour().order(callable).any(|(order, _)| order == OrderOf::Collects)
}

/// Queries and validators answer and reject; they are not part of what a replay repeats.
fn issues_commands(role: Role) -> bool {
    !matches!(role, Role::Query | Role::Validator)
}
