//! `temporal-py-lint hook`: events as the client sends them, answers in its protocol, and silence for all else.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::cli::Project;

const WORKFLOW: &str = "\
import asyncio
from temporalio import workflow

from orders.clock import stamp


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> float:
        await asyncio.sleep(1)
        return stamp()
";

const CLOCK: &str = "\
import time


def stamp():
    return time.time()
";

const ACTIVITIES: &str = "\
import shutil
from temporalio import activity


@activity.defn
async def clear(path: str) -> None:
    shutil.rmtree(path)
";

const FILES: [(&str, &str); 5] = [
    ("orders/workflows.py", WORKFLOW),
    ("orders/clock.py", CLOCK),
    ("orders/activities.py", ACTIVITIES),
    ("orders/unrelated.py", "import time\n\n\ndef stamp():\n    return time.time()\n"),
    ("notes.md", "temporalio\n"),
];

/// A module of functions and of a workflow that runs `body`.
fn workflow(functions: &str, body: &str) -> String {
    let head = "import time\nfrom temporalio import workflow\n\n\n";
    let class = "@workflow.defn\nclass Order:\n    @workflow.run\n    async def run(self) -> None:\n";
    format!("{head}{functions}{class}{body}")
}

fn orders() -> Project {
    Project::new(&FILES)
}

fn answered(project: &Project, input: &[u8], args: &[&str], env: &[(&str, &str)]) -> Output {
    let args: Vec<&str> = std::iter::once("hook").chain(args.iter().copied()).collect();
    let mut command = project.command(&args);
    command.envs(env.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    child.stdin.take().expect("it is piped").write_all(input).expect("it is read to the end");
    child.wait_with_output().expect("the command ends")
}

/// The answer, which is silence or one JSON object within the client's limits.
fn answer(project: &Project, event: &Value) -> Option<Value> {
    let output = answered(project, event.to_string().as_bytes(), &[], &[]);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    if text.is_empty() {
        return None;
    }
    assert!(text.starts_with('{') && text.ends_with("}\n") && text.chars().count() <= 4_001, "{text}");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// A recorded event, at home in a project.
fn recorded(name: &str, project: &Project) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent/events").join(name);
    let text = std::fs::read_to_string(path).expect("the event was recorded");
    let folder = project.path().to_str().expect("a path in UTF-8");
    serde_json::from_str(&text.replace("/home/ada/shop", folder)).expect("JSON")
}

/// An edit, in an event that does not say what the file was before.
fn edit(project: &Project, file: &str, old: &str, new: &str) -> Value {
    let mut event = recorded("edit.json", project);
    event["tool_input"] = json!({"file_path": project.path().join(file), "old_string": old, "new_string": new});
    event["tool_response"] = json!({});
    event
}

/// An edit, in an event that says what the file was before.
fn known_edit(project: &Project, file: &str, old: &str, new: &str) -> Value {
    let mut event = edit(project, file, old, new);
    let text = project.text(file);
    assert!(text.contains(new), "{new} is in {file} now");
    event["tool_response"] = json!({"originalFile": text.replacen(new, old, 1)});
    event
}

fn reason(answer: &Value) -> &str {
    assert_eq!(answer["decision"], "block");
    answer["reason"].as_str().expect("a block has a reason")
}

fn context(answer: &Value) -> &str {
    assert_eq!(answer["hookSpecificOutput"]["hookEventName"], "PostToolUse");
    answer["hookSpecificOutput"]["additionalContext"].as_str().expect("a context is text")
}

#[test]
fn errors_that_an_edit_made_are_a_reason_to_go_on() {
    let project = orders();
    let found = answer(&project, &edit(&project, "orders/clock.py", "return 1", "return time.time()")).expect("one");
    insta::assert_snapshot!(reason(&found));
    assert_eq!(found.as_object().map(serde_json::Map::len), Some(2), "{found}");
}

#[test]
fn a_finding_elsewhere_is_told_where_its_chain_leads_through_the_file() {
    let project = orders();
    let new = edit(&project, "orders/workflows.py", "return 1", "return stamp()");
    let old = edit(&project, "orders/workflows.py", "sleep(2)", "await asyncio.sleep(1)");
    let new = answer(&project, &new).expect("an answer");
    assert!(
        reason(&new).starts_with("temporal-py-lint reports 1 error in the lines just edited in orders/workflows.py")
    );
    let old = answer(&project, &old).expect("an answer");
    assert_eq!(
        context(&old),
        "temporal-py-lint: 1 finding was there before this edit of orders/workflows.py: TPY101 1."
    );
    assert!(old.get("decision").is_none(), "{old}");
}

/// What an edit causes is what was not found with the file as it was, whichever lines it touched.
#[test]
fn what_an_edit_caused_is_known_from_the_file_as_it_was() {
    let project = orders();
    let made = known_edit(&project, "orders/workflows.py", "class Order", "@workflow.defn\nclass Order");
    let found = answer(&project, &made).expect("an answer");
    let heading =
        "temporal-py-lint reports 1 error in orders/workflows.py, or reached through it, that this edit has caused:\n";
    assert!(reason(&found).starts_with(heading), "{found}");
    // The touched line holds the finding, which was there all the same.
    let same = known_edit(&project, "orders/clock.py", "    return time.time( )", "    return time.time()");
    let found = answer(&project, &same).expect("an answer");
    assert!(context(&found).starts_with("temporal-py-lint: 1 finding was there before this edit"), "{found}");
    let renamed = known_edit(&project, "orders/clock.py", "def stamp_it()", "def stamp()");
    assert!(answer(&project, &renamed).expect("an answer").get("decision").is_some(), "nothing called it before");
    // A second place of the same kind is new; which of the two is told first is decided by the lines.
    project.write("orders/clock.py", &CLOCK.replace("    return", "    time.time()\n    return"));
    let second = known_edit(&project, "orders/clock.py", "", "    time.time()\n");
    assert!(answer(&project, &second).expect("an answer").get("decision").is_some());
    project.write("orders/clock.py", "import time\n\n\ndef stamp():\n    return 0\n");
    let mended = known_edit(&project, "orders/clock.py", "return time.time()", "return 0");
    assert_eq!(answer(&project, &mended), None);
}

#[test]
fn what_was_there_before_is_named_once_in_a_session() {
    let project = orders();
    let mut event = edit(&project, "orders/workflows.py", "sleep(2)", "await asyncio.sleep(1)");
    let transcript = project.path().join("session.jsonl");
    event["transcript_path"] = json!(transcript);
    let said = answer(&project, &event).expect("an answer");
    let line = json!({"attachment": {"content": [context(&said)]}});
    project.write("session.jsonl", &format!("{{}}\n{line}\n"));
    assert_eq!(answer(&project, &event), None);
    // Another number is something else.
    project.write("session.jsonl", &line.to_string().replace("1 finding was", "2 findings were"));
    assert!(answer(&project, &event).is_some());
}

/// Both lie in projects of their own.
#[test]
fn at_the_agent_s_end_all_edited_files_projects_are_checked() {
    let project = Project::new(&[
        (".git/HEAD", ""),
        ("a/pyproject.toml", ""),
        ("a/flow.py", &workflow("", "        time.time()\n")),
        ("b/pyproject.toml", ""),
        ("b/flow.py", &workflow("", "        time.time()\n")),
    ]);
    let mut event = recorded("agent-stops.json", &project);
    let use_of = |file: &str| {
        let input = json!({"file_path": project.path().join(file), "old_string": "pass", "new_string": "time.time()"});
        json!({"type": "assistant", "message": {"content": [{"type": "tool_use", "name": "Edit", "input": input}]}})
    };
    project.write("agent.jsonl", &format!("{}\n{}\n", use_of("a/flow.py"), use_of("b/flow.py")));
    event["agent_transcript_path"] = json!(project.path().join("agent.jsonl"));
    let found = answer(&project, &event).expect("an answer");
    assert!(
        reason(&found).contains("\na/flow.py:9:9 TPY101") && reason(&found).contains("\nb/flow.py:9:9 TPY101"),
        "{found}"
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_transcript_is_not_waited_for() {
    let project = orders();
    let pipe = project.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    let mut event = recorded("agent-stops.json", &project);
    event["agent_transcript_path"] = json!(pipe);
    assert_eq!(answer(&project, &event), None);
    let mut event = edit(&project, "orders/workflows.py", "sleep(2)", "await asyncio.sleep(1)");
    event["transcript_path"] = json!(pipe);
    assert!(answer(&project, &event).is_some());
}

#[test]
fn warnings_are_context() {
    let project = orders();
    let found = answer(&project, &edit(&project, "orders/activities.py", "", "shutil.rmtree(path)"));
    let found = found.expect("an answer");
    assert!(found.get("decision").is_none() && found.get("reason").is_none(), "{found}");
    assert!(context(&found).contains("\norders/activities.py:7:5 TPY203 warning (medium confidence) "), "{found}");
    assert!(context(&found).ends_with("`temporal-py-lint explain CODE` prints a rule's page."), "{found}");
}

#[test]
fn what_is_not_about_temporal_is_left_alone() {
    let project = orders();
    for file in ["orders/unrelated.py", "notes.md", "gone.py", "orders", "../outside.py"] {
        let event = edit(&project, file, "x", "return time.time()");
        assert_eq!(answer(&project, &event), None, "{file}");
    }
    let plain = Project::new(&[("a.py", "import b\n"), ("b.py", CLOCK)]);
    assert_eq!(answer(&plain, &edit(&plain, "b.py", "", "return time.time()")), None);
}

#[test]
fn only_what_concerns_the_file_is_told() {
    let project = orders();
    let found = answer(&project, &edit(&project, "orders/activities.py", "", "rmtree")).expect("an answer");
    assert!(!found.to_string().contains("clock.py"), "{found}");
}

#[test]
fn a_written_file_is_new_but_for_the_lines_that_it_had() {
    let project = Project::new(&[]);
    let text = WORKFLOW.replace("from orders.clock import stamp\n", "import time\n").replace("stamp()", "time.time()");
    project.write("orders.py", &text);
    let mut event = recorded("write.json", &project);
    event["tool_input"]["content"] = json!(text);
    let found = answer(&project, &event).expect("an answer");
    assert!(reason(&found).starts_with("temporal-py-lint reports 1 error in orders.py, or reached through it, that"));
    event["tool_response"]["originalFile"] = json!(text.replace("asyncio.sleep(1)", "asyncio.sleep(2)"));
    let found = answer(&project, &event).expect("an answer");
    assert_eq!(context(&found), "temporal-py-lint: 1 finding was there before this edit of orders.py: TPY101 1.");
}

#[test]
fn edits_of_several_places_are_read() {
    let project = orders();
    let mut event = edit(&project, "orders/clock.py", "", "");
    event["tool_name"] = json!("MultiEdit");
    event["tool_input"]["edits"] =
        json!([{"old_string": "a", "new_string": "b"}, 3, {"old_string": "", "new_string": "time.time()"}]);
    let found = answer(&project, &event).expect("an answer");
    assert!(reason(&found).starts_with("temporal-py-lint reports 1 error in the lines just edited"), "{found}");
}

#[test]
fn new_ones_come_first_and_at_most_ten_are_told() {
    let functions: String = (0..30).map(|index| format!("def f{index}():\n    return time.time()\n\n\n")).collect();
    let calls: String = (0..30).map(|index| format!("        f{index}()\n")).collect();
    let text = workflow(&functions, &format!("{calls}        time.time_ns()\n"));
    let project = Project::new(&[("orders.py", &text)]);
    let found = answer(&project, &edit(&project, "orders.py", "pass", "time.time_ns()")).expect("an answer");
    let lines: Vec<&str> = reason(&found).lines().collect();
    assert!(lines[1].starts_with("orders.py:159:9 TPY101 error `time.time_ns` "), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(context(&found), "temporal-py-lint: 30 findings were there before this edit of orders.py: TPY101 30.");
    let mut all = edit(&project, "orders.py", "", "");
    all["tool_name"] = json!("Write");
    let found = answer(&project, &all).expect("an answer");
    let lines: Vec<&str> = reason(&found).lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("orders.py:")).count(), 10);
    assert!(lines.last().is_some_and(|line| line.starts_with("21 more left out: ")), "{lines:?}");
}

#[test]
fn of_the_places_of_a_finding_those_that_were_edited_are_told_first() {
    let text = workflow("", &format!("{}        time.time_ns()\n", "        time.time()\n".repeat(9)));
    let project = Project::new(&[("orders.py", &text)]);
    let told = |edited: &str| {
        let found = answer(&project, &edit(&project, "orders.py", "pass", edited)).expect("an answer");
        let line = reason(&found).lines().nth(1).expect("a finding").to_owned();
        let (_, places) = line.split_once(" | also ").expect("further places");
        assert!(line.starts_with("orders.py:9:9 TPY101 error ") && reason(&found).contains(" just edited"), "{line}");
        places.split_once(" | ").expect("a fix").0.to_owned()
    };
    assert_eq!(told("time.time_ns()"), "at 18:9, 10:9, 11:9, 12:9, 13:9 and 4 more");
    assert_eq!(
        told(
            "@workflow.defn\nclass Order:\n    @workflow.run\n    async def run(self) -> None:\n        \
                     time.time()"
        ),
        "at 10:9, 11:9, 12:9, 13:9, 14:9 and 4 more"
    );
}

#[test]
fn an_answer_is_short_however_long_its_findings() {
    let name = "x".repeat(150);
    let functions: String =
        (0..12).map(|index| format!("def {name}{index}():\n    return {name}{}()\n\n\n", index + 1)).collect();
    let clocks: String = (0..9).map(|index| format!("def clock{index}():\n    time.time()\n\n\n")).collect();
    let calls: String = (0..9).map(|index| format!("    clock{index}()\n")).collect();
    let all = format!("{clocks}{functions}def {name}12():\n{calls}\n\n");
    let text = workflow(&all, &format!("        {name}0()\n"));
    let project = Project::new(&[("orders.py", &text)]);
    let found = answer(&project, &edit(&project, "orders.py", "", "time.time()")).expect("an answer");
    assert!(reason(&found).contains(" more left out: "), "{found}");
    assert!(reason(&found).contains("orders.py:"), "{found}");
}

#[test]
fn malformed_events_are_answered_with_silence() {
    let project = orders();
    let mut nested = "[".repeat(100_000);
    nested.push_str(&"]".repeat(100_000));
    let path = project.path().join("orders/clock.py");
    let truncated = edit(&project, "orders/clock.py", "", "").to_string();
    let use_of = |event: &str, tool: &str, input: Value| {
        let event = json!({"hook_event_name": event, "tool_name": tool, "cwd": 3, "tool_input": input});
        event.to_string().into_bytes()
    };
    let inputs: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\xff\xfe\x00".to_vec(),
        b"null".to_vec(),
        nested.into_bytes(),
        truncated.as_bytes()[..truncated.len() - 2].to_vec(),
        br#"{"hook_event_name": "PostToolUse", "tool_name": "Edit"}"#.to_vec(),
        use_of("PreToolUse", "Edit", json!({"file_path": path})),
        use_of("PostToolUse", "Read", json!({"file_path": path})),
        use_of("PostToolUse", "Edit", json!({"file_path": [1]})),
        use_of("PostToolUse", "Edit", json!({"file_path": "C:\\a\\b.py"})),
    ];
    for input in inputs {
        let output = answered(&project, &input, &["--no-such-option", "word"], &[]);
        let shown = String::from_utf8_lossy(&input[..input.len().min(100)]).into_owned();
        assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]), "{shown}");
    }
}

#[test]
fn a_huge_event_is_read_and_left() {
    let project = orders();
    let event = edit(&project, "orders/clock.py", "", &"x".repeat(65 * 1024 * 1024));
    assert_eq!(answer(&project, &event), None);
}

#[test]
fn broken_files_and_configuration_are_no_failure() {
    let project = orders();
    project.write("orders/workflows.py", "from temporalio import workflow\nclass (:\n");
    let found = answer(&project, &edit(&project, "orders/workflows.py", "x", "class (:")).expect("an answer");
    assert!(reason(&found).contains("orders/workflows.py:2:7 TPY001 error "), "{found}");
    project.write("orders/workflows.py", "\u{0}");
    assert_eq!(answer(&project, &edit(&project, "orders/clock.py", "x", "y")), None);
    project.write("pyproject.toml", "[tool.temporal-py-lint]\nselect = 3\n");
    assert_eq!(
        answer(&project, &edit(&project, "orders/clock.py", "x", "y")),
        None,
        "it has nothing to do with Temporal"
    );
    project.write("orders/workflows.py", "from temporalio import workflow\n");
    let mut event = edit(&project, "orders/workflows.py", "x", "y");
    let said = answer(&project, &event).expect("an answer");
    let context = said["hookSpecificOutput"]["additionalContext"].as_str().expect("a remark").to_owned();
    assert!(context.contains("`pyproject.toml`, line 2 is wrong, so what was edited is unchecked"), "{said}");
    assert_eq!(said.get("decision"), None);
    // Once in a session.
    project.write("session.jsonl", &format!("{}\n", json!({ "content": context })));
    event["transcript_path"] = json!(project.path().join("session.jsonl"));
    assert_eq!(answer(&project, &event), None);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_no_failure() {
    let project = orders();
    let event = edit(&project, "orders/clock.py", "", "return time.time()").to_string();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let mut child = project.command(&["hook"]).stdin(Stdio::piped()).stdout(full).spawn().expect("the command starts");
    child.stdin.take().expect("it is piped").write_all(event.as_bytes()).expect("it is read");
    assert_eq!(child.wait().expect("the command ends").code(), Some(0));
}

#[test]
fn the_variable_turns_it_off() {
    let project = orders();
    let event = edit(&project, "orders/clock.py", "", "return time.time()").to_string();
    let output = |value| answered(&project, event.as_bytes(), &[], &[("TEMPORAL_PY_LINT_HOOK", value)]).stdout;
    assert!(output("off").is_empty());
    assert!(!output("on").is_empty());
}

#[test]
fn the_home_folder_is_no_project() {
    let home = Project::new(&[("shop/orders.py", "from lib.clock import stamp\n"), ("lib/clock.py", CLOCK)]);
    let text = WORKFLOW.replace("orders.clock", "lib.clock");
    home.write("shop/orders.py", &text);
    let folder = home.path().to_str().expect("a path in UTF-8");
    let event = edit(&home, "shop/orders.py", "", "return stamp()").to_string();
    assert!(!answered(&home, event.as_bytes(), &[], &[]).stdout.is_empty());
    assert!(answered(&home, event.as_bytes(), &[], &[("HOME", folder)]).stdout.is_empty());
}

/// An event of the agent's end, with a transcript of one edit.
fn end(name: &str, project: &Project, edited: &str) -> Value {
    let mut event = recorded(name, project);
    let text = project.text(edited);
    let last = text.lines().last().expect("a line");
    let input = json!({"file_path": project.path().join(edited), "old_string": "pass", "new_string": last});
    let used = json!({"type": "tool_use", "name": "Edit", "input": input});
    project.write("agent.jsonl", &format!("{}\n", json!({"type": "assistant", "message": {"content": [used]}})));
    event["agent_transcript_path"] = json!(project.path().join("agent.jsonl"));
    event
}

#[test]
fn the_agent_does_not_stop_while_errors_concern_what_it_edited() {
    let project = orders();
    let found = answer(&project, &end("agent-stops.json", &project, "orders/clock.py")).expect("an answer");
    assert_eq!(found.as_object().map(serde_json::Map::len), Some(2), "{found}");
    insta::assert_snapshot!(reason(&found));
    assert_eq!(answer(&project, &end("agent-stops-again.json", &project, "orders/clock.py")), None);
    // What was there before does not keep it, and is told to the user.
    let mut event = end("agent-stops.json", &project, "orders/clock.py");
    let transcript = project.text("agent.jsonl").replace("\"new_string\"", "\"other\"");
    project.write("agent.jsonl", &transcript);
    let old = answer(&project, &event).expect("an answer");
    let told = "temporal-py-lint: 1 finding was there before in edited files, or reached through them: TPY101 1.";
    assert_eq!(old, json!({"systemMessage": told}));
    // So is a configuration that is broken.
    project.write("pyproject.toml", "[tool.temporal-py-lint]\nselect = 3\n");
    let broken = answer(&project, &event).expect("an answer");
    assert!(broken["systemMessage"].as_str().is_some_and(|text| text.contains("`pyproject.toml`, line 2 is wrong")));
    project.write("pyproject.toml", "");
    event["stop_hook_active"] = json!(true);
    assert_eq!(answer(&project, &event), None);
    // Warnings do not keep it.
    assert_eq!(answer(&project, &end("agent-stops.json", &project, "orders/activities.py")), None);
    let mut other = end("agent-stops.json", &project, "orders/clock.py");
    other["agent_type"] = json!("general-purpose");
    assert_eq!(answer(&project, &other), None);
}

#[test]
fn without_a_transcript_git_says_what_was_edited() {
    let project = orders();
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]).args(args);
        command.current_dir(project.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.output().expect("git starts").status.success()
    };
    let event = recorded("agent-stops.json", &project);
    assert_eq!(answer(&project, &event), None, "no repository");
    assert!(git(&["init"]) && git(&["add", "."]) && git(&["commit", "-m", "a"]));
    assert_eq!(answer(&project, &event), None, "nothing changed");
    project.write("orders/clock.py", &format!("{CLOCK}\n"));
    let found = answer(&project, &event).expect("an answer");
    assert!(found.get("decision").is_none() && found["systemMessage"].is_string(), "it was committed: {found}");
    project.write("orders/clock.py", &CLOCK.replace("time.time()", "time.time_ns()"));
    let found = answer(&project, &event).expect("an answer");
    assert!(reason(&found).contains("orders/clock.py:5:12 TPY101"), "{found}");
}

#[test]
fn a_run_over_its_deadline_ends_well_and_is_told_to_the_user_alone() {
    let project = orders();
    let event = edit(&project, "orders/clock.py", "return 1", "return time.time()").to_string();
    let late = [("TEMPORAL_PY_LINT_HOOK_DEADLINE_MS", "0")];
    let output = answered(&project, event.as_bytes(), &[], &late);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said.as_object().map(serde_json::Map::len), Some(1), "{said}");
    assert!(said["systemMessage"].as_str().is_some_and(|text| text.contains("took too long")), "{said}");
    // An edit of a file that is no Python is no business of this tool's, however late.
    let other = edit(&project, "notes.md", "a", "b").to_string();
    assert!(answered(&project, other.as_bytes(), &[], &late).stdout.is_empty());
}

/// A workflow that charges, with what comes then.
fn charging(then: &str) -> String {
    let head = "from datetime import timedelta\n\nfrom temporalio import activity, workflow\n\nMINUTE = timedelta(minutes=1)\n\n\n";
    let activities = "@activity.defn\nasync def charge() -> None:\n    activity.logger.info(\"charged\")\n\n\n\
        @activity.defn\nasync def notify() -> None:\n    activity.logger.info(\"told\")\n\n\n";
    let class = "@workflow.defn\nclass Order:\n    @workflow.run\n    async def run(self) -> None:\n";
    let run = "        await workflow.execute_activity(charge, start_to_close_timeout=MINUTE)\n        await workflow.sleep(1)\n";
    format!("{head}{activities}{class}{run}{then}        workflow.logger.info(\"done\")\n")
}

#[test]
fn a_change_that_running_executions_do_not_survive_is_told_once() {
    let told = "        await workflow.execute_activity(notify, start_to_close_timeout=MINUTE)\n";
    for key in ["replay-since = 'HEAD'", "replay-baseline = 'replay.txt'"] {
        let config = format!("[tool.temporal-py-lint]\n{key}\n");
        let project = Project::new(&[("orders.py", &charging("")), ("pyproject.toml", &config)]);
        let git = |args: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-C"]).arg(project.path()).args(args);
            assert!(command.output().expect("git is there").status.success(), "{args:?}");
        };
        git(&["init", "-q"]);
        git(&["add", "."]);
        git(&["commit", "-qm", "first"]);
        let written = project.run(&["replay-check", "--write-baseline", "replay.txt"]);
        assert_eq!(written.status.code(), Some(0), "{key}");
        let wait = "        await workflow.sleep(1)\n";
        project.write("orders.py", &charging("").replace(wait, &format!("{told}{wait}")));
        let event = known_edit(&project, "orders.py", wait, &format!("{told}{wait}"));
        let said = answer(&project, &event).unwrap_or_else(|| panic!("{key}: nothing is said"));
        assert!(
            reason(&said).contains("TPY911") && reason(&said).matches("activity notify here").count() == 1,
            "{said}"
        );
        // Of the next edit, which leaves it as it is, it is no reason.
        let text = project.text("orders.py").replace("\"done\"", "\"all done\"");
        project.write("orders.py", &text);
        let event = known_edit(&project, "orders.py", "\"done\"", "\"all done\"");
        let said = answer(&project, &event);
        assert!(said.as_ref().is_none_or(|said| said.get("decision").is_none()), "{key}: {said:?}");
        // Behind a patch it is no reason either.
        let patched = format!("        if workflow.patched(\"notify\"):\n    {told}{wait}");
        project.write("orders.py", &charging("").replace(wait, &patched));
        let event = known_edit(&project, "orders.py", &format!("{told}{wait}"), &patched);
        assert_eq!(answer(&project, &event), None, "{key}");
    }
}
