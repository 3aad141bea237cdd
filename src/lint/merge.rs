use rustc_hash::FxHashMap;

use crate::diagnostic::{Diagnostic, Further, Unit};

/// Makes one finding of those of a rule in one unit: it stands at the first place among the gravest of the most certain
/// ones, and the others are its further places. The findings are sorted by path and place, and stay so.
pub(super) fn merged(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut units: FxHashMap<(&'static str, Unit), Vec<usize>> = FxHashMap::default();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if let Some(unit) = diagnostic.unit {
            units.entry((diagnostic.code, unit)).or_default().push(index);
        }
    }
    let mut further: FxHashMap<usize, Vec<Further>> = FxHashMap::default();
    let mut is_head = vec![true; diagnostics.len()];
    for members in units.into_values().filter(|members| members.len() > 1) {
        let Some(head) = head(&diagnostics, &members) else { continue };
        let others = members.into_iter().filter(|member| *member != head);
        let places = others.map(|member| {
            is_head[member] = false;
            let diagnostic = &diagnostics[member];
            let (label, fix) = (diagnostic.message.clone(), diagnostic.fix.clone());
            Further { span: diagnostic.primary.span, label, fix }
        });
        further.insert(head, places.collect());
    }
    let heads = diagnostics.into_iter().enumerate().filter(|(index, _)| is_head[*index]);
    heads.map(|(index, diagnostic)| with_places(diagnostic, further.remove(&index).unwrap_or_default())).collect()
}

/// The first of the gravest among the most certain members.
fn head(diagnostics: &[Diagnostic], members: &[usize]) -> Option<usize> {
    let weight = |member: usize| (diagnostics[member].confidence, diagnostics[member].severity);
    let most = members.iter().map(|member| weight(*member)).max()?;
    members.iter().copied().find(|member| weight(*member) == most)
}

fn with_places(mut diagnostic: Diagnostic, places: Vec<Further>) -> Diagnostic {
    let unit = diagnostic.unit.filter(|_| !places.is_empty());
    if let Some(Unit { place, whole, .. }) = unit {
        let more = match places.len() {
            1 => format!("1 more {place}"),
            number => format!("{number} more {place}s"),
        };
        diagnostic.message = format!("{} (and {more} in this {whole})", diagnostic.message);
    }
    diagnostic.related = places;
    diagnostic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Annotation, CallChain, Confidence, Severity};
    use crate::source::ast::{TextRange, TextSize};
    use crate::source::{SourceFile, Sources, Span};

    /// Findings of a rule at these offsets, each with a unit by its number and a confidence.
    fn findings(of: &[(u32, Option<u32>, Confidence)]) -> Vec<Diagnostic> {
        let file = Sources::new().add(SourceFile::new("/a.py".into(), String::new(), true));
        let span = |at: u32| Span { file, range: TextRange::at(TextSize::new(at), TextSize::new(1)) };
        let of = of.iter().map(|(at, unit, confidence)| Diagnostic {
            code: "TPY101",
            name: "wall-clock-in-workflow",
            severity: Severity::Error,
            confidence: *confidence,
            message: format!("m{at}"),
            consequence: String::new(),
            help: String::new(),
            primary: Annotation { span: span(*at), label: String::new() },
            secondary: Vec::new(),
            unit: unit.map(|at| Unit::function(span(at))),
            related: Vec::new(),
            call_chain: CallChain::default(),
            more_entry_points: 0,
            fix: None,
        });
        of.collect()
    }

    /// The message of each finding with those of its further places.
    fn told(of: &[(u32, Option<u32>, Confidence)]) -> Vec<(String, Vec<String>)> {
        let merged = merged(findings(of)).into_iter();
        merged.map(|found| (found.message, found.related.into_iter().map(|place| place.label).collect())).collect()
    }

    #[test]
    fn findings_of_a_function_are_one_at_the_first_of_the_most_certain() {
        let all = [
            (1, Some(0), Confidence::Low),
            (2, Some(0), Confidence::High),
            (3, Some(9), Confidence::Medium),
            (4, Some(0), Confidence::High),
        ];
        let labels = vec!["m1".to_owned(), "m4".to_owned()];
        assert_eq!(
            told(&all),
            [("m2 (and 2 more places in this function)".to_owned(), labels), ("m3".to_owned(), vec![])]
        );
        let two = [(1, Some(0), Confidence::Low), (2, Some(0), Confidence::Low)];
        assert_eq!(told(&two)[0].0, "m1 (and 1 more place in this function)");
    }

    #[test]
    fn of_equally_certain_ones_the_gravest_stands_for_all() {
        let mut all = findings(&[(1, Some(0), Confidence::High), (2, Some(0), Confidence::High)]);
        all[0].severity = Severity::Warning;
        assert_eq!(merged(all)[0].message, "m2 (and 1 more place in this function)");
    }

    #[test]
    fn what_has_no_unit_stays_alone() {
        assert_eq!(told(&[(1, None, Confidence::High), (2, None, Confidence::High)]).len(), 2);
    }
}
