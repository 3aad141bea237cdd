use camino::Utf8Path;

use super::{Action, InitError, REPOSITORY, Step, TAG, text_of};

/// The jobs for the CI that a project uses: a workflow of its own on GitHub; on GitLab, where all jobs stand in one file, what
/// to add there.
pub(super) fn steps(root: &Utf8Path) -> Result<Vec<Step>, InitError> {
    let mut steps = Vec::new();
    if root.join(".github").is_dir() {
        let path = root.join(".github/workflows/temporal-py-lint.yml");
        let action = if text_of(&path)?.is_some() { Action::Nothing } else { Action::Write(github()) };
        steps.push(Step { path, action });
    }
    let path = root.join(".gitlab-ci.yml");
    if let Some(text) = text_of(&path)? {
        let action = if text.contains("temporal-py-lint") { Action::Nothing } else { Action::Tell(gitlab()) };
        steps.push(Step { path, action });
    }
    Ok(steps)
}

fn github() -> String {
    format!(
        "\
name: temporal-py-lint

on:
  pull_request:
  push:
    branches: [main]

permissions:
  contents: read

jobs:
  temporal-py-lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - run: cargo install --locked --git {REPOSITORY} --tag {TAG}
      - run: temporal-py-lint
"
    )
}

fn gitlab() -> String {
    format!(
        "\
temporal-py-lint:
  image: rust:1
  script:
    - cargo install --locked --git {REPOSITORY} --tag {TAG}
    - temporal-py-lint --output-format gitlab > gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"
    )
}
