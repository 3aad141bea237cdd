//! `--since`: only findings that concern what was changed.

use std::process::{Command, Stdio};

use super::cli::Project;

const FLOW: &str = "\
from datetime import datetime, timedelta
from temporalio import workflow

from helper import stamp


@workflow.defn
class Order:
    @workflow.run
    async def run(self, name: str) -> str:
        workflow.logger.info(name)
        await workflow.execute_activity(
            'charge',
            name,
            start_to_close_timeout=timedelta(seconds=5),
        )
        return str(datetime.now())
";

const HELPER: &str = "import time\n\n\ndef stamp() -> float:\n    return time.time()\n";

fn git(project: &Project, args: &[&str]) {
    let identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let status =
        Command::new("git").args(identity).arg("-C").arg(project.path()).args(args).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "git {args:?}");
}

/// A repository with a commit whose findings are there already.
fn repository() -> Project {
    let project = Project::new(&[("flow.py", FLOW), ("helper.py", HELPER)]);
    git(&project, &["init", "-q", "-b", "main"]);
    commit(&project);
    project
}

fn commit(project: &Project) {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-q", "-m", "x"]);
}

/// The exit code, and the place and code of each finding.
fn since(project: &Project, revision: &str) -> (Option<i32>, Vec<String>) {
    let output = project.run(&["-q", "--output-format", "concise", "--since", revision]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let place = |line: &str| line.split(" [").next().unwrap_or(line).replace(": ", ":");
    (output.status.code(), text.lines().map(place).collect())
}

fn edited(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.text(path);
    assert!(text.contains(from), "{from} is in {path}");
    project.write(path, &text.replace(from, to));
}

#[test]
fn what_was_there_is_left_out_and_what_is_new_fails() {
    let project = repository();
    assert_eq!(since(&project, "HEAD"), (Some(0), vec![]));
    let told = project.run(&["--since", "HEAD"]).stderr;
    let told = String::from_utf8(told).expect("UTF-8");
    assert!(told.contains("1 finding is in unchanged code and not shown: see `--since`.\n"), "{told}");
    edited(&project, "flow.py", "        workflow.logger.info(name)\n", "\n        name += str(datetime.now())\n");
    assert_eq!(since(&project, "HEAD"), (Some(1), vec!["flow.py:12:21:TPY101".to_owned()]));
    // Of the two places in this function one is new.
    let text = project.run(&["-q", "--output-format", "concise", "--since", "HEAD"]).stdout;
    assert!(!String::from_utf8_lossy(&text).contains("more place"), "{}", String::from_utf8_lossy(&text));
    commit(&project);
    assert_eq!(since(&project, "HEAD"), (Some(0), vec![]));
    assert_eq!(since(&project, "HEAD~1").1, ["flow.py:12:21:TPY101"]);
}

#[test]
fn what_is_new_is_fixed_and_what_was_there_is_left_alone() {
    let text = "\
import random
import time


from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> float:
        first = time.time()
        return first


@workflow.defn
class Refund:
    @workflow.run
    async def run(self) -> float:
        return random.random() + 1
";
    let project = Project::new(&[("flow.py", text)]);
    git(&project, &["init", "-q", "-b", "main"]);
    commit(&project);
    edited(&project, "flow.py", "random.random() + 1", "random.random() + time.time()");
    let fixed = project.run(&["--fix", "--since", "HEAD", "-q"]);
    assert_eq!(fixed.status.code(), Some(0), "what was there does not count");
    let both = "workflow.random().random() + workflow.time()";
    assert_eq!(project.text("flow.py"), text.replace("random.random() + 1", both), "the other workflow is as it was");
    // What is below a fix that takes more lines than before is still known to be old.
    edited(&project, "flow.py", "first = time.time()\n", "first = time.time()\n        print(time.time())\n");
    let shown = project.run(&["--diff", "--since", "HEAD", "--select", "TPY101", "-q"]);
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(shown.contains("+        print(workflow.time())") && !shown.contains("+        first"), "{shown}");
}

#[test]
fn a_call_that_leads_there_counts() {
    let project = repository();
    edited(&project, "flow.py", "info(name)", "info(name, stamp())");
    assert_eq!(since(&project, "HEAD"), (Some(1), vec!["helper.py:5:12:TPY101".to_owned()]));
}

#[test]
fn an_argument_of_a_call_over_several_lines_counts_and_what_was_taken_out() {
    let project = repository();
    edited(&project, "flow.py", "            start_to_close_timeout=timedelta(seconds=5),\n", "");
    let (code, found) = since(&project, "HEAD");
    assert!(code == Some(1) && found.len() == 1 && found[0].starts_with("flow.py:12:"), "{found:?}");
}

#[test]
fn files_that_git_does_not_hold_are_new_and_renamed_ones_are_not() {
    let project = repository();
    git(&project, &["mv", "flow.py", "a b\".py"]);
    assert_eq!(since(&project, "HEAD"), (Some(0), vec![]));
    edited(&project, "a b\".py", "info(name)", "info(str(datetime.now()))");
    assert_eq!(since(&project, "HEAD").0, Some(1));
    let project = repository();
    project.write(".gitignore", "made.py\n");
    project.write("fresh.py", &FLOW.replace("class Order", "class Fresh"));
    project.write("made.py", &FLOW.replace("class Order", "class Made"));
    assert_eq!(since(&project, "HEAD").1, ["fresh.py:17:20:TPY101"]);
    let named = project.run(&["-q", "--output-format", "concise", "--since", "HEAD", "made.py", "flow.py"]);
    assert!(named.stdout.starts_with(b"made.py:17:20: TPY101"), "{}", String::from_utf8_lossy(&named.stdout));
}

#[test]
fn what_the_other_branch_has_done_meanwhile_is_not_ours() {
    let project = repository();
    git(&project, &["checkout", "-q", "-b", "ours"]);
    edited(&project, "helper.py", "    return", "    # ours\n    return");
    commit(&project);
    git(&project, &["checkout", "-q", "main"]);
    edited(&project, "flow.py", "str(datetime.now())", "str( datetime.now() )");
    commit(&project);
    git(&project, &["checkout", "-q", "ours"]);
    assert_eq!(since(&project, "main"), (Some(0), vec![]));
    edited(&project, "flow.py", "str(datetime.now())", "str(datetime.now() )");
    assert_eq!(since(&project, "main").0, Some(1));
}

#[test]
fn a_folder_below_the_top_and_a_link_to_it_are_the_same() {
    let project = Project::new(&[("sub/flow.py", FLOW), ("sub/pyproject.toml", "")]);
    git(&project, &["init", "-q"]);
    git(&project, &["config", "diff.noprefix", "true"]);
    git(&project, &["config", "diff.relative", "true"]);
    commit(&project);
    edited(&project, "sub/flow.py", "info(name)", "info(str(datetime.now()))");
    for folder in [project.path().join("sub"), project.path().to_owned()] {
        let mut command = project.command(&["-q", "--output-format", "concise", "--since", "HEAD"]);
        let output = command.current_dir(folder).env("GIT_DIFF_OPTS", "-u20").output().expect("it starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.lines().count() == 1 && text.contains("flow.py:11:34: TPY101"), "{text}");
    }
}

#[test]
fn where_changes_cannot_be_known_it_is_said_why() {
    let project = repository();
    insta::assert_snapshot!("since_no_such_revision", project.shown(&["--since", "nowhere"]));
    insta::assert_snapshot!("since_an_option", project.shown(&["--since=--output=made"]));
    assert!(!project.path().join("made").exists());
    insta::assert_snapshot!("since_standard_input", project.shown(&["--since", "HEAD", "-"]));
    let mut no_git = project.command(&["--since", "HEAD"]);
    let output = no_git.env("PATH", "").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(told.starts_with("error: `--since HEAD`: there is no `git` to ask\n  help: "), "{told}");
    let outside = Project::new(&[("flow.py", FLOW)]);
    let told = outside.shown(&["--since", "HEAD"]);
    assert!(told.starts_with("exit code: 2\n") && told.contains("not a git repository"), "{told}");
    edited(&project, "flow.py", "info(name)", "info(str(datetime.now()))");
    commit(&project);
    let clone = Project::new(&[]);
    let source = format!("file://{}", project.path().display());
    git(&clone, &["clone", "-q", "--depth", "1", &source, "clone"]);
    let output =
        clone.command(&["--since", "HEAD~1"]).current_dir(clone.path().join("clone")).output().expect("it starts");
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("this clone is shallow") && told.contains("`fetch-depth: 0`"), "{told}");
}

/// Whatever a repository's settings name, nothing of it is run.
#[cfg(unix)]
#[test]
fn no_program_of_the_repository_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let project = repository();
    let program = project.path().join(".git/run-me");
    std::fs::write(&program, "#!/bin/sh\ntouch \"$(dirname \"$0\")/../was-run\"\n").expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let program = program.to_str().expect("UTF-8");
    for key in ["diff.external", "core.pager", "pager.diff", "core.fsmonitor", "diff.x.command", "diff.x.textconv"] {
        git(&project, &["config", key, program]);
    }
    project.write(".gitattributes", "*.py diff=x\n");
    edited(&project, "flow.py", "info(name)", "info(str(datetime.now()))");
    assert_eq!(since(&project, "HEAD").1, ["flow.py:11:34:TPY101"]);
    assert!(!project.path().join("was-run").exists());
}
