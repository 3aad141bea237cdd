//! What other people's machines run: the action, the template, the workflows, and the versions that texts name.

use std::path::PathBuf;

use serde_yaml::Value;

use super::cli::Project;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const WORKFLOWS: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

#[test]
fn what_is_run_names_options_that_there_are() {
    let help = String::from_utf8(Project::new(&[]).run(&["--help"]).stdout).expect("UTF-8");
    for path in ["action.yml", "templates/temporal-py-lint.yml", "docs/ci.md"] {
        let text = text(path);
        assert!(path.ends_with(".md") || serde_yaml::from_str::<Value>(&text).is_ok(), "{path} is YAML");
        let lines = text.lines().filter(|line| line.contains("temporal-py-lint ") && !line.contains("cargo install"));
        let options = lines.flat_map(str::split_whitespace).filter(|word| word.starts_with("--") && word.len() > 2);
        for option in options.map(|word| word.split('=').next().unwrap_or(word)) {
            let known = help.split_whitespace().any(|word| word.trim_end_matches('.') == option);
            assert!(known, "{path}: {option}");
        }
    }
}

/// What a tag names can be another program tomorrow.
#[test]
fn workflows_name_actions_by_their_commit_and_ask_for_no_rights_at_their_top() {
    for path in WORKFLOWS {
        let text = text(path);
        let workflow: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(workflow["permissions"].as_mapping().map(serde_yaml::Mapping::len), Some(0), "{path}");
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("- uses: ")) {
            let commit = line.split(' ').next().and_then(|action| action.split_once('@')).map(|(_, commit)| commit);
            let is_pinned =
                commit.is_some_and(|commit| commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(is_pinned && line.contains(" # v") || line.split(' ').next() == Some("./"), "{path}: {line}");
        }
    }
}

#[test]
fn texts_name_this_version() {
    let tag = format!("v{}", env!("CARGO_PKG_VERSION"));
    for path in ["README.md", "docs/ci.md"] {
        let text = text(path);
        let named: Vec<&str> = text
            .lines()
            .filter_map(|line| {
                let after = line.trim().strip_prefix("rev: ");
                after.or_else(|| line.split_once("temporal-py-lint/temporal-py-lint@").map(|(_, after)| after))
            })
            .collect();
        assert!(!named.is_empty() && named.iter().all(|version| *version == tag), "{path}: {named:?}");
    }
}
