//! Parts of the documentation that are made from the rules are current. `UPDATE_GENERATED=1 cargo test generated` makes
//! them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use temporal_py_lint::cli::rule_page;
use temporal_py_lint::registry::rules;

use super::checked::python_files;
use super::cli::Project;

const BEGIN: &str = "<!-- rules: generated from rules/ -->";
const END: &str = "<!-- end of rules -->";
/// The command whose output the beginning of the README shows.
const SHOWN: &str = "```console\n$ temporal-py-lint\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GENERATED").is_some()
}

pub(super) fn hold(path: &Path, wanted: &str) {
    if updating() {
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder can be made");
        fs::write(path, wanted).expect("the file can be written");
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, wanted, "{} is not current: run `UPDATE_GENERATED=1 cargo test generated`", path.display());
}

#[test]
fn every_rule_has_its_page_and_every_page_its_rule() {
    let folder = root().join("docs/rules");
    for rule in rules() {
        hold(&folder.join(format!("{}.md", rule.name)), &rule_page(rule));
    }
    for file in fs::read_dir(&folder).expect("docs/rules").map(|file| file.expect("an entry").path()) {
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        assert!(rules().iter().any(|rule| rule.name == name), "{} belongs to no rule", file.display());
    }
}

#[test]
fn the_readme_lists_the_rules() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(BEGIN).expect("the table's beginning");
    let (_, after) = rest.split_once(END).expect("the table's end");
    hold(&path, &format!("{before}{BEGIN}\n{}{END}{after}", table()));
}

#[test]
fn the_readme_shows_what_the_command_says_of_the_sample() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let (_, rest) = readme.split_once(SHOWN).expect("the command");
    let (block, _) = rest.split_once("\n```\n").expect("the end of its output");
    let project = Project::new(&[]);
    let sample = root().join("fixtures/projects/orders");
    for file in python_files(&sample) {
        let text = fs::read_to_string(&file).expect("fixtures are UTF-8");
        let lines: String =
            text.lines().map(|line| format!("{}\n", line.split("  # error:").next().unwrap_or(""))).collect();
        project.write(file.strip_prefix(&sample).expect("below it").to_str().expect("UTF-8"), &lines);
    }
    let output = project.command(&[]).env("COLUMNS", "80").output().expect("the command starts");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    for finding in block.split("\n\n") {
        assert!(said.split("\n\n").any(|other| other.trim_end() == finding), "not said of the sample:\n{finding}");
    }
    assert!(readme.contains("checks a sample project: five findings, exit code 1"), "the README counts them otherwise");
    assert_eq!((said.matches("  more: ").count(), output.status.code()), (5, Some(1)), "{said}");
}

fn table() -> String {
    let mut table = String::from("| code | name | what it checks for | severity |\n|---|---|---|---|\n");
    for rule in rules() {
        let off = if rule.default { "" } else { ", off unless selected" };
        let what = rule.summary.trim().trim_start_matches("Checks for ").trim_end_matches('.');
        let _ = writeln!(
            table,
            "| {} | [{}](docs/rules/{}.md) | {what} | {}{off} |",
            rule.code, rule.name, rule.name, rule.severity
        );
    }
    table
}
