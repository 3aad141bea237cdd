use camino::Utf8Path;
use serde_yaml::Value;

use super::{Action, InitError, REPOSITORY, Step, TAG, text_of, with};

const FILE: &str = ".pre-commit-config.yaml";

/// The entry for pre-commit, where a project uses it.
pub(super) fn step(root: &Utf8Path, edit: bool) -> Result<Option<Step>, InitError> {
    let path = root.join(FILE);
    let Some(before) = text_of(&path)? else { return Ok(None) };
    if before.contains("temporal-py-lint") {
        return Ok(Some(Step { path, action: Action::Nothing }));
    }
    let added = entry(indentation(&before));
    let after = with(&before, &added);
    let action = match edit && is_added(&before, &after) {
        true => Action::Add { before, after, added },
        false => Action::Tell(added),
    };
    Ok(Some(Step { path, action }))
}

fn entry(indent: &str) -> String {
    format!(
        "{indent}- repo: {REPOSITORY}\n{indent}  rev: {TAG}\n{indent}  hooks:\n{indent}    - id: temporal-py-lint\n"
    )
}

/// How far the entries that are there are indented.
fn indentation(text: &str) -> &str {
    let entry = text.lines().find(|line| line.trim_start().starts_with("- repo:"));
    entry.map_or("  ", |line| &line[..line.len() - line.trim_start().len()])
}

/// Whether the file holds what it held and one entry more.
fn is_added(before: &str, after: &str) -> bool {
    let read = |text: &str| serde_yaml::from_str::<Value>(text).ok();
    let (Some(mut before), Some(mut after)) = (read(before), read(after)) else { return false };
    let repos =
        |value: &mut Value| value.get_mut("repos").map(std::mem::take).and_then(|repos| repos.as_sequence().cloned());
    let (Some(old), Some(new)) = (repos(&mut before), repos(&mut after)) else { return false };
    before == after && new.len() == old.len() + 1 && new[..old.len()] == old
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(before: &str) -> bool {
        is_added(before, &with(before, &entry(indentation(before))))
    }

    #[test]
    fn an_entry_is_added_where_that_changes_nothing_else() {
        assert!(added("repos:\n- repo: local\n  hooks: []\n"));
        assert!(added("fail_fast: true\nrepos:\n    - repo: local\n      hooks: []"));
        assert!(!added("repos: []\n"));
        assert!(!added("repos:\n- repo: local\n  hooks: []\nfail_fast: true\n"));
        assert!(!added("repos: [\n") && !added("- repo: x\n"));
    }
}
