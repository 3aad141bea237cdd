//! `init`: what it writes fits the project, is right, and replaces nothing.

use super::cli::Project;

fn out(project: &Project, args: &[&str]) -> (Option<i32>, String, String) {
    let output = project.run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn repository(files: &[(&str, &str)]) -> Project {
    let project = Project::new(&[&[(".git/HEAD", "")], files].concat());
    std::fs::create_dir_all(project.path().join("sub")).expect("made");
    project
}

/// The file without comments before its keys.
fn uncommented(text: &str) -> String {
    let is_key = |line: &str| line.strip_prefix("# ").is_some_and(|rest| rest.contains(" = "));
    text.lines().map(|line| if is_key(line) { &line[2..] } else { line }).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_configuration_is_right_with_and_without_its_comments() {
    let project = repository(&[]);
    let (code, said, told) = out(&project, &["init"]);
    assert_eq!((code, said.as_str()), (Some(0), "temporal-py-lint.toml is written.\n"), "{told}");
    let text = project.text("temporal-py-lint.toml");
    insta::assert_snapshot!("init_configuration", text);
    assert_eq!(out(&project, &["config"]).2, "");
    project.write("temporal-py-lint.toml", &uncommented(&text));
    project.write("temporal-rules/acme.yaml", "effects: []\n");
    let (code, said, _) = out(&project, &["config"]);
    assert_eq!(code, Some(0));
    assert_eq!(said.matches("from temporal-py-lint.toml:").count(), 18, "all keys but `extend`: {said}");
    let (code, said, _) = out(&project, &["init"]);
    assert_eq!((code, said.as_str()), (Some(0), "temporal-py-lint.toml is there already, and is left alone.\n"));
    assert_eq!(project.text("temporal-py-lint.toml"), uncommented(&text));
}

const PRE_COMMIT: &str = "repos:\r\n  - repo: local\r\n    hooks: []\r\n";

#[test]
fn what_fits_the_project_is_written_and_what_is_there_is_told() {
    let files = [
        ("pyproject.toml", "[project]\nname = 'x'\n"),
        (".pre-commit-config.yaml", PRE_COMMIT),
        (".github/CODEOWNERS", ""),
        (".gitlab-ci.yml", "test:\n  script: [\"true\"]\n"),
    ];
    let project = repository(&files);
    let dry = out(&project, &["init", "--dry-run"]);
    assert!(dry.0 == Some(0) && !project.path().join("temporal-py-lint.toml").exists());
    insta::assert_snapshot!("init_told", out(&project, &["init"]).1);
    for (path, text) in files {
        assert_eq!(project.text(path), text, "{path} is as it was");
    }
    insta::assert_snapshot!("init_github", project.text(".github/workflows/temporal-py-lint.yml"));
}

#[test]
fn files_are_added_to_where_that_is_asked_for() {
    let files = [("pyproject.toml", "[project]\nname = 'x'"), (".pre-commit-config.yaml", PRE_COMMIT)];
    let project = repository(&files);
    let (code, said, told) = out(&project, &["init", "--edit"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(said.starts_with("pyproject.toml is there, and got this added:\n"), "{said}");
    let text = project.text("pyproject.toml");
    assert!(text.starts_with("[project]\nname = 'x'\n\n[tool.temporal-py-lint]\npreset = \"recommended\"\n"), "{text}");
    assert_eq!(out(&project, &["config"]).2, "");
    let hooks = project.text(".pre-commit-config.yaml");
    assert!(
        hooks.starts_with(PRE_COMMIT)
            && hooks.contains("  - repo: https://")
            && !hooks.replace("\r\n", "").contains('\n')
    );
    let again = out(&project, &["init", "--edit"]);
    assert_eq!(again.1.matches("is there already, and is left alone.").count(), 2, "{}", again.1);
    assert_eq!((project.text("pyproject.toml"), project.text(".pre-commit-config.yaml")), (text, hooks));
}

#[test]
fn below_the_top_of_a_repository_the_top_is_meant() {
    let project = repository(&[]);
    let mut command = project.command(&["init", "-q"]);
    let output = command.current_dir(project.path().join("sub")).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0));
    assert!(project.path().join("temporal-py-lint.toml").exists());
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link_out_of_the_project() {
    use std::os::unix::fs::symlink;
    let outside = Project::new(&[]);
    let project = repository(&[(".github/CODEOWNERS", "")]);
    symlink(outside.path(), project.path().join(".github/workflows")).expect("linked");
    let (code, _, told) = out(&project, &["init"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("would be written out of the project"), "{told}");
    assert!(!outside.path().join("temporal-py-lint.yml").exists());
    let project = repository(&[]);
    symlink(outside.path().join("pyproject.toml"), project.path().join("pyproject2.toml")).expect("linked");
    std::fs::remove_file(project.path().join("pyproject.toml")).expect("it is there");
    symlink(outside.path().join("pyproject.toml"), project.path().join("pyproject.toml")).expect("linked");
    let (code, _, told) = out(&project, &["init", "--edit"]);
    assert!(code == Some(2) && told.contains("leads out of the project"), "{told}");
    assert_eq!(outside.text("pyproject.toml"), "");
}

#[test]
fn the_strict_preset_checks_all_rules_and_shows_what_is_less_certain() {
    let count = |args: &[&str], table: &str| {
        let project = Project::new(&[("pyproject.toml", &format!("[tool.temporal-py-lint]\n{table}\n"))]);
        let (code, said, told) = out(&project, &[args, &["config", "--output-format", "json"]].concat());
        assert_eq!((code, told.as_str()), (Some(0), ""));
        let shown: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let confidence = shown["values"].as_array().and_then(|values| values.iter().find(|v| v["key"] == "confidence"));
        let confidence = confidence.map(|value| value["value"].as_str().unwrap_or_default().to_owned());
        (shown["rules"].as_array().map_or(0, Vec::len), confidence.unwrap_or_default())
    };
    let all = temporal_py_lint::registry::rules().len();
    let usual = temporal_py_lint::registry::rules().iter().filter(|rule| rule.default).count();
    assert_eq!(count(&[], ""), (usual, "\"medium\"".to_owned()));
    assert_eq!(count(&[], "preset = 'recommended'"), (usual, "\"medium\"".to_owned()));
    assert_eq!(count(&[], "preset = 'strict'"), (all, "\"low\"".to_owned()));
    assert_eq!(count(&[], "preset = 'strict'\nselect = ['TPY101']\nconfidence = 'high'"), (1, "'high'".to_owned()));
    assert_eq!(count(&[], "preset = 'strict'\nignore = ['TPY101']").0, all - 1);
}

/// `--preset` replaces the configured preset, and nothing else that is configured.
#[test]
fn the_preset_of_the_command_line_wins_over_the_configured_one() {
    let flow = "from temporalio import workflow\nimport time\n\n\n@workflow.defn\nclass Order:\n    @workflow.run\n    async def run(self) -> float:\n        return time.time()\n";
    let code = |table: &str, args: &[&str]| {
        let table = format!("[tool.temporal-py-lint]\n{table}\n");
        Project::new(&[("pyproject.toml", &table), ("flow.py", flow)]).run(args).status.code()
    };
    assert_eq!(code("ignore = ['TPY101']", &["--preset", "strict"]), Some(0));
    assert_eq!(code("preset = 'strict'\nconfidence = 'high'", &["--preset", "recommended"]), Some(1));
    assert_eq!(code("preset = 'strct'", &[]), Some(2));
}
