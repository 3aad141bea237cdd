//! Decorators and `async` that definitions lack.

use super::calls::WORKFLOW;
use super::draft::Draft;
use super::said::{Library, newline};
use crate::diagnostic::Fix;
use crate::semantic::Name;
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
