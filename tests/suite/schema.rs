//! The JSON Schemas of the configuration and of a project's tables: current, and as strict as the tool itself.

use serde_json::{Value, json};
use temporal_py_lint::config::{KEYS, schema};
use temporal_py_lint::registry::extension_schema;

use super::cli::Project;
use super::generated::hold;

/// What is wrong with a value by a schema, of the keywords that ours use. Another keyword ends the test.
#[expect(clippy::too_many_lines, reason = "an arm for each keyword")]
pub(super) fn wrong(schema: &Value, root: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, given) in schema.as_object().into_iter().flatten() {
        let fine = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" | "definitions" | "additionalProperties" | "default" => true,
            "format" => given == "uint",
            "minimum" => value.as_f64().is_none_or(|number| number >= given.as_f64().expect("a number")),
            "const" => value == given,
            "oneOf" => {
                given.as_array().expect("an array").iter().filter(|one| wrong(one, root, value).is_empty()).count() == 1
            }
            "type" if given.is_array() => {
                let one = |one: &Value| wrong(&json!({ "type": one }), root, value).is_empty();
                given.as_array().is_some_and(|all| all.iter().any(one))
            }
            "$ref" => {
                let path = given.as_str().and_then(|path| path.strip_prefix('#')).expect("within the schema");
                found.extend(wrong(root.pointer(path).expect("defined"), root, value));
                true
            }
            "type" => match given.as_str() {
                Some("object") => value.is_object(),
                Some("array") => value.is_array(),
                Some("string") => value.is_string(),
                Some("integer") => value.is_u64(),
                Some("boolean") => value.is_boolean(),
                Some("null") => value.is_null(),
                other => panic!("type {other:?}"),
            },
            "required" => {
                let lacks = |name: &&Value| name.as_str().is_none_or(|name| value.get(name).is_none());
                given.as_array().is_some_and(|names| !names.iter().any(|name| lacks(&name)))
            }
            "enum" => given.as_array().expect("an array").contains(value),
            "pattern" => {
                let pattern = regex::Regex::new(given.as_str().expect("a text")).expect("a pattern");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= given.as_u64().expect("a number")),
            "items" => {
                value.as_array().into_iter().flatten().for_each(|item| found.extend(wrong(given, root, item)));
                true
            }
            "propertyNames" => {
                let names = value.as_object().into_iter().flatten().map(|(name, _)| json!(name));
                names.for_each(|name| found.extend(wrong(given, root, &name)));
                true
            }
            "allOf" => given.as_array().expect("an array").iter().all(|one| wrong(one, root, value).is_empty()),
            "anyOf" => given.as_array().expect("an array").iter().any(|one| wrong(one, root, value).is_empty()),
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match (given.get(name), schema.get("additionalProperties")) {
                        (Some(schema), _) => found.extend(wrong(schema, root, inner)),
                        (None, Some(Value::Bool(false))) => found.push(format!("unknown key {name}")),
                        (None, _) => {}
                    }
                }
                true
            }
            other => panic!("the schema uses `{other}`, which this test does not know"),
        };
        if !fine {
            found.push(format!("{value} against {keyword}: {given}"));
        }
    }
    if let (None, Some(of_all @ Value::Object(_))) = (schema.get("properties"), schema.get("additionalProperties")) {
        value.as_object().into_iter().flatten().for_each(|(_, inner)| found.extend(wrong(of_all, root, inner)));
    }
    found
}

fn accepts(text: &str) -> bool {
    let value: Value = toml::from_str(text).expect("TOML");
    let schema = schema();
    wrong(&schema, &schema, &value).is_empty()
}

fn tool_accepts(text: &str) -> bool {
    let project = Project::new(&[("temporal-py-lint.toml", text), ("base.toml", "[tool.temporal-py-lint]\n")]);
    project.run(&["config"]).status.code() == Some(0)
}

#[test]
fn the_schema_in_the_documentation_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/configuration.schema.json");
    hold(&path, &format!("{}\n", serde_json::to_string_pretty(&schema()).expect("JSON")));
}

#[test]
fn every_key_and_its_example_is_accepted_by_the_schema_and_by_the_tool() {
    for key in KEYS {
        let example = match key.name {
            "extend" => "\"base.toml\"",
            "extend-rules" => "[]",
            _ => key.example,
        };
        let text = format!("{} = {example}\n", key.name);
        assert!(accepts(&text) && tool_accepts(&text), "{text}");
    }
}

#[test]
fn what_the_tool_refuses_the_schema_refuses() {
    let refused = [
        "selct = ['TPY1']",
        "select = []",
        "select = 'TPY1'",
        "ignore = ['TPX1']",
        "ignore = ['wal-clock-in-workflow']",
        "exclude = [7]",
        "confidence = 'certain'",
        "fail-on = 'info'",
        "preset = 'all'",
        "src = 'src'",
        "output-format = 'xml'",
        "severity = { TPY101 = 'warn' }",
        "severity = { TPX101 = 'off' }",
        "severity = 'off'",
        "per-file-ignores = { 'tests/**' = 'TPY1' }",
        "per-file-ignores = { 'tests/**' = ['TPX1'] }",
        "baseline = ['x']",
        "extend-rules = 'rules'",
        "sdk-version = '1'",
        "sdk-version = 1.18",
        "sdk-version = 'newest'",
        "python-version = '3.11.2'",
        "python-version = 'py311'",
    ];
    for text in refused {
        assert!(!accepts(text) && !tool_accepts(text), "{text}");
    }
    for text in ["", "select = ['ALL']", "severity = { TPY = 'off', wall-clock-in-workflow = 'info' }", "ignore = []"] {
        assert!(accepts(text) && tool_accepts(text), "{text}");
    }
}

/// Whether a schema has something against a file of tables, and whether the tool does.
fn refused_rules(text: &str) -> (bool, bool) {
    let value: Value = serde_yaml::from_str(text).expect("YAML");
    let schema = extension_schema();
    let project = Project::new(&[
        ("pyproject.toml", "[tool.temporal-py-lint]\nextend-rules = ['acme.yaml']\n"),
        ("acme.yaml", text),
    ]);
    (!wrong(&schema, &schema, &value).is_empty(), project.run(&["config"]).status.code() != Some(0))
}

#[test]
fn the_schema_of_tables_in_the_documentation_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/rules.schema.json");
    hold(&path, &format!("{}\n", serde_json::to_string_pretty(&extension_schema()).expect("JSON")));
}

#[test]
fn the_schema_of_tables_and_the_tool_refuse_the_same() {
    let right = [
        "effects: [{ effect: random, symbols: [acme.pick] }]",
        "effects: [{ effect: none, blocks: none, symbols: ['requests.*'] }]",
        "effects: [{ blocks: call, async: 'acme.get_async()', when: { missing: { name: wait, position: 1 } }, symbols: [acme.get] }]",
        "effects: [{ effect: clock, use: 'workflow.now()', fix: [{ call: now(), draws: true }], confidence: low, symbols: [acme.now] }]",
        "types: { returns: { acme.client: acme.Client }, bases: { acme.Client: requests.Session } }",
        "types: { canonical: { 'acme.v2.*': 'acme.*' }, attributes: { acme.Client.http: requests.Session } }",
        "behaviour: { hands-off: [{ symbols: [acme.in_thread], callable: { position: 0 }, to: thread }], keeps: [acme.register] }",
        "behaviour: { calls: [{ symbols: [acme.retry], callable: { position: 0, name: work }, arguments: [{ arguments-from: 1 }] }] }",
        "behaviour: { never-returns: [{ symbols: [acme.die] }], returns-argument: [{ argument: 0, as: itself, symbols: [acme.tag] }] }",
        "decorators: [{ acts-as: activity.defn, symbols: [acme.step] }, { acts-as: workflow.run, symbols: [acme.run] }]",
    ];
    for text in right {
        assert_eq!(refused_rules(text), (false, false), "{text}");
    }
    let wrong = [
        "efects: []",
        "effects: [{ effect: netwrok, symbols: [acme.get] }]",
        "effects: [{ effect: network }]",
        "effects: [{ effect: network, symbols: acme.get }]",
        "effects: [{ effect: network, when: { lacking: {} }, symbols: [acme.get] }]",
        "types: { returns: [acme.client] }",
        "types: { give: {} }",
        "behaviour: { hands-off: [{ symbols: [acme.in_thread], callable: { position: -1 }, to: thread }] }",
        "behaviour: { hands-off: [{ symbols: [acme.in_thread], callable: {}, to: moon }] }",
        "behaviour: { awaits: [] }",
        "decorators: [{ acts-as: activity, symbols: [acme.step] }]",
        "decorators: [{ symbols: [acme.step] }]",
    ];
    for text in wrong {
        assert_eq!(refused_rules(text), (true, true), "{text}");
    }
}
