//! Output for other programs: each format as its reader wants it, and nothing from outside that steers anything.

use serde_json::{Value, json};

use super::cli::Project;

const FLOW: &str = "\
from datetime import datetime
from temporalio import workflow


def stamp() -> str:
    return str(datetime.now())


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return stamp()
";

fn project() -> Project {
    Project::new(&[("pyproject.toml", ""), (".git/HEAD", ""), ("app/my flow.py", FLOW), ("app/clean.py", "x = 1\n")])
}

fn printed(project: &Project, args: &[&str]) -> String {
    String::from_utf8(project.run(args).stdout).expect("UTF-8")
}

fn json(project: &Project, format: &str) -> Value {
    let text = printed(project, &["--output-format", format]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What the schema of SARIF 2.1.0 asks for of the parts that are written, and what readers rely on.
#[test]
fn sarif_is_whole_and_says_all() {
    let project = project();
    let log = json(&project, "sarif");
    assert_eq!(
        (&log["version"], &log["$schema"]),
        (&json!("2.1.0"), &json!("https://json.schemastore.org/sarif-2.1.0.json"))
    );
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "temporal-py-lint");
    let rule = &driver["rules"][0];
    for (key, inner) in [
        ("shortDescription", "text"),
        ("fullDescription", "text"),
        ("help", "text"),
        ("help", "markdown"),
        ("defaultConfiguration", "level"),
    ] {
        assert!(rule[key][inner].as_str().is_some_and(|text| !text.is_empty()), "{key}.{inner}");
    }
    assert_eq!((&rule["id"], &rule["name"]), (&json!("TPY101"), &json!("wall-clock-in-workflow")));
    let result = &run["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["ruleIndex"], &result["level"]),
        (&json!("TPY101"), &json!(0), &json!("error"))
    );
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"], json!({"uri": "app/my%20flow.py", "uriBaseId": "SRCROOT"}));
    assert_eq!(physical["region"], json!({"startLine": 6, "startColumn": 16, "endLine": 6, "endColumn": 30}));
    let base = run["originalUriBaseIds"]["SRCROOT"]["uri"].as_str().expect("an address");
    assert!(base.starts_with("file:///") && base.ends_with('/'), "{base}");
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("steps");
    let told: Vec<_> = steps
        .iter()
        .map(|step| {
            (&step["location"]["message"]["text"], &step["location"]["physicalLocation"]["region"]["startLine"])
        })
        .collect();
    assert_eq!(told, [(&json!("Order.run"), &json!(13)), (&json!("stamp"), &json!(6))]);
    let fingerprint = result["partialFingerprints"]["temporalPyLint/v1"].as_str().expect("a fingerprint");
    assert_eq!(fingerprint.len(), 16);
    assert_eq!(result["suppressions"], json!([]));
    // The fingerprint does not depend on the line; accepted findings are told as such.
    project.write("app/my flow.py", &format!("import os\n{FLOW}"));
    assert_eq!(json(&project, "sarif")["runs"][0]["results"][0]["partialFingerprints"], result["partialFingerprints"]);
    assert_eq!(project.run(&["-q", "--write-baseline", "b.jsonl"]).status.code(), Some(0));
    project.write("pyproject.toml", "[tool.temporal-py-lint]\nbaseline = 'b.jsonl'\n");
    let accepted = json(&project, "sarif");
    assert_eq!(accepted["runs"][0]["results"][0]["suppressions"][0]["kind"], "external");
    let none = Project::new(&[("a.py", "")]);
    assert_eq!(json(&none, "sarif")["runs"][0]["results"], json!([]));
}

#[test]
fn github_gets_one_command_a_finding() {
    let text = printed(&project(), &["--output-format", "github"]);
    let expected =
        "::error file=app/my flow.py,line=6,endLine=6,col=16,endColumn=30,title=TPY101 wall-clock-in-workflow::";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(text.lines().count(), 1);
    assert!(text.contains("%0Ahelp: "), "{text}");
}

#[test]
fn a_job_of_github_gets_its_format_and_a_summary_by_itself() {
    let project = project();
    project.write("summary.md", "before\n");
    let run = |args: &[&str]| {
        let mut command = project.command(args);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", project.path().join("summary.md"));
        let output = command.output().expect("the command starts");
        (String::from_utf8(output.stdout).expect("UTF-8"), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let (found, told) = run(&[]);
    assert!(found.starts_with("::error file="), "{found}");
    assert!(told.contains("Findings are printed for GitHub's annotations"), "{told}");
    let summary = project.text("summary.md");
    assert!(summary.starts_with("before\n## temporal-py-lint: 1 error\n"), "{summary}");
    assert!(run(&["--output-format", "concise"]).0.starts_with("app/my flow.py:6:16: TPY101"));
    assert_eq!(project.text("summary.md"), summary);
}

#[test]
fn gitlab_gets_its_fields() {
    let findings = json(&project(), "gitlab");
    let finding = &findings[0];
    assert_eq!(finding["location"], json!({"path": "app/my flow.py", "lines": {"begin": 6, "end": 6}}));
    assert_eq!((&finding["check_name"], &finding["severity"]), (&json!("TPY101"), &json!("major")));
    assert!(finding["description"].as_str().is_some_and(|text| text.starts_with("TPY101: ")));
    assert_eq!(finding["fingerprint"].as_str().map(str::len), Some(16));
}

#[test]
fn reviewdog_gets_columns_in_bytes() {
    let project = Project::new(&[(".git/HEAD", ""), ("a.py", &FLOW.replace("return str(", "return 'ü' + str("))]);
    let range = &json(&project, "rdjson")["diagnostics"][0]["location"]["range"];
    assert_eq!(*range, json!({"start": {"line": 6, "column": 23}, "end": {"line": 6, "column": 37}}));
}

#[test]
fn reviewdog_gets_safe_fixes_as_suggestions() {
    let project = Project::new(&[
        (".git/HEAD", ""),
        (
            "a.py",
            &FLOW.replace("datetime.now()", "time.time()").replace("from datetime import datetime", "import time"),
        ),
    ]);
    let suggestions = &json(&project, "rdjson")["diagnostics"][0]["suggestions"];
    let range = json!({"start": {"line": 6, "column": 16}, "end": {"line": 6, "column": 27}});
    assert_eq!(*suggestions, json!([{"range": range, "text": "workflow.time()"}]));
    let unsafe_one = Project::new(&[(".git/HEAD", ""), ("a.py", FLOW)]);
    assert_eq!(json(&unsafe_one, "rdjson")["diagnostics"][0].get("suggestions"), None);
}

#[test]
fn junit_counts_and_passes_where_nothing_is_found() {
    let text = printed(&project(), &["--output-format", "junit"]);
    assert!(text.contains(r#"<testsuites name="temporal-py-lint" tests="1" failures="1" errors="0">"#), "{text}");
    assert!(text.contains(r#"classname="app/my flow.py" file="app/my flow.py" line="6">"#), "{text}");
    let none = printed(&Project::new(&[("a.py", "")]), &["--output-format", "junit"]);
    assert!(none.contains(r#"tests="1" failures="0""#) && none.contains(r#"name="no findings""#), "{none}");
}

#[test]
fn json_lines_are_the_objects_of_json() {
    let project = project();
    let lines = printed(&project, &["--output-format", "json-lines"]);
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(Value::from(objects), json(&project, "json"));
}

#[test]
fn markdown_is_a_table() {
    insta::assert_snapshot!("markdown", printed(&project(), &["--output-format", "markdown"]));
}

/// A folder whose files git ignores, say: `[]` alone would be taken for a clean bill.
#[test]
fn that_no_file_was_looked_at_is_told_in_every_format() {
    let project = Project::new(&[(".git/HEAD", ""), (".gitignore", "*.py\n"), ("a.py", FLOW)]);
    for format in temporal_py_lint::config::FORMATS {
        let output = project.run(&["--output-format", format]);
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(told.matches("no Python files").count(), 1, "{format}: {told}");
        assert_eq!(output.status.code(), Some(0), "{format}");
    }
    assert!(project.run(&["--output-format", "json", "--quiet"]).stderr.is_empty());
}

#[test]
fn every_format_can_be_configured() {
    use temporal_py_lint::config::FORMATS;
    for format in FORMATS {
        let project = project();
        project.write("pyproject.toml", &format!("[tool.temporal-py-lint]\noutput-format = '{format}'\n"));
        assert_eq!(printed(&project, &[]), printed(&project, &["--output-format", format]), "{format}");
    }
    let help = printed(&project(), &["--help"]);
    assert!(FORMATS.iter().all(|format| help.contains(&format!("- {format}"))), "{help}");
}

/// File names, code and configuration that would be taken for commands.
#[test]
fn nothing_from_outside_commands_a_log_or_a_terminal() {
    let name = "::error title=pwn::hello.py";
    let evil = FLOW.replace("return str(datetime.now())", "return str(datetime.now()) + '##[stop-commands]x \u{202e}'");
    let project = Project::new(&[(name, FLOW), ("snippet.py", &evil)]);
    for format in temporal_py_lint::config::FORMATS {
        let output = project.run(&["--output-format", format, "--color", "always"]);
        for text in [output.stdout, output.stderr] {
            let text = String::from_utf8(text).expect("UTF-8");
            assert!(!text.contains("##[") && !text.contains('\u{202e}'), "{format}: {text}");
            let commands: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("::")).collect();
            let own = *format == "github" && commands.iter().all(|line| line.starts_with("::error file="));
            assert!(own || commands.is_empty(), "{format}: {commands:?}");
        }
    }
    let told = |args: &[&str]| {
        let output = project.run(&[args, &["--color", "always"]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        // Colours of our own begin with the escape that those from outside have lost.
        assert!(
            !text.contains("\u{1b}[666m") && !text.contains('\u{202e}') && !text.contains("##["),
            "{args:?}: {text}"
        );
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{args:?}: {text}");
    };
    let words = "x\u{1b}[666m\n::error::y\u{202e}##[z]";
    told(&[words]);
    told(&["--select", words]);
    told(&["--exclude", &format!("{words}{{")]);
    told(&["--output-format", words]);
    told(&["explain", words]);
    told(&["--baseline", words]);
    told(&[&format!("--{words}")]);
    project.write("temporal-py-lint.toml", "\"x\\u001b[666m\\n::stop-commands::tok ##[z]\" = 1\n");
    told(&["."]);
    project.write("temporal-py-lint.toml", "select = [\"x\\u001b[666m\\n::stop-commands::tok\"]\n");
    told(&["."]);
}
