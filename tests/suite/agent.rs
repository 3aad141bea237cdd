//! `temporal-py-lint agent`: installing the agent, and checking agent files.

use std::process::Output;

use super::cli::Project;

const HARNESSES: [(&str, &str); 4] = [
    ("claude", ".claude/agents/temporal-python.md"),
    ("codex", ".codex/agents/temporal-python.toml"),
    ("cursor", ".cursor/agents/temporal-python.md"),
    ("opencode", ".opencode/agents/temporal-python.md"),
];

fn parts(output: &Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (text(&output.stdout), text(&output.stderr), output.status.code().expect("the command is not killed"))
}

/// Runs in a project with a home of its own.
fn agent(project: &Project, args: &[&str]) -> (String, String, i32) {
    let args: Vec<&str> = std::iter::once("agent").chain(args.iter().copied()).collect();
    let mut command = project.command(&args);
    for name in ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    parts(&command.env("HOME", project.path().join("home")).output().expect("the command starts"))
}

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path().join(path)).expect("the file is there")
}

#[test]
fn the_agent_is_written_for_every_harness_and_passes_the_check() {
    let project = Project::new(&[]);
    for (harness, path) in HARNESSES {
        let expected = format!("{}\n", project.path().join(path).display());
        assert_eq!(agent(&project, &["install", "--for", harness]), (expected, "Written.\n".to_owned(), 0));
        assert_eq!(agent(&project, &["check", path]), (String::new(), "No problems.\n".to_owned(), 0), "{path}");
        let (_, said, code) = agent(&project, &["install", "--for", harness]);
        assert_eq!((said.as_str(), code), ("It is there already, and up to date.\n", 0));
    }
    let folders = std::fs::read_dir(project.path().join(".claude/agents")).expect("the folder is there");
    assert_eq!(folders.count(), 1, "nothing is left beside the file");
}

#[test]
fn front_matter_is_what_the_harness_reads() {
    let project = Project::new(&[]);
    let mut shown = String::new();
    for (harness, path) in HARNESSES {
        agent(&project, &["install", "--for", harness]);
        let text = read(&project, path);
        let end = text.find("You write, review").expect("the body");
        shown.push_str(&format!("{path}\n{}\n\n", text[..end].trim_end()));
    }
    let filters = vec![(r"\d+\.\d+\.\d+, content [0-9a-f]{16}", "[version], content [hash]")];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(shown);
    });
}

#[test]
fn nobodys_work_is_replaced_unasked() {
    let path = HARNESSES[0].1;
    let project = Project::new(&[(path, "mine\n")]);
    let (out, said, code) = agent(&project, &["install"]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(said.contains("was not written by temporal-py-lint") && said.contains("--force"), "{said}");
    assert_eq!(read(&project, path), "mine\n");
    assert_eq!(agent(&project, &["install", "--force", "--dry-run"]).1, "It would be replaced.\n");
    assert_eq!(read(&project, path), "mine\n");
    assert_eq!(agent(&project, &["install", "--force"]).1, "Replaced.\n");
    // A file of ours that was changed is somebody's work too.
    let changed = read(&project, path).replace("You write", "You carefully write");
    project.write(path, &changed);
    assert_eq!(agent(&project, &["install"]).2, 2);
    assert_eq!(read(&project, path), changed);
}

#[test]
fn an_older_file_of_ours_and_a_copy_of_the_source_are_replaced() {
    let path = HARNESSES[0].1;
    let project = Project::new(&[(path, include_str!("../../agents/temporal-python.md"))]);
    assert_eq!(agent(&project, &["install"]).1, "Replaced.\n");
    let older =
        "---\n# Written by temporal-py-lint 0.0.1, content 5b2b4b9047840e30\nname: temporal-python\n---\nwork\n";
    project.write(path, older);
    assert_eq!(agent(&project, &["install"]).1, "Replaced.\n");
}

#[test]
fn a_dry_run_writes_nothing() {
    let project = Project::new(&[]);
    let (out, said, code) = agent(&project, &["install", "--dry-run"]);
    assert!(out.ends_with(&format!("{}\n", HARNESSES[0].1)), "{out}");
    assert_eq!((said.as_str(), code), ("It would be written.\n", 0));
    assert!(!project.path().join(".claude").exists());
}

#[test]
fn the_agent_is_installed_for_the_user_or_at_the_top_of_the_repository() {
    let project = Project::new(&[(".git/HEAD", ""), ("src/a.py", "")]);
    let (out, ..) = agent(&project, &["install", "--user"]);
    assert!(out.ends_with("home/.claude/agents/temporal-python.md\n"), "{out}");
    let mut command = project.command(&["agent", "install", "--project"]);
    let output = command.current_dir(project.path().join("src")).env("HOME", "/nowhere").output();
    let (out, ..) = parts(&output.expect("the command starts"));
    assert_eq!(out, format!("{}\n", project.path().join(HARNESSES[0].1).display()));
    assert_eq!(agent(&project, &["install", "--user", "--project"]).2, 2);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_not_replaced() {
    let project = Project::new(&[("dotfiles/agent.md", include_str!("../../agents/temporal-python.md"))]);
    std::fs::create_dir_all(project.path().join(".claude/agents")).expect("a folder");
    let link = project.path().join(HARNESSES[0].1);
    std::os::unix::fs::symlink("../../dotfiles/agent.md", &link).expect("a link");
    assert_eq!(agent(&project, &["install"]).1, "Replaced.\n");
    assert!(link.is_symlink());
    assert!(read(&project, "dotfiles/agent.md").contains("Written by temporal-py-lint"));
}

#[test]
fn the_source_passes_its_own_check() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/agents/temporal-python.md");
    let project = Project::new(&[]);
    assert_eq!(agent(&project, &["check", path]), (String::new(), "No problems.\n".to_owned(), 0));
}

const BAD: &str = "---
name: My_Agent
description: short
tools: Read, Grap, MultiEdit
colour: red
model: gpt-5
---
See `temporal-py-lint explain TPY999`.
";

const EXAMPLES: &str = "---
name: examples
description: Shows what Python examples are held to.
---
Unmarked:

```python
import time
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> float:
        return time.time()
```

<!-- right -->
```python
from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> float:
        return workflow.time()
```

1. Marked wrong, and in a list:

   <!-- wrong: TPY101, TPY102, TPY998 -->
   ```python
   import time
   from temporalio import workflow


   @workflow.defn
   class Order:
       @workflow.run
       async def run(self) -> float:
           try:
               await workflow.sleep(1)
               return time.time()
           except:
               return 0
   ```

<!-- fragment: right -->
```python
await workflow.execute_activity(
```

<!-- wrong -->
```python
x = 1
```

```text
time.time()
```
";

#[test]
fn problems_are_printed_with_place_and_help() {
    let project =
        Project::new(&[("bad.md", BAD), ("examples.md", EXAMPLES), ("not-yaml.md", "---\na: b: c\n---\nx\n")]);
    insta::assert_snapshot!(project.shown(&["agent", "check", "bad.md", "examples.md", "not-yaml.md"]));
}

#[test]
fn a_plugins_agent_has_no_hooks() {
    let text = "---\nname: a-b-c\ndescription: Does something, when it is asked to.\nhooks: {}\n---\nWork.\n";
    let project =
        Project::new(&[("p/.claude-plugin/plugin.json", "{}"), ("p/agents/a-b-c.md", text), ("a-b-c.md", text)]);
    let (out, _, code) = agent(&project, &["check", "p/agents/a-b-c.md"]);
    assert!(out.starts_with("p/agents/a-b-c.md:4:1: error: `hooks` is ignored in the agents of a plugin\n"), "{out}");
    assert_eq!(code, 1);
    assert_eq!(agent(&project, &["check", "a-b-c.md"]).2, 0);
}

#[test]
fn files_that_cannot_be_read_and_wrong_usage_exit_with_2() {
    let project = Project::new(&[("a.md", "\u{0}")]);
    for args in [&["check"][..], &["check", "missing.md"], &["install", "--for", "emacs"], &[]] {
        assert_eq!(agent(&project, args).2, 2, "{args:?}");
    }
    assert_eq!(agent(&project, &["check", "a.md"]).2, 1);
}

#[test]
fn help_of_the_commands() {
    let project = Project::new(&[]);
    for command in [&["agent"][..], &["agent", "install"], &["agent", "check"], &["hook"]] {
        let args: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        insta::assert_snapshot!(format!("help_{}", command.join("_")), project.shown(&args));
    }
}
