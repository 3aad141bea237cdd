//! Parts of the documentation that are made from the rules are current. `UPDATE_GENERATED=1 cargo test generated` makes
//! them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use temporal_py_lint::cli::rule_page;
use temporal_py_lint::registry::rules;

const BEGIN: &str = "<!-- rules: generated from rules/ -->";
const END: &str = "<!-- end of rules -->";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn updating() -> bool {
    std::env::var_os("UPDATE_GENERATED").is_some()
}

fn hold(path: &Path, wanted: &str) {
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

fn table() -> String {
    let mut table = String::from("| code | name | what it checks for | severity |\n|---|---|---|---|\n");
    for rule in rules() {
        let what = rule.summary.trim().trim_start_matches("Checks for ").trim_end_matches('.');
        let _ = writeln!(
            table,
            "| {} | [{}](docs/rules/{}.md) | {what} | {} |",
            rule.code, rule.name, rule.name, rule.severity
        );
    }
    table
}
