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
        ("unknown_level", "severity = { TPY101 = 'warn' }"),
        ("unknown_rule_with_a_level", "severity = { TPY999 = 'off' }"),
        ("fail_on_something_else", "fail-on = 'info'"),
        ("unknown_rule_for_a_file", "per-file-ignores = { 'tests/**' = ['TPX101'] }"),
        ("nothing_to_build_on", "extend = '../missing.toml'"),
        ("built_on_itself", "extend = 'pyproject.toml'"),
    ];
    for (name, table) in cases {
        insta::assert_snapshot!(name, project(table).shown(&["."]));
    }
    let not_a_table = Project::new(&[("pyproject.toml", "tool.temporal-py-lint = true\n")]);
    insta::assert_snapshot!("not_a_table", not_a_table.shown(&[]));
    let misspelt = Project::new(&[("pyproject.toml", "[tool.temporal_py_lint]\nselect = ['TPY1']\n")]);
    insta::assert_snapshot!("a_table_that_reads_like_ours", misspelt.shown(&[]));
    let no_tool = Project::new(&[("pyproject.toml", "[temporal-py-lint]\nselect = ['TPY1']\n")]);
    insta::assert_snapshot!("a_table_without_tool", no_tool.shown(&[]));
    let both = Project::new(&[("pyproject.toml", "[tool.temporal-py-lint]\n\n[tool.temporal-pylint]\n")]);
    insta::assert_snapshot!("a_second_table_that_reads_like_ours", both.shown(&[]));
    let table = Project::new(&[("temporal-py-lint.toml", "[tool.temporal-py-lint]\nselect = ['TPY1']\n")]);
    insta::assert_snapshot!("a_table_in_our_own_file", table.shown(&[]));
    let below = project("");
    below.write("app/temporal-py-lint.toml", "selct = ['TPY1']\n");
    insta::assert_snapshot!("unknown_key_below_the_paths", below.shown(&["."]));
}

#[test]
fn what_looks_wrong_is_told_and_the_run_goes_on() {
    let project = project("select = ['TPY1', 'TPY2']\nignore = ['TPY101', 'TPY2']\nsrc = ['ap', 'app']");
    let output = project.run(&["--output-format", "concise"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(
        "warnings",
        String::from_utf8(output.stderr).expect("UTF-8").replace(project.path().to_str().expect("UTF-8"), "[project]")
    );
    assert_eq!(project.run(&["-q"]).stderr, b"");
}

/// What the run says on standard error, without its summary.
fn told(project: &Project, args: &[&str]) -> String {
    let output = project.run(&[&["--output-format", "concise"], args].concat());
    String::from_utf8(output.stderr).expect("UTF-8").replace(project.path().to_str().expect("UTF-8"), "[project]")
}

#[test]
fn entries_that_match_nothing_are_told() {
    let table = "ignore = ['TPY203', 'TPY101']\nselect = ['TPY1']\nexclude = ['appp/', '/gen/', '*_pb2.py', '.venv', '!gone']\n\
                 per-file-ignores = { 'app/*.py' = ['TPY1'], 'tests/**' = ['TPY1'] }";
    insta::assert_snapshot!("entries_that_match_nothing", told(&project(table), &[]));
    // What lies in files that are not checked is there all the same.
    let ignored = project(table);
    ignored.write(".gitignore", "build\n");
    ignored.write(".venv/pyvenv.cfg", "");
    ignored.write("build/deep/x_pb2.py", "");
    ignored.write("tests/x.py", "");
    ignored.write("appp/x.py", "");
    ignored.write("sub/gone", "");
    let left = told(&ignored, &["app/clock.py"]);
    assert!(left.contains("`TPY203` in `ignore` turns nothing off") && !left.contains("nothing matches"), "{left}");
    assert_eq!(told(&project(table), &["-q"]), "");
    // What no version control holds is made on some machines and not on others.
    let generated = project("exclude = ['made/', '*_pb2.py', 'made_too/']");
    generated.write(".gitignore", "/made\n*_pb2.py\n");
    let told = told(&generated, &[]);
    assert_eq!((told.matches("nothing matches").count(), told.contains("`made_too/`")), (1, true), "{told}");
}

#[test]
fn files_that_do_not_count_are_told() {
    let project = project("ignore = ['TPY1']");
    project.write("temporal-py-lint.toml", "confidence = 'low'\n");
    project.write("app/.temporal-py-lint.toml", "ignore = ['TPY1']\n");
    insta::assert_snapshot!("files_that_do_not_count", told(&project, &[]));
}

#[test]
fn a_pattern_of_a_base_file_is_told_once() {
    let project = project("extend-exclude = ['gone/']");
    project.write("app/temporal-py-lint.toml", "extend = '../pyproject.toml'\n");
    let told = told(&project, &[]);
    assert_eq!(told.matches("nothing matches `gone/` in `extend-exclude`").count(), 1, "{told}");
}

#[test]
fn the_nearest_file_counts_however_a_file_is_reached_and_in_any_order() {
    let project = project("ignore = ['TPY1']");
    project.write("app/temporal-py-lint.toml", "severity = { TPY101 = 'warning' }\n");
    let expected = ["clock.py TPY101"];
    for paths in
        [&["."][..], &["app", "gen"], &["gen", "app"], &["gen/made.py", "app/clock.py"], &["app/clock.py", "."]]
    {
        assert_eq!(codes(&project, paths), expected, "{paths:?}");
    }
    let text = String::from_utf8(project.run(&["--output-format", "concise"]).stdout).expect("UTF-8");
    assert!(text.starts_with("app/clock.py:9:20: TPY101 [warning] "), "{text}");
}

#[test]
fn a_file_builds_on_another() {
    let project = project("ignore = ['TPY1']\nextend-exclude = ['/gen']");
    project.write("app/temporal-py-lint.toml", "extend = '../pyproject.toml'\nconfidence = 'low'\n");
    assert_eq!(codes(&project, &[]), Vec::<String>::new());
    project.write("app/temporal-py-lint.toml", "extend = '../pyproject.toml'\nignore = []\n");
    assert_eq!(codes(&project, &[]), ["clock.py TPY101"]);
}

#[test]
fn excluded_files_are_not_checked_even_if_they_are_named() {
    let project = project("exclude = ['/gen']\nextend-exclude = ['*_old.py']");
    project.write("app/clock_old.py", CLOCK);
    let kept = ["clock.py TPY101"];
    assert_eq!(codes(&project, &[]), kept);
    assert_eq!(codes(&project, &["gen/made.py", "gen", "app/clock_old.py", "app"]), kept);
    assert_eq!(codes(&project, &["--no-force-exclude", "gen/made.py", "app"]), ["clock.py TPY101", "made.py TPY101"]);
    assert_eq!(codes(&project, &["--exclude", "app/clock.py"]), ["made.py TPY101"]);
    assert_eq!(codes(&project, &["--extend-exclude", "app"]), Vec::<String>::new());
    // Below a file of their own too.
    project.write("gen/temporal-py-lint.toml", "");
    assert_eq!(codes(&project, &["gen/made.py"]), Vec::<String>::new());
    assert_eq!(codes(&project, &["."]), kept);
    let files = project.run(&["--show-files", "gen", "app"]);
    assert_eq!(String::from_utf8(files.stdout).expect("UTF-8"), "app/clock.py\n");
    assert_eq!(files.status.code(), Some(0));
}

/// An excluded file is not reported on; a way through it is still followed.
#[test]
fn a_workflow_is_followed_through_excluded_files() {
    let flow = CLOCK
        .replace("str(datetime.now())", "middle()")
        .replace("from datetime import datetime", "from middle import middle");
    let project = Project::new(&[
        ("pyproject.toml", "[tool.temporal-py-lint]\nexclude = ['middle.py']\n"),
        ("flow.py", &flow),
        ("middle.py", "import time\nimport last\n\n\ndef middle():\n    time.time()\n    return last.last()\n"),
        ("last.py", "import time\n\n\ndef last():\n    return str(time.time())\n"),
    ]);
    assert_eq!(codes(&project, &[]), ["last.py TPY101"]);
    assert_eq!(codes(&project, &["flow.py"]), ["last.py TPY101"]);
}

#[test]
fn rules_are_off_for_some_files() {
    let project = project("per-file-ignores = { 'gen/**' = ['wall-clock-in-workflow'], 'app/*' = ['TPY2'] }");
    for paths in [&["."][..], &["gen/made.py", "app/clock.py"]] {
        assert_eq!(codes(&project, paths), ["clock.py TPY101"]);
    }
}

#[test]
fn severities_and_what_makes_a_run_fail() {
    let code = |table: &str, args: &[&str]| project(table).run(&[&["-qq"], args].concat()).status.code();
    assert_eq!(code("", &[]), Some(1));
    assert_eq!(code("severity = { TPY101 = 'off' }", &[]), Some(0));
    assert_eq!(code("severity = { TPY1 = 'off', wall-clock-in-workflow = 'error' }", &[]), Some(0));
    assert_eq!(code("severity = { TPY1 = 'warning' }", &[]), Some(1));
    assert_eq!(code("severity = { TPY1 = 'info' }", &[]), Some(0));
    assert_eq!(code("severity = { TPY1 = 'info', TPY101 = 'error' }", &[]), Some(1));
    assert_eq!(code("severity = { TPY1 = 'warning' }\nfail-on = 'error'", &[]), Some(0));
    assert_eq!(code("severity = { TPY1 = 'warning' }", &["--fail-on", "error"]), Some(0));
    assert_eq!(code("", &["--fail-on", "never"]), Some(0));
    assert_eq!(code("fail-on = 'never'", &[]), Some(0));
    assert_eq!(code("fail-on = 'never'", &["--fail-on", "error"]), Some(1));
}

#[test]
fn the_configured_format_and_confidence_are_used() {
    let project = project("output-format = 'concise'\nconfidence = 'high'");
    let text = |args: &[&str]| String::from_utf8(project.run(args).stdout).expect("UTF-8");
    assert!(text(&[]).starts_with("app/clock.py:9:20: TPY101 [error] "));
    assert!(text(&["--output-format", "json"]).starts_with('['));
    let folder = project.path().to_str().expect("UTF-8");
    let shown = text(&["config"]).replace(folder, "[project]");
    let settings = shown.split(" rules are on").next().expect("a start");
    // How many rules there are changes with each of them.
    insta::assert_snapshot!("config", settings.trim_end_matches(|c: char| c.is_ascii_digit()));
    let json: serde_json::Value =
        serde_json::from_str(&text(&["config", "app/clock.py", "--output-format", "json"])).expect("JSON");
    assert_eq!(json["files"], serde_json::json!(["pyproject.toml"]));
    assert!(json["rules"].as_array().is_some_and(|rules| rules.iter().any(|rule| rule == "TPY101")));
}

#[test]
fn isolated_does_not_read_a_broken_file() {
    assert_eq!(project("selct = 1").run(&["--isolated", "-q"]).status.code(), Some(1));
}

#[test]
fn a_template_of_a_project_file_is_told_of_and_does_not_end_the_run() {
    let workflow = "import time\n\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass W:\n    @workflow.run\n    \
        async def run(self) -> None:\n        time.time()\n";
    let template = "[project]\nname = \"{{ cookiecutter.name }}\"\n{% if cookiecutter.temporal %}\n";
    let below = "template/{{ name }}/pyproject.toml";
    let project = Project::new(&[("app/w.py", workflow), (below, template), ("template/{{ name }}/v.py", workflow)]);
    let output = project.run(&["--output-format", "concise"]);
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.code() == Some(1) && told.contains("warning") && told.contains(below), "{told}");
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(found.contains("app/w.py") && found.contains("template/{{ name }}/v.py"), "{found}");
    // Where it names our table, what it says there would be lost.
    project.write(below, &format!("{template}[tool.temporal-py-lint]\nselect = []\n"));
    assert_eq!(project.run(&[]).status.code(), Some(2));
}

#[test]
fn an_import_that_looks_like_the_project_s_own_and_is_not_followed_is_told() {
    let activity = "from common.io import read\nfrom temporalio import activity\n\n\n@activity.defn\nasync def fetch() -> None:\n    read()\n";
    let blocking = "import requests\n\n\ndef read() -> None:\n    requests.get('x')\n";
    let project = Project::new(&[
        (".git/HEAD", ""),
        ("app/acts.py", activity),
        ("libs/common/src/common/io.py", blocking),
        // Names that nobody can tell apart, one that is no package, and libraries that are not there.
        (
            "app/more.py",
            &activity
                .replace("from common.io import read", "import twice.x, lonely, redis.asyncio, acme.db\nread = print"),
        ),
        ("one/twice/x.py", ""),
        ("two/twice/x.py", ""),
        ("scripts/lonely.py", ""),
        ("deploy/redis/asyncio.py", ""),
        ("app/vendored/__init__.py", ""),
        ("app/vendored/acme/db.py", ""),
    ]);
    let summary = "`common.io` in app/acts.py looks like the project's own and is not followed: `src` would have to name `libs/common/src`.";
    let said = String::from_utf8(project.run(&["--output-format", "concise"]).stderr).expect("UTF-8");
    assert_eq!((said.matches("is not followed").count(), said.contains(summary)), (1, true), "{said}");
    assert_eq!(codes(&project, &["app"]), Vec::<String>::new());
    project.write("temporal-py-lint.toml", "src = ['libs/common/src']\n");
    let output = project.run(&["--output-format", "concise", "--verbose"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!said.contains("is not followed") && said.contains("imports start in: libs/common/src\n"), "{said}");
    assert_eq!(codes(&project, &["."]), ["io.py TPY201"]);
    assert!(!String::from_utf8(project.run(&["-q"]).stderr).expect("UTF-8").contains("followed"));
}
