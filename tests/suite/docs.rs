//! The documentation for people: every link leads somewhere, and every block of code is what it says it is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use temporal_py_lint::source::parse;

use super::cli::Project;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages, with their paths.
fn pages() -> Vec<(PathBuf, String)> {
    let top = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    let below = walkdir::WalkDir::new(root().join("docs")).sort_by_file_name().into_iter();
    let below = below.map(|entry| entry.expect("readable").into_path());
    let paths = top.into_iter().chain(below.filter(|path| path.extension().is_some_and(|end| end == "md")));
    paths.map(|path| (path.clone(), std::fs::read_to_string(&path).expect("UTF-8"))).collect()
}

/// The lines outside and the blocks inside of fences, each block with its language and its line.
fn parts(text: &str) -> (String, Vec<(String, usize, String)>) {
    let (mut prose, mut blocks) = (String::new(), Vec::<(String, usize, String)>::new());
    let mut fence: Option<&str> = None;
    for (number, line) in text.lines().enumerate() {
        let ticks = line.trim_start();
        match fence {
            Some(_) if ticks.trim_end() == "```" => fence = None,
            Some(indent) => {
                let (_, _, block) = blocks.last_mut().expect("it was begun");
                block.push_str(line.strip_prefix(indent).unwrap_or(line));
                block.push('\n');
            }
            None if ticks.starts_with("```") && !ticks.starts_with("````") => {
                fence = Some(&line[..line.len() - ticks.len()]);
                blocks.push((ticks.trim_start_matches('`').to_owned(), number + 1, String::new()));
            }
            None => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a block has no end");
    (prose, blocks)
}

/// How GitHub calls the anchors of a page's headings.
fn anchors(prose: &str) -> BTreeSet<String> {
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept =
        |c: char| (c.is_alphanumeric() || c == '-' || c == '_' || c == ' ').then_some(if c == ' ' { '-' } else { c });
    headings.map(|heading| heading.to_lowercase().chars().filter_map(kept).collect()).collect()
}

/// What stands behind `](` in prose, code spans left aside.
fn links(prose: &str) -> Vec<String> {
    let outside: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("``");
    outside.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned()).collect()
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut number = 0;
    for (path, text) in pages() {
        let prose = parts(&text).0;
        for link in links(&prose).iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            number += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            assert!(target.exists(), "{}: {link}", path.display());
            if !anchor.is_empty() {
                let there = anchors(&parts(&std::fs::read_to_string(&target).expect("text")).0);
                assert!(there.contains(anchor), "{}: {link}: {there:?}", path.display());
            }
        }
    }
    assert!(number > 100, "only {number} links");
}

/// Our own pages on the web are those of the repository.
#[test]
fn addresses_of_this_repository_name_files_that_are_there() {
    let ours = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");
    for (path, text) in pages() {
        for rest in text.split(ours).skip(1) {
            let file: String = rest.chars().take_while(|c| c.is_alphanumeric() || "-_./".contains(*c)).collect();
            assert!(root().join(file.trim_end_matches('.')).exists(), "{}: {file}", path.display());
        }
    }
}

#[test]
fn every_block_of_code_is_what_it_says_it_is() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (path, text) in pages().iter().filter(|(path, _)| !path.starts_with(root().join("docs/rules"))) {
        for (language, line, block) in parts(text).1 {
            let place = format!("{}:{line}", path.display());
            match language.as_str() {
                "toml" => configuration(&place, &block),
                "yaml" => yaml(&place, &block),
                "json" => {
                    let inner = block.trim_start().starts_with('"');
                    let text = if inner { format!("{{{block}}}") } else { block };
                    serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{place}: {error}"));
                }
                "python" => {
                    // The lines of a function may stand alone.
                    let indent = &block[..block.len() - block.trim_start_matches(' ').len()];
                    let lines =
                        block.lines().map(|line| format!("    {}\n", line.strip_prefix(indent).unwrap_or(line)));
                    let inside = format!("async def f():\n{}", lines.collect::<String>());
                    let is_right = |text: &str| parse(text, false).problems().is_empty();
                    assert!(is_right(&block) || is_right(&inside), "{place}");
                }
                "sh" | "console" => commands(&place, &block),
                "lua" | "mermaid" | "text" | "diff" => {}
                other => panic!("{place}: a block of `{other}` is not tested"),
            }
            seen.insert(language);
        }
    }
    let wanted = ["toml", "yaml", "json", "python", "sh"];
    assert!(wanted.iter().all(|wanted| seen.contains(*wanted)), "{seen:?}");
}

/// A configuration of ours is taken as it stands.
fn configuration(place: &str, block: &str) {
    let table: toml::Table = toml::from_str(block).unwrap_or_else(|error| panic!("{place}: {error}"));
    if table.get("tool").and_then(|tool| tool.get("temporal-py-lint")).is_none() {
        return;
    }
    let project = Project::new(&[
        ("pyproject.toml", "[tool.temporal-py-lint]\n"),
        ("app/pyproject.toml", block),
        ("app/temporal-rules/acme.yaml", "effects: []\n"),
        ("app/temporal-baseline.jsonl", ""),
    ]);
    let output = project.run(&["config", "app"]);
    assert_eq!(output.status.code(), Some(0), "{place}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Tables of a project are read by the tool itself.
fn yaml(place: &str, block: &str) {
    let value: serde_yaml::Value = serde_yaml::from_str(block).unwrap_or_else(|error| panic!("{place}: {error}"));
    if value.get("decorators").is_some() || value.get("effects").is_some() && value.get("code").is_none() {
        let configuration = "extend-rules = ['acme.yaml']\n";
        let project = Project::new(&[("temporal-py-lint.toml", configuration), ("acme.yaml", block)]);
        let output = project.run(&["config"]);
        assert_eq!(output.status.code(), Some(0), "{place}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Every call of ours names a command and options that there are.
fn commands(place: &str, block: &str) {
    let project = Project::new(&[]);
    for line in block.lines().map(|line| line.trim_start().trim_start_matches("$ ")) {
        let Some(at) = line.find("temporal-py-lint ").filter(|at| *at == 0 || line[..*at].ends_with(" -- ")) else {
            continue;
        };
        let call = line[at..].split(['|', '>', '#', '&', ';']).next().unwrap_or_default();
        let quoted = call.replace("\"origin/$BASE\"", "origin/main");
        let mut args: Vec<String> = Vec::new();
        for (position, part) in quoted.split('"').enumerate() {
            match position % 2 {
                0 => args.extend(part.split_whitespace().map(str::to_owned)),
                _ => args.push(part.to_owned()),
            }
        }
        let mut args: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
        args.push("--help");
        let output = project.run(&args);
        assert_eq!(output.status.code(), Some(0), "{place}: {line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
