//! `[tool.temporal-py-lint]`: what it does, and what is said where it is wrong.

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

fn codes(project: &Project, args: &[&str]) -> Vec<String> {
    let output = project.run(&[&["--output-format", "json"], args].concat());
    let text = String::from_utf8(output.stdout).expect("standard output is UTF-8");
    let findings: Vec<serde_json::Value> = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let name = |finding: &serde_json::Value| {
        let path = finding["filename"].as_str().unwrap_or("").rsplit('/').next().unwrap_or("").to_owned();
        format!("{path} {}", finding["code"].as_str().unwrap_or(""))
    };
    findings.iter().map(name).collect()
}

fn project(table: &str) -> Project {
    Project::new(&[
        ("pyproject.toml", &format!("[tool.temporal-py-lint]\n{table}\n")),
        ("app/clock.py", CLOCK),
        ("gen/made.py", CLOCK),
    ])
}

#[test]
fn selection_and_exclusion_are_read() {
    assert_eq!(codes(&project(""), &[]), ["clock.py TPY101", "made.py TPY101"]);
    assert_eq!(codes(&project("ignore = ['TPY1']"), &[]), Vec::<String>::new());
    assert_eq!(codes(&project("select = ['TPY2']"), &[]), Vec::<String>::new());
    assert_eq!(codes(&project("exclude = ['gen']"), &[]), ["clock.py TPY101"]);
    assert_eq!(codes(&project("exclude = ['/gen/', '*_pb2.py']"), &[]), ["clock.py TPY101"]);
}

#[test]
fn the_command_line_wins() {
    let both = ["clock.py TPY101", "made.py TPY101"];
    assert_eq!(codes(&project("ignore = ['TPY1']"), &["--select", "TPY101"]), both);
    assert_eq!(codes(&project("ignore = ['TPY1']"), &["--extend-select", "wall-clock-in-workflow"]), both);
    assert_eq!(codes(&project("select = ['TPY101']"), &["--ignore", "TPY1"]), Vec::<String>::new());
    assert_eq!(codes(&project("select = ['TPY2']"), &["--isolated"]), both);
}

#[test]
fn the_nearest_file_with_the_table_counts() {
    let project = project("ignore = ['TPY1']");
    project.write("app/pyproject.toml", "[project]\nname = 'app'\n");
    assert_eq!(codes(&project, &["app"]), Vec::<String>::new());
    project.write("app/pyproject.toml", "[tool.temporal-py-lint]\n");
    assert_eq!(codes(&project, &["app"]), ["clock.py TPY101"]);
}

#[test]
fn errors_have_a_place_and_a_suggestion() {
    let cases = [
        ("unknown_key", "selct = ['TPY1']"),
        ("unknown_key_without_suggestion", "line-length = 100"),
        ("unknown_code", "ignore = [\n  'TPY101',\n  'wal-clock-in-workflow',\n]"),
        ("a_string_for_an_array", "select = 'TPY1'"),
        ("a_number_in_an_array", "exclude = ['a', 7]"),
        ("nothing_selected", "select = []"),
        ("invalid_pattern", "exclude = ['a', 'b{c']"),
        ("invalid_toml", "select = ['TPY1'"),
    ];
    for (name, table) in cases {
        insta::assert_snapshot!(name, project(table).shown(&["."]));
    }
    let not_a_table = Project::new(&[("pyproject.toml", "tool.temporal-py-lint = true\n")]);
    insta::assert_snapshot!("not_a_table", not_a_table.shown(&[]));
}

#[test]
fn isolated_does_not_read_a_broken_file() {
    assert_eq!(project("selct = 1").run(&["--isolated", "-q"]).status.code(), Some(1));
}
