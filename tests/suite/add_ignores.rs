//! `--add-ignores`: comments that hold back what is found, written into the files.

use super::cli::Project;

const CLOCK: &str = "\
from datetime import datetime
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return str(datetime.now())
";

const REASON: [&str; 3] = ["--add-ignores", "--reason", "only logged"];

fn out(project: &Project, args: &[&str]) -> (Option<i32>, String, String) {
    let output = project.run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_is_found_is_held_back_and_a_second_run_changes_nothing() {
    let project = Project::new(&[("app/a.py", CLOCK), ("app/b.py", &CLOCK.replace('\n', "\r\n"))]);
    let (code, found, told) = out(&project, &REASON);
    assert_eq!((code, found.as_str()), (Some(0), ""), "{told}");
    assert!(told.starts_with("2 comments are added in 2 files.\nNo findings.\n"), "{told}");
    let comment = "        return str(datetime.now())  # temporal-py-lint: ignore[TPY101] only logged";
    let expected = CLOCK.replace("        return str(datetime.now())", comment);
    assert_eq!(project.text("app/a.py"), expected);
    assert_eq!(project.text("app/b.py"), expected.replace('\n', "\r\n"));
    let (code, _, told) = out(&project, &REASON);
    assert_eq!(code, Some(0));
    assert!(told.starts_with("0 comments are added in 0 files.\n"), "{told}");
    assert_eq!(project.text("app/a.py"), expected);
    assert_eq!(out(&project, &["--select", "ALL", "-q"]).1, "");
}

/// The helper is reached through a call in a line that needs a comment of the same rule itself.
#[test]
fn a_comment_that_another_makes_idle_is_not_written() {
    let flow = "\
import time
from temporalio import workflow


def stamp() -> float:
    return time.time()


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> list[float]:
        return [time.time(), stamp()]
";
    let project = Project::new(&[("flow.py", flow)]);
    let (code, found, told) = out(&project, &REASON);
    assert_eq!((code, found.as_str()), (Some(0), ""), "{told}");
    assert_eq!(project.text("flow.py").matches("temporal-py-lint: ignore").count(), 1, "{}", project.text("flow.py"));
    assert_eq!(out(&project, &["-q", "--select", "ALL"]).1, "");
    // Where another way leads there as well, it needs one of its own.
    let second = "\n\n@workflow.defn\nclass Parcel:\n    @workflow.run\n    async def run(self) -> float:\n        return stamp()\n";
    project.write("flow.py", &format!("{flow}{second}"));
    let (code, found, told) = out(&project, &REASON);
    assert_eq!((code, found.as_str()), (Some(0), ""), "{told}");
    assert_eq!(project.text("flow.py").matches("temporal-py-lint: ignore").count(), 2, "{}", project.text("flow.py"));
    assert_eq!(out(&project, &["-q", "--select", "ALL"]).1, "");
}

#[test]
fn every_place_of_a_finding_and_every_rule_of_a_line_gets_one() {
    let text = "\
import random
import time
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> object:
        a = time.time()
        b = dict(
            at=time.time(),
            key=random.random(),
        )
        return f'''
{time.time()}''', a, b  # noqa: E501
";
    let project = Project::new(&[("flow.py", text)]);
    let (code, found, told) = out(&project, &REASON);
    assert_eq!((code, found.as_str()), (Some(0), ""), "{told}");
    insta::assert_snapshot!("add_ignores", project.text("flow.py"));
}

#[test]
fn what_cannot_be_written_is_told_and_the_rest_is_written() {
    let latin = format!("# coding: latin-1\n{CLOCK}");
    let project = Project::new(&[("a.py", CLOCK), ("latin.py", &latin), ("broken.py", &format!("{CLOCK}x = (\n"))]);
    let (code, found, told) = out(&project, &["--add-ignores", "--reason", "nur für 日", "--output-format", "concise"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("no comment was written in latin.py: is in an encoding that has not all characters"),
        "{told}"
    );
    assert!(told.contains("no comment was written in broken.py: its syntax is broken"), "{told}");
    assert!(found.contains("latin.py:") && found.contains("broken.py:") && !found.contains("\na.py:"), "{found}");
    assert!(project.text("a.py").contains("ignore[TPY101] nur für 日"));
    assert_eq!(project.text("latin.py"), latin);
}

#[cfg(unix)]
#[test]
fn files_are_not_written_through_links_out_of_the_project() {
    let outside = Project::new(&[("real.py", CLOCK)]);
    let project = Project::new(&[(".git/HEAD", ""), ("own.py", CLOCK)]);
    std::os::unix::fs::symlink(outside.path().join("real.py"), project.path().join("link.py")).expect("linked");
    let (code, _, told) = out(&project, &REASON);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("no comment was written in link.py: leads out of the project"), "{told}");
    assert_eq!(outside.text("real.py"), CLOCK);
    assert!(project.text("own.py").contains("ignore[TPY101]"));
}

#[test]
fn accepted_findings_and_files_that_were_not_named_are_left_alone() {
    let helper = "import time\n\n\ndef stamp() -> float:\n    return time.time()\n";
    let flow =
        CLOCK.replace("datetime.now()", "stamp()").replace("from datetime import datetime", "from helper import stamp");
    let project = Project::new(&[("flow.py", &flow), ("helper.py", helper)]);
    let (code, _, told) = out(&project, &[&REASON[..], &["flow.py"]].concat());
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("1 finding lies in files that were not named, and no comment was written there.\n"),
        "{told}"
    );
    assert_eq!((project.text("flow.py"), project.text("helper.py").as_str()), (flow, helper));
    out(&project, &["--write-baseline", "accepted.jsonl"]);
    let (code, _, told) = out(&project, &[&REASON[..], &["--baseline", "accepted.jsonl"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(project.text("helper.py"), helper);
}

#[test]
fn a_reason_is_asked_for() {
    let project = Project::new(&[("a.py", CLOCK)]);
    insta::assert_snapshot!("no_reason", project.shown(&["--add-ignores"]));
    insta::assert_snapshot!("a_reason_of_two_lines", project.shown(&["--add-ignores", "--reason", "a\nb"]));
    insta::assert_snapshot!("nothing_to_write", project.shown(&["--add-ignores", "--reason", "a", "-"]));
    assert_eq!(project.text("a.py"), CLOCK);
}
