//! `--fix` and `--diff` as they are run: what is written, what stays as it was, what is said, and the exit codes.

use std::fs;
use std::process::Output;

use super::cli::Project;

/// A workflow with a finding of which the fix is safe, one of which it is not, and one that has none.
const THREE: &str = "\
import random
from datetime import datetime

from temporalio import activity, workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        first = random.random()  # a number
        return f\"{first} {datetime.now()} {open('a').read()}\"
";

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn safe_fixes_are_written_and_the_rest_is_printed() {
    let project = Project::new(&[("w.py", THREE)]);
    let (code, out, err) = said(&project.run(&["--fix", "w.py", "--output-format", "concise", "-q"]));
    assert_eq!((code, err.as_str()), (Some(1), ""));
    assert!(!out.contains("TPY102") && out.contains("TPY101") && out.contains("TPY109"), "{out}");
    assert_eq!(project.text("w.py"), THREE.replace("random.random()  #", "workflow.random().random()  #"));
    let (_, _, err) = said(&project.run(&["--fix", "w.py"]));
    assert!(err.contains("1 place can be fixed with `--unsafe-fixes`: read `--diff --unsafe-fixes` first."), "{err}");
    let (_, _, err) = said(&project.run(&["--fix", "--unsafe-fixes", "w.py"]));
    assert!(err.contains("Fixed 1 place in 1 file; 1 finding is left."), "{err}");
    assert!(project.text("w.py").contains("{workflow.now()}"));
}

#[test]
fn what_is_all_fixed_is_clean() {
    let project = Project::new(&[("w.py", &THREE.replace(" {datetime.now()} {open('a').read()}", ""))]);
    let (code, _, err) = said(&project.run(&["--fix"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("Fixed 1 place in 1 file; 0 findings are left."), "{err}");
}

#[test]
fn a_diff_writes_nothing() {
    let project = Project::new(&[("w.py", THREE)]);
    let (code, out, err) = said(&project.run(&["--diff", "w.py"]));
    assert_eq!((code, project.text("w.py").as_str()), (Some(1), THREE));
    let expected = "\
--- w.py
+++ w.py
@@ -8,5 +8,5 @@
 class Order:
     @workflow.run
     async def run(self) -> str:
-        first = random.random()  # a number
+        first = workflow.random().random()  # a number
         return f\"{first} {datetime.now()} {open('a').read()}\"
";
    assert_eq!((out.as_str(), err.as_str()), (expected, "Would fix 1 place in 1 file.\n"));
    let clean = Project::new(&[("w.py", "from temporalio import workflow\n")]);
    assert_eq!(said(&clean.run(&["--diff"])), (Some(0), String::new(), "Nothing would be fixed.\n".to_owned()));
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let project = Project::new(&[("w.py", THREE)]);
    for args in [&["--unsafe-fixes"][..], &["--fix", "-"], &["--fix", "--write-baseline", "b.jsonl"]] {
        assert_eq!(project.run(args).status.code(), Some(2), "{args:?}");
    }
    assert_eq!(project.text("w.py"), THREE);
}

/// What a fix makes of a file's bytes.
fn fixed(before: &[u8]) -> Vec<u8> {
    let project = Project::new(&[]);
    let path = project.path().join("w.py");
    fs::write(&path, before).expect("it can be written");
    let output = project.run(&["--fix", "w.py"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("Fixed "), "{output:?}");
    fs::read(path).expect("it is there")
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is there");
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn line_endings_marks_and_encodings_stay() {
    let (from, to) = ("random.random()", "workflow.random().random()");
    let windows = THREE.replace('\n', "\r\n").into_bytes();
    let marked = [b"\xef\xbb\xbf", THREE.as_bytes()].concat();
    let unfinished = THREE.trim_end().as_bytes().to_vec();
    let latin = [b"# -*- coding: latin-1 -*-\n# caf\xe9\n", THREE.as_bytes()].concat();
    let feeds = THREE.replace("\n\n\n", "\n\x0c\n\n").into_bytes();
    for bytes in [windows, marked, unfinished, latin, feeds] {
        assert_eq!(fixed(&bytes), replaced(&bytes, from, to));
    }
}

#[test]
fn an_import_that_is_missing_is_added_in_the_files_own_form() {
    let nap = "import time\r\nfrom datetime import timedelta\r\n\r\nfrom temporalio import activity\r\n\r\n\r\n\
               @activity.defn\r\nasync def nap() -> None:\r\n    time.sleep(1)\r\n";
    let expected = nap
        .replacen("import time", "import asyncio\r\nimport time", 1)
        .replace("time.sleep(1)", "await asyncio.sleep(1)");
    assert_eq!(String::from_utf8(fixed(nap.as_bytes())).expect("UTF-8"), expected);
    let under_a_name = nap.replace("import time\r", "import asyncio as aio, time\r");
    let expected = under_a_name.replace("time.sleep(1)", "await aio.sleep(1)");
    assert_eq!(String::from_utf8(fixed(under_a_name.as_bytes())).expect("UTF-8"), expected);
}

#[test]
fn a_name_that_means_something_else_is_not_taken() {
    let nap = "import time\nfrom temporalio import activity\n\nasyncio = None\n\n\n\
               @activity.defn\nasync def nap() -> None:\n    time.sleep(1)\n";
    let project = Project::new(&[("w.py", nap)]);
    project.run(&["--fix", "--unsafe-fixes"]);
    assert_eq!(project.text("w.py"), nap);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_where_a_link_leads_out_of_the_project() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (outside, project) = (Project::new(&[("w.py", THREE)]), Project::new(&[]));
    symlink(outside.path().join("w.py"), project.path().join("w.py")).expect("it can be made");
    let (code, _, err) = said(&project.run(&["--fix", "w.py"]));
    assert_eq!((code, outside.text("w.py").as_str()), (Some(2), THREE), "{err}");
    assert!(err.contains("w.py leads out of the project"), "{err}");

    let project = Project::new(&[("w.py", THREE)]);
    let path = project.path().join("w.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it can be set");
    project.run(&["--fix"]);
    assert_ne!(project.text("w.py"), THREE);
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o640);
    let names: Vec<_> =
        fs::read_dir(project.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left beside them: {names:?}");
}

#[test]
fn only_files_that_are_checked_are_changed() {
    let flow = "from helper import draw\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass Order:\n    \
                @workflow.run\n    async def run(self) -> float:\n        return draw()\n";
    let helper = "import random\n\n\ndef draw() -> float:\n    return random.random()\n";
    let project = Project::new(&[("flow.py", flow), ("helper.py", helper)]);
    project.run(&["--fix", "--unsafe-fixes", "flow.py"]);
    assert_eq!(project.text("helper.py"), helper);
    project.run(&["--fix", "--unsafe-fixes"]);
    let expected = "import random\n\nfrom temporalio import workflow\n\n\ndef draw() -> float:\n    return workflow.random().random()\n";
    assert_eq!(project.text("helper.py"), expected);
}
