//! Which files are parsed: those that name Temporal, and those that calls lead into.

use super::checked::{Files, found, places, report, settings};
use std::collections::BTreeSet;

/// A workflow that calls into `prices.py`, which calls into `clock.py`; `passed` stands before its imports.
fn project(passed: &str) -> Vec<(&'static str, String)> {
    let indent = if passed.is_empty() { "" } else { "    " };
    let flows = format!(
        "from temporalio import workflow\n\n{passed}{indent}from shop import reports\n{indent}from shop.prices import \
         quote\n\n\n@workflow.defn\nclass OrderWorkflow:\n    @workflow.run\n    async def run(self) -> float:\n        \
         return quote()\n"
    );
    let others = [
        ("shop/__init__.py", ""),
        (
            "shop/prices.py",
            "from shop.clock import stamp\nfrom shop import taxes\n\n\ndef quote():\n    return stamp()\n",
        ),
        ("shop/clock.py", "import time\n\n\ndef stamp():\n    return time.time()\n"),
        // Imported, but no call leads there.
        ("shop/reports.py", "import time\n\n\ndef daily():\n    return time.time()\n"),
        ("shop/taxes.py", "import time\n\n\ndef rate():\n    return 0.2\n"),
        // Neither imported nor called.
        ("tools/release.py", "import subprocess\n\nsubprocess.run(['git', 'tag'])\n"),
    ];
    let mut files = vec![("shop/flows.py", flows)];
    files.extend(others.map(|(name, text)| (name, text.to_owned())));
    files
}

const PASSED: &str = "with workflow.unsafe.imports_passed_through():\n";

fn parsed(files: &[(&str, String)]) -> (BTreeSet<String>, usize) {
    let project = written(files);
    let root = project.root();
    let report = report(&settings(&root));
    let relative = |path: &camino::Utf8Path| {
        path.as_std_path().strip_prefix(&root).expect("below the root").to_string_lossy().into_owned()
    };
    (report.parsed.iter().map(|path| relative(path)).collect(), report.stats.files_parsed)
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

fn written(files: &[(&str, String)]) -> Files {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Files::new(&files)
}

#[test]
fn calls_are_followed_and_imports_from_outside_the_sandbox_are_not() {
    let (files, count) = parsed(&project(PASSED));
    // The package around the workflow's module is loaded before it.
    assert_eq!(files, names(&["shop/__init__.py", "shop/clock.py", "shop/flows.py", "shop/prices.py"]));
    assert_eq!(count, files.len());
}

#[test]
fn what_the_sandbox_loads_is_parsed_since_its_modules_run_there() {
    let (files, _) = parsed(&project(""));
    let loaded = ["shop/__init__.py", "shop/clock.py", "shop/flows.py", "shop/prices.py", "shop/reports.py"];
    assert_eq!(files, names(&[&loaded[..], &["shop/taxes.py"]].concat()));
}

#[test]
fn what_was_not_parsed_would_not_have_been_reported() {
    for passed in ["", PASSED] {
        assert_eq!(written(&project(passed)).places(), ["shop/clock.py:5 TPY101"]);
    }
}

#[test]
fn without_temporal_nothing_is_parsed() {
    let (files, count) = parsed(&project("")[1..]);
    assert_eq!((files, count), (BTreeSet::new(), 0));
}

#[test]
fn activities_that_import_much_and_call_nothing_cost_one_file() {
    let activities = "from temporalio import activity\n\nimport m0\n\n\n@activity.defn\nasync def a():\n    pass\n";
    let others: Vec<(String, String)> = (0..50).map(|n| (format!("m{n}.py"), format!("import m{}\n", n + 1))).collect();
    let mut files: Vec<(&str, String)> = others.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    files.push(("activities.py", activities.to_owned()));
    assert_eq!(parsed(&files), (names(&["activities.py"]), 1));
}

#[test]
fn figures_of_a_run() {
    let project = written(&project(PASSED));
    let root = project.root();
    let report = report(&settings(&root));
    let stats = &report.stats;
    assert_eq!((stats.files_walked, stats.files_parsed, stats.workflows, stats.activities), (7, 4, 1, 0));
    assert!(stats.mentions_temporal);
    assert_eq!((stats.held_back, stats.suppressed), (0, 0));
    assert_eq!(places(&found(&report, &root)).len(), 1);
}
