//! Small changes of form: a call where a name stands alone, a function where a value stands.

use super::draft::Draft;
use super::said::{Library, own_imports};
use crate::diagnostic::Fix;
use crate::python::{Event, NodeId};
use crate::semantic::{ArgumentKind, BlockId, Expr, ExprId, Module};
use crate::source::{Span, TextRange, TextSize, last_part};
use crate::temporal::analysis::{Analysis, ReachedCode};
use crate::temporal::conditions::{ConditionFault, FaultyCondition};
use crate::temporal::effects::Reached;

/// A call of what is named.
#[must_use]
pub fn called(analysis: &Analysis<'_, '_>, place: Span) -> Option<Fix> {
    let mut draft = Draft::new(analysis.project, place.file);
    draft.insert(place.range.end(), "()");
    draft.finish("call it")
}

/// A predicate of `wait_condition` that can be asked.
#[must_use]
pub fn as_predicate(analysis: &Analysis<'_, '_>, faulty: &FaultyCondition) -> Option<Fix> {
    match faulty.fault {
        ConditionFault::Uncalled if faulty.part.file == faulty.span.file => called(analysis, faulty.part),
        ConditionFault::NotCallable => {
            let module = analysis.project.module(faulty.part.file);
            let expr = module.expression_at(faulty.part.range)?;
            if matches!(module[expr], Expr::Await(_) | Expr::Named { .. } | Expr::Yield(_) | Expr::YieldFrom(_)) {
                return None;
            }
            let mut draft = Draft::new(analysis.project, faulty.part.file);
            draft.insert(faulty.part.range.start(), "lambda: ");
            draft.finish("give a function that asks for it: `lambda: …`")
        }
        _ => None,
    }
}

/// The items of a list, each as an argument of its own.
#[must_use]
pub fn unpacked(analysis: &Analysis<'_, '_>, call: Span) -> Option<Fix> {
    let module = analysis.project.module(call.file);
    let Expr::Call { arguments, .. } = module[module.call_at(call.range)?] else { return None };
    let [only] = module.list(arguments) else { return None };
    if only.kind != ArgumentKind::Positional {
        return None;
    }
    let mut draft = Draft::new(analysis.project, call.file);
    draft.insert(module.span(only.value).start(), "*");
    draft.finish("give each item as an argument: `*…`")
}

/// A call of a logger in workflow code as one of the workflow's own logger.
#[must_use]
pub fn by_own_logger(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
) -> Option<Fix> {
    let call = Reached::of(event).filter(|call| !call.handed && !call.doubtful)?;
    let function = super::calls::only_in_workflows(analysis, reached, node)?;
    let module = analysis.project.module(function.file);
    let expr = event.expr.filter(|expr| module.span(*expr) == event.range)?;
    let Expr::Call { callee, arguments } = module[expr] else { return None };
    let mut draft = Draft::new(analysis.project, function.file);
    let own = Library { module: super::calls::WORKFLOW, member: None };
    let (said, is_new) = draft.say(own, module.block_of_call(expr)?)?;
    match module[callee] {
        Expr::Attribute { value, name } if is_of_logging(call.name.as_str()) && LEVELS.contains(&name.as_str()) => {
            draft.replace(module.span(value), format!("{said}.logger"));
        }
        Expr::Name { .. } if call.name == "builtins.print" => {
            let [only] = module.list(arguments) else { return None };
            let is_text = matches!(module[only.value], Expr::Str(_) | Expr::Text | Expr::Formatted(_));
            if only.kind != ArgumentKind::Positional || !is_text {
                return None;
            }
            draft.replace(module.span(callee), format!("{said}.logger.info"));
        }
        _ => return None,
    }
    if is_new && own_imports(module).next().is_none() {
        draft.caution("this file has not depended on Temporal");
    }
    draft.caution("the message comes from the logger `temporalio.workflow`, and not again during a replay");
    draft.finish(format!("use `{said}.logger`"))
}

fn is_of_logging(name: &str) -> bool {
    name.starts_with("logging.")
}

/// The methods that Temporal's loggers take over as they are.
const LEVELS: &[&str] = &["debug", "info", "warning", "error", "exception", "critical", "log"];

/// A name that the SDK has in the place of one that it has not, by its qualified name. What is imported is left as it is:
/// its uses would have to change too.
#[must_use]
pub fn meant(analysis: &Analysis<'_, '_>, place: Span, module: &str, like: &str) -> Option<Fix> {
    let code = analysis.project.module(place.file);
    let expr = code.expression_at(place.range)?;
    let Expr::Attribute { name, .. } = code[expr] else { return None };
    let (owner, member) = like.rsplit_once('.')?;
    let mut draft = Draft::new(analysis.project, place.file);
    let written = if owner == module {
        let end = place.range.end();
        draft.replace(TextRange::new(end - TextSize::of(name.as_str()), end), last_part(like));
        member.to_owned()
    } else {
        let (said, _) = draft.say(Library { module: owner, member: Some(member) }, block_of_name(code, expr)?)?;
        draft.replace(place.range, said.clone());
        said
    };
    draft.caution("what was meant is a guess by the name");
    draft.finish(format!("write `{written}`"))
}

/// The block that reads the name that an attribute is taken from.
fn block_of_name(module: &Module, expr: ExprId) -> Option<BlockId> {
    match module[expr] {
        Expr::Attribute { value, .. } => block_of_name(module, value),
        Expr::Name { block, .. } => Some(block),
        _ => None,
    }
}
