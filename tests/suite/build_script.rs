//! Mistakes in `rules/` fail the build with their place.

use std::path::Path;

#[path = "../../build.rs"]
#[allow(dead_code, missing_docs, reason = "what is a program there is a module here")]
mod build;

const RULE: &str = "\
code: TPY101
summary: Checks for reads of the clock.
severity: error
since: 0.1.0
check: { forbidden-effect: { effects: [clock] } }
message: m
docs: { why: w, bad: b, good: g }
proof: { kind: none, reason: r }
";

/// What is said of a folder with these files, paths relative to it.
fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("new");
        std::fs::write(path, text).expect("written");
    }
    let collected = build::collect(folder.path());
    let root = format!("{}/", folder.path().display());
    collected.mistakes.iter().map(|mistake| mistake.to_string().replace(&root, "")).collect()
}

fn rule_with(line: &str, instead: &str) -> Vec<String> {
    assert!(RULE.contains(line));
    mistakes(&[("determinism/a-rule.yaml", &RULE.replace(line, instead))])
}

fn said_of(effects_file: &str, expected: &str) {
    let said = effects(effects_file);
    assert!(said.len() == 1 && said[0].contains(expected), "{said:?}");
}

fn effects(text: &str) -> Vec<String> {
    mistakes(&[("api/effects.yaml", text)])
}

#[test]
fn the_repository_s_own_rules_are_right() {
    let collected = build::collect(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").as_path());
    assert_eq!(collected.mistakes, []);
}

#[test]
fn a_right_rule_and_no_folder_at_all_are_right() {
    assert_eq!(mistakes(&[("determinism/a-rule.yaml", RULE)]), [""; 0]);
    assert_eq!(mistakes(&[("README.md", "no rule")]), [""; 0]);
    assert_eq!(build::collect(Path::new("/nonexistent/rules")).mistakes, []);
}

#[test]
fn mistakes_of_form_have_their_place() {
    let said = rule_with("since:", "sinse:");
    assert!(said[0].starts_with("determinism/a-rule.yaml:4:1: unknown field `sinse`"), "{said:?}");
    let said = rule_with("severity: error\n", "");
    assert!(said[0].contains("missing field `severity`"), "{said:?}");
    let said = rule_with("forbidden-effect", "forbidden-effekt");
    assert!(said[0].starts_with("determinism/a-rule.yaml:5:") && said[0].contains("forbidden-effekt"), "{said:?}");
    let said = rule_with("kind: none", "kind: nothing");
    assert!(said[0].starts_with("determinism/a-rule.yaml:8:") && said[0].contains("nothing"), "{said:?}");
    let said = rule_with("{ why: w", "{ why: [w");
    assert!(said[0].starts_with("determinism/a-rule.yaml:"), "{said:?}");
}

#[test]
fn unknown_words_have_their_place() {
    assert_eq!(
        rule_with("TPY101", "TPY1O1"),
        ["determinism/a-rule.yaml:1:7: `TPY1O1` is not a code, expected `TPY` and three digits"]
    );
    assert_eq!(
        rule_with("TPY101", "TPY201"),
        ["determinism/a-rule.yaml:1:7: codes of this category start with `TPY1`, not as `TPY201` does"]
    );
    assert_eq!(
        rule_with("severity: error", "severity: fatal"),
        ["determinism/a-rule.yaml:3:11: unknown severity `fatal`, expected `error`, `warning`, `info`"]
    );
    assert_eq!(
        rule_with("since:", "confidence: sure\nsince:"),
        ["determinism/a-rule.yaml:4:13: unknown confidence `sure`, expected `high`, `medium`, `low`"]
    );
    let said = rule_with("[clock]", "[clocks]");
    assert!(said[0].starts_with("determinism/a-rule.yaml:5:40: unknown effect `clocks`"), "{said:?}");
    assert!(rule_with("[clock]", "[]")[0].ends_with("the check names no effect"));
    let blocking = "{ blocking: { kinds: [naps] } }";
    assert!(rule_with("{ forbidden-effect: { effects: [clock] } }", blocking)[0].contains("unknown kind of blocking"));
}

#[test]
fn paths_are_part_of_a_rule() {
    assert!(mistakes(&[("style/a-rule.yaml", RULE)])[0].contains("unknown category `style`"));
    assert!(mistakes(&[("determinism/ARule.yaml", RULE)])[0].contains("the name `ARule` is not"));
    assert!(mistakes(&[("a-rule.yaml", RULE)])[0].contains("expected `rules/<category>/<name>.yaml`"));
    assert!(mistakes(&[("api/effekts.yaml", "effects: []")])[0].contains("unknown table"));
}

#[test]
fn codes_and_names_are_taken_once() {
    let said = mistakes(&[("determinism/a-rule.yaml", RULE), ("determinism/b-rule.yaml", RULE)]);
    assert!(said[0].starts_with("determinism/b-rule.yaml:1:7: code TPY101 is taken by "), "{said:?}");
    let other = RULE.replace("TPY101", "TPY201");
    let said = mistakes(&[("determinism/a-rule.yaml", RULE), ("blocking/a-rule.yaml", &other)]);
    assert!(said[0].contains("the name `a-rule` is taken by "), "{said:?}");
}

#[test]
fn tables_are_checked() {
    let right = "effects:\n  - effect: clock\n    when: no-arguments\n    symbols: [time.time, 'boto3.client()().*']\n";
    assert_eq!(effects(right), [""; 0]);
    let twice = format!("{right}  - effect: random\n    symbols: [time.time]\n");
    assert_eq!(effects(&twice), ["api/effects.yaml:6:15: `time.time` has `effect` in two groups"]);
    let sides = format!("{right}  - blocks: sleep\n    symbols: [time.time]\n");
    assert_eq!(effects(&sides), [""; 0]);
    said_of("effects:\n  - effect: clok\n    symbols: [a.b]", ":2:13: unknown effect `clok`");
    said_of("effects:\n  - symbols: [a.b]", "neither `effect` nor `blocks`");
    said_of("effects:\n  - effect: none\n    symbols: [open]", "built-ins are `builtins.open`");
    said_of("effects:\n  - effect: none\n    symbols: ['a.*.b']", ":3:16: `a.*.b` is not a symbol");
    said_of("effects:\n  - effect: none\n    symbols: ['a..b']", "is not a symbol");
    said_of("effects:\n  - effect: none\n    symbols: []", "a group without symbols");
}

#[test]
fn a_library_is_named_once_and_for_a_reason() {
    said_of("effects: []\nlibraries:\n  - packages: [requests]", "nothing is said of the library `requests`");
    let twice = "effects: []\nlibraries:\n  - { blocks: true, packages: [requests, requests] }";
    said_of(twice, "the library `requests` stands twice");
}

#[test]
fn the_sandbox_and_the_types_are_checked() {
    let sandbox = "sdk: '1'\nmembers:\n  - { symbol: os.getcwd, at: always }\n";
    assert!(mistakes(&[("api/sandbox.yaml", sandbox)])[0].contains(":3:15: `os.getcwd` is restricted `at` neither"));
    let types = "returns: { a.f: 'a.C!' }\nattributes: {}\nbases: {}\ncanonical: { a.b: a.b.c, x.y: x.z }\n";
    let said = mistakes(&[("api/types.yaml", types)]);
    assert!(said[0].contains("`a.C!` is not a symbol"), "{said:?}");
    assert!(said[1].contains("`a.b` is mapped to itself or to something below itself"), "{said:?}");
    assert_eq!(said.len(), 2);
    let nothing_else = "returns: {}\nperhaps-none: [{ symbols: [a.f] }]\nattributes: {}\nbases: {}\ncanonical: {}\n";
    let said = mistakes(&[("api/types.yaml", nothing_else)]);
    assert!(said[0].contains("`a.f` may give `None`, but `returns` does not say what else"), "{said:?}");
}
