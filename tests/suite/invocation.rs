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

/// What is found where an activity in `backend/jobs`, a package in a package, imports a helper that sleeps.
fn found_below_backend(importing: &str, more: &[(&str, &str)]) -> Vec<String> {
    let activity = "from temporalio import activity\n\n\n@activity.defn\nasync def review(number: int) -> None:\n";
    let helper = "import time\n\n\ndef run_gh(number):\n    time.sleep(number)\n";
    let project = Project::new(&[
        ("backend/__init__.py", ""),
        ("backend/jobs/__init__.py", ""),
        ("backend/jobs/gh.py", "import time\nfrom gh import Client\n\n\ndef run_gh(number):\n    time.sleep(number)\n"),
        ("backend/services/__init__.py", ""),
        ("backend/services/gh.py", helper),
    ]);
    project.write("backend/jobs/activities.py", &format!("{activity}    {importing}\n\n    run_gh(number)\n"));
    more.iter().for_each(|(path, text)| project.write(path, text));
    found(&project, &["."])
}

#[test]
fn imports_begin_in_a_package_where_all_of_a_name_find_there_what_they_ask_for() {
    for importing in [
        "from services.gh import run_gh",
        "from services.gh import (\n        run_gh,\n    )",
        "from services import gh\n    run_gh = gh.run_gh",
        "import services.gh\n    run_gh = services.gh.run_gh",
    ] {
        let found = found_below_backend(importing, &[]);
        assert_eq!(found.len(), 1, "{importing}: {found:?}");
        assert!(found[0].starts_with("backend/services/gh.py:5:5: TPY202 [error]"), "{importing}: {found:?}");
    }
    // That others begin above says nothing of a name which is no library's.
    let above = [("report.py", "import backend.services\nfrom backend import jobs\n")];
    assert_eq!(found_below_backend("from services.gh import run_gh", &above).len(), 1);
    // Another project's module of that name has not what is asked for.
    let other = [("lambda/pyproject.toml", ""), ("lambda/services/gh.py", "def run(): ...\n")];
    assert_eq!(found_below_backend("from services.gh import run_gh", &other).len(), 1);
}

#[test]
fn a_module_of_a_librarys_name_in_a_package_is_not_taken_for_the_library() {
    let importing = "from services.gh import run_gh";
    // Another import asks for what this module has not, or for a module that is not there: the name is that of a library.
    for other in ["from services.gh import run_gh, Client\n", "from services.api.v2 import Client\n"] {
        let found = found_below_backend(importing, &[("backend/jobs/other.py", other)]);
        assert_eq!(found, Vec::<String>::new(), "{other}");
    }
    // Where it leads elsewhere as well, that is meant: what lies at the root.
    let root = [("services/__init__.py", ""), ("services/gh.py", "def run_gh(number): ...\n")];
    assert_eq!(found_below_backend(importing, &root), Vec::<String>::new());
    // A module that is about a library imports that, and not itself; a name alone says nothing.
    for importing in ["from gh import run_gh", "import gh\n    run_gh = gh.run_gh"] {
        assert_eq!(found_below_backend(importing, &[]), Vec::<String>::new(), "{importing}");
    }
}
