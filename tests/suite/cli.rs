//! The command as it is run: options, streams, exit codes.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A workflow with one finding, in line 8.
const CLOCK: &str = "\
from datetime import datetime
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return str(datetime.now())
";

/// A folder with files, and the command to be run there.
pub(super) struct Project(TempDir);

impl Project {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(TempDir::new().expect("a folder for the test"));
        // Keeps configuration above the temporary folder out.
        project.write("pyproject.toml", "");
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    pub(super) fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).expect("the file can be read")
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_temporal-py-lint"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for name in
            ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "TERM", "GITHUB_ACTIONS"]
        {
            command.env_remove(name);
        }
        command.env("LANG", "C.UTF-8").env("COLUMNS", "100");
        command
    }

    pub(super) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the command starts")
    }

    /// Exit code, standard output and standard error, with what changes from run to run replaced.
    pub(super) fn shown(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let code = output.status.code().expect("the command is not killed");
        let folder = self.path().to_str().expect("a path in UTF-8");
        let text =
            format!("exit code: {code}\n----- stdout -----\n{}----- stderr -----\n{}", out(&output), err(&output));
        // Help has lines of spaces, which no editor keeps.
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n").replace(folder, "[project]")
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("standard output is UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("standard error is UTF-8")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the command is not killed")
}

#[test]
fn help_of_every_command() {
    let project = Project::new(&[]);
    insta::assert_snapshot!("help", project.shown(&["--help"]));
    for command in ["explain", "rules", "config", "init", "replay-check", "map", "why", "completions", "man"] {
        insta::assert_snapshot!(format!("help_{command}"), project.shown(&[command, "--help"]));
    }
}

#[test]
fn version() {
    let output = Project::new(&[]).run(&["--version"]);
    assert_eq!(out(&output), format!("temporal-py-lint {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(code(&output), 0);
}

#[test]
fn findings_go_to_standard_output_and_the_summary_to_standard_error() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let output = project.run(&[]);
    assert_eq!(code(&output), 1);
    assert!(out(&output).contains("error[TPY101] wall-clock-in-workflow"), "{}", out(&output));
    assert!(out(&output).contains("[clock.py:9:20]"), "{}", out(&output));
    assert!(err(&output).starts_with("Found 1 error in 1 file.\nChecked 1 Python file"), "{}", err(&output));
}

#[test]
fn check_is_the_default_command() {
    let project = Project::new(&[("src/clock.py", CLOCK), ("rules", "no command")]);
    let expected = project.run(&["--output-format", "concise", "src"]);
    assert!(out(&expected).starts_with("src/clock.py:9:20: TPY101 [error] "), "{}", out(&expected));
    let same: [&[&str]; 5] = [
        &["check", "--output-format=concise", "src"],
        &["src/clock.py", "--output-format=concise"],
        &["check", "--output-format=concise"],
        &["--color", "never", "check", "--output-format=concise"],
        &["--output-format=concise", "--no-cache", "--threads", "1", "src/../src"],
    ];
    for args in same {
        let output = project.run(args);
        assert_eq!((out(&output), code(&output)), (out(&expected), 1), "{args:?}");
    }
}

#[test]
fn no_findings_exit_with_0() {
    let project = Project::new(&[("a.py", "import temporalio\n")]);
    let output = project.run(&[]);
    assert_eq!((out(&output).as_str(), code(&output)), ("", 0));
    assert!(err(&output).starts_with("No findings.\n"), "{}", err(&output));
    assert!(err(&output).contains("no workflow or activity was recognised"), "{}", err(&output));
}

#[test]
fn json_is_all_there_is_on_standard_output() {
    let project = Project::new(&[("clock.py", CLOCK), ("clean.py", "x = 1\n")]);
    let output = project.run(&["--output-format", "json"]);
    let findings: serde_json::Value = serde_json::from_str(&out(&output)).expect("JSON");
    assert_eq!(findings.as_array().map(Vec::len), Some(1));
    assert_eq!(findings[0]["code"], "TPY101");
    assert_eq!(findings[0]["location"], serde_json::json!({"row": 9, "column": 20}));
    assert_eq!(findings[0]["filename"].as_str(), project.path().join("clock.py").to_str());
    assert_eq!((err(&output).as_str(), code(&output)), ("", 1));
    assert_eq!(out(&project.run(&["clean.py", "--output-format", "json"])), "[]\n");
}

#[test]
fn exit_zero_hides_findings_from_the_exit_code_only() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let output = project.run(&["--exit-zero", "--output-format", "concise"]);
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("TPY101"));
    assert_eq!(code(&project.run(&["--exit-zero", "missing.py"])), 2);
}

#[test]
fn quiet_leaves_the_findings_and_twice_quiet_nothing() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let once = project.run(&["--quiet"]);
    assert!(out(&once).contains("TPY101"));
    assert_eq!((err(&once).as_str(), code(&once)), ("", 1));
    let twice = project.run(&["-qq"]);
    assert_eq!((out(&twice), err(&twice), code(&twice)), (String::new(), String::new(), 1));
}

#[test]
fn verbose_says_what_was_decided() {
    let project = Project::new(&[("clock.py", CLOCK), ("lib/a.py", "")]);
    let text = err(&project.run(&["--verbose", "--src", "lib", "clock.py"]));
    let folder = project.path().to_str().expect("a path in UTF-8");
    assert!(
        text.starts_with(&format!("project root: {folder}\nconfiguration: none\nimport root: {folder}/lib\n")),
        "{text}"
    );
    let text = err(&project.run(&["-v", "--isolated"]));
    assert!(text.contains("configuration: not read (--isolated)"), "{text}");
}

/// A workflow in which one function is called with each of very many functions.
fn very_many_ways() -> String {
    let mut text = String::from("from temporalio import workflow\n\n\ndef apply(step):\n    return step()\n\n\n");
    for number in 0..250 {
        text.push_str(&format!("def step{number}():\n    return {number}\n\n\n"));
    }
    text.push_str("@workflow.defn\nclass Flow:\n    @workflow.run\n    async def run(self) -> None:\n");
    for number in 0..250 {
        text.push_str(&format!("        apply(step{number})\n"));
    }
    text
}

#[test]
fn a_limit_that_cuts_is_told_with_its_place() {
    let project = Project::new(&[("flows.py", very_many_ways().as_str())]);
    let told = "warning: limits cut the analysis short at 1 place, such as `apply` in flows.py; findings there may be missing \
                or less certain";
    for format in ["full", "concise", "json"] {
        let text = err(&project.run(&["--output-format", format]));
        assert!(text.contains(&format!("{told}: see `--verbose`.\n")), "{format}: {text}");
    }
    let text = err(&project.run(&["--verbose"]));
    let place = "limit: `apply` in flows.py: called in more ways than are told apart; what further calls give it counts as \
                 unknown\n";
    assert!(text.contains(place) && text.contains(&format!("{told}.\n")), "{text}");
    assert_eq!(err(&project.run(&["--quiet"])), "");
    let agent = out(&project.run(&["--output-format", "agent"]));
    assert!(agent.contains("analysis cut short at 1 place"), "{agent}");
    let clean = Project::new(&[("clock.py", CLOCK)]);
    assert!(!err(&clean.run(&["--verbose"])).contains("limit"), "nothing is told where nothing was cut");
}

#[test]
fn a_loop_down_the_causes_of_an_error_reaches_no_limit() {
    let flow = include_str!("../../fixtures/cases/missed/causes-of-an-error/flow.py");
    assert!(flow.contains("while error.__cause__") && flow.contains("current.__cause__ or current.cause"));
    let project = Project::new(&[("flow.py", flow)]);
    let text = err(&project.run(&["--verbose"]));
    assert!(text.contains("parsed: flow.py") && !text.contains("limit"), "{text}");
}

#[test]
fn statistics_take_the_place_of_findings() {
    let project = Project::new(&[("a.py", CLOCK), ("b.py", CLOCK)]);
    let output = project.run(&["--statistics"]);
    assert_eq!((out(&output).as_str(), code(&output)), ("2\tTPY101\twall-clock-in-workflow\n", 1));
}

#[test]
fn places_are_counted_where_findings_have_several() {
    let twice = CLOCK.replace("str(datetime.now())", "str(datetime.now() - datetime.today())");
    assert_ne!(twice, CLOCK);
    let project = Project::new(&[("a.py", twice.as_str()), ("b.py", CLOCK)]);
    let output = project.run(&[]);
    assert!(err(&output).starts_with("Found 2 errors at 3 places in 2 files.\n"), "{}", err(&output));
    let statistics = out(&project.run(&["--statistics"]));
    assert_eq!(statistics, "2\tTPY101\twall-clock-in-workflow (3 places)\n");
    let alone = err(&project.run(&["b.py"]));
    assert!(alone.starts_with("Found 1 error in 1 file.\n"), "{alone}");
}

#[test]
fn color_is_for_terminals_and_for_who_asks() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let output = project.command(args).envs(env.iter().copied()).output().expect("the command starts");
        out(&output).contains('\u{1b}')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&["--color", "always"], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&["--color", "always", "--output-format", "json"], &[]));
}

#[test]
fn frames_are_ascii_where_the_locale_is() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let ascii = |env: &[(&str, &str)]| {
        out(&project.command(&[]).envs(env.iter().copied()).output().expect("the command starts")).is_ascii()
    };
    assert!(!ascii(&[]));
    assert!(ascii(&[("LANG", "C")]));
    assert!(ascii(&[("LC_ALL", "POSIX")]));
    assert!(!ascii(&[("LANG", "C"), ("LC_ALL", "en_GB.utf8")]));
    assert!(ascii(&[("TERM", "dumb")]));
}

#[test]
fn standard_input_stands_for_a_file() {
    let project = Project::new(&[]);
    let piped = |args: &[&str]| {
        let mut child = project.command(args);
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().expect("the command starts");
        child.stdin.take().expect("it is piped").write_all(CLOCK.as_bytes()).expect("it is read");
        child.wait_with_output().expect("the command ends")
    };
    let named = piped(&["--output-format", "concise", "--stdin-filename", "app/clock.py", "-"]);
    assert!(out(&named).starts_with("app/clock.py:9:20: TPY101 "), "{}{}", out(&named), err(&named));
    let nameless = piped(&["--output-format", "concise", "-"]);
    assert!(out(&nameless).starts_with("<stdin>:9:20: TPY101 "), "{}{}", out(&nameless), err(&nameless));
    assert_eq!((code(&named), code(&nameless)), (1, 1));
}

#[test]
fn a_closed_pipe_is_no_error() {
    // Enough output for the pipe to fill up.
    let calls = "        datetime.now()\n".repeat(2000);
    let text = CLOCK.replace("        return", &format!("{calls}        return"));
    let project = Project::new(&[("clock.py", &text)]);
    for args in [&["-q"][..], &["rules", "--output-format", "json"]] {
        let mut child = project.command(args);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut stderr).expect("it is UTF-8");
        let status = child.wait().expect("the command ends");
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn what_no_import_leads_to_speaks_up_only_when_asked() {
    let at_fault = "import time\n\nfrom temporalio import activity\n\n\n@activity.defn\nasync def pause() -> None:\n    time.sleep(5)\n";
    let lone = Project::new(&[("pauses copy 2.py", at_fault)]);
    assert_eq!(code(&lone.run(&["."])), 1, "without an original it is no copy");
    for beside in [("pauses copy 2.py", "pauses.py"), ("pauses.py", "pauses/__init__.py")] {
        let both = Project::new(&[(beside.0, at_fault), (beside.1, "")]);
        assert_eq!(code(&both.run(&["."])), 0, "{beside:?}");
        let all = both.run(&[".", "--confidence", "low", "--output-format", "concise"]);
        assert!(out(&all).contains("TPY202"), "{}", out(&all));
    }
    let script = format!("{at_fault}\n\nif __name__ == \"__main__\":\n    print(\"started\")\n");
    let run = Project::new(&[("pauses.py", &script), ("pauses/__init__.py", "")]);
    assert_eq!(code(&run.run(&["."])), 1, "it is started as a script");
}

#[test]
fn usage_errors() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    insta::assert_snapshot!("unknown_option", project.shown(&["--selct", "TPY1"]));
    insta::assert_snapshot!("unknown_format", project.shown(&["--output-format", "cocise"]));
    insta::assert_snapshot!("no_such_path", project.shown(&["clock.py", "missing.py"]));
    insta::assert_snapshot!("command_misspelt", project.shown(&["explian", "TPY101"]));
    insta::assert_snapshot!("command_after_options", project.shown(&["--no-cache", "rules"]));
    insta::assert_snapshot!("unknown_selector", project.shown(&["--ignore", "TPY101,wal-clock-in-workflow"]));
    insta::assert_snapshot!("unknown_rule", project.shown(&["explain", "wall-clok-in-workflow"]));
    insta::assert_snapshot!("no_line", project.shown(&["why", "clock.py"]));
    for args in [&["--selct"][..], &["missing.py"], &["explain", "X"], &["why", "clock.py"], &["--threads", "0"]] {
        assert_eq!(code(&project.run(args)), 2, "{args:?}");
    }
}

#[test]
fn explain_prints_a_rules_page_by_code_and_by_name() {
    let project = Project::new(&[]);
    let page = project.run(&["explain", "TPY101"]);
    assert!(out(&page).starts_with("# wall-clock-in-workflow (TPY101)\n\nChecks for "), "{}", out(&page));
    for heading in ["\n## Why\n", "\n## Reported\n\n```python\n", "\n## Not reported\n\n```python\n"] {
        assert!(out(&page).contains(heading), "{heading}");
    }
    assert_eq!(code(&page), 0);
    for word in ["wall-clock-in-workflow", "tpy101", "Wall-Clock-In-Workflow"] {
        assert_eq!(out(&project.run(&["explain", word])), out(&page));
    }
    let object = out(&project.run(&["explain", "TPY101", "--output-format", "json"]));
    let object: serde_json::Value = serde_json::from_str(&object).expect("JSON");
    assert_eq!((&object["code"], &object["severity"]), (&"TPY101".into(), &"error".into()));
}

#[test]
fn rules_are_listed_in_the_order_of_their_codes() {
    let project = Project::new(&[]);
    let text = out(&project.run(&["rules"]));
    let codes: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.is_sorted() && codes.contains(&"TPY101"), "{codes:?}");
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&out(&project.run(&["rules", "--output-format", "json"]))).expect("JSON");
    assert_eq!(json.iter().map(|rule| rule["code"].as_str().unwrap_or("")).collect::<Vec<_>>(), codes);
    assert!(json.iter().all(|rule| rule["summary"].as_str().is_some_and(|text| text.starts_with("Checks for"))));
}

#[test]
fn why_prints_the_ways_to_a_line() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let output = project.run(&["why", "clock.py:9"]);
    let text = out(&output);
    assert!(text.starts_with("clock.py:9 is reached in 1 way.\n"), "{text}{}", err(&output));
    assert!(text.contains("1. Order.run   clock.py:9\n"), "{text}");
    assert_eq!(code(&output), 0);
    let json: serde_json::Value =
        serde_json::from_str(&out(&project.run(&["why", "clock.py:9", "--output-format", "json"]))).expect("JSON");
    assert_eq!(json[0]["trace"][0]["function"], "Order.run");
}

#[test]
fn why_tells_code_that_nothing_runs_from_code_that_imports_run() {
    let project = Project::new(&[
        (
            "flow.py",
            "import settings\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass Order:\n    @workflow.run\n    \
             async def run(self) -> str:\n        return settings.NAME\n",
        ),
        ("settings.py", "from paths import root\n\nROOT = root()\nNAME = \"orders\"\n"),
        (
            "paths.py",
            "from pathlib import Path\n\n\ndef root() -> Path:\n    return Path(__file__).resolve().parent\n\n\n\
             def unused() -> None:\n    print()\n",
        ),
    ]);
    let found = project.run(&["--output-format", "json", "."]);
    let json: serde_json::Value = serde_json::from_str(&out(&found)).expect("JSON");
    let trace = |hops: &serde_json::Value| -> Vec<String> {
        let hops = hops.as_array().expect("hops").iter();
        hops.map(|hop| format!("{} {}:{}", hop["function"], hop["filename"], hop["location"]["row"])).collect()
    };
    let finding = &json.as_array().expect("findings").iter().find(|one| one["code"] == "TPY109").expect("TPY109");
    let why: serde_json::Value =
        serde_json::from_str(&out(&project.run(&["why", "paths.py:5", "--output-format", "json"]))).expect("JSON");
    assert_eq!(why[0]["context"], "import in the sandbox");
    assert_eq!(trace(&why[0]["trace"]).len(), 3, "{why}");
    assert_eq!(trace(&finding["trace"]), trace(&why[0]["trace"]));
    assert!(out(&project.run(&["why", "settings.py:3"])).contains("1. <module>   flow.py:1"));
    let unreached = out(&project.run(&["why", "paths.py:9"]));
    assert_eq!(unreached, "paths.py:9 is reached from no workflow and from no async activity.\n");
}

#[test]
fn why_prints_each_way_by_which_imports_load_a_module() {
    let flow = |imported: &str, class: &str| {
        format!(
            "import {imported}\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass {class}:\n    @workflow.run\n    \
             async def run(self) -> str:\n        return {imported}.NAME\n"
        )
    };
    let (orders, bills) = (flow("settings", "Order"), flow("rates", "Bill"));
    let project = Project::new(&[
        ("orders.py", &orders),
        ("bills.py", &bills),
        ("settings.py", "from paths import root\n\nROOT = root()\nNAME = \"orders\"\n"),
        ("rates.py", "import settings\nfrom paths import root\n\nNAME = str(root())\n"),
        ("paths.py", "from pathlib import Path\n\n\ndef root() -> Path:\n    return Path(__file__).resolve().parent\n"),
    ]);
    let why: serde_json::Value =
        serde_json::from_str(&out(&project.run(&["why", "settings.py:3", "--output-format", "json"]))).expect("JSON");
    let trace = |way: &serde_json::Value| -> Vec<String> {
        let hops = way["trace"].as_array().expect("hops").iter();
        hops.map(|hop| format!("{}:{}", hop["filename"].as_str().unwrap_or(""), hop["location"]["row"])).collect()
    };
    let ways: Vec<Vec<String>> = why.as_array().expect("ways").iter().map(trace).collect();
    let ends = |way: &[&str]| -> bool {
        ways.iter()
            .any(|found| found.len() == way.len() && found.iter().zip(way).all(|(found, hop)| found.ends_with(hop)))
    };
    assert_eq!(ways.len(), 2, "{why}");
    assert!(ends(&["orders.py:1", "settings.py:3"]), "{ways:?}");
    assert!(ends(&["bills.py:1", "rates.py:1", "settings.py:3"]), "{ways:?}");
}

#[test]
fn why_says_where_it_lists_not_all_ways() {
    let calls = (0..101).map(|number| format!("        self.step()  # {number}\n")).collect::<String>();
    let text = format!(
        "from temporalio import workflow\n\n\n@workflow.defn\nclass Order:\n    def step(self) -> None:\n        \
         print()\n\n    @workflow.run\n    async def run(self) -> None:\n{calls}"
    );
    let project = Project::new(&[("order.py", &text)]);
    let output = project.run(&["why", "order.py:7"]);
    assert!(out(&output).starts_with("order.py:7 is reached in more than 100 ways.\n"), "{}", out(&output));
    assert_eq!(err(&output), "There are more ways than are listed: these are 100.\n");
    let fewer =
        Project::new(&[("order.py", &text.replace("  # 100", "").replacen("        self.step()  # 99\n", "", 1))]);
    let output = fewer.run(&["why", "order.py:7"]);
    assert!(out(&output).starts_with("order.py:7 is reached in 100 ways.\n"), "{}", out(&output));
    assert_eq!(err(&output), "");
}

#[test]
fn verbose_tells_the_share_of_the_time_on_one_thread() {
    let project = Project::new(&[("clock.py", CLOCK)]);
    let of = |threads: &str| err(&project.run(&["check", "--verbose", "--threads", threads]));
    let line = |text: &str| text.lines().find(|line| line.starts_with("threads: ")).map(str::to_owned);
    assert_eq!(line(&of("1")).as_deref(), Some("threads: 1"));
    let two = line(&of("2")).expect("it is told");
    assert!(two.starts_with("threads: 2"), "{two}");
    assert!(!cfg!(unix) || two.ends_with("% of the time on one thread alone"), "{two}");
}

#[test]
fn completions_are_printed_for_every_shell() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = project.run(&["completions", shell]);
        assert!(out(&output).contains("output-format"), "{shell}");
        // Rules are completed where one can be named.
        let rules = out(&output).contains("TPY101") && out(&output).contains("wall-clock-in-workflow");
        assert_eq!(rules, ["bash", "zsh", "fish"].contains(&shell), "{shell}");
        assert_eq!(code(&output), 0);
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let project = Project::new(&[]);
    let page = |args: &[&str]| {
        let output = project.run(&[&["man"], args].concat());
        assert_eq!((code(&output), err(&output).as_str()), (0, ""));
        out(&output)
    };
    let whole = page(&[]);
    assert!(whole.contains(".TH temporal-py-lint 1 ") && whole.contains("\\-\\-write\\-baseline"), "{whole}");
    let explain = page(&["explain"]);
    assert!(explain.contains(".TH temporal-py-lint-explain 1 "), "{explain}");
    let none = project.run(&["man", "nothing"]);
    assert!(
        code(&none) == 2 && err(&none).contains("there is no command `nothing`\n  help: the commands are `check`, ")
    );
}

#[test]
fn threads_are_bounded() {
    let project = Project::new(&[("order.py", CLOCK)]);
    for number in ["0", "257", "100000", "-1", "many"] {
        let output = project.run(&[&format!("--threads={number}"), "order.py"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{number}: {said}");
        assert!(said.contains("--threads"), "{number}: {said}");
    }
    assert_eq!(project.run(&["--threads=256", "order.py"]).status.code(), Some(1));
}

/// Runs the command under a limit that a shell sets.
#[cfg(target_os = "linux")]
fn limited(project: &Project, limit: &str, args: &[&str]) -> Output {
    let script = format!("{limit} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_temporal-py-lint")]).args(args);
    command.current_dir(project.path()).stdin(Stdio::null()).output().expect("a shell starts")
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_in_little_address_space_ends_with_its_findings() {
    let project = Project::new(&[("order.py", CLOCK)]);
    for kilobytes in [400_000, 150_000, 100_000] {
        for threads in ["--threads=1", "--threads=8", "--threads=200"] {
            let output = limited(&project, &format!("ulimit -v {kilobytes}"), &[threads, "."]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{kilobytes} {threads}: {said}");
        }
    }
}

/// A file that another one imports and that cannot be read is told of, though only the other was named.
#[test]
fn a_reached_file_that_cannot_be_read_is_told() {
    let flow = "import helper\n".to_owned() + CLOCK + "        helper.stamp()\n";
    let project = Project::new(&[("flow.py", &flow), ("unused.py", "# coding: no-such-codec\n")]);
    project.write("helper.py", "# coding: no-such-codec\nimport time\n\n\ndef stamp():\n    return time.time()\n");
    let said = |args: &[&str]| String::from_utf8(project.run(args).stdout).expect("UTF-8");
    let flow = said(&["--output-format=concise", "flow.py"]);
    assert!(flow.contains("helper.py:1:1: TPY002"), "{flow}");
    assert!(!flow.contains("unused.py"), "{flow}");
    let all = said(&["--output-format=concise", "."]);
    assert_eq!(all.matches("TPY002").count(), 1, "who asks for it and who reaches it tell it once: {all}");
    // The same for one that is too large.
    project.write("helper.py", &"#".repeat(10 * 1024 * 1024 + 1));
    let flow = said(&["--output-format=concise", "flow.py"]);
    assert!(flow.contains("helper.py:1:1: TPY002") && flow.contains("larger than 10 MB"), "{flow}");
}
