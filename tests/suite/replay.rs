//! Pairs of versions: what `replay-check` says of the change is what a replay of recorded histories shows.
//!
//! Each folder `fixtures/replay/<program>/` has a program, `workflows.py`, and in `pairs.yaml` changes of it, each with what a
//! replay of histories that the program wrote says of the change (`tests/sdk/test_replay.py` records them on a server and
//! replays them):
//!
//! - `safe`: all replay, and nothing is said;
//! - `unsafe`: running executions cannot be replayed, and that is an error;
//! - `depends`: some running executions cannot be replayed, by their data or by which run; that is a warning;
//! - `closed`: closed executions alone cannot be replayed, which is a warning of its own rule;
//! - `unknown`: it cannot be told, which is a remark.
//!
//! `mended` stands where the fix that is offered makes it safe, and all that is found has one: `tests/sdk/test_replay.py` replays
//! those versions too.
//!
//! Where `said` stands beside it, that is said instead: what is known not to be told as well as it could be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;
use temporal_py_lint::diagnostic::{Confidence, Diagnostic};
use temporal_py_lint::lint::{Fixed, Report};
use temporal_py_lint::source::parse;

use super::checked::{Changed, Files, Found, changes_of, fixtures, found, side_by_side};

/// `pairs.yaml`.
#[derive(Deserialize)]
struct Program {
    pairs: Vec<Pair>,
}

/// A change.
#[derive(Debug, Clone, Deserialize)]
struct Pair {
    name: String,
    is: Truth,
    said: Option<Truth>,
    #[serde(default)]
    mended: bool,
    #[serde(default)]
    edits: Vec<Edit>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Truth {
    Safe,
    Unsafe,
    Depends,
    Closed,
    Unknown,
}

#[derive(Debug, Clone, Deserialize)]
struct Edit {
    from: String,
    to: String,
}

impl Pair {
    /// The program after the change.
    fn after(&self, before: &str) -> String {
        self.edits.iter().fold(before.to_owned(), |text, edit| {
            assert_eq!(text.matches(&edit.from).count(), 1, "{}: `{}` stands there once", self.name, edit.from);
            text.replace(&edit.from, &edit.to)
        })
    }
}

/// The rule of what closed executions alone feel.
const CLOSED: &str = "TPY913";

/// The worst that is said.
fn verdict(found: &[Found]) -> Truth {
    let has = |word: &str| found.iter().any(|found| found.consequence.starts_with(word));
    let is_of_running = |found: &Found| found.consequence.starts_with("warning") && found.code != CLOSED;
    match (has("error"), has("warning"), has("info")) {
        (true, ..) => Truth::Unsafe,
        (_, true, _) if found.iter().any(is_of_running) => Truth::Depends,
        (_, true, _) => Truth::Closed,
        (.., true) => Truth::Unknown,
        (false, false, false) => Truth::Safe,
    }
}

fn told(found: &[Found]) -> String {
    found.iter().map(|found| format!("\n    {}:{} {} {}", found.file, found.line, found.code, found.message)).collect()
}

/// All pairs, each with the name of its program and the program before.
fn all_pairs() -> Vec<(String, String, Pair)> {
    let mut cases: Vec<(String, String, Pair)> = Vec::new();
    for entry in std::fs::read_dir(fixtures().join("replay")).expect("there are pairs") {
        let folder = entry.expect("the folder is readable").path();
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it is there");
        let program: Program = serde_yaml::from_str(&text("pairs.yaml")).expect("pairs are well-formed");
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        cases.extend(program.pairs.into_iter().map(|pair| (name.clone(), text("workflows.py"), pair)));
    }
    cases.sort_by(|one, other| (&one.0, &one.2.name).cmp(&(&other.0, &other.2.name)));
    cases
}

/// What is said of a pair.
struct Said {
    found: Vec<Found>,
    /// The same in short, and what is said where the version before comes from a baseline.
    by_revision: Vec<String>,
    by_baseline: Vec<String>,
}

impl Said {
    fn of(before: &str, pair: &Pair) -> Self {
        let (before, after) = (Files::new(&[("workflows.py", before)]), pair.after(before));
        let after = Files::new(&[("workflows.py", &after)]);
        let changed = Changed::new(&before.root(), &after.root(), Confidence::Medium);
        // A baseline has no places, so that of what is gone it does not say where it was.
        let in_short = |report: &Report| -> Vec<String> {
            let said = |found: &Diagnostic| format!("{} {} {}", found.code, found.severity, found.message);
            report.diagnostics.iter().map(said).collect()
        };
        let report = changed.report();
        let (found, by_revision) = (found(&report, &after.root()), in_short(&report));
        Self { found, by_revision, by_baseline: in_short(&changed.written_down().report()) }
    }
}

/// All pairs and what is said of them, which several tests ask and which takes long.
static ASKED: LazyLock<Vec<(String, Pair, Said)>> = LazyLock::new(|| {
    side_by_side(&all_pairs(), |(program, before, pair)| (program.clone(), pair.clone(), Said::of(before, pair)))
});

#[test]
fn verdicts_on_pairs_are_what_replays_show() {
    let cases = all_pairs();
    let (safe, all) = (cases.iter().filter(|(_, _, pair)| pair.is == Truth::Safe).count(), cases.len());
    assert!(all >= 120 && safe * 2 >= all, "{safe} of {all} pairs are safe");
    let others = cases.iter().filter(|(_, _, pair)| pair.said.is_some_and(|said| said != pair.is));
    assert!(others.clone().count() * 20 <= all, "in 95 of 100 it is what is true");
    let alarms = others.filter(|(_, _, pair)| pair.is == Truth::Safe && pair.said == Some(Truth::Unsafe));
    assert_eq!(alarms.count(), 0, "nothing safe is called unsafe");
    let faults = ASKED.iter().map(|(program, pair, said)| {
        let verdict = verdict(&said.found);
        match pair.said.unwrap_or(pair.is) == verdict {
            true => String::new(),
            false => format!("{program}/{}: {:?}, and {verdict:?} is said{}\n", pair.name, pair.is, told(&said.found)),
        }
    });
    let faults: String = faults.collect();
    assert!(faults.is_empty(), "\n{faults}");
}

/// A file that holds what a version does says of a change what that version itself says.
#[test]
fn a_baseline_says_of_pairs_what_a_revision_says() {
    let faults = ASKED.iter().filter(|(.., said)| said.by_revision != said.by_baseline).map(|(program, pair, said)| {
        let Said { by_revision, by_baseline, .. } = said;
        format!("{program}/{}: {by_revision:#?}\n  and by a baseline: {by_baseline:#?}\n", pair.name)
    });
    let faults: String = faults.collect();
    assert!(faults.is_empty(), "\n{faults}");
}

/// What is wrong with the patches that are offered for a change; nothing where all is well.
fn wrong_patches(before: &str, pair: &Pair) -> String {
    let (before, now) = (Files::new(&[("workflows.py", before)]), pair.after(before));
    let after = Files::new(&[("workflows.py", &now)]);
    let changed = Changed::new(&before.root(), &after.root(), Confidence::Medium);
    let report = changed.report();
    let offered = report.diagnostics.iter().filter(|found| found.fix.is_some()).count();
    let Fixed { report: left, edits } = changed.fixed();
    let text = edits.files.first().map_or(now.as_str(), |file| &file.after);
    let mut said = String::new();
    if left.diagnostics.len() + offered != report.diagnostics.len() {
        let _ = writeln!(
            said,
            "of {} findings {offered} have a fix, and {} are left",
            report.diagnostics.len(),
            left.diagnostics.len()
        );
    }
    let is_mended = edits.count > 0 && left.diagnostics.is_empty();
    if is_mended != pair.mended {
        let _ = writeln!(said, "mended: {is_mended}");
    }
    if !parse(text, false).problems().is_empty() {
        let _ = writeln!(said, "it does not parse");
    }
    let again = Files::new(&[("workflows.py", text)]);
    let again = Changed::new(&before.root(), &again.root(), Confidence::Medium).fixed();
    if again.edits.count > 0 {
        let _ = writeln!(said, "a second run changes it again");
    }
    if said.is_empty() { said } else { said + text }
}

#[test]
fn patches_that_are_offered_make_changes_safe() {
    let cases = all_pairs();
    let (mended, patchable): (Vec<&Pair>, Vec<&Pair>) = (
        cases.iter().map(|case| &case.2).filter(|pair| pair.mended).collect(),
        cases.iter().map(|case| &case.2).filter(|pair| matches!(pair.is, Truth::Unsafe | Truth::Depends)).collect(),
    );
    let faults = side_by_side(&cases, |(program, before, pair)| match wrong_patches(before, pair) {
        said if said.is_empty() => said,
        said => format!("{program}/{}: {said}\n", pair.name),
    });
    let faults: String = faults.concat();
    assert!(faults.is_empty(), "\n{faults}");
    assert!(mended.len() * 3 >= patchable.len(), "{} of {} are mended", mended.len(), patchable.len());
}

/// A pair of those that are shared beside the repository.
#[derive(Deserialize)]
struct Shared {
    name: String,
    r#unsafe: bool,
    closed_only: bool,
    note: String,
}

/// Where they are, if they are.
fn shared() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["../shared", "../../shared"].iter().find_map(|at| root.join(at).join("cases/replay").canonicalize().ok())
}

/// Pairs that closed executions feel in which something failed that is no longer waited for first; no history at hand has that.
const NONE_FAILED: [&str; 1] = ["media-thumbnail-started-awaited-later"];

#[test]
fn verdicts_on_shared_pairs_are_what_replays_show() {
    let Some(folder) = shared() else { return };
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).expect("a manifest");
    let pairs: Vec<Shared> = serde_json::from_str(&manifest).expect("a well-formed manifest");
    let mut faults: BTreeMap<String, String> = BTreeMap::new();
    for pair in pairs {
        let versions = folder.join(&pair.name);
        let found = changes_of(&versions.join("before"), &versions.join("after"), Confidence::Medium);
        let verdict = verdict(&found);
        let agrees = match (pair.r#unsafe, pair.closed_only) {
            (true, true) => verdict == Truth::Closed,
            (true, false) => matches!(verdict, Truth::Unsafe | Truth::Depends),
            // Where data decide, a warning is right even if no history at hand has such data.
            (false, _) if NONE_FAILED.contains(&pair.name.as_str()) => verdict == Truth::Closed,
            (false, _) => {
                verdict == Truth::Safe || verdict == Truth::Depends && pair.note.contains("a checker that warns")
            }
        };
        if !agrees {
            faults.insert(pair.name, format!("{verdict:?}{}", told(&found)));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

mod command_line {
    //! The version before, from where the command takes it.

    use std::path::Path;
    use std::process::Command;

    use super::super::cli::Project;

    const BEFORE: &str = include_str!("../../fixtures/replay/orders/workflows.py");

    const OTHER: &str = "from temporalio import workflow\n\n\n@workflow.defn\nclass Other:\n    @workflow.run\n    \
        async def run(self) -> None:\n        await workflow.sleep(1)\n";

    /// The program with one more activity in it.
    fn broken() -> String {
        let pays = "        self.stage = \"reserved\"\n";
        let audits = "        await workflow.execute_activity(audit, \"x\", start_to_close_timeout=MINUTE)\n";
        BEFORE.replace(pays, &format!("{pays}{audits}"))
    }

    fn mended() -> String {
        let pays = "        self.stage = \"reserved\"\n";
        let audits = "            await workflow.execute_activity(audit, \"x\", start_to_close_timeout=MINUTE)\n";
        BEFORE.replace(pays, &format!("{pays}        if workflow.patched(\"audit\"):\n{audits}"))
    }

    fn git(folder: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-C"]).arg(folder).args(args);
        assert!(command.output().expect("git is there").status.success(), "{args:?}");
    }

    fn said(project: &Project, args: &[&str]) -> (i32, String) {
        let output = project.run(&[&["replay-check"], args].concat());
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().expect("it ends"), String::from_utf8(text).expect("it is UTF-8"))
    }

    #[test]
    fn a_baseline_is_written_held_against_a_change_and_mended() {
        let project = Project::new(&[("workflows.py", BEFORE)]);
        let (code, text) = said(&project, &["--write-baseline", "replay.txt"]);
        assert!(code == 0 && text.contains("1 workflow is written to replay.txt."), "{text}");
        assert_eq!(said(&project, &["--baseline", "replay.txt"]).0, 0);
        let first = project.text("replay.txt");
        project.write("workflows.py", &broken());
        let (code, text) = said(&project, &["--baseline", "replay.txt"]);
        assert!(code == 1 && text.contains("TPY911") && text.contains("activity audit"), "{text}");
        project.write("workflows.py", &mended());
        assert_eq!(said(&project, &["--baseline", "replay.txt"]).0, 0);
        project.write("workflows.py", &format!("# moved down\n\n{BEFORE}"));
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        assert_eq!(project.text("replay.txt"), first, "places have no part in it");
    }

    /// A file made for one folder and held against another must not look like a check that found nothing.
    #[test]
    fn a_baseline_of_other_files_says_that_nothing_was_compared() {
        let project = Project::new(&[("shop/workflows.py", BEFORE), ("stock/workflows.py", &broken())]);
        assert_eq!(said(&project, &["shop", "--write-baseline", "shop/replay.txt"]).0, 0);
        let (code, text) = said(&project, &["stock", "--baseline", "shop/replay.txt"]);
        assert!(code == 2 && text.contains("not among what was checked, so nothing was compared."), "{text}");
        // Where nothing that is checked is a workflow, nothing is missing either.
        project.write("tools/names.py", "NAMES = []\n");
        let (code, text) = said(&project, &["tools", "--baseline", "shop/replay.txt"]);
        assert!(code == 0 && text.contains("nothing was compared"), "{text}");
        let (_, text) = said(&project, &["shop", "--baseline", "shop/replay.txt"]);
        assert!(!text.contains("nothing was compared"), "{text}");
    }

    #[test]
    fn collections_that_are_put_together_of_themselves_end() {
        // Each helper doubles the list: written out, it would have more items than memory holds.
        let doubled: String = (0..200).map(|_| "        self.items = self.items + self.items\n").collect();
        let run = format!("{doubled}        for item in self.items:\n            await workflow.sleep(item)\n");
        let text = OTHER.replace("        await workflow.sleep(1)\n", &format!("        self.items = [1]\n{run}"));
        let project = Project::new(&[("workflows.py", &text)]);
        let (code, text) = said(&project, &["--write-baseline", "replay.txt"]);
        assert!(code == 0 && text.contains("1 workflow is written to replay.txt."), "{text}");
        assert!(project.text("replay.txt").contains("timer"), "{}", project.text("replay.txt"));
    }

    /// The server knows a workflow by the name that the environment gives; what its class is called is nothing to it.
    #[test]
    fn a_class_may_be_renamed_where_the_environment_names_the_workflow() {
        let named = |class: &str| {
            let given = "import os\n\nNAME = os.environ.get(\"WORKFLOW_NAME\", \"other\")\n";
            let text = OTHER.replace("@workflow.defn\n", "@workflow.defn(name=NAME)\n");
            format!("{given}{}", text.replace("class Other:", &format!("class {class}:")))
        };
        let project = Project::new(&[("workflows.py", &named("Other"))]);
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        project.write("workflows.py", &named("Another"));
        let (code, text) = said(&project, &["--baseline", "replay.txt"]);
        assert!(code == 0 && text.contains("No findings"), "{text}");
    }

    #[test]
    fn a_baseline_holds_what_is_done_with_what_is_cancelled() {
        let waits = |options: &str| {
            let call = format!("workflow.execute_child_workflow(\"Part\", id=\"part\"{options})");
            let handled = format!(
                "        try:\n            await {call}\n        except asyncio.CancelledError:\n            await \
                 workflow.sleep(2)\n        await workflow.sleep(1)\n"
            );
            format!("import asyncio\n\n{}", OTHER.replace("        await workflow.sleep(1)\n", &handled))
        };
        let abandoned = waits(", cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON");
        let project = Project::new(&[("workflows.py", &waits(""))]);
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        assert_eq!(said(&project, &["--baseline", "replay.txt"]).0, 0);
        project.write("workflows.py", &abandoned);
        let (_, text) = said(&project, &["--baseline", "replay.txt"]);
        assert!(text.contains("TPY912") && text.contains("where the wait for it is cancelled"), "{text}");
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        let (_, text) = said(&project, &["--baseline", "replay.txt"]);
        assert!(text.contains("No findings"), "{text}");
    }

    #[test]
    fn texts_of_several_lines_take_one_in_a_baseline() {
        let long = "words that say much ".repeat(10);
        let asked = format!("        asked = Asker(\n            \"{long}\"\n            \"{long}\"\n        )\n");
        let tests = ["asked.score == \"pass\"", "asked.mode == \"two\\nlines\"", "asked.is_open"];
        let tests = tests.map(|test| format!("        if {test}:\n            await workflow.sleep(1)\n")).concat();
        let text = OTHER.replace("        await workflow.sleep(1)\n", &format!("{asked}{tests}"));
        let project = Project::new(&[("workflows.py", &format!("from asking import Asker\n{text}"))]);
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        let (code, text) = said(&project, &["--baseline", "replay.txt"]);
        assert!(code == 0 && text.contains("No findings"), "{text}\n{}", project.text("replay.txt"));
    }

    #[test]
    fn check_compares_too_where_the_configuration_says_with_what() {
        let config = |key: &str| format!("[tool.temporal-py-lint]\n{key}\n");
        let project = Project::new(&[("app/workflows.py", BEFORE), ("app/other.py", OTHER)]);
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        git(project.path(), &["init", "-q"]);
        git(project.path(), &["add", "."]);
        git(project.path(), &["commit", "-qm", "first"]);
        let check = |args: &[&str]| {
            let output = project.run(&[&["check", "--select", "TPY911,TPY915"], args].concat());
            (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).expect("it is UTF-8"))
        };
        project.write("app/workflows.py", &broken());
        assert_eq!(check(&[]).0, Some(0), "nobody said with what");
        for key in ["replay-baseline = 'replay.txt'", "replay-since = 'HEAD'"] {
            project.write("pyproject.toml", &config(key));
            let (code, text) = check(&[]);
            assert!(code == Some(1) && text.contains("TPY911") && text.contains("activity audit"), "{key}: {text}");
            let (code, text) = check(&["app/other.py"]);
            assert_eq!(code, Some(0), "{key}: what was not asked for is not gone: {text}");
        }
        let (line, comment) =
            ("(audit, \"x\", start_to_close_timeout=MINUTE)", "# temporal-py-lint: ignore[TPY911] nothing runs");
        project.write("app/workflows.py", &broken().replace(line, &format!("{line}  {comment}")));
        assert_eq!(check(&[]).0, Some(0), "a comment holds it back");
        project.write("pyproject.toml", &config("replay-baseline = 'gone.txt'"));
        let (code, text) = check(&[]);
        assert!(code == Some(2) && text.contains("there is no such file"), "{text}");
    }

    /// The program in a repository of its own, with what was written down of it, and then changed.
    fn changed_to(text: &str) -> Project {
        let project = Project::new(&[("workflows.py", BEFORE)]);
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        git(project.path(), &["init", "-q"]);
        git(project.path(), &["add", "."]);
        git(project.path(), &["commit", "-qm", "first"]);
        project.write("workflows.py", text);
        project
    }

    #[test]
    fn a_patch_is_shown_and_written_where_that_is_asked_for() {
        for version in [["--since", "HEAD"], ["--baseline", "replay.txt"]] {
            let project = changed_to(&broken());
            let run = |args: &[&str]| said(&project, &[&version, args].concat());
            let (code, text) = run(&["--diff", "--unsafe-fixes"]);
            assert!(code == 1 && text.contains("+        if workflow.patched(\"audit\"):\n"), "{text}");
            let (code, text) = run(&["--fix"]);
            assert!(code == 1 && text.contains("1 place can be fixed with `--unsafe-fixes`"), "{text}");
            assert_eq!(project.text("workflows.py"), broken(), "it is to be read first");
            let (code, text) = run(&["--fix", "--unsafe-fixes"]);
            assert!(code == 0 && text.contains("Fixed 1 place in 1 file; 0 findings are left."), "{text}");
            assert_eq!(project.text("workflows.py"), mended());
            assert_eq!(run(&["--diff", "--unsafe-fixes"]).0, 0, "a second time there is nothing to do");
        }
    }

    #[test]
    fn the_old_code_comes_from_the_version_before() {
        let sleeps = "        await asyncio.sleep(1)\n";
        let audits = "        await workflow.execute_activity(audit, \"rest\", start_to_close_timeout=MINUTE)  # now\n";
        let project = changed_to(&BEFORE.replace(sleeps, audits));
        assert_eq!(said(&project, &["--since", "HEAD", "--fix", "--unsafe-fixes"]).0, 0);
        let both = format!("        if workflow.patched(\"audit\"):\n    {audits}        else:\n    {sleeps}");
        assert_eq!(project.text("workflows.py"), BEFORE.replace(sleeps, &both));
        project.write("workflows.py", &BEFORE.replace(sleeps, ""));
        assert_eq!(said(&project, &["--since", "HEAD", "--fix", "--unsafe-fixes"]).0, 0);
        let back = format!("        if not workflow.patched(\"no-timer\"):\n    {sleeps}");
        assert_eq!(project.text("workflows.py"), BEFORE.replace(sleeps, &back));
        // A baseline holds no code.
        project.write("workflows.py", &BEFORE.replace(sleeps, audits));
        let (code, text) = said(&project, &["--baseline", "replay.txt", "--diff", "--unsafe-fixes"]);
        assert!(code == 0 && text.contains("Nothing would be fixed."), "{text}");
    }

    #[test]
    fn no_patch_is_offered_where_the_old_code_names_what_is_gone() {
        let sleeps = "        await asyncio.sleep(1)\n";
        let rests = "        await asyncio.sleep(rest(receipt))\n";
        let rest = "def rest(receipt: Receipt) -> int:\n    return 1\n\n\n@workflow.defn\n";
        let before = BEFORE.replace(sleeps, rests).replace("@workflow.defn\n", rest);
        let project = changed_to(&before);
        git(project.path(), &["commit", "-qam", "second"]);
        project.write("workflows.py", BEFORE.replace(sleeps, "").as_str());
        let (code, text) = said(&project, &["--since", "HEAD", "--diff", "--unsafe-fixes"]);
        assert!(code == 0 && text.contains("Nothing would be fixed."), "{text}");
        project.write("workflows.py", &before.replace(rests, ""));
        let (code, text) = said(&project, &["--since", "HEAD", "--diff", "--unsafe-fixes"]);
        assert!(code == 1 && text.contains("+            await asyncio.sleep(rest(receipt))\n"), "{text}");
    }

    #[test]
    fn no_patch_is_offered_where_the_old_code_reads_another_form() {
        let folder = |name: &str| super::fixtures().join("replay").join(name);
        let pairs = std::fs::read_to_string(folder("quotes").join("pairs.yaml")).expect("it is there");
        let pairs: super::Program = serde_yaml::from_str(&pairs).expect("pairs are well-formed");
        let before = std::fs::read_to_string(folder("quotes").join("workflows.py")).expect("it is there");
        let pair = pairs.pairs.iter().find(|pair| pair.name == "result-as-dataclass-and-review").expect("it is there");
        let project = Project::new(&[("workflows.py", &before)]);
        git(project.path(), &["init", "-q"]);
        git(project.path(), &["add", "."]);
        git(project.path(), &["commit", "-qm", "first"]);
        project.write("workflows.py", &pair.after(&before));
        let (code, text) = said(&project, &["--since", "HEAD"]);
        let why = "no patch is offered: the old code reads `total` by its key, of what is an object of `Quote` now";
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(code == 1 && words.contains("TPY911") && words.contains(why), "{text}");
        let (code, text) = said(&project, &["--since", "HEAD", "--diff", "--unsafe-fixes"]);
        assert!(code == 0 && text.contains("Nothing would be fixed."), "{text}");
    }

    /// A workflow whose calls nest deeper than they are followed.
    fn deep(last: &str) -> String {
        let step = |number: usize| {
            format!("    async def step_{number}(self) -> None:\n        await self.step_{}()\n\n", number + 1)
        };
        let steps: String = (1..50).map(step).collect();
        let end = format!("    async def step_50(self) -> None:\n        await asyncio.sleep({last})\n");
        format!(
            "import asyncio\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass Stairs:\n    @workflow.run\n    async def \
             run(self) -> None:\n        await asyncio.sleep(1)\n        await self.step_1()\n        await asyncio.sleep(2)\n\n{steps}{end}"
        )
    }

    #[test]
    fn of_what_is_not_followed_to_its_end_it_is_said_where_code_has_changed() {
        let project = Project::new(&[("workflows.py", &deep("3"))]);
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        for (text, is_told) in [(deep("3  # hours"), false), (deep("0"), true)] {
            project.write("workflows.py", &text);
            let (_, text) = said(&project, &["--baseline", "replay.txt"]);
            assert_eq!(text.contains("its calls nest too deep"), is_told, "{text}");
        }
    }

    #[test]
    fn what_another_fix_changes_is_told_and_not_undone() {
        let blocks = |text: &str| text.replace("import asyncio\n", "import asyncio\nimport time\n");
        let before = blocks(BEFORE).replace("await asyncio.sleep(1)", "time.sleep(1)");
        let project = changed_to(&before);
        git(project.path(), &["commit", "-qam", "second"]);
        project.write("pyproject.toml", "[tool.temporal-py-lint]\nreplay-since = 'HEAD'\n");
        let output = project.run(&["check", "--select", "TPY911,TPY116", "--fix", "--unsafe-fixes"]);
        let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("it is UTF-8");
        assert!(
            output.status.code() == Some(1) && text.contains("TPY911") && text.contains("issues timer here"),
            "{text}"
        );
        assert!(text.contains("Fixed 1 place in 1 file; 1 finding is left."), "{text}");
        assert_eq!(project.text("workflows.py"), blocks(BEFORE));
    }

    #[test]
    fn check_takes_patches_too() {
        let project = changed_to(&broken());
        project.write("pyproject.toml", "[tool.temporal-py-lint]\nreplay-since = 'HEAD'\n");
        let check = |args: &[&str]| {
            let output = project.run(&[&["check", "--select", "TPY911"], args].concat());
            (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).expect("it is UTF-8"))
        };
        let (code, text) = check(&["--fix"]);
        assert!(code == Some(1) && text.contains("TPY911"), "{text}");
        assert_eq!(check(&["--fix", "--unsafe-fixes"]).0, Some(0));
        assert_eq!(project.text("workflows.py"), mended());
        let (_, text) = check(&["--output-format", "json"]);
        assert!(!text.contains("TPY911"), "{text}");
        project.write("workflows.py", &broken());
        let (_, text) = check(&["--output-format", "json"]);
        assert!(text.contains("workflow.patched(\\\"audit\\\")") && text.contains("unsafe"), "{text}");
    }

    #[test]
    fn of_a_shallow_clone_is_told_what_to_fetch() {
        let project = Project::new(&[("workflows.py", BEFORE)]);
        git(project.path(), &["init", "-q"]);
        git(project.path(), &["add", "."]);
        git(project.path(), &["commit", "-qm", "first"]);
        project.write("workflows.py", &mended());
        git(project.path(), &["commit", "-qam", "second"]);
        let url = format!("file://{}", project.path().display());
        git(project.path(), &["clone", "-q", "--depth", "1", &url, "clone"]);
        let output = project.run(&["replay-check", "--since", "HEAD~1", "clone"]);
        let text = String::from_utf8(output.stderr).expect("it is UTF-8");
        assert!(output.status.code() == Some(2) && text.contains("this clone is shallow"), "{text}");
    }

    #[test]
    fn what_another_version_wrote_is_not_read_and_is_written_anew() {
        let project = Project::new(&[("workflows.py", BEFORE)]);
        project.write("replay.txt", "# temporal-py-lint replay baseline 1\n# What replay compares.\n");
        let (code, text) = said(&project, &["--baseline", "replay.txt"]);
        assert!(code == 2 && text.contains("another version of temporal-py-lint wrote it"), "{text}");
        assert!(text.contains("replay-check --write-baseline"), "{text}");
        assert_eq!(said(&project, &["--write-baseline", "replay.txt"]).0, 0);
        assert_eq!(said(&project, &["--baseline", "replay.txt"]).0, 0);
    }

    #[test]
    fn what_is_no_baseline_is_neither_read_nor_overwritten() {
        let project = Project::new(&[("workflows.py", BEFORE), ("notes.txt", "mine\n")]);
        for args in [["--baseline", "notes.txt"], ["--write-baseline", "notes.txt"]] {
            let (code, text) = said(&project, &args);
            assert!(code == 2 && text.contains("does not begin as a replay baseline does"), "{text}");
        }
        assert_eq!(project.text("notes.txt"), "mine\n");
        let (code, text) = said(&project, &["--baseline", "gone.txt"]);
        assert!(code == 2 && text.contains("there is no such file"), "{text}");
    }

    #[test]
    fn a_revision_is_read_from_objects_and_the_work_tree_is_left_alone() {
        let project = Project::new(&[("app/workflows.py", BEFORE)]);
        let (code, text) = said(&project, &["--since", "HEAD"]);
        assert!(code == 2 && text.contains("is in no git repository"), "{text}");
        git(project.path(), &["init", "-q"]);
        git(project.path(), &["add", "."]);
        git(project.path(), &["commit", "-qm", "first"]);
        project.write("app/workflows.py", &broken());
        for paths in [&[][..], &["app"][..], &["app/workflows.py"][..]] {
            let (code, text) = said(&project, &[&["--since", "HEAD"], paths].concat());
            assert!(code == 1 && text.contains("TPY911") && text.contains("app/workflows.py"), "{text}");
        }
        assert_eq!(project.text("app/workflows.py"), broken());
        let (code, text) = said(&project, &["--since", "nowhere"]);
        assert!(code == 2 && text.contains("`nowhere` is no revision"), "{text}");
        project.write("app/workflows.py", &mended());
        assert_eq!(said(&project, &["--since", "HEAD"]).0, 0);
        std::fs::remove_file(project.path().join("app/workflows.py")).expect("it can be removed");
        let (code, text) = said(&project, &["--since", "HEAD"]);
        assert!(code == 1 && text.contains("TPY915") && text.contains("`OrderWorkflow` is gone"), "{text}");
    }

    #[test]
    fn a_workflow_that_moved_to_a_folder_that_is_not_asked_about_is_not_gone() {
        let project =
            Project::new(&[("one/w.py", OTHER), ("one/z.py", "import temporalio\n"), ("two/v.py", "X = 1\n")]);
        git(project.path(), &["init", "-q"]);
        git(project.path(), &["add", "."]);
        git(project.path(), &["commit", "-qm", "first"]);
        project.write("one/w.py", "X = 1\n");
        let (code, text) = said(&project, &["--since", "HEAD", "one"]);
        assert!(code == 1 && text.contains("`Other` is gone"), "{text}");
        project.write("two/w.py", OTHER);
        for paths in [&["one"][..], &["."][..]] {
            let (code, text) = said(&project, &[&["--since", "HEAD"], paths].concat());
            assert!(code == 0 && text.contains("No findings"), "{text}");
        }
    }
}
