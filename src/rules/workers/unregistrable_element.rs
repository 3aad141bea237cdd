use rustc_hash::FxHashMap;

use super::GIVEN;
use crate::diagnostic::{Annotation, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::{Fault, wrong_elements};

/// Something in a list of a worker that the worker refuses, or takes for something else. What is wrong with several elements of
/// one list is one finding.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let mut first: FxHashMap<(Span, Fact), Span> = FxHashMap::default();
    for wrong in wrong_elements(context.analysis) {
        let mut words = vec![("name", wrong.name), ("option", wrong.option.to_owned())];
        words.extend(wrong.instead.map(|instead| ("use", instead)));
        let fact = fact(wrong.fault);
        let span = *first.entry((wrong.list, fact)).or_insert(wrong.span);
        let secondary = wrong.given.map(|span| Annotation { span, label: GIVEN.to_owned() }).into_iter().collect();
        let finding = Finding {
            unit: Some(Unit { span, place: "element", whole: "list" }),
            range: wrong.span.range,
            words,
            facts: vec![fact],
            secondary,
            ..Finding::default()
        };
        context.report_plain(wrong.span, finding, out);
    }
}

fn fact(fault: Fault) -> Fact {
    match fault {
        Fault::NoList => Fact::NoList,
        Fault::Text => Fact::TextGiven,
        Fault::Undecorated => Fact::Undecorated,
        Fault::Called => Fact::CallGiven,
        Fault::Class => Fact::ClassGiven,
        Fault::Object => Fact::ObjectGiven,
        Fault::Method => Fact::MethodGiven,
        Fault::Unbound => Fact::Unbound,
        Fault::Partial => Fact::Partial,
        Fault::Mock => Fact::Mock,
    }
}
