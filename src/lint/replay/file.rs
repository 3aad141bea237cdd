//! A file that keeps what workflows do, to compare later versions with.
//!
//! Knows: its form: a block for each workflow, one step a line, sorted by names, so that branches that change different
//! workflows merge. Does not know: what a step is.

use std::io;
use std::sync::Arc;

use camino::Utf8Path;

use super::{Earlier, EarlierError, Known};
use crate::semantic::Name;
use crate::source::write_whole;
use crate::temporal::skeleton::{
    Called, Flow, FlowKind, Skeleton, Told, is_of_forms, read, read_effect, read_paths, write, write_effects,
};

/// The first line of such a file.
const HEADER: &str = "# temporal-py-lint replay baseline ";

/// How what workflows do is written down: what another version of this program wrote says the same things in other words.
const VERSION: &str = "13";

/// The largest file that is read, in bytes.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// Writes what workflows do, whole or not at all.
///
/// # Errors
///
/// Where the file there is something else, or cannot be written.
pub fn write_baseline(path: &Utf8Path, earlier: &Earlier) -> Result<(), EarlierError> {
    if std::fs::symlink_metadata(path).is_ok() {
        // One that another version wrote is written anew.
        if let Opened::Own(text) = open(path)? {
            parsed(path, &text)?;
        }
    }
    let failed =
        |error: &io::Error| EarlierError::new(format!("`{path}` cannot be written: {error}"), "check the folder");
    write_whole(path, text(earlier).as_bytes(), None).map_err(|error| failed(&error))
}

fn text(earlier: &Earlier) -> String {
    let mut lines = vec![
        format!("{HEADER}{VERSION}"),
        "# What replay compares of each workflow. Made by `temporal-py-lint replay-check --write-baseline`.".to_owned(),
    ];
    for known in &earlier.workflows {
        lines.push(String::new());
        lines.extend(block(&known.skeleton, &known.path));
    }
    let mut classes: Vec<String> = earlier
        .fields
        .iter()
        .map(|(class, fields)| {
            let mut fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            fields.sort_unstable();
            format!("class {class}: {}", fields.join(", ")).trim_end().to_owned()
        })
        .collect();
    classes.sort_unstable();
    if !classes.is_empty() {
        lines.push(String::new());
        lines.append(&mut classes);
    }
    let mut named: Vec<&str> = earlier.named.iter().map(|name| name.as_str()).collect();
    named.sort_unstable();
    if !named.is_empty() {
        lines.push(String::new());
        lines.extend(named.into_iter().map(|text| format!("{NAMES}{text}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The lines that a file has of a workflow.
fn block(skeleton: &Skeleton, path: &Utf8Path) -> Vec<String> {
    let mut lines = vec![
        format!("workflow {}", skeleton.name),
        format!("  class {} in {}", skeleton.class, path.as_str().replace('\\', "/")),
    ];
    if let Some(why) = &skeleton.cannot {
        lines.push(format!("  cannot be told: {why}"));
        lines.extend(skeleton.code.iter().map(|code| format!("  its code: {code}")));
    }
    let mut called = Called::default();
    for flow in &skeleton.flows {
        let name = if flow.name.is_empty() { String::new() } else { format!(" {}", flow.name) };
        let writes = if flow.writes { " and writes" } else { "" };
        lines.push(format!("  {}{name} takes {}{writes}", flow.kind.word(), flow.arity));
        flow.takes.iter().for_each(|takes| called.write_takes(takes, 2, &mut lines));
        write_effects(&flow.effects, 2, &mut lines);
        write(&flow.steps, 2, &mut called, &mut lines);
        flow.paths.iter().for_each(|paths| paths.write(2, &mut called, &mut lines));
    }
    called.write(1, &mut lines);
    lines
}

/// Whether a file says the same of two workflows, wherever they stand.
pub(super) fn is_written_alike(one: &Skeleton, other: &Skeleton) -> bool {
    let path = Utf8Path::new("");
    block(one, path) == block(other, path)
}

/// How the lines begin that tell of texts that the program names.
const NAMES: &str = "names ";

/// Reads such a file.
///
/// # Errors
///
/// Where it is not there, holds something else, or another version of this program wrote it.
pub fn read_baseline(path: &Utf8Path) -> Result<Earlier, EarlierError> {
    match open(path)? {
        Opened::Own(text) => parsed(path, &text),
        Opened::OfAnotherVersion => Err(wrong(path, "another version of temporal-py-lint wrote it, in other words")),
    }
}

fn wrong(path: &Utf8Path, message: &str) -> EarlierError {
    let again = format!("write it with `temporal-py-lint replay-check --write-baseline {path}`");
    EarlierError::new(format!("baseline `{path}`: {message}"), again)
}

/// A baseline, by who wrote it.
enum Opened {
    Own(String),
    OfAnotherVersion,
}

fn open(path: &Utf8Path) -> Result<Opened, EarlierError> {
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size > MAX_SIZE {
        return Err(wrong(path, "it is too large"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => wrong(path, "there is no such file"),
        _ => wrong(path, &format!("it cannot be read: {error}")),
    })?;
    match text.lines().next().and_then(|line| line.trim_end().strip_prefix(HEADER)) {
        Some(VERSION) => Ok(Opened::Own(text)),
        Some(other) if other.parse::<u32>().is_ok() => Ok(Opened::OfAnotherVersion),
        _ => Err(wrong(path, "it does not begin as a replay baseline does")),
    }
}

fn parsed(path: &Utf8Path, text: &str) -> Result<Earlier, EarlierError> {
    let wrong = |message: &str| wrong(path, message);
    let lines = text.lines().enumerate().skip(1);
    let mut earlier = Earlier { name: path.file_name().unwrap_or(path.as_str()).to_owned(), ..Earlier::default() };
    let mut block: Vec<(usize, usize, &str)> = Vec::new();
    let finish = |block: &mut Vec<(usize, usize, &str)>, earlier: &mut Earlier| {
        let Some((number, _, _)) = block.first().copied() else { return Ok(()) };
        let known = workflow(block).map_err(|line| line.unwrap_or(number));
        block.clear();
        earlier.workflows.push(known?);
        Ok::<(), usize>(())
    };
    for (index, line) in lines {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let bare = line.trim_start_matches(' ');
        let depth = (line.len() - bare.len()) / 2;
        let at_fault = |line: usize| wrong(&format!("line {line} is none of a replay baseline"));
        if depth == 0 {
            finish(&mut block, &mut earlier).map_err(at_fault)?;
            if let Some(text) = line.strip_prefix(NAMES) {
                Arc::make_mut(&mut earlier.named).insert(Name::new(text));
                continue;
            }
            if let Some((class, fields)) = line.strip_prefix("class ").and_then(|line| line.split_once(':')) {
                let fields = fields.split(", ").map(|field| field.trim().to_owned()).filter(|field| !field.is_empty());
                Arc::make_mut(&mut earlier.fields).entry(class.to_owned()).or_default().extend(fields);
                continue;
            }
            if !line.starts_with("workflow ") {
                return Err(at_fault(index + 1));
            }
        }
        block.push((index + 1, depth, bare));
    }
    finish(&mut block, &mut earlier).map_err(|line| wrong(&format!("line {line} is none of a replay baseline")))?;
    Ok(earlier)
}

/// Reads a workflow's block. Says which line is wrong, where one is.
fn workflow(block: &[(usize, usize, &str)]) -> Result<Known, Option<usize>> {
    let ((number, _, head), rest) = block.split_first().ok_or(None)?;
    let name = head.strip_prefix("workflow ").ok_or(Some(*number))?;
    let mut known = Known {
        skeleton: Skeleton {
            name: name.to_owned(),
            class: String::new(),
            at: None,
            flows: Vec::new(),
            cannot: None,
            code: None,
            missing: std::collections::BTreeSet::new(),
        },
        path: "".into(),
        sources: None,
    };
    let of_forms: Vec<(usize, &str)> = rest.iter().map(|(_, depth, line)| (*depth, *line)).collect();
    let told = Told::read(&of_forms, 1).ok_or(Some(*number))?;
    let mut at = 0;
    while let Some((number, depth, line)) = rest.get(at) {
        if *depth != 1 {
            return Err(Some(*number));
        }
        at += 1;
        if is_of_forms(line) {
            at += rest[at..].iter().take_while(|(_, depth, _)| *depth > 1).count();
            continue;
        }
        if let Some((class, path)) = line.strip_prefix("class ").and_then(|line| line.split_once(" in ")) {
            known.skeleton.class = class.to_owned();
            known.path = path.into();
            continue;
        }
        if let Some(why) = line.strip_prefix("cannot be told: ") {
            known.skeleton.cannot = Some(why.to_owned());
            continue;
        }
        if let Some(code) = line.strip_prefix("its code: ") {
            known.skeleton.code = Some(code.to_owned());
            continue;
        }
        let end = rest[at..].iter().position(|(_, depth, _)| *depth < 2).map_or(rest.len(), |end| at + end);
        let does: Vec<(usize, &str)> = rest[at..end].iter().map(|(_, depth, line)| (*depth, *line)).collect();
        let flow = flow(line).and_then(|flow| with(flow, &does, &told)).ok_or(Some(*number))?;
        known.skeleton.flows.push(flow);
        at = end;
    }
    Ok(known)
}

/// A flow with what its lines say of it.
fn with(mut flow: Flow, lines: &[(usize, &str)], told: &Told) -> Option<Flow> {
    let texts: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
    let mut at = 0;
    if let Some((takes, count)) = told.takes(&texts) {
        flow.takes = Some(takes);
        at = count;
    }
    flow.effects = texts[at..].iter().map_while(|line| read_effect(line)).collect();
    at += flow.effects.len();
    let paths = lines.iter().position(|line| *line == (2, "paths")).unwrap_or(lines.len());
    flow.steps = read(lines.get(at..paths)?, 2, told)?;
    if let Some(lines) = lines.get(paths + 1..) {
        flow.paths = Some(read_paths(lines, 3, told)?);
    }
    Some(flow)
}

fn flow(line: &str) -> Option<Flow> {
    let (head, takes) = line.split_once(" takes ")?;
    let (takes, writes) = match takes.strip_suffix(" and writes") {
        Some(takes) => (takes, true),
        None => (takes, false),
    };
    let (kind, name) = head.split_once(' ').unwrap_or((head, ""));
    let kind = FlowKind::of_word(kind)?;
    Some(Flow {
        kind,
        name: name.to_owned(),
        arity: takes.parse().ok()?,
        parameters: Vec::new(),
        takes: None,
        writes,
        steps: Vec::new(),
        effects: Vec::new(),
        at: None,
        paths: None,
    })
}
