//! Which programs convert payloads in their own way.
//!
//! Knows: what is given as `data_converter` wherever something takes one, and what else brings a converter. Does not know:
//! which client it is given to, or what the converter does.

use crate::python::{Place, Value};
use crate::semantic::{ArgumentKind, Expr, ExprId, Module};
use crate::source::FileId;

use super::analysis::Analysis;

/// How payloads are converted, as far as a program shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// By the default payload converter: nothing in sight says otherwise.
    Default,
    /// Perhaps by another: one is named, or what is given cannot be read.
    Perhaps,
}

impl Encoding {
    /// How a program does it: one place that names another converter is enough to know nothing.
    #[must_use]
    pub fn of(analysis: &Analysis<'_, '_>) -> Self {
        match analysis.files.iter().any(|file| brings_converter(analysis, *file)) {
            true => Encoding::Perhaps,
            false => Encoding::Default,
        }
    }
}

/// What a client or a converter is made with, that decides about payloads.
pub(super) const CONVERTER: &str = "data_converter";
const PAYLOAD_CONVERTER: &str = "payload_converter_class";

/// Modules of the SDK that bring a converter with them.
const BRINGING: &[&str] = &["temporalio.contrib"];

/// Whether the SDK's converter for pydantic 2 is given wherever a data converter is, and it is given somewhere.
#[must_use]
pub fn is_pydantic_everywhere(analysis: &Analysis<'_, '_>) -> bool {
    let mut given = analysis.sdk_calls().iter().filter_map(|call| call.argument(CONVERTER)).peekable();
    let is_it = |argument: &super::sdk_calls::SdkArgument| {
        let value = argument.values.only().and_then(|value| analysis.evaluator.outside_name(value));
        value.is_some_and(|name| name == "temporalio.contrib.pydantic.pydantic_data_converter")
    };
    given.peek().is_some() && given.all(is_it)
}

fn brings_converter(analysis: &Analysis<'_, '_>, file: FileId) -> bool {
    let module = analysis.project.module(file);
    let imported = module.import_ids().any(|import| {
        let import = module[import];
        let names = module.list(import.names);
        let from = import.from.into_iter().filter(|_| import.level == 0);
        from.chain(names.iter().filter(|_| import.from.is_none()).map(|alias| alias.name))
            .any(|name| BRINGING.iter().any(|bringing| name.as_str().starts_with(bringing)))
    });
    imported
        || module.calls().iter().any(|call| given_converter(analysis, file, *call))
        || module.expression_ids().any(|expr| names_converter(module, expr))
}

/// `config["data_converter"]`, `{"data_converter": …}`.
pub(super) fn names_converter(module: &Module, expr: ExprId) -> bool {
    matches!(module[expr], Expr::Str(text) if text == CONVERTER || text == PAYLOAD_CONVERTER)
}

fn given_converter(analysis: &Analysis<'_, '_>, file: FileId, call: ExprId) -> bool {
    let module = analysis.project.module(file);
    let place = Place { file, frame: None };
    let Expr::Call { callee, arguments } = module[call] else { return false };
    let is_client = || {
        let called = analysis.evaluator.value(callee, place);
        called.single().and_then(|callee| analysis.evaluator.outside_name(callee)).is_some_and(|name| {
            name.as_str().starts_with("temporalio.") && CLIENTS.iter().any(|client| name.as_str().ends_with(client))
        })
    };
    module.list(arguments).iter().any(|argument| match argument.kind {
        ArgumentKind::Keyword(name) if name == PAYLOAD_CONVERTER => true,
        ArgumentKind::Keyword(name) if name == CONVERTER => !is_default(analysis, argument.value, place),
        // A plugin may bring one.
        ArgumentKind::Keyword(name) if name == "plugins" => is_client(),
        ArgumentKind::DoubleStar => {
            let options = analysis.evaluator.value(argument.value, place);
            let is_known = |value| matches!(analysis.evaluator.get(value), Value::Table(entries) if entries.iter().all(|(key, _)| key.is_some()));
            !options.only().is_some_and(is_known) && is_client()
        }
        _ => false,
    })
}

/// The ends of the names of what makes clients and what runs without one.
const CLIENTS: &[&str] = &["Client.connect", ".Client", ".Worker", ".Replayer", ".start_local", ".start_time_skipping"];

/// Whether a value is the default converter, perhaps with a codec, which sees bytes alone.
pub(super) fn is_default(analysis: &Analysis<'_, '_>, expr: ExprId, place: Place) -> bool {
    let values = analysis.evaluator.value(expr, place);
    let is = |value| match analysis.evaluator.get(value) {
        Value::None => true,
        Value::Outside(name) | Value::ResultOf(name) => {
            matches!(name.as_str(), "temporalio.converter.DataConverter.default" | "temporalio.converter.default")
        }
        Value::OutsideMethod { name, .. } => name.as_str() == "temporalio.converter.DataConverter.default",
        _ => false,
    };
    if values.only().is_some_and(is) {
        return true;
    }
    let module = analysis.project.module(place.file);
    // `DataConverter(payload_codec=…)`, `dataclasses.replace(DataConverter.default, payload_codec=…)`.
    let Expr::Call { arguments, .. } = module[expr] else { return false };
    let arguments = module.list(arguments);
    !arguments.is_empty()
        && arguments.iter().all(|argument| match argument.kind {
            ArgumentKind::Keyword(name) => name == "payload_codec",
            ArgumentKind::Positional => is_default(analysis, argument.value, place),
            ArgumentKind::Star | ArgumentKind::DoubleStar => false,
        })
}
