//! What a program says to Temporal, fact by fact: the pages below `tests/facts`.
//!
//! A page is prose with Python code, its blocks projects as in `tests/language`. A comment at the end of a line says which
//! calls of the SDK begin there (`# call: …`, several divided by ` ; `), or that none does (`# no call`). Arguments are
//! written as `parameter=what`; `!` stands before what no parameter takes, `…` after all where others may be given.
//! `# definition: …` says how the SDK's decorators see the function that the line names: its decorators, its name on the
//! wire, its parameters and result with what their annotations mean.

use std::path::Path;

use temporal_py_lint::python::Project;
use temporal_py_lint::source::{FileId, ImportRoots, Sources};
use temporal_py_lint::temporal::{
    Analysis, Annotation, Constant, DecoratorKind, FunctionDefinition, ParameterKind, SdkArgument, SdkCall, Shape,
    Target, WireName, Worlds, analyse,
};

use super::checked::{Files, utf8};
use super::language::{blocks, files_of};

#[test]
fn the_facts_are_what_the_pages_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    let (mut wrong, mut said) = (Vec::new(), 0);
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.expect("the pages are readable");
        if entry.path().extension().is_some_and(|ending| ending == "md") {
            let text = std::fs::read_to_string(entry.path()).expect("a page is UTF-8");
            for (line, code) in blocks(&text) {
                said += check(line, &code, &mut wrong);
            }
        }
    }
    assert!(said > 10, "the pages say only {said} things");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn check(line: usize, code: &str, wrong: &mut Vec<String>) -> usize {
    let files = files_of(code);
    let written: Vec<(&str, &str)> = files.iter().map(|(name, _, text)| (name.as_str(), text.as_str())).collect();
    let folder = Files::new(&written);
    let root = utf8(&folder.root());
    let sources = Sources::new();
    let roots = ImportRoots::new(root.clone(), Vec::new(), std::slice::from_ref(&root));
    let project = Project::new(&sources, &roots, std::slice::from_ref(&root));
    let ids: Vec<FileId> = files.iter().map(|(name, _, _)| project.file(&root.join(name))).collect();
    let mut said = 0;
    analyse(&project, &Worlds::default(), &ids, &root, &[], |analysis| {
        for ((name, first, text), &file) in files.iter().zip(&ids) {
            for (row, words) in (1..).zip(text.lines()) {
                let Some((_, expected)) = words.split_once("  # ") else { continue };
                let (expected, found) = match expected.split_once(": ") {
                    Some(("call", expected)) => (expected, calls_at(analysis, file, row)),
                    Some(("definition", expected)) => (expected, definition_at(analysis, file, row)),
                    _ if expected == "no call" => ("", calls_at(analysis, file, row)),
                    _ => continue,
                };
                said += 1;
                if found != expected {
                    wrong.push(format!("{name}, line {}: expected {expected}\n    found {found}", line + first + row));
                }
            }
        }
    });
    said
}

fn definition_at(analysis: &Analysis<'_, '_>, file: FileId, row: usize) -> String {
    let source = analysis.project.source(file);
    let definitions = &analysis.definitions;
    let methods = definitions.classes.iter().flat_map(|class| &class.methods);
    let is_here = |definition: &&FunctionDefinition| {
        definition.span.file == file && source.line_column(definition.span.range.start()).row == row
    };
    let Some(definition) = methods.chain(&definitions.functions).find(is_here) else { return "none".to_owned() };
    let types = analysis.types();
    let of = |annotation: Option<Annotation>| annotation.map(|annotation| types.shown(&types.of(annotation)));
    let parameters = definition.signature.parameters.iter().map(|parameter| {
        let ty = of(parameter.annotation).map(|ty| format!(": {ty}")).unwrap_or_default();
        let default = if parameter.default.is_some() { " = …" } else { "" };
        let stars = match parameter.kind {
            ParameterKind::Rest => "*",
            ParameterKind::KeywordRest => "**",
            ParameterKind::KeywordOnly => "(by name) ",
            ParameterKind::Positional | ParameterKind::PositionalOnly => "",
        };
        format!("{stars}{}{ty}{default}", parameter.name)
    });
    let parameters: Vec<String> = parameters.collect();
    let decorators = definition.decorators.iter().map(|decorator| {
        let kind = match &decorator.kind {
            DecoratorKind::Sdk(sdk) => sdk.shown().to_owned(),
            DecoratorKind::Applies(sdk) => format!("applies {}", sdk.shown()),
            DecoratorKind::Outside(name) => name.to_string(),
            DecoratorKind::Validator(name) => format!("validator of {name}"),
            DecoratorKind::Project(_) => "Project".to_owned(),
            other => format!("{other:?}"),
        };
        if decorator.call.is_some() { format!("{kind}()") } else { kind }
    });
    let decorators: Vec<String> = decorators.collect();
    let name = match definition.wire_name() {
        WireName::Known(name) => name.to_string(),
        WireName::Dynamic => "<dynamic>".to_owned(),
        WireName::Unknown => "?".to_owned(),
    };
    let result = of(definition.signature.returns).map(|ty| format!(" -> {ty}")).unwrap_or_default();
    let replaced = if definition.is_replaced { ", replaced" } else { "" };
    format!("{}: {name}({}){result}{replaced}", decorators.join(" "), parameters.join(", "))
}

fn calls_at(analysis: &Analysis<'_, '_>, file: FileId, row: usize) -> String {
    let source = analysis.project.source(file);
    let is_here = |call: &&SdkCall| call.span.file == file && source.line_column(call.span.range.start()).row == row;
    let calls = analysis.sdk_calls().iter().filter(is_here).map(|call| shown(analysis, call));
    calls.collect::<Vec<_>>().join(" ; ")
}

fn shown(analysis: &Analysis<'_, '_>, call: &SdkCall) -> String {
    let given = call.arguments.iter().map(|argument| shown_argument(analysis, call, argument));
    let mut arguments: Vec<String> = given.collect();
    arguments.extend(call.is_open.then(|| "…".to_owned()));
    format!("{}({})", without_sdk(call.callee.as_str()), arguments.join(", "))
}

fn without_sdk(name: &str) -> &str {
    name.strip_prefix("temporalio.").unwrap_or(name)
}

fn shown_argument(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> String {
    let value = shown_value(analysis, call, argument);
    match (argument.parameter, argument.keyword) {
        (Some(parameter), _) => format!("{}={value}", parameter.name),
        (None, Some(name)) => format!("!{name}={value}"),
        (None, None) => format!("!{value}"),
    }
}

fn shown_value(analysis: &Analysis<'_, '_>, call: &SdkCall, argument: &SdkArgument) -> String {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    if let Some(target) = analysis.target_of(call, argument).and_then(|target| shown_target(analysis, target)) {
        return target;
    }
    match (analysis.constant_of(call, argument), analysis.shape_of(call, argument)) {
        (Some(Constant::Duration(seconds)), _) => format!("{seconds} s"),
        (Some(Constant::Number(number)), _) => number.to_string(),
        (Some(Constant::Text(text)), _) => format!("'{text}'"),
        (Some(Constant::Bool(truth)), _) => truth.to_string(),
        (Some(Constant::None), _) => "None".to_owned(),
        (Some(Constant::Member(class, member)), _) => format!("{}.{member}", last(class.as_str())),
        (None, Some(Shape::Outside(name))) => format!("Outside {}", without_sdk(name.as_str())),
        (None, Some(shape)) => format!("{shape:?}"),
        (None, None) => "?".to_owned(),
    }
}

fn shown_target(analysis: &Analysis<'_, '_>, target: Target) -> Option<String> {
    let name = |function: temporal_py_lint::python::FunctionRef| {
        analysis.project.module(function.file).qualified_name(function.function)
    };
    match target {
        Target::Activity(activity) => {
            Some(format!("activity {}", name(analysis.definitions.activities[activity].function)))
        }
        Target::Function(function) => Some(format!("function {}", name(function))),
        Target::Called(function) => Some(format!("called {}", name(function))),
        Target::Handler { role, function, .. } => Some(format!("{role:?} {}", name(function))),
        Target::Workflow(_) => Some("workflow".to_owned()),
        Target::Partial => Some("partial".to_owned()),
        Target::Name(_) | Target::Class(_) | Target::Object(_) => None,
    }
}
