//! Arguments that a call of the SDK does not hand on as they look.
//!
//! Knows: several by position, lists for several, numbers that differ from what the target takes. Does not know: of which
//! types they are.

use rustc_hash::FxHashMap;

use crate::diagnostic::{Diagnostic, Fix, Severity, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::{Span, TextRange};
use crate::temporal::repair::{as_args, by_name, in_list};
use crate::temporal::{Analysis, Arity, SdkCall, Shape, called_function};

const CONTINUE_AS_NEW: &str = "temporalio.workflow.continue_as_new";

/// Arguments that are not handed on as they look: several by position, a list for one, another number than the target takes.
/// The same in several calls of a function is one finding.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<(Span, Fact), Span> = FxHashMap::default();
    let hands_on = |call: &&SdkCall| call.signature.parameter("args").is_some();
    for call in context.analysis.sdk_calls().iter().filter(hands_on) {
        if let Some(wrong) = form(context.analysis, call).or_else(|| count(context.analysis, call)) {
            let facts = vec![wrong.fact];
            let words = vec![("callee", call.short_name().to_owned()), ("what", wrong.what), ("use", wrong.instead)];
            let unit = context.function_around(call).map(|function| {
                let span = *first.entry((function, wrong.fact)).or_insert(call.span);
                Unit { span, place: "call", whole: "function" }
            });
            // The newest SDK goes on without the argument.
            let severity = (wrong.fact == Fact::Dropped).then_some(Severity::Warning);
            let finding =
                Finding { range: wrong.range, words, facts, fix: wrong.fix, unit, severity, ..Finding::default() };
            context.report_call(call, finding, out);
        }
    }
}

struct Wrong {
    range: TextRange,
    fact: Fact,
    what: String,
    instead: String,
    fix: Option<Fix>,
}

/// What is wrong whatever the target takes.
fn form(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<Wrong> {
    if let Some(second) = call.surplus().next() {
        let skipped = usize::from(call.callee != CONTINUE_AS_NEW);
        let given: Vec<String> = analysis.written_by_position(call).into_iter().skip(skipped).collect();
        let count = call.arguments.iter().filter(|given| given.keyword.is_none()).skip(skipped).count();
        // What `*rest` adds to them is not known.
        let how_many = if call.is_open { format!("at least {count}") } else { count.to_string() };
        let what = format!("takes one argument for what it calls, and is given {how_many}");
        if let Some((name, arity)) = takes_fewer(analysis, call, count) {
            let instead = format!("what `{name}` takes: {}", shown(arity));
            return Some(Wrong { range: second.range, fact: Fact::Surplus, what, instead, fix: None });
        }
        return Some(Wrong {
            range: second.range,
            fact: Fact::Surplus,
            what,
            instead: format!("args=[{}]", given.join(", ")),
            fix: (!call.is_open).then(|| as_args(analysis, call, skipped)).flatten(),
        });
    }
    let args = call.argument("args")?;
    // Who hands both on lets their caller choose.
    let has_items = analysis.items_written(call, args).is_some_and(|items| items > 0);
    if call.argument("arg").is_some() && has_items {
        return Some(Wrong {
            range: args.range,
            fact: Fact::Both,
            what: "is given an argument and `args` as well".to_owned(),
            instead: "all arguments in `args`".to_owned(),
            fix: None,
        });
    }
    let shape = analysis.shape_of(call, args)?;
    let is_list = match shape {
        Shape::Text | Shape::Number | Shape::Bool | Shape::Table | Shape::Bytes => false,
        Shape::Instance(_) => analysis.is_sequence(args),
        _ => true,
    };
    let written = analysis.text_of(call, args.range);
    (!is_list).then(|| Wrong {
        range: args.range,
        fact: Fact::NoSequence,
        what: "is given `args` that is no list".to_owned(),
        instead: format!("args=[{written}]"),
        // A dict may have been meant as arguments by name.
        fix: (shape != Shape::Table).then(|| in_list(analysis, call, args)).flatten(),
    })
}

/// What a call reaches, and how many arguments that takes, where it takes fewer than the call has.
fn takes_fewer(analysis: &Analysis<'_, '_>, call: &SdkCall, count: usize) -> Option<(String, Arity)> {
    let function = called_function(analysis, call)?;
    let arity = analysis.arity(function).filter(|arity| arity.most.is_some_and(|most| most < count))?;
    let is_dynamic = analysis.is_dynamic(analysis.target_function(function));
    (!is_dynamic).then(|| (analysis.name_of(function).to_string(), arity))
}

fn count(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<Wrong> {
    // What is of another kind than it has to be is reported as that.
    let function = called_function(analysis, call)?;
    if analysis.is_dynamic(analysis.target_function(function)) {
        return None;
    }
    let arity = analysis.arity(function)?;
    let given = analysis.handed_on(call)?;
    let name = analysis.name_of(function);
    let takes = shown(arity);
    let range = call.argument("args").or(call.argument("arg")).map_or(call.callee_range, |argument| argument.range);
    if let Some(items) = call.argument("arg").and_then(|arg| analysis.items_written(call, arg))
        && arity.least >= 2
    {
        return Some(Wrong {
            range,
            fact: Fact::List,
            what: format!("hands on one list, and `{name}` takes {takes}"),
            instead: if arity.most == Some(items) {
                "args=[…] with the same list"
            } else {
                "args=[…] with each of them"
            }
            .to_owned(),
            fix: call
                .argument("arg")
                .filter(|_| arity.most == Some(items))
                .and_then(|arg| by_name(analysis, call, arg, "args")),
        });
    }
    let fact = match arity.most {
        _ if given < arity.least => Fact::Missing,
        Some(0) if given > 0 && call.signature.parameter("activity").is_none() => Fact::Dropped,
        Some(most) if given > most => Fact::Missing,
        Some(most) if given < most && arity.first_object.is_some_and(|first| first < given) => Fact::HintsDropped,
        _ => return None,
    };
    let instead = match fact {
        Fact::HintsDropped => "all of them, or one dataclass with defaults".to_owned(),
        Fact::Dropped => format!("no argument, or give `{name}` a parameter"),
        _ if arity.most == Some(1) => "one argument, without `args`".to_owned(),
        _ => format!("{takes}: `args=[…]`"),
    };
    Some(Wrong { range, fact, what: format!("hands on {given}, and `{name}` takes {takes}"), instead, fix: None })
}

fn shown(arity: Arity) -> String {
    let plural = |count: usize| if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
    match arity.most {
        Some(most) if most == arity.least => plural(most),
        Some(most) => format!("{} to {}", arity.least, plural(most)),
        None => format!("at least {}", plural(arity.least)),
    }
}
