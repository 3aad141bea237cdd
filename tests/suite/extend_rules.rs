//! `extend-rules`, `sdk-version` and `python-version`: what a project says of its own libraries, and of what it runs on.

use super::cli::Project;

/// Tables for a company's own libraries, none of which lies in the project.
const TABLES: &str = "\
effects:
- effect: random
  use: an activity
  symbols: [acme.ids.next_id]
- effect: network
  blocks: call
  async: acme.http.AsyncClient
  symbols: [acme.http.get, 'acme.http.Client.*']
types:
  returns: { acme.http.connect: acme.http.Client }
  bases: { acme.http.Pooled: acme.http.Client }
behaviour:
  hands-off:
  - { symbols: [acme.threads.run], callable: { position: 0 }, to: thread }
decorators:
- { acts-as: activity.defn, symbols: [acme.flow.step] }
- { acts-as: workflow.defn, symbols: [acme.flow.process] }
- { acts-as: workflow.run, symbols: [acme.flow.start] }
";

/// No file names the SDK.
const STEPS: &str = "\
from acme import http
from acme.flow import step
from acme.threads import run


@step(queue='orders', retries=3)
async def charge(order: str) -> None:
    http.get(order)
    await run(http.get, order)


@step
async def made(order: str) -> None:
    client = http.connect()
    client.post(order)


@step
async def pooled(order: str) -> None:
    http.Pooled().post(order)


@step
def blocking_is_fine_here(order: str) -> None:
    http.get(order)
";

const FLOW: &str = "\
import acme.flow
from acme.ids import next_id


@acme.flow.process(name='Order')
class Order:
    @acme.flow.start
    async def run(self) -> str:
        return next_id()
";

/// Where each finding lies and what it is, at any confidence.
fn found(project: &Project, args: &[&str]) -> Vec<String> {
    let output = project.run(&[&["--output-format", "json", "--confidence", "low"], args].concat());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let shown = |finding: &serde_json::Value| {
        let name = finding["filename"].as_str().unwrap_or("").rsplit('/').next().unwrap_or("").to_owned();
        format!("{name}:{} {}", finding["location"]["row"], finding["code"].as_str().unwrap_or(""))
    };
    findings.iter().map(shown).collect()
}

fn project(configuration: &str) -> Project {
    Project::new(&[
        ("pyproject.toml", &format!("[tool.temporal-py-lint]\n{configuration}\n")),
        ("rules/acme.yaml", TABLES),
        ("steps.py", STEPS),
        ("flow.py", FLOW),
    ])
}

#[test]
fn what_a_project_says_of_its_libraries_is_known_as_our_own_tables_are() {
    assert_eq!(found(&project(""), &[]), Vec::<String>::new(), "nothing of it is known without the tables");
    let known = ["flow.py:9 TPY102", "steps.py:8 TPY201", "steps.py:15 TPY201", "steps.py:20 TPY201"];
    let with_tables = project("extend-rules = ['rules']");
    assert_eq!(found(&with_tables, &[]), known);
    assert_eq!(found(&with_tables, &["steps.py", "flow.py"]), known, "the same by files");
    assert_eq!(found(&project("extend-rules = ['rules/acme.yaml']"), &[]), known, "a file may be named");
    let said = with_tables.shown(&["steps.py"]);
    assert!(said.contains("acme.http.AsyncClient"), "the table's own advice is given: {said}");
}

#[test]
fn another_spelling_of_the_sdk_s_modules_is_the_sdk() {
    let text = "import time\nfrom acme.tm import activity\n\n\n@activity.defn(name='a')\nasync def a() -> None:\n    time.sleep(1)\n";
    let project = Project::new(&[
        ("temporal-py-lint.toml", ""),
        ("acme.yaml", "types: { canonical: { 'acme.tm.*': 'temporalio.*' } }\n"),
        ("a.py", text),
    ]);
    assert_eq!(found(&project, &[]), Vec::<String>::new());
    project.write("temporal-py-lint.toml", "extend-rules = ['acme.yaml']\n");
    assert_eq!(found(&project, &[]), ["a.py:7 TPY202"]);
}

#[test]
fn an_entry_of_ours_is_taken_out_and_what_others_say_stays() {
    let text = "import requests\nfrom temporalio import activity\n\n\n@activity.defn\nasync def a() -> None:\n    requests.get('x')\n";
    let project = Project::new(&[
        ("temporal-py-lint.toml", "extend-rules = ['quiet.yaml']\n"),
        ("quiet.yaml", "effects: [{ effect: none, blocks: none, symbols: ['requests.get'] }]\n"),
        ("a.py", text),
        ("b.py", &text.replace("requests.get", "requests.post")),
    ]);
    assert_eq!(found(&project, &["--select", "TPY201"]), ["b.py:7 TPY201"]);
    assert_eq!(found(&project, &["--select", "TPY201", "--isolated"]), ["a.py:7 TPY201", "b.py:7 TPY201"]);
}

#[test]
fn each_program_has_the_tables_of_its_own_configuration() {
    let one =
        "import acme\nfrom temporalio import activity\n\n\n@activity.defn\nasync def a() -> None:\n    acme.get()\n";
    let project = Project::new(&[
        ("one/temporal-py-lint.toml", "extend-rules = ['../acme.yaml']\n"),
        ("acme.yaml", "effects: [{ blocks: call, symbols: [acme.get] }]\n"),
        ("one/a.py", one),
        ("two/b.py", one),
    ]);
    for paths in [&["."][..], &["two", "one"], &["two/b.py", "one/a.py"]] {
        assert_eq!(found(&project, paths), ["a.py:7 TPY201"], "{paths:?}");
    }
}

#[test]
fn a_file_that_builds_on_another_adds_to_its_tables() {
    let project = project("extend-rules = ['rules']");
    project.write(
        "sub/pyproject.toml",
        "[tool.temporal-py-lint]\nextend = '../pyproject.toml'\nextend-rules = ['more.yml']\n",
    );
    project.write("sub/more.yml", "effects: [{ blocks: call, symbols: [acme.db.query] }]\n");
    let text = "from acme import db, http\nfrom acme.flow import step\n\n\n@step\nasync def a() -> None:\n    db.query()\n\n\n@step\nasync def b() -> None:\n    http.get('x')\n";
    project.write("sub/a.py", text);
    assert_eq!(found(&project, &["sub"]), ["a.py:7 TPY201", "a.py:12 TPY201"]);
    let shown = String::from_utf8(project.run(&["config", "sub/a.py"]).stdout).expect("UTF-8");
    assert_eq!(shown.matches("extend-rules = ").count(), 2, "{shown}");
}

#[test]
fn faults_in_tables_have_a_place() {
    let cases = [
        ("tables_unknown_effect", "effects:\n- effect: netwrok\n  symbols: [acme.get]\n"),
        ("tables_unknown_section", "efects: []\n"),
        ("tables_no_yaml", "effects: [\n"),
        ("tables_with_control_characters", "effects:\n- effect: '\u{1b}[31m'\n"),
        ("tables_that_steer_nothing", "effects:\n- effect: \"\\e[31m\\u202e\\n::error::x\"\n  symbols: [a.b]\n"),
        ("tables_no_symbol", "effects:\n- effect: network\n  symbols: ['acme get']\n"),
        ("tables_of_the_sdk", "types:\n  returns: { temporalio.client.Client.connect: acme.Client }\n"),
        ("tables_of_no_kind", "decorators:\n- acts-as: activity\n  symbols: [acme.step]\n"),
    ];
    for (name, text) in cases {
        let project = project("extend-rules = ['rules']");
        project.write("rules/acme.yaml", text);
        insta::assert_snapshot!(name, project.shown(&["."]));
    }
    insta::assert_snapshot!("tables_not_there", project("extend-rules = ['ruels']").shown(&["."]));
    let empty = project("extend-rules = ['empty']");
    empty.write("empty/README.md", "none\n");
    let said = String::from_utf8(empty.run(&[]).stderr).expect("UTF-8");
    assert!(said.contains("`empty` in `extend-rules` holds no file of tables"), "{said}");
}

#[test]
fn the_stated_version_of_the_sdk_counts_in_place_of_what_lock_files_say() {
    // New in 1.23.0.
    let text = "from temporalio import workflow\n\n\n@workflow.defn\nclass Order:\n    @workflow.run\n    async def run(self) -> None:\n        workflow.random_seed()\n";
    let lock = "[[package]]\nname = \"temporalio\"\nversion = \"1.35.0\"\n";
    let project =
        Project::new(&[("pyproject.toml", "[tool.temporal-py-lint]\n"), ("uv.lock", lock), ("flow.py", text)]);
    assert_eq!(found(&project, &["--select", "TPY603"]), Vec::<String>::new());
    project.write("pyproject.toml", "[tool.temporal-py-lint]\nsdk-version = '1.18.0'\n");
    assert_eq!(found(&project, &["--select", "TPY603"]), ["flow.py:8 TPY603"]);
}

#[test]
fn the_stated_python_decides_what_parses_and_which_branches_are_dead() {
    let text = "\
import random
import sys
import time
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self, kind: str) -> float:
        if sys.version_info < (3, 9):
            return time.time()
        if sys.version_info >= (3, 13):
            return random.random()
        return 0.0
";
    let matching = text.replace("return 0.0", "match kind:\n            case _:\n                return 0.0");
    let project = Project::new(&[("temporal-py-lint.toml", ""), ("flow.py", text), ("other.py", &matching)]);
    let all = ["flow.py:12 TPY101", "flow.py:14 TPY102", "other.py:12 TPY101", "other.py:14 TPY102"];
    let args = ["--select", "TPY001,TPY101,TPY102"];
    assert_eq!(found(&project, &args), all);
    project.write("temporal-py-lint.toml", "python-version = '3.10'\n");
    assert_eq!(found(&project, &args), ["flow.py:14 TPY102", "other.py:14 TPY102"]);
    project.write("temporal-py-lint.toml", "");
    project.write("pyproject.toml", "[project]\nname = 'orders'\nrequires-python = '>=3.9'\n");
    assert_eq!(found(&project, &args), ["flow.py:14 TPY102", "other.py:14 TPY102"], "what the project asks for counts");
    project.write("temporal-py-lint.toml", "python-version = '3.8'\n");
    assert_eq!(found(&project, &["--select", "TPY001"]), ["other.py:15 TPY001"]);
}
