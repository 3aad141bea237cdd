//! Arguments that histories hold, and parameters that are to be given them.
//!
//! Knows: the SDK gives a run method and handlers all arguments that were recorded and no others, and makes objects of them only
//! where there are as many as annotations; what it refuses to make of them. Does not know: how many were sent where parameters
//! have defaults.

use super::{Difference, DifferenceKind, Verdict};
use crate::temporal::skeleton::forms::{Fit, Form};
use crate::temporal::skeleton::step::{Flow, FlowKind, Skeleton, Takes};

/// The flows that cannot be given what was recorded.
pub(super) fn of_flows(old: &Skeleton, new: &Skeleton, found: &mut Vec<Difference>) {
    for flow in &old.flows {
        let known = |other: &&Flow| (other.kind, &other.name) == (flow.kind, &flow.name);
        let Some(other) = new.flows.iter().find(known) else { continue };
        let is_of_all_names = flow.kind != FlowKind::Run && flow.name.is_empty();
        if is_of_all_names {
            continue;
        }
        let Some((kind, verdict, what)) = change(flow, other) else {
            let is_told = found.iter().any(|told| told.flow == (flow.kind, flow.name.clone()) && !told.is_mild());
            found.extend(fewer_texts(flow, other).filter(|_| !is_told).map(|what| Difference {
                what,
                definition: other.at,
                ..Difference::of(DifferenceKind::Form, Verdict::Depends, &new.name, (flow.kind, &flow.name))
            }));
            continue;
        };
        // What is told of the flow already hides what is no worse.
        if found.iter().any(|told| told.flow == (flow.kind, flow.name.clone()) && told.verdict >= verdict) {
            continue;
        }
        found.push(Difference {
            what,
            definition: other.at,
            ..Difference::of(kind, verdict, &new.name, (flow.kind, &flow.name))
        });
    }
}

fn change(flow: &Flow, other: &Flow) -> Option<(DifferenceKind, Verdict, String)> {
    let takes = other.takes.as_ref()?;
    let recorded = flow.arity;
    let before = flow.takes.as_ref();
    if before.is_some_and(|before| before.most.is_none()) {
        return None;
    }
    if takes.least > recorded {
        return Some((DifferenceKind::Arguments, Verdict::Unsafe, format!("needs {}", arguments(takes.least))));
    }
    // To a function without parameters the SDK gives nothing, whatever was recorded.
    if let Some(most) = takes.most.filter(|most| (1..recorded).contains(most)) {
        return Some((DifferenceKind::Arguments, Verdict::Unsafe, format!("takes {} at most", arguments(most))));
    }
    if let Some(before) = before.filter(|before| before.least < takes.least) {
        let what = format!("needs {}, where {} did", arguments(takes.least), before.least);
        return Some((DifferenceKind::Arguments, Verdict::Depends, what));
    }
    if takes.most == Some(recorded) {
        let found = before.and_then(|before| form(before, takes).or_else(|| key(before, takes)));
        // A signal that cannot be made is dropped: what its handler did decides.
        let is_signal = flow.kind == FlowKind::Signal;
        let most = if is_signal { Verdict::Depends } else { Verdict::Unsafe };
        return found.map(|(kind, verdict, what)| (kind, verdict.min(most), what));
    }
    let first = takes.first_object.filter(|first| *first < recorded)?;
    Some((DifferenceKind::Hints, Verdict::Unsafe, format!("argument {}", first + 1)))
}

/// The first argument of which what was recorded is not what its annotation says now.
fn form(before: &Takes, after: &Takes) -> Option<(DifferenceKind, Verdict, String)> {
    let (held, asked) = (before.forms.as_ref()?, after.forms.as_ref()?);
    let may_be_fewer = before.least < held.len();
    let pairs = held.iter().zip(asked).enumerate();
    let mut found = pairs.filter_map(|(position, (held, asked))| {
        let asked = asked.as_ref()?;
        let (verdict, why) = unfit(held.as_ref()?, asked)?;
        // Of fewer arguments than there are annotations the SDK makes nothing.
        let verdict = if may_be_fewer { Verdict::Depends } else { verdict };
        let what = format!("takes argument {} as `{}`, and {why}", position + 1, asked.name);
        Some((DifferenceKind::Form, verdict, what))
    });
    let first = found.next()?;
    let is_worse = |other: &(DifferenceKind, Verdict, String)| other.1 > first.1;
    Some(found.find(is_worse).unwrap_or(first))
}

/// What may have been any text in a recorded argument, and is one of few now.
fn fewer_texts(flow: &Flow, other: &Flow) -> Option<String> {
    let (held, asked) = (flow.takes.as_ref()?.forms.as_ref()?, other.takes.as_ref()?.forms.as_ref()?);
    let pairs = held.iter().zip(asked).enumerate();
    let mut found = pairs.filter_map(|(position, (held, asked))| {
        let (of, form) = asked.as_ref()?.fewer_texts(held.as_ref()?, "")?;
        let of = of.strip_prefix('.').map_or_else(String::new, |field| format!("`{field}` of "));
        let why = "what was recorded may be another text";
        Some(format!("takes {of}argument {} as one of {}, and {why}", position + 1, form.listed()))
    });
    found.next()
}

/// The first key that is surely read now, of which the version before knew nothing.
fn key(before: &Takes, after: &Takes) -> Option<(DifferenceKind, Verdict, String)> {
    let (position, key) = after.keys.first_new(before)?;
    let what = format!("reads `{key}` of argument {}, and what was recorded may have none", position + 1);
    Some((DifferenceKind::Form, Verdict::Depends, what))
}

/// Why what was recorded is not what an annotation says, and what that means.
pub(super) fn unfit(held: &Form, asked: &Form) -> Option<(Verdict, String)> {
    match asked.takes(held) {
        Fit::Fits => None,
        Fit::Perhaps(why) => Some((Verdict::Depends, why)),
        Fit::Fails(why) => Some((Verdict::Unsafe, why)),
    }
}

fn arguments(count: usize) -> String {
    format!("{count} argument{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::temporal::skeleton::keys::Keys;

    fn flow(arity: usize, least: usize, most: Option<usize>, first_object: Option<usize>) -> Flow {
        Flow {
            kind: FlowKind::Signal,
            name: "s".to_owned(),
            arity,
            parameters: Vec::new(),
            takes: Some(Takes {
                least,
                most,
                first_object,
                forms: None,
                keys: Keys { read: Vec::new(), perhaps: Vec::new(), named: Arc::default() },
            }),
            writes: false,
            steps: Vec::new(),
            effects: Vec::new(),
            at: None,
            paths: None,
        }
    }

    fn told(before: &Flow, after: &Flow) -> Option<(DifferenceKind, Verdict)> {
        change(before, after).map(|(kind, verdict, _)| (kind, verdict))
    }

    #[test]
    fn what_was_recorded_has_to_fit() {
        use {DifferenceKind as Kind, Verdict as Is};
        let one = flow(1, 1, Some(1), None);
        assert_eq!(told(&one, &one), None);
        assert_eq!(told(&one, &flow(2, 2, Some(2), None)), Some((Kind::Arguments, Is::Unsafe)), "one more is needed");
        assert_eq!(told(&one, &flow(2, 1, Some(2), None)), None, "its default stands in");
        assert_eq!(told(&one, &flow(0, 0, Some(0), None)), None, "it is left out");
        let two = flow(2, 2, Some(2), None);
        assert_eq!(told(&two, &one), Some((Kind::Arguments, Is::Unsafe)), "one is too many");
        assert_eq!(told(&one, &flow(1, 0, None, None)), None, "it takes any number");
        assert_eq!(told(&flow(2, 1, Some(2), None), &flow(2, 2, Some(2), None)), Some((Kind::Arguments, Is::Depends)));
    }

    #[test]
    fn objects_are_made_where_there_are_as_many_as_parameters() {
        let object = flow(1, 1, Some(1), Some(0));
        let more = flow(2, 1, Some(2), Some(0));
        assert_eq!(told(&object, &more), Some((DifferenceKind::Hints, Verdict::Unsafe)));
        assert_eq!(told(&more, &more), None);
        let new_object = flow(2, 1, Some(2), Some(1));
        assert_eq!(told(&flow(1, 1, Some(1), None), &new_object), None, "no recorded argument is one");
    }
}
