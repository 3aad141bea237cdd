//! Who may use whom: what no compiler checks within one crate.

mod facts;

use std::fmt::Write as _;
use std::path::Path;

/// Module → the modules it may name.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("registry", &["diagnostic", "source"]),
    ("semantic", &["source"]),
    ("python", &["semantic", "source"]),
    ("temporal", &["python", "semantic", "source", "diagnostic", "registry"]),
    ("rules", &["temporal", "diagnostic", "registry", "source"]),
    ("config", &["registry", "diagnostic", "source"]),
    ("lint", &["rules", "temporal", "python", "semantic", "source", "diagnostic", "registry", "config", "fix"]),
    ("output", &["lint", "fix", "diagnostic", "source", "registry"]),
    ("fix", &["diagnostic", "source"]),
    ("hook", &["output", "lint", "config", "diagnostic", "source"]),
    ("agent", &["lint", "config", "registry", "diagnostic", "source"]),
    ("init", &["config", "source"]),
    ("cli", &["init", "hook", "agent", "output", "fix", "lint", "config", "registry", "diagnostic", "source", "lsp"]),
];
/// The language server stands beside `cli`.
const LSP_MAY_USE: &[&str] = &["output", "fix", "lint", "config", "registry", "diagnostic", "source"];
/// What the program itself may name of the library.
const MAIN_MAY_USE: &[&str] = &["cli"];
/// Of `config`, `lint` uses the settings and not how they are read.
const SETTINGS: [&str; 4] = ["settings", "Settings", "FileRules", "Configurations"];
/// Crate → the files, or the folders with a final `/`, that may name it.
const CRATES: [(&str, &str); 8] = [
    ("ruff_python_parser", "src/source/"),
    ("ruff_python_ast", "src/source/"),
    ("ruff_python_trivia", "src/source/"),
    ("ruff_source_file", "src/source/"),
    ("ruff_text_size", "src/source/"),
    ("encoding_rs", "src/source/"),
    ("miette", "src/output/full.rs"),
    ("dugong", "src/output/map/layout.rs"),
];
/// Module → crates that it may not name.
const FORBIDDEN: [(&str, &[&str]); 3] =
    [("semantic", &["rayon", "clap"]), ("diagnostic", &["rayon"]), ("rules", &["rayon"])];

#[test]
fn modules_use_what_lies_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut violations = String::new();
    let mut files = 0;
    for entry in walkdir::WalkDir::new(root.join("src")).sort_by_file_name() {
        let entry = entry.expect("src is readable");
        if entry.path().extension().is_some_and(|ending| ending == "rs") {
            let path = entry.path().strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(entry.path()).expect("Rust is UTF-8");
            for (line, what) in violations_of(&path, &text) {
                writeln!(violations, "{path}:{line}: {what}").expect("a String takes all");
            }
            files += 1;
        }
    }
    assert!(files > 10, "only {files} files below src/");
    assert!(violations.is_empty(), "\n{violations}");
}

/// How long a file may be that does not say what it knows.
const SHORT: usize = 150;

#[test]
fn a_long_file_opens_with_what_it_knows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walkdir::WalkDir::new(&root).into_iter().map(|entry| entry.expect("src is readable").into_path());
    let silent: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter(|path| {
            let text = std::fs::read_to_string(path).expect("Rust is UTF-8");
            text.lines().count() > SHORT && !text.starts_with("//")
        })
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

/// Lines and what is wrong in them.
fn violations_of(path: &str, text: &str) -> Vec<(usize, String)> {
    let code = blanked(text);
    let module = path.strip_prefix("src/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let mut found = Vec::new();
    for (offset, crate_path) in crate_paths(&code, module) {
        if let Some(what) = wrong_use(path, module, &crate_path) {
            found.push((offset, what));
        }
    }
    for (name, place) in CRATES {
        let allowed = if place.ends_with('/') { path.starts_with(place) } else { path == place };
        let uses = words(&code, name).filter(|_| !allowed);
        found.extend(uses.map(|offset| (offset, format!("`{name}` is named in {place} alone"))));
    }
    for (_, crates) in FORBIDDEN.into_iter().filter(|(of, _)| *of == module) {
        for name in crates {
            found.extend(words(&code, name).map(|offset| (offset, format!("`{module}` does not name `{name}`"))));
        }
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(offset, what)| (line_of(&code, offset), what)).collect()
}

/// The line, from 1, of a place.
fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

fn wrong_use(path: &str, module: &str, used: &[String]) -> Option<String> {
    let target = used.first()?.as_str();
    let allowed = match module {
        "lib.rs" => return None,
        "main.rs" => MAIN_MAY_USE,
        "lsp" => LSP_MAY_USE,
        _ => match MAY_USE.into_iter().find(|(name, _)| *name == module) {
            Some((_, allowed)) => allowed,
            None => return Some(format!("`{module}` has no line in the table of tests/suite/layering/mod.rs")),
        },
    };
    if target == module {
        return wrong_use_among_rules(path, used);
    }
    if !allowed.contains(&target) {
        // What is no module, such as a macro of the crate, is nobody's layer.
        let known = MAY_USE.iter().any(|(name, _)| *name == target) || target == "lsp";
        return known.then(|| format!("`{module}` may not use `{target}`"));
    }
    let whole = module == "lint" && target == "config" && !used.get(1).is_some_and(|name| SETTINGS.contains(&&**name));
    whole.then(|| "`lint` uses the settings of `config` alone".to_owned())
}

/// `src/rules/<category>/<rule>.rs` does not name another rule.
fn wrong_use_among_rules(path: &str, used: &[String]) -> Option<String> {
    let own = rule_of(path)?;
    let [_, category, rule, ..] = used else { return None };
    let other = format!("{category}/{rule}");
    let is_rule = category != "general" && rule.starts_with(|c: char| c.is_ascii_lowercase());
    (is_rule && other != own).then(|| format!("a rule does not use another: `{other}`"))
}

/// `determinism/a_rule` of `src/rules/determinism/a_rule.rs`.
fn rule_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/rules/")?.strip_suffix(".rs")?;
    (inside.split('/').count() == 2 && !inside.ends_with("/mod")).then_some(inside)
}

/// The paths that begin with `crate::` (in the program: the library's name; in a rule: `super::` too), groups in braces
/// spread out, with their offsets.
fn crate_paths(code: &str, module: &str) -> Vec<(usize, Vec<String>)> {
    let head = if module == "main.rs" { "temporal_py_lint" } else { "crate" };
    let mut found = Vec::new();
    for offset in words(code, head) {
        let rest = &code[offset + head.len()..];
        if let Some(path) = rest.trim_start().strip_prefix("::") {
            spread(path.trim_start(), &mut Vec::new(), &mut |path| found.push((offset, path.to_vec())));
        }
    }
    found
}

/// Gives every path of a tree such as `a::{b, c::d}` to `take`, and returns what follows the tree.
fn spread<'a>(text: &'a str, above: &mut Vec<String>, take: &mut impl FnMut(&[String])) -> &'a str {
    let Some(mut rest) = text.strip_prefix('{') else {
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(text.len());
        above.push(text[..end].to_owned());
        let after = text[end..].trim_start();
        let rest = match after.strip_prefix("::") {
            Some(below) if !below.starts_with('<') => spread(below.trim_start(), above, take),
            _ => {
                take(above);
                after
                    .strip_prefix("as ")
                    .map_or(after, |renamed| renamed.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'))
            }
        };
        above.pop();
        return rest;
    };
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return after;
        }
        rest = match rest.chars().next() {
            None => return rest,
            Some(c) if c.is_alphanumeric() || c == '_' || c == '*' || c == '{' => spread(rest, above, take),
            Some(c) => &rest[c.len_utf8()..],
        };
    }
}

/// Where a word stands by itself.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !code[..*at].ends_with(inside) && !code[at + word.len()..].starts_with(inside))
}

/// The code with comments and the insides of strings made blanks, every line where it was.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = skipped(rest, out.chars().next_back());
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// The length of the comment, string or character that a text begins with; 0 for anything else.
fn skipped(text: &str, before: Option<char>) -> usize {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return text.find("*/").map_or(text.len(), |end| end + 2);
    }
    if text.starts_with('"') {
        return quoted(text);
    }
    if !in_word && (text.starts_with("r\"") || text.starts_with("r#")) {
        let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
        if text[1 + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let start = 2 + hashes;
            return text[start..].find(&close).map_or(text.len(), |end| start + end + close.len());
        }
    }
    character(text)
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'x'` and `'\n'`, but no lifetime.
fn character(text: &str) -> usize {
    let Some(inside) = text.strip_prefix('\'') else { return 0 };
    let start = if inside.starts_with('\\') { 2 } else { inside.chars().next().map_or(0, char::len_utf8) };
    let Some(end) = inside.get(start..).and_then(|rest| rest.find('\'')) else { return 0 };
    if end == 0 || inside.starts_with('\\') { 1 + start + end + 1 } else { 0 }
}

fn said(path: &str, text: &str) -> Vec<String> {
    violations_of(path, text).into_iter().map(|(line, what)| format!("{line}: {what}")).collect()
}

#[test]
fn a_use_of_a_higher_layer_is_told_with_its_line() {
    let text = "use std::fmt;\n\nuse crate::python::Project;\nfn f() { crate :: registry::find(\"x\"); }\n";
    assert_eq!(
        said("src/semantic/mod.rs", text),
        ["3: `semantic` may not use `python`", "4: `semantic` may not use `registry`"]
    );
    assert!(said("src/lint/mod.rs", text).is_empty());
}

#[test]
fn groups_are_spread_out() {
    let text = "use crate::{source::{Span, ast::*}, lint::{self, Report as R}, rules};\nuse crate::output::x;";
    assert_eq!(
        said("src/temporal/a.rs", text),
        ["1: `temporal` may not use `lint`", "1: `temporal` may not use `rules`", "2: `temporal` may not use `output`"]
    );
}

#[test]
fn comments_and_strings_are_no_use() {
    let text = "//! See [`crate::lint::Report`].\n/* crate::lint */ const A: &str = \"\\\"crate::lint \";\nconst B: &str = \
                r#\"crate::cli \"q\" \"#; const C: [char; 3] = ['\"', '\\'', '\\u{41}']; fn f<'a>(x: &'a crate::cli::X) {}";
    assert_eq!(said("src/source/a.rs", text), ["3: `source` may not use `cli`"]);
}

#[test]
fn crates_have_their_place() {
    let text = "use miette::Report;\nuse ruff_text_size::TextRange;\nuse rayon::prelude::*;\n";
    assert_eq!(
        said("src/semantic/a.rs", text),
        [
            "1: `miette` is named in src/output/full.rs alone",
            "2: `ruff_text_size` is named in src/source/ alone",
            "3: `semantic` does not name `rayon`"
        ]
    );
    assert_eq!(said("src/output/full.rs", text), ["2: `ruff_text_size` is named in src/source/ alone"]);
    assert_eq!(said("src/source/a.rs", text), ["1: `miette` is named in src/output/full.rs alone"]);
}

#[test]
fn lint_uses_the_settings_alone() {
    assert!(said("src/lint/mod.rs", "use crate::config::Settings;\nuse crate::config::settings::Settings;").is_empty());
    assert_eq!(
        said("src/lint/mod.rs", "use crate::config::{Settings, Options};"),
        ["1: `lint` uses the settings of `config` alone"]
    );
}

#[test]
fn rules_do_not_use_each_other() {
    let text = "use crate::rules::{RuleContext, general::effects};\nuse crate::rules::determinism::other_rule::f;\n";
    assert_eq!(
        said("src/rules/determinism/a_rule.rs", text),
        ["2: a rule does not use another: `determinism/other_rule`"]
    );
    assert!(said("src/rules/mod.rs", text).is_empty());
}

#[test]
fn every_module_has_its_line() {
    assert_eq!(
        said("src/helpers/mod.rs", "use crate::source::Span;"),
        ["1: `helpers` has no line in the table of tests/suite/layering/mod.rs"]
    );
    assert_eq!(said("src/main.rs", "use temporal_py_lint::{cli, lint::lint};"), ["1: `main.rs` may not use `lint`"]);
}
