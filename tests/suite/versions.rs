//! Which version of the SDK a project has, as its files say, and what follows from that.

use super::checked::Files;

const FLOWS: &str = "from temporalio import workflow\n\n\n@workflow.defn\nclass Ticket:\n    @workflow.run\n    \
                     async def run(self) -> str:\n        return str(workflow.uuid7())\n";

fn lock(version: &str) -> String {
    format!("[[package]]\nname = \"temporalio\"\nversion = \"{version}\"\n")
}

/// What is said of `workflow.uuid7`, which the SDK has since 1.32.0.
fn told(files: &[(&str, &str)]) -> Option<String> {
    let project = Files::new(&[]);
    project.write("pyproject.toml", b"[project]\nname = \"tickets\"\n");
    project.write("app/flows.py", FLOWS.as_bytes());
    for (name, text) in files {
        project.write(name, text.as_bytes());
    }
    project.findings().into_iter().find(|found| found.code == "TPY603").map(|found| found.message)
}

#[test]
fn a_lock_file_says_what_the_project_has() {
    let old = told(&[("uv.lock", &lock("1.24.0"))]).expect("a finding");
    assert_eq!(old, "the SDK has `temporalio.workflow.uuid7` since 1.32.0, and this project has 1.24.0 (`uv.lock`)");
    assert_eq!(told(&[("uv.lock", &lock("1.32.0"))]), None);
    assert_eq!(told(&[("poetry.lock", &lock("1.35.0"))]), None);
}

#[test]
fn the_nearest_file_counts() {
    let (old, new) = (lock("1.24.0"), lock("1.33.0"));
    assert_eq!(told(&[("uv.lock", &old), ("app/uv.lock", &new)]), None);
    assert!(told(&[("uv.lock", &new), ("app/pdm.lock", &old)]).is_some_and(|told| told.contains("(`pdm.lock`)")));
}

#[test]
fn without_a_lock_the_lowest_version_that_is_allowed_counts() {
    let bound = told(&[("requirements.txt", "temporalio>=1.20\n")]).expect("a finding");
    assert!(bound.ends_with("this project has 1.20.0 or later (`requirements.txt`)"), "{bound}");
    assert_eq!(told(&[("requirements.txt", "temporalio\n")]), None, "nothing is known");
    assert_eq!(told(&[]), None, "nothing is known");
}
