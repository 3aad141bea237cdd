use crate::rules::context::RuleContext;
use crate::temporal::{Catch, CatchKind, ReachedCode};

/// How what catches reads: `` `except:` ``, `` `except BaseException` ``, `` `suppress(CancelledError)` ``.
pub(super) fn shown(context: &RuleContext<'_, '_, '_>, reached: &ReachedCode<'_>, catch: &Catch) -> String {
    let file = reached.reach.span(catch.node, catch.range).file;
    let source = context.analysis.project.source(file);
    match catch.kind {
        CatchKind::Handler(None) => "`except:`".to_owned(),
        CatchKind::Handler(Some(kind)) => format!("`except {}`", source.slice(kind)),
        CatchKind::Suppress => format!("`{}`", source.slice(catch.range)),
        CatchKind::Exit(method) => format!("`{}`, whose `{method}` gives `True`,", source.slice(catch.range)),
        CatchKind::Finally => {
            let text = source.slice(catch.range);
            format!("`{}` in `finally`", text.split_whitespace().next().unwrap_or(text))
        }
    }
}
