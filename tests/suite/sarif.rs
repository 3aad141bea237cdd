//! SARIF logs keep the rules of the 2.1.0 schema, for every kind of object that is written.
//!
//! The schema's objects take no other properties than it names (apart from property bags), so a property that is missing from the
//! table here fails the test, as it would fail the schema.

use serde_json::{Value, json};

use super::cli::Project;

/// What a property holds.
enum Holds {
    Text,
    /// At least so much.
    Number(i64),
    Truth,
    One(&'static [&'static str]),
    Object(&'static str),
    /// At least so many of them.
    List(usize, &'static str),
    /// Objects by names that are free.
    ByName(&'static str),
    /// A property bag: anything.
    Bag,
}

use Holds::{Bag, ByName, List, Number, Object, One, Text, Truth};

type Properties = &'static [(&'static str, bool, Holds)];

/// By kind of object: its properties, whether the schema requires them, and what they hold.
const KINDS: [(&str, Properties); 23] = [
    ("sarifLog", &[("$schema", false, Text), ("version", true, One(&["2.1.0"])), ("runs", true, List(0, "run"))]),
    (
        "run",
        &[
            ("tool", true, Object("tool")),
            ("invocations", false, List(0, "invocation")),
            ("originalUriBaseIds", false, ByName("artifactLocation")),
            ("columnKind", false, One(&["utf16CodeUnits", "unicodeCodePoints"])),
            ("results", false, List(0, "result")),
        ],
    ),
    ("tool", &[("driver", true, Object("toolComponent"))]),
    (
        "toolComponent",
        &[
            ("name", true, Text),
            ("informationUri", false, Text),
            ("semanticVersion", false, Text),
            ("rules", false, List(0, "reportingDescriptor")),
        ],
    ),
    (
        "reportingDescriptor",
        &[
            ("id", true, Text),
            ("name", false, Text),
            ("shortDescription", false, Object("multiformatMessageString")),
            ("fullDescription", false, Object("multiformatMessageString")),
            ("help", false, Object("multiformatMessageString")),
            ("helpUri", false, Text),
            ("defaultConfiguration", false, Object("reportingConfiguration")),
            ("properties", false, Bag),
        ],
    ),
    ("multiformatMessageString", &[("text", true, Text), ("markdown", false, Text)]),
    ("reportingConfiguration", &[("level", false, One(LEVELS))]),
    ("invocation", &[("executionSuccessful", true, Truth)]),
    (
        "result",
        &[
            ("ruleId", false, Text),
            ("ruleIndex", false, Number(-1)),
            ("level", false, One(LEVELS)),
            ("message", true, Object("message")),
            ("locations", false, List(0, "location")),
            ("relatedLocations", false, List(0, "location")),
            ("partialFingerprints", false, ByName("text")),
            ("suppressions", false, List(0, "suppression")),
            ("codeFlows", false, List(0, "codeFlow")),
            ("fixes", false, List(0, "fix")),
            ("properties", false, Bag),
        ],
    ),
    ("message", &[("text", true, Text)]),
    (
        "suppression",
        &[
            ("kind", true, One(&["inSource", "external"])),
            ("status", false, One(&["accepted", "underReview", "rejected"])),
            ("justification", false, Text),
        ],
    ),
    ("codeFlow", &[("threadFlows", true, List(1, "threadFlow"))]),
    ("threadFlow", &[("locations", true, List(1, "threadFlowLocation"))]),
    ("threadFlowLocation", &[("location", false, Object("location"))]),
    (
        "location",
        &[
            ("physicalLocation", false, Object("physicalLocation")),
            ("logicalLocations", false, List(0, "logicalLocation")),
            ("message", false, Object("message")),
        ],
    ),
    ("logicalLocation", &[("fullyQualifiedName", false, Text), ("kind", false, Text)]),
    // The schema asks for an address or an artifact's location.
    (
        "physicalLocation",
        &[("artifactLocation", true, Object("artifactLocation")), ("region", false, Object("region"))],
    ),
    ("artifactLocation", &[("uri", false, Text), ("uriBaseId", false, Text)]),
    (
        "region",
        &[
            ("startLine", false, Number(1)),
            ("startColumn", false, Number(1)),
            ("endLine", false, Number(1)),
            ("endColumn", false, Number(1)),
        ],
    ),
    ("fix", &[("description", false, Object("message")), ("artifactChanges", true, List(1, "artifactChange"))]),
    (
        "artifactChange",
        &[("artifactLocation", true, Object("artifactLocation")), ("replacements", true, List(1, "replacement"))],
    ),
    (
        "replacement",
        &[("deletedRegion", true, Object("region")), ("insertedContent", false, Object("artifactContent"))],
    ),
    ("artifactContent", &[("text", false, Text)]),
];

const LEVELS: &[&str] = &["none", "note", "warning", "error"];

fn wrong(kind: &str, value: &Value, at: &str, found: &mut Vec<String>) {
    if kind == "text" {
        found.extend((!value.is_string()).then(|| format!("{at} is no text")));
        return;
    }
    let Some((_, properties)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        return found.push(format!("{at} is a {kind}, of which the test has no rules"));
    };
    let Some(object) = value.as_object() else { return found.push(format!("{at} is no object")) };
    for (name, required, _) in *properties {
        found.extend((*required && !object.contains_key(*name)).then(|| format!("{at} lacks {name}")));
    }
    for (name, value) in object {
        let at = format!("{at}.{name}");
        match properties.iter().find(|(known, ..)| known == name) {
            None => found.push(format!("{at} is no property of {kind}")),
            Some((_, _, holds)) => property(holds, value, &at, found),
        }
    }
}

fn property(holds: &Holds, value: &Value, at: &str, found: &mut Vec<String>) {
    let fine = match holds {
        Text => value.is_string(),
        Number(least) => value.as_i64().is_some_and(|number| number >= *least),
        Truth => value.is_boolean(),
        One(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        Bag => value.is_object(),
        Object(kind) => return wrong(kind, value, at, found),
        List(least, kind) => {
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            items.iter().enumerate().for_each(|(index, item)| wrong(kind, item, &format!("{at}[{index}]"), found));
            value.is_array() && items.len() >= *least
        }
        ByName(kind) => {
            let items = value.as_object().into_iter().flatten();
            items.for_each(|(name, item)| wrong(kind, item, &format!("{at}.{name}"), found));
            value.is_object()
        }
    };
    if !fine {
        found.push(format!("{at} holds {value}"));
    }
}

const FLOW: &str = "\
import time
from temporalio import workflow

from helper import stamp


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> object:
        a = time.time()  # temporal-py-lint: ignore[TPY101] shown \"only\"
        b = time.time_ns()  # noqa: TPY101
        return a, b, stamp(), time.monotonic(), time.perf_counter()
";

fn log(project: &Project, args: &[&str]) -> Value {
    let output = project.run(&[&["--output-format", "sarif", "--select", "ALL", "--confidence", "low"], args].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_object_has_what_the_schema_asks_for_and_nothing_else() {
    let helper = "import time\n\n\ndef stamp() -> float:\n    return time.time()\n";
    let project =
        Project::new(&[("flow.py", FLOW), ("helper.py", helper), ("broken.py", "import temporalio\nx = (\n")]);
    project.run(&["-q", "--write-baseline", "b.jsonl", "helper.py"]);
    for args in [&[][..], &["--baseline", "b.jsonl"], &["--select", "TPY9"], &["helper.py"]] {
        let mut found = Vec::new();
        wrong("sarifLog", &log(&project, args), "log", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{args:?}");
    }
}

#[test]
fn what_does_not_count_is_told_as_suppressed_with_its_reason() {
    let helper = "import time\n\n\ndef stamp() -> float:\n    return time.time()\n";
    let project = Project::new(&[("flow.py", FLOW), ("helper.py", helper)]);
    project.run(&["-q", "--write-baseline", "b.jsonl", "helper.py"]);
    let log = log(&project, &["--baseline", "b.jsonl"]);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let told: Vec<(i64, &Value)> = results
        .iter()
        .map(|result| {
            let region = &result["locations"][0]["physicalLocation"]["region"];
            (region["startLine"].as_i64().expect("a line"), &result["suppressions"])
        })
        .collect();
    let accepted = json!([{"kind": "external", "status": "accepted", "justification": "accepted by the baseline"}]);
    let with_reason = json!([{"kind": "inSource", "justification": "shown \"only\""}]);
    let without = json!([{"kind": "inSource"}]);
    assert_eq!(told, [(13, &json!([])), (5, &accepted), (11, &with_reason), (12, &without)]);
    let fingerprints: std::collections::BTreeSet<&str> =
        results.iter().filter_map(|result| result["partialFingerprints"]["temporalPyLint/v1"].as_str()).collect();
    assert_eq!(fingerprints.len(), results.len(), "all differ");
}
