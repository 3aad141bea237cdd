//! Living with findings: baselines, what makes a run fail, how many findings are printed.

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

fn out(project: &Project, args: &[&str]) -> (Option<i32>, String, String) {
    let output = project.run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn concise(project: &Project, args: &[&str]) -> (Option<i32>, Vec<String>) {
    let (code, found, _) = out(project, &[&["-q", "--output-format", "concise"], args].concat());
    (code, found.lines().map(|line| line.split(": ").next().unwrap_or(line).to_owned()).collect())
}

/// A project whose two findings are accepted.
fn accepted() -> Project {
    let project = Project::new(&[
        ("pyproject.toml", "[tool.temporal-py-lint]\nbaseline = 'accepted.jsonl'\n"),
        ("app/a.py", CLOCK),
        ("app/b.py", CLOCK),
    ]);
    let (code, found, told) = out(&project, &["--write-baseline", "accepted.jsonl"]);
    assert_eq!((code, found.as_str()), (Some(0), ""));
    assert!(told.starts_with("2 findings are written to accepted.jsonl.\n"), "{told}");
    project
}

#[test]
fn accepted_findings_are_left_out_and_new_ones_fail() {
    let project = accepted();
    let (code, found, told) = out(&project, &[]);
    assert_eq!((code, found.as_str()), (Some(0), ""));
    assert!(
        told.starts_with("No new findings.\n") && told.contains("2 findings are accepted by the baseline.\n"),
        "{told}"
    );
    // A second place of the same code in the same function is new.
    let twice = CLOCK.replace("        return", "        print(str(datetime.now()))\n        return");
    project.write("app/a.py", &twice);
    assert_eq!(concise(&project, &["--select", "TPY101"]), (Some(1), vec!["app/a.py:10:20".to_owned()]));
    assert_eq!(concise(&project, &["app/b.py"]), (Some(0), vec![]));
    assert_eq!(concise(&project, &["--isolated", "app/b.py"]).0, Some(1));
    assert_eq!(concise(&project, &["--isolated", "--baseline", "accepted.jsonl", "app/b.py"]).0, Some(0));
}

#[test]
fn a_baseline_is_readable_sorted_and_stays_the_same() {
    let project = accepted();
    let text = project.text("accepted.jsonl");
    insta::assert_snapshot!("baseline", text);
    assert_eq!(out(&project, &["--write-baseline", "accepted.jsonl", "app/b.py", "app/a.py"]).0, Some(0));
    assert_eq!(project.text("accepted.jsonl"), text);
    // What was not checked is kept.
    project.write("app/b.py", "");
    assert_eq!(out(&project, &["--write-baseline", "accepted.jsonl", "app/a.py"]).0, Some(0));
    assert_eq!(project.text("accepted.jsonl"), text);
}

#[test]
fn a_finding_is_known_again_after_lines_moved_and_code_was_formatted() {
    let project = accepted();
    let moved = format!(
        "import os\n\n\n{}",
        CLOCK.replace("str(datetime.now())", "str(\n            datetime.now(),  # now\n        )")
    );
    project.write("app/a.py", &moved);
    assert_eq!(concise(&project, &[]), (Some(0), vec![]));
    project.write("app/a.py", &CLOCK.replace("class Order", "class Purchase"));
    assert_eq!(concise(&project, &[]), (Some(1), vec!["app/a.py:9:20".to_owned()]));
}

#[test]
fn a_finding_is_known_again_after_git_has_seen_its_file_renamed() {
    let project = accepted();
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(project.path()).args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(args);
        assert!(command.output().expect("git is there").status.success(), "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "first"]);
    git(&["mv", "app/a.py", "app/renamed.py"]);
    assert_eq!(concise(&project, &[]), (Some(0), vec![]));
    git(&["commit", "-qm", "second"]);
    assert_eq!(concise(&project, &[]), (Some(0), vec![]));
}

#[test]
fn fixed_findings_are_told_and_taken_out_on_request() {
    let project = accepted();
    project.write("app/a.py", &CLOCK.replace("datetime.now()", "workflow.now()"));
    let (code, _, told) = out(&project, &[]);
    assert_eq!(code, Some(0));
    let still = "1 accepted place is fixed and still listed in accepted.jsonl. `--prune-baseline` takes them out.";
    assert!(told.contains(still), "{told}");
    // What was not looked at, or not looked for, is not taken for fixed.
    assert!(!out(&project, &["app/b.py"]).2.contains("fixed"));
    assert!(!out(&project, &["--select", "TPY2"]).2.contains("fixed"));
    assert!(out(&project, &["--prune-baseline"]).2.contains("and taken out of accepted.jsonl."));
    assert_eq!(project.text("accepted.jsonl").lines().count(), 2);
    assert!(!out(&project, &[]).2.contains("fixed"));
    std::fs::remove_file(project.path().join("app/b.py")).expect("it is there");
    assert!(out(&project, &["--prune-baseline"]).2.contains("fixed"), "its file is gone");
    assert_eq!(project.text("accepted.jsonl").lines().count(), 1);
}

#[test]
fn what_is_no_baseline_is_told_and_never_written_over() {
    let project = accepted();
    let shown = |name: &str, args: &[&str]| insta::assert_snapshot!(name.to_owned(), project.shown(args));
    shown("no_baseline_there", &["--baseline", "missing.jsonl"]);
    shown("not_a_baseline", &["--baseline", "app/a.py"]);
    shown("written_over_something_else", &["--write-baseline", "app/a.py"]);
    assert_eq!(project.text("app/a.py"), CLOCK);
    project.write("accepted.jsonl", "{\"temporal-py-lint-baseline\": 1}\n<<<<<<< HEAD\n");
    shown("a_merge_left_something", &[]);
}

#[cfg(unix)]
#[test]
fn a_baseline_that_is_a_link_is_replaced_and_not_followed() {
    let project = accepted();
    project.write("outside.txt", "mine");
    std::fs::remove_file(project.path().join("accepted.jsonl")).expect("it is there");
    std::os::unix::fs::symlink(project.path().join("outside.txt"), project.path().join("accepted.jsonl"))
        .expect("linked");
    assert_eq!(out(&project, &["--write-baseline", "accepted.jsonl"]).0, Some(2));
    assert_eq!(project.text("outside.txt"), "mine");
}

#[test]
fn at_most_so_many_findings_are_printed_and_all_count() {
    let project = Project::new(&[("a.py", CLOCK), ("b.py", CLOCK)]);
    let (code, found, told) = out(&project, &["--max-findings", "1"]);
    assert_eq!((code, found.matches("error[TPY101]").count()), (Some(1), 1));
    assert!(
        told.starts_with("Found 2 errors in 2 files.\n")
            && told.contains("1 finding is not printed: see `--max-findings`."),
        "{told}"
    );
    let (code, found, _) = out(&project, &["--max-findings", "0"]);
    assert_eq!((code, found.as_str()), (Some(1), ""));
}
