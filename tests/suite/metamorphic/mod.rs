//! One answer: findings depend on what a program means, and on nothing else.
//!
//! Every fixture and every example of a rule's page is rewritten in ways that leave its meaning alone, and what is found
//! before and after must be the same: code, file, line of the first text, confidence, and message. Each way is tried
//! alone, and then all together. What the comments in the fixtures announce plays no part.
//!
//! Knows of a rewriting only what it changes; that it leaves the meaning alone is the concern of its own file, where a
//! case in doubt is left as it is.

mod known_failures;
mod layout;
mod names;
mod neighbour;
mod order;
mod pairs;
mod program;
mod syntax;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::checked::{side_by_side, without_panic};
use super::known;
use known_failures::KNOWN_FAILURES;
use names::Spoken;
use program::{Finding, Program, Rewritten, programs};
use syntax::Syntax;
use text::Text;

/// How many differences of one program are printed.
const SHOWN: usize = 4;

/// A way to rewrite that leaves the meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rewriting {
    /// Comments above and after the lines.
    Comments,
    /// Docstrings added and taken away.
    Docstrings,
    /// Statements that do nothing.
    NoOps,
    /// Local names, the new ones beginning so.
    Names(&'static str),
    /// Neighbouring functions in reverse order.
    Reversed,
    /// Functions at the end of their module.
    Moved,
    /// Unrelated programs beside.
    Neighbour,
    /// Files written and named in reverse order.
    Backwards,
    /// Two threads, and four.
    Threads(usize),
}

const REWRITINGS: [Rewriting; 11] = [
    Rewriting::Threads(2),
    Rewriting::Threads(4),
    Rewriting::Backwards,
    Rewriting::Neighbour,
    Rewriting::Moved,
    Rewriting::Reversed,
    // Names that mean nothing, and names that a reader of text may take for a hint.
    Rewriting::Names("local"),
    Rewriting::Names("cancelled_catalog_logger"),
    Rewriting::NoOps,
    Rewriting::Docstrings,
    Rewriting::Comments,
];

impl Rewriting {
    fn name(self) -> String {
        format!("{self:?}").replace('"', "")
    }

    fn apply(self, to: &mut Rewritten) {
        match self {
            Self::Comments => each_text(to, |text, syntax| text.edited(layout::comments(syntax))),
            Self::Docstrings => each_text(to, |text, syntax| text.edited(layout::docstrings(syntax))),
            Self::NoOps => each_text(to, |text, syntax| text.edited(layout::no_ops(syntax))),
            Self::Reversed => each_text(to, |text, syntax| text.composed(&order::reversed(syntax))),
            Self::Moved => each_text(to, |text, syntax| text.composed(&order::moved(syntax))),
            Self::Names(stem) => {
                let mut spoken = Spoken::default();
                each_text(to, |text, syntax| {
                    spoken.add(syntax);
                    text.clone()
                });
                let mut renamed = std::mem::take(&mut to.renamed);
                each_text(to, |text, syntax| text.edited(names::renamed(syntax, &spoken, stem, &mut renamed)));
                to.renamed = renamed;
            }
            Self::Neighbour => to.beside.extend(neighbour::files()),
            Self::Backwards => to.backwards = true,
            Self::Threads(number) => to.threads = number,
        }
    }
}

fn each_text(of: &mut Rewritten, mut rewritten: impl FnMut(&Text, &Syntax) -> Text) {
    for text in of.texts.values_mut() {
        let new = Syntax::of(text.content()).map(|syntax| rewritten(text, &syntax));
        *text = new.unwrap_or_else(|| text.clone());
    }
}

/// What is found after some rewritings.
fn findings(program: &Program, rewritings: &[Rewriting]) -> Result<Vec<Finding>, String> {
    let mut rewritten = Rewritten::new(program);
    rewritings.iter().for_each(|rewriting| rewriting.apply(&mut rewritten));
    without_panic(|| rewritten.findings())
}

/// The rewritings that make a difference, by name, with the difference.
fn differences(program: &Program) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let before = match findings(program, &[]) {
        Ok(before) => before,
        Err(panic) => return vec![(format!("{}: as it is", program.name), format!("  {panic}"))],
    };
    let mut compare = |name: String, rewritings: &[Rewriting]| {
        let said = match findings(program, rewritings) {
            Ok(after) => difference(&before, &after),
            Err(panic) => format!("  {panic}"),
        };
        if !said.is_empty() {
            found.push((format!("{}: {name}", program.name), said));
        }
    };
    REWRITINGS.iter().for_each(|rewriting| compare(rewriting.name(), &[*rewriting]));
    compare("all".to_owned(), &REWRITINGS);
    found
}

/// What was found before alone, and after alone, a line each. Both are sorted.
fn difference(before: &[Finding], after: &[Finding]) -> String {
    let only = |sign: char, these: &[Finding], those: &[Finding]| {
        let mut rest = those.to_vec();
        let mut only = Vec::new();
        for this in these {
            match rest.iter().position(|that| that == this) {
                Some(position) => drop(rest.remove(position)),
                None => only.push(format!("  {sign} {this}")),
            }
        }
        only
    };
    let lines = [only('-', before, after), only('+', after, before)].concat();
    let mut said = lines.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    if lines.len() > SHOWN {
        write!(said, "\n  and {} more", lines.len() - SHOWN).expect("a String takes all");
    }
    said
}

#[test]
fn what_does_not_change_the_meaning_does_not_change_the_findings() {
    let programs = programs();
    assert!(programs.len() > 850, "only {} programs", programs.len());
    let failures: BTreeMap<String, String> = side_by_side(&programs, differences).into_iter().flatten().collect();
    let said = known::against("KNOWN_FAILURES", KNOWN_FAILURES, &failures);
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn every_rewriting_changes_most_programs_and_python_reads_the_result() {
    let programs = programs();
    for rewriting in REWRITINGS {
        let mut changed = 0;
        for program in &programs {
            let before = Rewritten::new(program);
            let mut after = Rewritten::new(program);
            rewriting.apply(&mut after);
            for (name, text) in &after.texts {
                let old = before.texts[name].content();
                changed += usize::from(text.content() != old);
                let still_read = Syntax::of(old).is_none() || Syntax::of(text.content()).is_some();
                assert!(still_read, "{} {name} after {rewriting:?}:\n{}", program.name, text.content());
            }
        }
        let of_text = !matches!(rewriting, Rewriting::Neighbour | Rewriting::Backwards | Rewriting::Threads(_));
        assert!(!of_text || changed > 200, "{rewriting:?} changes {changed} files");
    }
}
