//! Decorators and `async` that definitions lack.

use super::calls::WORKFLOW;
use super::draft::Draft;
use super::said::{Library, newline};
use crate::diagnostic::Fix;
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, Name};
use crate::source::{Span, TextRange, TextSize};
use crate::temporal::analysis::Analysis;
use crate::temporal::signatures::{ClassDefinition, FunctionDefinition, Sdk, WireName};

/// `async def` in place of `def`, by the place of the function's name.
#[must_use]
pub fn made_async(analysis: &Analysis<'_, '_>, name: Span) -> Option<Fix> {
    const DEF: &str = "def ";
    let before = TextRange::up_to(name.range.start());
    let text = analysis.project.source(name.file).text_once();
    let is_written_so = text.get(..before.end().to_usize())?.ends_with(DEF);
    let start = before.end().checked_sub(TextSize::of(DEF)).filter(|_| is_written_so)?;
    let mut draft = Draft::new(analysis.project, name.file);
    draft.insert(start, "async ");
    draft.finish("make it `async def`")
}

/// `def` in place of `async def`, where nothing in the function needs it.
#[must_use]
pub fn made_plain(analysis: &Analysis<'_, '_>, function: &FunctionDefinition) -> Option<Fix> {
    const ASYNC_DEF: &str = "async def ";
    let name = function.span;
    let module = analysis.project.module(name.file);
    let whole = module[function.function.function].range;
    let waits = |expr: ExprId| matches!(module[expr], Expr::Await(_)) && whole.contains_range(module.span(expr));
    let text = analysis.project.source(name.file).text_once();
    let inside = text.get(std::ops::Range::<usize>::from(TextRange::new(name.range.end(), whole.end())))?;
    // `async for`, `async with`, or a function that is `async` itself. The word in a text costs a fix, at worst.
    if module.expression_ids().any(waits) || inside.contains("async ") {
        return None;
    }
    let is_written_so = text.get(..name.range.start().to_usize())?.ends_with(ASYNC_DEF);
    let start = name.range.start().checked_sub(TextSize::of(ASYNC_DEF)).filter(|_| is_written_so)?;
    let mut draft = Draft::new(analysis.project, name.file);
    draft.remove(TextRange::at(start, TextSize::of("async ")));
    draft.finish("make it a plain `def`")
}

/// A decorator without the call that stands there.
#[must_use]
pub fn not_called(analysis: &Analysis<'_, '_>, decorator: Span) -> Option<Fix> {
    let module = analysis.project.module(decorator.file);
    let Expr::Call { callee, arguments } = module[module.call_at(decorator.range)?] else { return None };
    if !module.list(arguments).is_empty() {
        return None;
    }
    let mut draft = Draft::new(analysis.project, decorator.file);
    draft.remove(TextRange::new(module.span(callee).end(), decorator.range.end()));
    draft.finish("leave out the parentheses")
}

/// The first argument of a decorator by its name.
#[must_use]
pub fn first_by_name(analysis: &Analysis<'_, '_>, decorator: Span, name: &str) -> Option<Fix> {
    let module = analysis.project.module(decorator.file);
    let Expr::Call { arguments, .. } = module[module.call_at(decorator.range)?] else { return None };
    let (first, rest) = module.list(arguments).split_first()?;
    let is_named = |argument: &Argument| matches!(argument.kind, ArgumentKind::Keyword(given) if given != name);
    if first.kind != ArgumentKind::Positional || !rest.iter().all(is_named) {
        return None;
    }
    let mut draft = Draft::new(analysis.project, decorator.file);
    draft.insert(module.span(first.value).start(), format!("{name}="));
    draft.finish(format!("give it as `{name}=…`"))
}

/// The decorator of the method that another one overrides, at the override.
#[must_use]
pub fn decorated_like(
    analysis: &Analysis<'_, '_>,
    overridden: &FunctionDefinition,
    own: &FunctionDefinition,
) -> Option<Fix> {
    let role = overridden.role()?;
    if own.role().is_some() || !own.decorators.is_empty() || (role == Sdk::Run && !own.signature.is_async) {
        return None;
    }
    let is_plain = |name: Name| name.as_str().chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c));
    let arguments = match overridden.wire_name() {
        WireName::Known(name) if role == Sdk::Run || name == own.name => String::new(),
        WireName::Known(name) if is_plain(name) => format!("(name=\"{name}\")"),
        _ => return None,
    };
    let module = analysis.project.module(own.span.file);
    let start = module[own.function.function].range.start();
    decorator(analysis, own.span.file, start, role, &arguments)
}

/// `@workflow.defn` at a class that has all else.
#[must_use]
pub fn made_workflow(analysis: &Analysis<'_, '_>, class: &ClassDefinition) -> Option<Fix> {
    let is_run = |method: &FunctionDefinition| !method.is_replaced && method.decorated(Sdk::Run).is_some();
    let start = analysis.project.module(class.class.file)[class.class.class].range.start();
    let is_complete = class.methods.iter().any(is_run) && class.decorators.is_empty();
    is_complete.then(|| decorator(analysis, class.class.file, start, Sdk::Workflow, "")).flatten()
}

/// A decorator of the SDK in front of a definition.
fn decorator(
    analysis: &Analysis<'_, '_>,
    file: crate::source::FileId,
    start: TextSize,
    decorator: Sdk,
    arguments: &str,
) -> Option<Fix> {
    let module = analysis.project.module(file);
    let text = analysis.project.source(file).text_once();
    let before = text.get(..start.to_usize())?;
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let indent = before.get(line_start..).filter(|indent| indent.trim().is_empty())?;
    let name = decorator.shown().rsplit('.').next()?;
    let mut draft = Draft::new(analysis.project, file);
    let (said, is_new) = draft.say(Library { module: WORKFLOW, member: None }, module.entry())?;
    // What a module imports in front of its classes can be told only where it does so already.
    if is_new {
        return None;
    }
    draft.insert(start, format!("@{said}.{name}{arguments}{}{indent}", newline(&text)));
    draft.finish(format!("put `@{said}.{name}{arguments}` there"))
}
