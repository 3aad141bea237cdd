//! Findings do not depend on how the files are named: whole, by folders, one by one, or in another order.

use super::cli::Project;

/// A helper that another package of the workspace uses only in an activity.
const HELPER: &str = "import time\n\n\ndef wait_a_little() -> None:\n    time.sleep(1)\n";
const ACTIVITIES: &str = "\
from mylib.helpers import wait_a_little
from temporalio import activity


@activity.defn
async def poll() -> None:
    wait_a_little()
";
const WORKFLOWS: &str = "\
from datetime import timedelta

from temporalio import workflow

from app.activities import poll


@workflow.defn
class Poller:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(poll, start_to_close_timeout=timedelta(seconds=5))
";
const MEMBER: &str = "[project]\nname = 'member'\n";

fn workspace(more: &[(&str, &str)]) -> Project {
    let files = [
        ("lib/pyproject.toml", MEMBER),
        ("lib/mylib/__init__.py", ""),
        ("lib/mylib/helpers.py", HELPER),
        ("worker/pyproject.toml", MEMBER),
        ("worker/app/__init__.py", ""),
        ("worker/app/activities.py", ACTIVITIES),
        ("worker/app/workflows.py", WORKFLOWS),
    ];
    Project::new(&[&files, more].concat())
}

/// The findings as lines, at any confidence.
fn found(project: &Project, paths: &[&str]) -> Vec<String> {
    let output = project.run(&[&["-q", "--confidence", "low", "--output-format", "concise"], paths].concat());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_members_of_a_workspace_are_one_program() {
    let project = workspace(&[]);
    let expected = found(&project, &["."]);
    assert_eq!(expected.len(), 1, "{expected:?}");
    assert!(expected[0].starts_with("lib/mylib/helpers.py:5:5: TPY202 [error]"), "{expected:?}");
    let ways: [&[&str]; 8] = [
        &["lib", "worker"],
        &["worker", "lib"],
        &["lib/mylib/helpers.py", "worker/app/activities.py", "worker/app/workflows.py"],
        &["worker/app/activities.py", "worker/app/workflows.py", "lib/mylib/helpers.py"],
        // What is not named is read all the same.
        &["worker"],
        &["lib"],
        &["lib/mylib/helpers.py"],
        &["worker/app/activities.py"],
    ];
    for paths in ways {
        assert_eq!(found(&project, paths), expected, "{paths:?}");
    }
}

#[test]
fn packages_side_by_side_are_one_program_where_both_are_named() {
    let project = workspace(&[]);
    std::fs::remove_file(project.path().join("pyproject.toml")).expect("it is there");
    let expected = found(&project, &["."]);
    assert_eq!(expected.len(), 1, "{expected:?}");
    for paths in [&["lib", "worker"][..], &["worker/app/activities.py", "lib/mylib/helpers.py"]] {
        assert_eq!(found(&project, paths), expected, "{paths:?}");
    }
}

/// A whole tree of programs, named in all these ways.
#[test]
fn every_fixture_gives_the_same_findings_however_it_is_named() {
    for fixture in super::fixtures::all().into_iter().filter(|fixture| fixture.path.is_dir()).step_by(STEP) {
        let copy = fixture.copy();
        let root = copy.root();
        std::fs::write(root.join("pyproject.toml"), "").expect("written");
        let names: Vec<String> = fixture.files().into_iter().map(|(name, _)| name).collect();
        let mut tops: Vec<&str> = names.iter().map(|name| name.split('/').next().unwrap_or(name)).collect();
        tops.dedup();
        let whole = in_process(&root, &["."]);
        let files: Vec<&str> = names.iter().map(String::as_str).collect();
        let backwards: Vec<&str> = files.iter().rev().copied().collect();
        for paths in [&files, &backwards, &tops] {
            assert_eq!(in_process(&root, paths), whole, "{}: {paths:?}", fixture.path.display());
        }
    }
}

/// Every so manieth program is tried: each is checked four times.
const STEP: usize = 3;

fn in_process(root: &std::path::Path, paths: &[&str]) -> Vec<super::checked::Found> {
    use temporal_py_lint::config::{Options, Settings, resolve};
    use temporal_py_lint::diagnostic::Confidence;
    let cwd = super::checked::utf8(root);
    let options = Options { paths: paths.iter().map(|path| (*path).into()).collect(), ..Options::default() };
    let resolved = resolve(&options, &cwd).expect("the paths are there");
    let settings = Settings { confidence: Some(Confidence::Low), threads: Some(1), ..resolved.settings };
    super::checked::found(&super::checked::report(&settings), root)
}
