//! What keeps facts below and questions above: rules ask facts and look at no code, and the engine knows the language
//! and no library.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{crate_paths, line_of, skipped};

/// Where the rules are.
const RULES: &str = "src/rules";
/// Paths of the crate that no rule names: the syntax tree, the facts of a file, the evaluator.
const NO_FACTS: [&[&str]; 3] = [&["source", "ast"], &["semantic"], &["python"]];
/// What knows the language and no library.
const LANGUAGE: &str = "src/python";
/// Where libraries are known.
const LIBRARY_DATA: &str = "rules/api";
/// Modules of the standard library that code about Python is tempted to name, whether or not the data speak of them.
const STANDARD_LIBRARY: [&str; 30] = [
    "abc",
    "ast",
    "asyncio",
    "builtins",
    "collections",
    "concurrent",
    "contextlib",
    "contextvars",
    "copy",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "logging",
    "multiprocessing",
    "operator",
    "os",
    "pathlib",
    "random",
    "sys",
    "threading",
    "time",
    "types",
    "typing",
    "uuid",
];

fn below_root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// `wrong` of every file with an ending below a folder, with path and line; panics where there is none.
fn each_file(folder: &str, ending: &str, wrong: impl Fn(&str) -> Vec<(usize, String)>) -> String {
    let mut said = String::new();
    let mut files = 0;
    for entry in walkdir::WalkDir::new(below_root(folder)).sort_by_file_name() {
        let path = entry.unwrap_or_else(|error| panic!("{folder}: {error}")).into_path();
        if path.extension().is_some_and(|other| other == ending) {
            let text = std::fs::read_to_string(&path).expect("the file is UTF-8");
            let name = path.strip_prefix(below_root("")).expect("below the root").display().to_string();
            said.extend(wrong(&text).into_iter().map(|(line, what)| format!("{name}:{line}: {what}\n")));
            files += 1;
        }
    }
    assert!(files > 5, "only {files} files below {folder}");
    said
}

#[test]
fn rules_ask_facts() {
    let said = each_file(RULES, "rs", looks_at_code);
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn the_engine_knows_the_language_and_no_library() {
    let libraries = libraries();
    let said = each_file(LANGUAGE, "rs", |text| names_libraries(text, &libraries));
    assert!(said.is_empty(), "\n{said}");
}

/// Where the text of a rule names a path that no rule may name; a whole module that holds one counts, since what is
/// used of it is not seen.
fn looks_at_code(text: &str) -> Vec<(usize, String)> {
    let code = super::blanked(text);
    let mut found = Vec::new();
    for (offset, path) in crate_paths(&code, "rules") {
        let used: Vec<&str> = path.iter().map(String::as_str).take_while(|part| *part != "*").collect();
        let forbidden = NO_FACTS.iter().find(|forbidden| {
            let common = forbidden.len().min(used.len());
            used[..common] == forbidden[..common] && !used.is_empty()
        });
        if let Some(forbidden) = forbidden {
            found.push((line_of(&code, offset), format!("a rule names `{}`", forbidden.join("::"))));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The top-level names of the libraries that the data speak of, and of the standard library.
fn libraries() -> BTreeSet<String> {
    let mut found: BTreeSet<String> = STANDARD_LIBRARY.map(str::to_owned).into();
    for entry in walkdir::WalkDir::new(below_root(LIBRARY_DATA)) {
        let path = entry.expect("the data are readable").into_path();
        if path.is_file() {
            let text = std::fs::read_to_string(&path).expect("the data are UTF-8");
            let lines = text.lines().map(|line| line.split('#').next().expect("a first part"));
            let words = lines.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')));
            found.extend(words.filter_map(|word| Some(word.split_once('.')?.0.to_owned())));
        }
    }
    found.retain(|name| name.len() > 1 && !name.starts_with(|c: char| c.is_ascii_digit()));
    found
}

/// String literals that are, begin or end a dotted name of a library (`asyncio.Queue`, `asyncio.`, `.Queue`). The tests of
/// a file, which stand at its end, may name what they like.
fn names_libraries(text: &str, libraries: &BTreeSet<String>) -> Vec<(usize, String)> {
    let code = &text[..text.find("#[cfg(test)]").unwrap_or(text.len())];
    let named = |literal: &str| {
        let (top, rest) = literal.split_once('.')?;
        let is_name = |c: char| c.is_alphanumeric() || "_.{}*".contains(c);
        let is_end = top.is_empty() && rest.starts_with(char::is_alphabetic) && !["py", "pyi"].contains(&rest);
        let is_known = libraries.contains(top) || is_end;
        (is_known && rest.chars().all(is_name)).then(|| format!("names `{literal}`"))
    };
    let literals = strings(code).into_iter();
    literals.filter_map(|(offset, literal)| Some((line_of(code, offset), named(literal)?))).collect()
}

/// The string literals of a text, without their quotes, each with its place.
fn strings(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let length = skipped(&text[at..], text[..at].chars().next_back());
        let literal = text[at..at + length].trim_start_matches(['r', 'b']).trim_matches('#');
        let inner = literal.strip_prefix('"').and_then(|literal| literal.strip_suffix('"'));
        found.extend(inner.map(|inner| (at, inner)));
        at += length.max(c.len_utf8());
    }
    found
}

#[test]
fn what_looks_at_code_is_told() {
    let told =
        |text: &str| looks_at_code(text).into_iter().map(|(line, what)| format!("{line} {what}")).collect::<Vec<_>>();
    assert_eq!(
        told(
            "use crate::source::{Span, ast::{self, Expr}};\nuse crate::semantic::Scope;\nuse crate::python::eval::Value;"
        ),
        ["1 a rule names `source::ast`", "2 a rule names `semantic`", "3 a rule names `python`"]
    );
    assert_eq!(told("use crate::source;\n"), ["1 a rule names `source::ast`"]);
    assert_eq!(told("use crate::source::*;\n"), ["1 a rule names `source::ast`"]);
    let free = "use crate::source::{Span, SourceFile};\nuse crate::temporal::facts::Worker;\n//! crate::python\n";
    assert!(told(free).is_empty());
}

#[test]
fn names_of_libraries_are_told() {
    let libraries = libraries();
    assert!(["asyncio", "requests", "temporalio"].iter().all(|name| libraries.contains(*name)), "{libraries:?}");
    let told = |text: &str| names_libraries(text, &libraries).into_iter().map(|(line, _)| line).collect::<Vec<_>>();
    assert_eq!(told("let a = \"asyncio.sleep\";\nlet b = \"builtins.\";\nformat!(\"temporalio.{name}\");"), [1, 2, 3]);
    assert_eq!(told("const A: &str = r#\"typing.cast\"#;\nname.ends_with(\".Queue\")"), [1, 2]);
    for free in [
        "// \"asyncio.sleep\"\n",
        "\"__init__.py\" \"no asyncio.sleep here\" \"time. After\" \"asyncio\" \"mine.sleep\" \".py\" \".\" \"...\"",
        "f();\n#[cfg(test)]\nmod tests { const A: &str = \"asyncio.sleep\"; }",
    ] {
        assert!(told(free).is_empty(), "{free}");
    }
}
