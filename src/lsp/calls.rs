//! What runs a function, and what calls it, beside the code: code lenses and the call hierarchy.
//!
//! Knows: how the protocol shows them, and that a place may have moved since the last look, so that what is shown lags a moment
//! behind. Does not know: how calls are followed.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::look::Look;
use super::place::Encoding;
use super::uri;
use crate::lint::{FunctionKey, Point, Stretch, TracedFunction, function_at};
use crate::source::printable;

/// What the protocol calls a function.
const FUNCTION: u32 = 12;

/// The lenses of a document: for each function that the SDK does not call itself, in what it runs.
pub(super) fn lenses(look: &Look, path: &Utf8Path, encoding: Encoding) -> Vec<Value> {
    let here = look.traced.iter().filter(|((file, _), function)| file == path && !function.is_entry);
    let lens = |(_, function): (&FunctionKey, &TracedFunction)| {
        let title = runs_in(function)?;
        Some(json!({ "range": range(function.at, encoding), "command": { "title": title, "command": "" } }))
    };
    here.filter_map(lens).collect()
}

/// `runs in Order.run (+2)`: workflows first, then by name.
fn runs_in(function: &TracedFunction) -> Option<String> {
    let is_workflow = |(context, _): &&(&'static str, String)| *context == "workflow";
    let first = function.entries.iter().find(is_workflow).or_else(|| function.entries.first())?;
    let what = if first.0 == "workflow" {
        printable(&first.1).into_owned()
    } else {
        format!("the {} {}", first.0, printable(&first.1))
    };
    match function.entries.len() - 1 {
        0 => Some(format!("runs in {what}")),
        more => Some(format!("runs in {what} (+{more})")),
    }
}

/// The function around a position of a document.
pub(super) fn prepared(look: &Look, path: &Utf8Path, position: &Value, encoding: Encoding) -> Option<Value> {
    let text = &look.documents.get(path)?.text;
    let offset = encoding.offset(text, position)?;
    let start = text[..offset].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line = usize::try_from(position["line"].as_u64()?).ok()?;
    let at = Point { line, bytes: offset - start, units: 0 };
    let (key, function) = function_at(&look.traced, path, at)?;
    Some(json!([item(key, function, encoding)]))
}

/// What calls the function of an item.
pub(super) fn incoming(look: &Look, item_of: &Value, encoding: Encoding) -> Option<Value> {
    let function = look.traced.get(&key(item_of)?)?;
    let calls = function.callers.iter().filter_map(|(caller, sites)| {
        let sites: Vec<Value> = sites.iter().map(|site| range(*site, encoding)).collect();
        Some(json!({ "from": item(caller, look.traced.get(caller)?, encoding), "fromRanges": sites }))
    });
    Some(calls.collect::<Vec<Value>>().into())
}

/// What the function of an item calls, of the project's own.
pub(super) fn outgoing(look: &Look, item_of: &Value, encoding: Encoding) -> Option<Value> {
    let caller = key(item_of)?;
    let calls = look.traced.iter().filter_map(|(callee, function)| {
        let sites: Vec<Value> = function.callers.get(&caller)?.iter().map(|site| range(*site, encoding)).collect();
        Some(json!({ "to": item(callee, function, encoding), "fromRanges": sites }))
    });
    Some(calls.collect::<Vec<Value>>().into())
}

fn item((path, at): &FunctionKey, function: &TracedFunction, encoding: Encoding) -> Value {
    let detail = match function.is_entry {
        true => "called by Temporal".to_owned(),
        false => runs_in(function).unwrap_or_default(),
    };
    json!({
        "name": printable(&function.name),
        "kind": FUNCTION,
        "detail": detail,
        "uri": uri::of_path(path),
        "range": range(function.whole, encoding),
        "selectionRange": range(function.at, encoding),
        "data": { "path": path.as_str(), "line": at.line, "bytes": at.bytes, "units": at.units },
    })
}

fn key(item: &Value) -> Option<FunctionKey> {
    let data = &item["data"];
    let number = |name: &str| data[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let at = Point { line: number("line")?, bytes: number("bytes")?, units: number("units")? };
    Some((Utf8PathBuf::from(data["path"].as_str()?), at))
}

fn range((start, end): Stretch, encoding: Encoding) -> Value {
    let at = |point: Point| json!({ "line": point.line, "character": encoding.column(point.bytes, point.units) });
    json!({ "start": at(start), "end": at(end) })
}
