//! What the command reads has a size that it says, and what could be waited for is not opened.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use super::cli::Project;

const MB: u64 = 1024 * 1024;

/// What the command says, which is to end with this code. A command that waits would never end.
fn said(project: &Project, args: &[&str], code: i32) -> String {
    let output = project.run(args);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    text
}

fn large(project: &Project, path: &str, size: u64) {
    File::create(project.path().join(path)).and_then(|file| file.set_len(size)).expect("sized");
}

#[test]
fn files_that_are_too_large_are_told_with_their_limit() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    large(&project, "large", 65 * MB);
    assert!(said(&project, &["--baseline", "large"], 2).contains("is larger than 64 MB"));
    assert!(said(&project, &["agent", "check", "large"], 2).contains("is larger than 4 MB"));
    large(&project, "temporal-py-lint.toml", 2 * MB);
    let told = said(&project, &[], 2);
    assert!(told.contains("`temporal-py-lint.toml` is larger than 1 MB\n  help: "), "{told}");
    large(&project, ".pre-commit-config.yaml", 2 * MB);
    assert!(said(&project, &["init"], 2).contains("is larger than 1 MB"));
}

#[test]
fn standard_input_is_bounded() {
    let project = Project::new(&[]);
    let mut command = project.command(&["-"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it is piped");
    // The command stops reading where it has had enough.
    let _ = input.write_all(&vec![b'\n'; 11 * 1024 * 1024]);
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard input is larger than 10 MB"));
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_waited_for() {
    let project = Project::new(&[("a.py", "x = 1\n")]);
    let pipe = |path: &str| {
        let made = std::process::Command::new("mkfifo").arg(project.path().join(path)).status();
        assert!(made.is_ok_and(|status| status.success()));
    };
    pipe("pipe");
    assert!(said(&project, &["--baseline", "pipe"], 2).contains("is a named pipe, not a file"));
    assert!(said(&project, &["agent", "check", "pipe"], 2).contains("is a named pipe, not a file"));
    std::os::unix::fs::symlink("/dev/zero", project.path().join("zero")).expect("linked");
    assert!(said(&project, &["agent", "check", "zero"], 2).contains("is a device, not a file"));
    assert!(said(&project, &["--write-baseline", "pipe"], 2).contains("is a named pipe, not a file"));
    project.write("temporal-py-lint.toml", "extend = 'pipe'\n");
    assert!(said(&project, &[], 2).contains("`extend` names a file that is not there"));
    std::fs::remove_file(project.path().join("temporal-py-lint.toml")).expect("it is there");
    pipe("temporal-py-lint.toml");
    pipe(".pre-commit-config.yaml");
    said(&project, &[], 0);
    assert!(said(&project, &["init"], 2).contains("is a named pipe, not a file"));
}

/// Neither the agent's file nor a folder on the way there leads out of the project.
#[cfg(unix)]
#[test]
fn the_agent_is_not_installed_through_a_link_out_of_the_project() {
    let outside = Project::new(&[]);
    let project = Project::new(&[(".git/HEAD", "")]);
    std::os::unix::fs::symlink(outside.path(), project.path().join(".claude")).expect("linked");
    let told = said(&project, &["agent", "install", "--force"], 2);
    assert!(told.contains("leads out of the project"), "{told}");
    assert!(!outside.path().join("agents").exists());
}
