//! Which rules a run uses.
//!
//! Knows: codes, names and beginnings of codes, and which selector wins. Does not know: where selectors are written.

use std::fmt;

use super::rule::{Rule, rules};

/// What every code starts with.
const PREFIX: &str = "TPY";
/// The selector of all rules.
const ALL: &str = "ALL";
/// How alike a selector and a suggestion have to be, from 0 to 1.
const ALIKE: f64 = 0.75;

/// Which rules a run uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSelection {
    /// By position in [`rules`].
    enabled: Vec<bool>,
}

/// A selector that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownSelector {
    /// The selector as it was written.
    pub selector: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for UnknownSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no rule is called `{}`", self.selector)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl RuleSelection {
    /// The rules that selectors leave on, as ruff reads them: a selector is a code, the start of one (`TPY1`), a name
    /// or `ALL`; of two selectors that match a rule the longer one decides, and of two equally long ones `ignore`.
    /// `select` replaces the default set where it is not empty; `extend_select` adds to either.
    ///
    /// # Errors
    ///
    /// A selector that matches no rule.
    pub fn resolve(
        select: &[String],
        extend_select: &[String],
        ignore: &[String],
    ) -> Result<RuleSelection, UnknownSelector> {
        Ok(Self { enabled: resolve(rules(), select, extend_select, ignore)? })
    }

    /// Whether the rule of a code is on.
    #[must_use]
    pub fn is_enabled(&self, code: &str) -> bool {
        let position = rules().binary_search_by(|rule| rule.code.as_str().cmp(code));
        position.is_ok_and(|position| self.enabled[position])
    }

    /// No rule.
    #[must_use]
    pub fn none() -> Self {
        Self { enabled: vec![false; rules().len()] }
    }

    /// Turns on what another selection has on.
    pub fn add(&mut self, other: &Self) {
        self.enabled.iter_mut().zip(&other.enabled).for_each(|(own, other)| *own |= other);
    }

    /// The rules that are on, sorted by code.
    pub fn iter(&self) -> impl Iterator<Item = &'static Rule> {
        rules().iter().zip(&self.enabled).filter_map(|(rule, enabled)| enabled.then_some(rule))
    }
}

impl Default for RuleSelection {
    /// The rules that are on where nothing is selected.
    fn default() -> Self {
        Self { enabled: rules().iter().map(|rule| rule.default).collect() }
    }
}

/// How much of a rule a selector says: more wins over less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    Default,
    All,
    /// Digits given after `TPY`.
    Digits(usize),
}

fn resolve(
    rules: &[Rule],
    select: &[String],
    extend_select: &[String],
    ignore: &[String],
) -> Result<Vec<bool>, UnknownSelector> {
    for selector in select.iter().chain(extend_select).chain(ignore) {
        if !rules.iter().any(|rule| matches(selector, rule).is_some()) && !is_all(selector) {
            let suggestion = suggest(rules, selector);
            return Err(UnknownSelector { selector: selector.clone(), suggestion });
        }
    }
    let strongest = |selectors: &[String], rule: &Rule| selectors.iter().filter_map(|s| matches(s, rule)).max();
    Ok(rules
        .iter()
        .map(|rule| {
            let default = (select.is_empty() && rule.default).then_some(Specificity::Default);
            let on = default.max(strongest(select, rule)).max(strongest(extend_select, rule));
            on > strongest(ignore, rule)
        })
        .collect())
}

fn is_all(selector: &str) -> bool {
    selector.trim().eq_ignore_ascii_case(ALL)
}

/// How much of `rule` the selector says; `None` where it does not match it.
fn matches(selector: &str, rule: &Rule) -> Option<Specificity> {
    let selector = selector.trim();
    if is_all(selector) {
        return Some(Specificity::All);
    }
    if selector.eq_ignore_ascii_case(&rule.name) {
        return Some(Specificity::Digits(rule.code.len() - PREFIX.len()));
    }
    let start = rule.code.get(..selector.len())?;
    (selector.len() >= PREFIX.len() && start.eq_ignore_ascii_case(selector))
        .then(|| Specificity::Digits(selector.len() - PREFIX.len()))
}

/// How much of the rule of a code a selector says, for comparison: more wins over less; `None` where it does not match.
#[must_use]
pub fn strength(selector: &str, code: &str) -> Option<usize> {
    let rule = super::rule::find(code)?;
    matches(selector, rule).map(|specificity| match specificity {
        Specificity::Default => 0,
        Specificity::All => 1,
        Specificity::Digits(digits) => 2 + digits,
    })
}

/// The code, name or `ALL` that is most like what was written.
pub(crate) fn suggest(rules: &[Rule], written: &str) -> Option<String> {
    let written = written.trim().to_lowercase();
    rules
        .iter()
        .flat_map(|rule| [rule.code.as_str(), rule.name.as_str()])
        .chain([ALL])
        .map(|known| (strsim::normalized_damerau_levenshtein(&written, &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        // The first of equally good ones, so that the answer does not depend on the order of comparison.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::rule::sample;
    use super::*;

    fn some_rules() -> Vec<Rule> {
        vec![
            sample("TPY101", "wall-clock-in-workflow", true),
            sample("TPY102", "random-in-workflow", true),
            sample("TPY110", "network-in-workflow", true),
            sample("TPY201", "blocking-call-in-async-activity", true),
            sample("TPY901", "opinion", false),
        ]
    }

    fn on(select: &[&str], extend: &[&str], ignore: &[&str]) -> String {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let rules = some_rules();
        match resolve(&rules, &owned(select), &owned(extend), &owned(ignore)) {
            Ok(enabled) => {
                let on: Vec<&str> =
                    rules.iter().zip(enabled).filter(|(_, on)| *on).map(|(rule, _)| &rule.code[3..]).collect();
                on.join(" ")
            }
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn nothing_selected_is_the_default_set() {
        assert_eq!(on(&[], &[], &[]), "101 102 110 201");
        assert_eq!(on(&[], &["TPY9"], &[]), "101 102 110 201 901");
        assert_eq!(on(&["ALL"], &[], &[]), "101 102 110 201 901");
    }

    #[test]
    fn codes_prefixes_and_names_select_in_any_case() {
        assert_eq!(on(&["TPY1"], &[], &[]), "101 102 110");
        assert_eq!(on(&["tpy10"], &[], &[]), "101 102");
        assert_eq!(on(&["TPY"], &[], &[]), "101 102 110 201 901");
        assert_eq!(on(&["Random-In-Workflow"], &["TPY201"], &[]), "102 201");
    }

    #[test]
    fn the_longer_selector_decides() {
        assert_eq!(on(&["TPY101"], &[], &["TPY1"]), "101");
        assert_eq!(on(&["TPY1"], &[], &["TPY10"]), "110");
        assert_eq!(on(&["TPY1"], &[], &["wall-clock-in-workflow"]), "102 110");
        assert_eq!(on(&["ALL"], &[], &["TPY1"]), "201 901");
        assert_eq!(on(&["TPY1"], &[], &["ALL"]), "101 102 110");
        assert_eq!(on(&[], &[], &["ALL"]), "");
    }

    #[test]
    fn of_equally_long_selectors_ignore_decides() {
        assert_eq!(on(&["TPY101"], &[], &["wall-clock-in-workflow"]), "");
        assert_eq!(on(&[], &["TPY101"], &["TPY101"]), "102 110 201");
    }

    #[test]
    fn unknown_selectors_are_errors_with_a_suggestion() {
        assert_eq!(on(&["TPY3"], &[], &[]), "no rule is called `TPY3`");
        assert_eq!(on(&[], &[], &["TPX101"]), "no rule is called `TPX101`; did you mean `TPY101`?");
        assert_eq!(
            on(&[], &["wallclock-in-workflow"], &[]),
            "no rule is called `wallclock-in-workflow`; did you mean `wall-clock-in-workflow`?"
        );
        assert_eq!(on(&["T"], &[], &[]), "no rule is called `T`");
        assert_eq!(on(&["é"], &[], &[]), "no rule is called `é`");
        assert_eq!(on(&[""], &[], &[]), "no rule is called ``");
    }
}
