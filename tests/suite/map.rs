//! The map of a project: of `fixtures/map/shop`, which has a thing of every kind, and of small programs for what that has not.

use std::collections::BTreeSet;

use serde_json::Value;
use temporal_py_lint::lint::{LinkKind, NodeKind};
use temporal_py_lint::output::map_schema;

use super::checked::{fixtures, python_files};
use super::cli::Project;
use super::generated::hold;
use super::schema::wrong;

/// The sample project, in a folder of its own.
fn shop() -> Project {
    let sample = fixtures().join("map/shop");
    let project = Project::new(&[]);
    for file in python_files(&sample) {
        let text = std::fs::read_to_string(&file).expect("fixtures are UTF-8");
        project.write(file.strip_prefix(&sample).expect("below it").to_str().expect("UTF-8"), &text);
    }
    project
}

fn json(project: &Project, args: &[&str]) -> Value {
    let all: Vec<&str> = ["map", "--format", "json"].iter().chain(args).copied().collect();
    let output = project.run(&all);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let map: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let schema = map_schema();
    assert_eq!(wrong(&schema, &schema, &map), Vec::<String>::new());
    map
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().expect("a text")
}

/// The edges, as `from -kind-> to` with the message behind, and `?` where they are not sure.
fn edges(map: &Value) -> Vec<String> {
    let edge = |edge: &Value| {
        let member = edge["member"].as_str().map(|member| format!(" {member}")).unwrap_or_default();
        let sure = if edge["sure"] == true { "" } else { "?" };
        format!("{} -{}{sure}-> {}{member}", text(edge, "from"), text(edge, "kind"), text(edge, "to"))
    };
    map["edges"].as_array().expect("edges").iter().map(edge).collect()
}

fn ids(map: &Value) -> Vec<&str> {
    map["nodes"].as_array().expect("nodes").iter().map(|node| text(node, "id")).collect()
}

fn node<'m>(map: &'m Value, id: &str) -> &'m Value {
    let mut nodes = map["nodes"].as_array().expect("nodes").iter();
    nodes.find(|node| node["id"] == id).unwrap_or_else(|| panic!("no {id} in {:#?}", ids(map)))
}

#[test]
fn the_schema_in_the_documentation_is_current() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/map.schema.json");
    hold(&path, &format!("{}\n", serde_json::to_string_pretty(&map_schema()).expect("JSON")));
}

#[test]
fn the_map_of_the_sample_in_each_format() {
    let project = shop();
    insta::assert_snapshot!("map_mermaid", project.shown(&["map"]));
    insta::assert_snapshot!("map_dot", project.shown(&["map", "--format", "dot"]));
    insta::assert_snapshot!("map_json", project.shown(&["map", "--format", "json"]));
}

#[test]
fn the_documentation_shows_the_map_of_the_sample() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/map.md");
    let told = std::fs::read_to_string(&page).expect("the page");
    let (before, rest) = told.split_once("```mermaid\n").expect("the map's beginning");
    let (_, after) = rest.split_once("```\n").expect("the map's end");
    let map = String::from_utf8(shop().run(&["map"]).stdout).expect("UTF-8");
    hold(&page, &format!("{before}```mermaid\n{map}```\n{after}"));
}

#[test]
fn the_sample_has_a_node_and_an_edge_of_every_kind() {
    let map = json(&shop(), &[]);
    let of = |list: &str, key: &str| -> BTreeSet<String> {
        map[list].as_array().expect("a list").iter().map(|one| text(one, key).to_owned()).collect()
    };
    // Code that no workflow reaches has a test of its own.
    let nodes = NodeKind::ALL.iter().filter(|kind| **kind != NodeKind::Code).map(|kind| kind.key().to_owned());
    assert_eq!(of("nodes", "kind"), nodes.collect());
    assert_eq!(of("edges", "kind"), LinkKind::ALL.iter().map(|kind| kind.key().to_owned()).collect());
}

#[test]
fn what_one_program_starts_by_name_another_defines() {
    let edges = edges(&json(&shop(), &[]));
    for wanted in [
        "client:place_order -starts-> workflow:OrderWorkflow",
        "client:approve -signals?-> workflow:OrderWorkflow approve",
        "client:status -queries?-> workflow:OrderWorkflow is_approved",
        "client:reprice -updates?-> workflow:OrderWorkflow change",
        "client:install -creates-> schedule:nightly",
        "schedule:nightly -starts-> workflow:NightlyWorkflow?",
        "workflow:OrderWorkflow -calls-operation-> nexus-service:Invoices issue",
        "nexus-service:Invoices -starts-> workflow:InvoiceWorkflow",
        "workflow:ShippingWorkflow -signals-> workflow:OrderWorkflow approve",
    ] {
        assert!(edges.iter().any(|edge| edge == wanted), "no {wanted} in {edges:#?}");
    }
}

#[test]
fn what_a_helper_executes_belongs_to_the_workflow_that_calls_it() {
    let edges = edges(&json(&shop(), &[]));
    for wanted in [
        "workflow:OrderWorkflow -executes-> activity:reserve",
        "workflow:OrderWorkflow -executes-> activity:charge-card",
        "workflow:OrderWorkflow -executes-locally-> activity:price_of",
    ] {
        assert!(edges.iter().any(|edge| edge == wanted), "no {wanted} in {edges:#?}");
    }
    assert!(!edges.iter().any(|edge| edge.contains("activity:step")), "{edges:#?}");
}

#[test]
fn what_is_unregistered_unused_unserved_or_unresolved_is_marked() {
    let map = json(&shop(), &[]);
    let marks = |id: &str| node(&map, id)["marks"].clone();
    // `run_any` starts whatever it is told to, so no workflow is known to be unused.
    assert_eq!(marks("workflow:ForgottenWorkflow"), serde_json::json!(["unregistered"]));
    assert_eq!(marks("activity:old_receipt"), serde_json::json!(["unregistered", "unused"]));
    assert_eq!(marks("activity:reserve"), serde_json::json!([]));
    assert_eq!(marks("task-queue:printers"), serde_json::json!(["unserved"]));
    assert_eq!(marks("task-queue:orders"), serde_json::json!([]));
    for id in ["activity:print_label?", "workflow:NightlyWorkflow?", "workflow:name?"] {
        assert_eq!(node(&map, id)["resolved"], false, "{id}");
    }
    let found = &node(&map, "workflow:OrderWorkflow")["findings"];
    assert_eq!(found[0]["code"], "TPY101", "{found}");
}

#[test]
fn the_map_is_the_same_in_each_run_and_with_any_number_of_threads() {
    let project = shop();
    let one = json(&project, &["--threads", "1"]);
    assert_eq!(one, json(&project, &["--threads", "4"]));
    assert_eq!(one, json(&project, &["ops", "shop", "."]));
}

#[test]
fn roots_that_are_named_are_shown_with_what_they_lead_to() {
    let map = json(&shop(), &["ops"]);
    assert!(ids(&map).contains(&"workflow:NightlyWorkflow?"), "{:#?}", ids(&map));
    assert!(!ids(&map).contains(&"activity:audit"), "{:#?}", ids(&map));
}

#[test]
fn a_focus_shows_what_is_near() {
    let project = shop();
    let near = json(&project, &["--focus", "NightlyWorkflow"]);
    assert_eq!(ids(&near), ["schedule:nightly", "workflow:NightlyWorkflow?"]);
    let far = json(&project, &["--focus", "nightlyworkflow", "--depth", "2"]);
    assert_eq!(ids(&far), ["client:install", "schedule:nightly", "task-queue:reports", "workflow:NightlyWorkflow?"]);
    let none = json(&project, &["--focus", "approve", "--depth", "0"]);
    assert_eq!(ids(&none), ["client:approve", "workflow:OrderWorkflow"], "a message's name stands for its workflow");
    // All work goes through workers and queues: no way leads on there.
    let all = json(&project, &["--focus", "send_mail", "--depth", "9"]);
    assert!(!ids(&all).contains(&"activity:old_receipt"));
}

#[test]
fn what_is_wrong_with_the_arguments_is_said() {
    let project = shop();
    let said = |args: &[&str]| {
        let output = project.run(args);
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let (code, error) = said(&["map", "--focus", "OrdreWorkflow"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("nothing that is called `OrdreWorkflow`\n  help: did you mean `OrderWorkflow`?"), "{error}");
    let (code, error) = said(&["map", "nowhere"]);
    assert!(code == Some(2) && error.contains("nowhere"), "{error}");
    let (code, error) = said(&["map", "--output", "shop"]);
    assert!(code == Some(2) && error.contains("`shop` is a folder"), "{error}");
    let (code, error) = said(&["map", "--output", "map.xyz"]);
    assert!(code == Some(2) && error.contains("`.xyz`"), "{error}");
    let (code, error) = said(&["map", "--output", "nowhere/map.json"]);
    assert!(code == Some(2) && error.contains("cannot be written"), "{error}");
    let (code, error) = said(&["map", "--depth", "2"]);
    assert!(code == Some(2) && error.contains("--focus"), "{error}");
}

#[test]
fn a_file_is_written_whole_in_the_form_of_its_ending() {
    let project = shop();
    let printed = String::from_utf8(project.run(&["map", "--format", "dot"]).stdout).expect("UTF-8");
    let output = project.run(&["map", "--output", "map.dot"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    assert_eq!(project.text("map.dot"), printed);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.starts_with("A map of ") && said.contains(" is written to map.dot."), "{said}");
}

#[test]
fn a_project_without_temporal_has_an_empty_map() {
    let project = Project::new(&[("a.py", "print(1)\n")]);
    let output = project.run(&["map"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("No workflows, activities, workers or clients were found.")
    );
    assert_eq!(ids(&json(&project, &[])), Vec::<&str>::new());
}

/// Names that would end what they stand in, in one format or another.
const HOSTILE: &str = r#"
from datetime import timedelta
from temporalio import activity, workflow


@activity.defn(name="\x1b[31m\"]; n0 -> n1 <img src=x onerror=alert(1)></script><!-- `x` %%{init: {}}%% ##[error]x \\")
async def charge() -> None: ...


@workflow.defn(name="a\n::error::b\u202ec#quot;")
class Order:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(charge, start_to_close_timeout=timedelta(seconds=1))
"#;

#[test]
fn no_name_commands_the_terminal_the_page_or_the_diagram() {
    let project = Project::new(&[("hostile.py", HOSTILE)]);
    for format in ["mermaid", "dot", "json", "svg", "html"] {
        let output = project.run(&["map", "--format", format]);
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0));
        let steers = |char: char| char.is_control() && char != '\n' || char == '\u{202e}' && format != "json";
        assert!(!shown.contains(steers), "{format}: {shown:?}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")) && !shown.contains("##["), "{shown}");
        if format == "mermaid" {
            assert!(!shown.contains("<img") && !shown.contains("%%{") && !shown.contains("#quot;"), "{shown}");
            assert_eq!(shown.matches('"').count() % 2, 0, "{shown}");
        }
        if format == "dot" {
            assert!(shown.contains("\\\"]; n0 -> n1"), "{shown}");
        }
        if format == "svg" || format == "html" {
            assert!(!shown.contains("<img") && !shown.contains("<!--"), "{shown}");
        }
        if format == "html" {
            assert_eq!((shown.matches("<script").count(), shown.matches("</script").count()), (2, 2));
        }
    }
}

/// The boxes of a picture: left, top, width, height.
fn boxes(picture: &str) -> Vec<[f64; 4]> {
    let pattern =
        r#"data-node="\d+"><title>[^<]*</title><rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)""#;
    let pattern = regex::Regex::new(pattern).expect("a pattern");
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let all = pattern.captures_iter(picture);
    all.map(|found| [number(&found[1]), number(&found[2]), number(&found[3]), number(&found[4])]).collect()
}

/// A project with so many programs, each with a worker, workflows and activities.
fn large(programs: usize) -> Project {
    let project = Project::new(&[]);
    for program in 0..programs {
        let mut text = "\
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
"
        .to_owned();
        let mut names = (Vec::new(), Vec::new());
        for step in 0..20 {
            text += &format!("\n@activity.defn\nasync def step_{program}_{step}() -> None: ...\n");
            names.0.push(format!("step_{program}_{step}"));
        }
        for flow in 0..7 {
            text += &format!(
                "\n@workflow.defn\nclass Flow_{program}_{flow}:\n    @workflow.run\n    async def run(self) -> None:\n"
            );
            let steps = if flow == 0 { 0..12 } else { flow * 2..flow * 2 + 4 };
            for step in steps {
                text += &format!(
                    "        await workflow.execute_activity(step_{program}_{step}, start_to_close_timeout=timedelta(seconds=1))\n"
                );
            }
            names.1.push(format!("Flow_{program}_{flow}"));
        }
        let (activities, workflows) = (names.0.join(", "), names.1.join(", "));
        text += &format!(
            "\nasync def main(client: Client) -> None:\n    await Worker(client, task_queue=\"q{program}\", workflows=[{workflows}], activities=[{activities}]).run()\n"
        );
        project.write(&format!("program_{program}.py"), &text);
    }
    project
}

#[test]
fn no_box_of_a_picture_covers_another_and_all_lie_within() {
    let view_box = regex::Regex::new(r#"viewBox="0 0 (\d+) (\d+)""#).expect("a pattern");
    for (project, nodes) in [(shop(), 27), (large(10), 290), (connected(), 601)] {
        let picture = String::from_utf8(project.run(&["map", "--format", "svg"]).stdout).expect("UTF-8");
        let boxes = boxes(&picture);
        assert_eq!(boxes.len(), nodes);
        let size = view_box.captures(&picture).expect("a size");
        let (width, height): (f64, f64) = (size[1].parse().expect("a number"), size[2].parse().expect("a number"));
        for (at, one) in boxes.iter().enumerate() {
            assert!(one[0] >= 0.0 && one[1] >= 0.0 && one[0] + one[2] <= width && one[1] + one[3] <= height, "{one:?}");
            for other in &boxes[..at] {
                let apart = |axis: usize| {
                    one[axis] + one[axis + 2] <= other[axis] || other[axis] + other[axis + 2] <= one[axis]
                };
                assert!(apart(0) || apart(1), "{one:?} covers {other:?}");
            }
        }
        assert_eq!(
            picture.as_bytes(),
            project.run(&["map", "--format", "svg", "--threads", "1"]).stdout,
            "in each run"
        );
    }
}

#[test]
fn the_page_fetches_nothing_and_runs_only_its_own_script() {
    let page = String::from_utf8(shop().run(&["map", "--format", "html"]).stdout).expect("UTF-8");
    for what in [" src=", " href=", "url(http", "@import", "fetch(", "XMLHttpRequest", "innerHTML", " style="] {
        assert!(!page.contains(what), "{what}");
    }
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"), "{page}");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/output/map/page");
    for (part, name) in temporal_py_lint::output::map_page_parts().iter().zip(["style", "script"]) {
        let hash = base64(&<sha2::Sha256 as sha2::Digest>::digest(part.as_bytes()));
        hold(&folder.join(format!("{name}.sha256")), &format!("{hash}\n"));
        assert!(page.contains(&format!("'sha256-{hash}'")) && page.contains(part.as_str()), "{name}");
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let all = three.iter().chain([&0; 2]).take(3).fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        for digit in 0..4 {
            let value = (all >> (18 - 6 * digit)) & 63;
            text.push(if digit <= three.len() { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    text
}

#[test]
fn code_that_no_workflow_reaches_is_shown_as_code() {
    let text = "\
from datetime import timedelta
from temporalio import activity, workflow

@activity.defn
async def charge() -> None: ...

async def helper() -> None:
    await workflow.execute_activity(charge, start_to_close_timeout=timedelta(seconds=1))
";
    let map = json(&Project::new(&[("helper.py", text)]), &[]);
    assert_eq!(edges(&map), ["code:helper -executes-> activity:charge"]);
}

#[test]
fn test_code_is_left_out_unless_it_is_asked_for() {
    let project = shop();
    let mock = "\
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker
from shop.workflows import ForgottenWorkflow

@activity.defn(name=\"reserve\")
async def fake_reserve(order: str) -> str:
    return order

async def test_it(client: Client) -> None:
    async with Worker(client, task_queue=\"t\", workflows=[ForgottenWorkflow], activities=[fake_reserve]):
        await client.execute_workflow(ForgottenWorkflow.run, id=\"x\", task_queue=\"t\")
";
    let before = json(&project, &[]);
    project.write("tests/test_it.py", mock);
    assert_eq!(json(&project, &[]), before);
    let with_tests = json(&project, &["--tests"]);
    assert!(edges(&with_tests).contains(&"worker:test_it -registers-> workflow:ForgottenWorkflow".to_owned()));
    let said = String::from_utf8(project.run(&["map"]).stderr).expect("UTF-8");
    assert!(said.contains("2 definitions of test code left out; `--tests` shows them."), "{said}");
}

#[test]
fn scripts_beside_each_other_in_a_package_are_one_program() {
    let flow = "\
from temporalio import workflow

@workflow.defn
class Yours:
    @workflow.run
    async def run(self) -> str:
        return \"a\"
";
    let script = "\
from temporalio.client import Client
from temporalio.worker import Worker
from your_workflows import Yours

async def main(client: Client) -> None:
    await client.execute_workflow(Yours.run, id=\"a\", task_queue=\"q\")
    await Worker(client, task_queue=\"q\", workflows=[Yours]).run()
";
    let files = [("s/__init__.py", ""), ("s/your_workflows.py", flow), ("s/run_worker.py", script)];
    let map = json(&Project::new(&files), &[]);
    assert_eq!(ids(&map), ["client:main", "worker:main", "task-queue:q", "workflow:Yours"]);
    assert_eq!(node(&map, "workflow:Yours")["marks"], serde_json::json!([]));
}

/// A worker of a queue with a workflow and an activity that nothing executes.
const WORKER: &str = "
async def main(client: Client) -> None:
    await Worker(client, task_queue=\"q\", workflows=[Assistant], activities=[get_weather]).run()
";

const ASSISTANT: &str = "\
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
from agents import Agent, Runner, tool_of

@activity.defn
async def get_weather(city: str) -> str:
    return \"sun\"
";

#[test]
fn an_activity_that_is_handed_on_as_a_value_is_not_called_unused() {
    let marks = |uses: &str, worker: &str| {
        let flow = "@workflow.defn\nclass Assistant:\n    @workflow.run\n    async def run(self, city: str) -> str:\n";
        let text = format!("{ASSISTANT}\n{flow}        {uses}\n{worker}");
        node(&json(&Project::new(&[("wf.py", &text)]), &[]), "activity:get_weather")["marks"].clone()
    };
    for uses in [
        "return await Runner.run(Agent(tools=[tool_of(get_weather)]), city)",
        "return await Runner.run(Agent(tools=[get_weather]), city)",
        "tools = [get_weather]\n        return await Runner.run(Agent(tools=tools), city)",
        "return await Runner.run({\"weather\": get_weather}[city])",
        "return await Runner.run(get_weather.__name__)",
    ] {
        assert_eq!(marks(uses, WORKER), serde_json::json!([]), "{uses}");
    }
    // Called as a function, named by an annotation or decorated it is not executed as an activity.
    for uses in ["return await get_weather(city)", "return \"\"", "x: get_weather = None\n        return \"\""] {
        assert_eq!(marks(uses, WORKER), serde_json::json!(["unused"]), "{uses}");
    }
    // However workers come by it.
    for list in [
        "ALL = [get_weather]\n",
        "ALL = []\nALL.append(get_weather)\n",
        "def all_of():\n    return [get_weather]\n\nALL = all_of()\n",
        "class Table:\n    all = [get_weather]\n\nALL = Table.all\n",
    ] {
        let worker = format!("\n{list}{}", WORKER.replace("[get_weather]", "ALL"));
        assert_eq!(marks("return \"\"", &worker), serde_json::json!(["unused"]), "{list}");
    }
}

#[test]
fn what_a_decorator_puts_around_activities_is_known_by_their_names() {
    let text = "\
from datetime import timedelta
from functools import wraps
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

def heartbeating(fn):
    @wraps(fn)
    async def inner(*args):
        activity.heartbeat()
        return await fn(*args)

    return inner

@activity.defn
@heartbeating
async def charge(order: str) -> str:
    return order

@activity.defn
@heartbeating
async def ship(order: str) -> str:
    return order

@workflow.defn
class Order:
    @workflow.run
    async def run(self, order: str) -> str:
        return await workflow.execute_activity(charge, order, start_to_close_timeout=timedelta(seconds=1))

async def main(client: Client) -> None:
    await Worker(client, task_queue=\"q\", workflows=[Order], activities=[charge, ship]).run()
";
    let map = json(&Project::new(&[("wf.py", text)]), &[]);
    assert_eq!(ids(&map), ["worker:main", "task-queue:q", "workflow:Order", "activity:charge", "activity:ship"]);
    assert!(edges(&map).contains(&"workflow:Order -executes-> activity:charge".to_owned()));
    let marks = |id: &str| node(&map, id)["marks"].clone();
    assert_eq!(
        [marks("activity:charge"), marks("activity:ship")],
        [serde_json::json!([]), serde_json::json!(["unused"])]
    );
}

#[test]
fn a_task_queue_that_is_a_variable_is_one_wherever_it_is_read() {
    let flow = "from temporalio import workflow\n\n@workflow.defn\nclass Order:\n    @workflow.run\n    async def run(self) -> None: ...\n";
    let worker = "\
from shop.config import TASK_QUEUE as QUEUE
from shop.flows import Order
from temporalio.client import Client
from temporalio.worker import Worker

async def main(client: Client) -> None:
    await Worker(client, task_queue=QUEUE, workflows=[Order]).run()
";
    let starter = "\
from shop import config
from shop.flows import Order
from temporalio.client import Client

async def start(client: Client) -> None:
    await client.start_workflow(Order.run, id=\"a\", task_queue=config.TASK_QUEUE)
";
    for (value, default) in [
        ("os.getenv(\"TASK_QUEUE\", \"orders\")", Some("orders")),
        ("os.environ.get(\"TASK_QUEUE\", DEFAULT)", Some("usual")),
        ("os.getenv(\"TASK_QUEUE\") or \"orders\"", Some("orders")),
        ("setting(\"TASK_QUEUE\", default=\"orders\")", Some("orders")),
        ("os.environ[\"TASK_QUEUE\"]", None),
        ("setting(\"TASK_QUEUE\", \"orders\")", None),
    ] {
        let config =
            format!("import os\nfrom decouple import config as setting\n\nDEFAULT = \"usual\"\nTASK_QUEUE = {value}\n");
        let files = [
            ("shop/__init__.py", ""),
            ("shop/config.py", &config),
            ("shop/flows.py", flow),
            ("shop/starter.py", starter),
            ("shop/worker.py", worker),
        ];
        let map = json(&Project::new(&files), &[]);
        let queue = "task-queue:TASK_QUEUE?";
        assert_eq!(node(&map, queue)["default"].as_str(), default, "{value}");
        assert_eq!(node(&map, queue)["place"]["file"], "shop/config.py");
        let edges = edges(&map);
        for wanted in [format!("client:start -sends-to-> {queue}"), format!("worker:main -polls-> {queue}")] {
            assert!(edges.contains(&wanted), "no {wanted} in {edges:#?}");
        }
    }
}

#[test]
fn a_nexus_service_of_another_module_is_joined_with_its_caller() {
    // This file names nothing of Temporal.
    let service = "import nexusrpc\n\n@nexusrpc.service\nclass Greeting:\n    hello: nexusrpc.Operation[str, str]\n    bye: nexusrpc.Operation[str, str]\n";
    let caller = "\
from temporalio import workflow
from pkg.service import Greeting

@workflow.defn
class Caller:
    def __init__(self) -> None:
        self.nexus_client = workflow.create_nexus_client(service=Greeting, endpoint=\"e\")

    @workflow.run
    async def run(self, name: str) -> None:
        await self.nexus_client.execute_operation(Greeting.hello, name)
        await self.nexus_client.execute_operation(\"bye\", name)
";
    let handler = "\
import nexusrpc.handler
from pkg.service import Greeting
from temporalio.client import Client
from temporalio.worker import Worker

@nexusrpc.handler.service_handler(service=Greeting)
class Handler:
    @nexusrpc.handler.sync_operation
    async def hello(self, context, name: str) -> str:
        return name

async def main(client: Client) -> None:
    await Worker(client, task_queue=\"q\", nexus_service_handlers=[Handler()]).run()
";
    let files =
        [("pkg/__init__.py", ""), ("pkg/service.py", service), ("pkg/caller.py", caller), ("pkg/handler.py", handler)];
    let edges = edges(&json(&Project::new(&files), &[]));
    for wanted in [
        "worker:main -registers-> nexus-service:Greeting",
        "workflow:Caller -calls-operation-> nexus-service:Greeting bye",
        "workflow:Caller -calls-operation-> nexus-service:Greeting hello",
    ] {
        assert!(edges.iter().any(|edge| edge == wanted), "no {wanted} in {edges:#?}");
    }
}

const WRAPPER: &str = "\
from typing import Any
from asgiref.sync import async_to_sync
from temporalio import activity, workflow
from temporalio.client import Client

@workflow.defn
class Order:
    @workflow.run
    async def run(self, name: str) -> str:
        return name

@workflow.defn
class Refund:
    @workflow.run
    async def run(self, name: str) -> str:
        return name

class Temporal:
    @classmethod
    def start(cls, workflow: Any, arg: Any, id: str, queue: str = \"usual\"):
        return async_to_sync(cls.astart)(workflow, arg, id, queue)

    @classmethod
    async def astart(cls, workflow: Any, arg: Any, id: str, queue: str = \"usual\") -> None:
        client = await Client.connect(\"localhost:7233\")
        await client.start_workflow(workflow, arg, id=id, task_queue=queue)
";

/// A function that makes workers of what it is given.
const SERVES: &str = "
import asyncio
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

@activity.defn
async def charge(order: str) -> int:
    return 1

@activity.defn
async def mail(order: str) -> None:
    activity.logger.info(order)

@workflow.defn
class Order:
    @workflow.run
    async def run(self, order: str) -> None:
        await workflow.sleep(1)

async def serve(client: Client, queue: str, *activities, workflows=()):
    await Worker(client, task_queue=queue, activities=activities, workflows=list(workflows)).run()
";

#[test]
fn a_function_that_makes_workers_makes_one_for_each_call() {
    let calls = "
async def main(client: Client) -> None:
    await asyncio.gather(
        serve(client, \"billing\", charge),
        serve(client, \"mails\", *[mail, charge], workflows=[Order]),
    )
";
    let links = |text: &str| -> Vec<String> {
        let map = json(&Project::new(&[("wf.py", text)]), &[]);
        edges(&map).into_iter().filter(|edge| edge.starts_with("worker:")).collect()
    };
    let made = links(&format!("{SERVES}{calls}"));
    let has = |edge: &str| made.iter().any(|made| made.ends_with(edge));
    assert!(has("-polls-> task-queue:billing") && has("-polls-> task-queue:mails"), "{made:#?}");
    let registers = made.iter().filter(|edge| edge.contains("-registers-> activity:charge")).count();
    assert!(registers == 2 && has("-registers-> activity:mail") && has("-registers-> workflow:Order"), "{made:#?}");
    // Where nobody calls it, it stands for itself.
    assert!(links(SERVES).iter().any(|edge| edge.contains("worker:serve -polls->")), "{:#?}", links(SERVES));
}

#[test]
fn what_a_wrapper_starts_is_started_by_its_callers() {
    let callers = "
async def on_order(name: str) -> None:
    await Temporal.astart(Order.run, name, id=name, queue=\"orders\")

def on_refund(name: str) -> None:
    later(lambda: Temporal.start(id=name, arg=name, workflow=Refund.run))

def on_any(name: str, flow: Any) -> None:
    Temporal.start(flow, name, name)

@activity.defn
async def again(name: str) -> None:
    await Temporal.astart(Order.run, name, id=name)
";
    let of_kind = |text: &str, kind: &str| -> Vec<String> {
        let map = json(&Project::new(&[("wf.py", text)]), &[]);
        edges(&map).into_iter().filter(|edge| edge.contains(kind)).collect()
    };
    let starts = |text: &str| of_kind(text, "-starts");
    assert_eq!(
        starts(&format!("{WRAPPER}{callers}")),
        [
            "client:on_any -starts?-> workflow:flow?",
            "client:on_order -starts-> workflow:Order",
            "client:on_refund -starts-> workflow:Refund",
            "activity:again -starts-> workflow:Order",
        ]
    );
    assert_eq!(
        of_kind(&format!("{WRAPPER}{callers}"), "-sends-to"),
        [
            "client:on_any -sends-to-> task-queue:usual",
            "client:on_order -sends-to-> task-queue:orders",
            "client:on_refund -sends-to-> task-queue:usual",
            "activity:again -sends-to-> task-queue:usual",
        ]
    );
    // Where nobody calls it, it stands for itself.
    assert_eq!(starts(WRAPPER), ["client:Temporal.astart -starts?-> workflow:workflow?"]);
}

#[test]
fn definitions_of_one_name_behind_one_queue_are_one() {
    let stub = "\
from datetime import timedelta
from temporalio import activity, workflow

@activity.defn(name=\"charge\")
async def charge_stub(order: str) -> str: ...

@workflow.defn
class Order:
    @workflow.run
    async def run(self, order: str) -> str:
        return await workflow.execute_activity(charge_stub, order, start_to_close_timeout=timedelta(seconds=1))
";
    let real = "\
from flows import Order
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

@activity.defn(name=\"charge\")
async def charge(order: str) -> str:
    return order

async def main(client: Client) -> None:
    await Worker(client, task_queue=\"q\", workflows=[Order], activities=[charge]).run()
";
    let map = json(&Project::new(&[("flows.py", stub), ("worker.py", real)]), &[]);
    let charge = node(&map, "activity:charge");
    assert_eq!(charge["marks"], serde_json::json!([]));
    assert_eq!((&charge["place"]["file"], &charge["also"][0]["file"]), (&"worker.py".into(), &"flows.py".into()));
    assert!(edges(&map).contains(&"workflow:Order -executes-> activity:charge".to_owned()));
    // A second worker with an activity of that name: of the same queue it is the same, of another queue another.
    let second = |queue: &str| {
        let text = real.replace("workflows=[Order], ", "").replace("\"q\"", queue) + "\nOTHER = Order\n";
        let files = [("flows.py", stub), ("worker.py", real), ("other.py", &text)];
        let map = json(&Project::new(&files), &[]);
        ids(&map).iter().filter(|id| id.starts_with("activity:")).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(second("\"q\""), ["activity:charge"]);
    assert_eq!(second("\"other\"").len(), 3);
}

/// More boxes than are laid out at once, which hang together by one activity.
fn connected() -> Project {
    let mut text = "from datetime import timedelta\nfrom temporalio import activity, workflow\n\nSOON = timedelta(seconds=1)\n\n@activity.defn\nasync def audit() -> None: ...\n".to_owned();
    for flow in 0..60 {
        let steps: Vec<String> = (0..9).map(|step| format!("step_{flow}_{step}")).collect();
        for step in &steps {
            text += &format!("\n@activity.defn\nasync def {step}() -> None: ...\n");
        }
        text += &format!("\n@workflow.defn\nclass Flow_{flow}:\n    @workflow.run\n    async def run(self) -> None:\n");
        for step in steps.iter().map(String::as_str).chain(["audit"]) {
            text += &format!("        await workflow.execute_activity({step}, start_to_close_timeout=SOON)\n");
        }
    }
    Project::new(&[("flows.py", &text)])
}

#[test]
fn a_large_picture_says_which_lines_are_faint() {
    let project = connected();
    let picture = String::from_utf8(project.run(&["map", "--format", "svg"]).stdout).expect("UTF-8");
    assert!(picture.contains(">The lines of the box with most of them are drawn faintly: "), "{picture}");
    assert_eq!(picture.matches("class=\"line work faint\"").count(), 60, "those of `audit`");
    assert_eq!(picture.matches("class=\"line work\"").count(), 60 * 9);
    let page = String::from_utf8(project.run(&["map", "--format", "html"]).stdout).expect("UTF-8");
    assert!(page.contains("601 nodes, 600 edges. The lines of the box with most of them"), "{page}");
    let small = String::from_utf8(shop().run(&["map", "--format", "svg"]).stdout).expect("UTF-8");
    assert!(!small.contains("drawn faintly"));
}
