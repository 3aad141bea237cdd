//! Where a run stopped short of the whole, in the words of its report.
//!
//! Knows: what each limit means for who reads the findings. Does not know: where the limits are set.

use camino::Utf8PathBuf;

use super::report::Shortfall;
use crate::python::{Cut, Limit, Project};

/// What limits of the engine cut, as the report tells it.
pub(super) fn shortfalls<'c>(
    project: &Project<'_>,
    cuts: impl IntoIterator<Item = &'c Cut>,
) -> impl Iterator<Item = Shortfall> {
    cuts.into_iter().map(|cut| {
        let path = cut.file.map(|file| project.source(file).path().to_owned());
        let name = |file, function| project.module(file).qualified_name(function);
        Shortfall { what: what(cut.limit), path, function: cut.file.zip(cut.function).map(|(file, id)| name(file, id)) }
    })
}

/// Files that use Temporal through what files provide that use it so themselves, and so on.
pub(super) fn far_wrapper(path: Utf8PathBuf) -> Shortfall {
    let what = "Temporal is used through too many wrappers, each around another; this was not looked at";
    Shortfall { what, path: Some(path), function: None }
}

fn what(limit: Limit) -> &'static str {
    match limit {
        Limit::Nesting => "code nests deeper than is read; the innermost was not looked at",
        Limit::Questions => {
            "values depend on each other in more steps than are followed; what they are counts as unknown"
        }
        Limit::Alternatives => "a value may be more things than are kept apart; the others count as unknown",
        Limit::Ways => "called in more ways than are told apart; what further calls give it counts as unknown",
        Limit::Collections => "what it puts into a collection went on growing; the last of it may be missed",
        Limit::Users => "used by more files than are searched for what they register; the others are missed",
        Limit::Code => "there is more code than is followed; this was not looked at",
    }
}
