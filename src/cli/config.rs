use std::io::Write;

use camino::Utf8Path;
use serde::Serialize;

use super::args::{ConfigArgs, PageFormat};
use super::streams::Streams;
use super::{Failure, Status, home, working_directory};
use crate::config::{FileRules, KEYS, Options, Resolved, resolve};
use crate::output::{display_path, printable};

/// What is in force for a path.
#[derive(Serialize)]
struct InForce {
    project_root: String,
    files: Vec<String>,
    values: Vec<Value>,
    rules: Vec<&'static str>,
}

/// A key with its value, as it would be written, and where that comes from.
#[derive(Serialize)]
struct Value {
    key: &'static str,
    value: Option<String>,
    from: Option<String>,
}

/// Prints what is configured for a path, and where each value comes from.
pub(super) fn run(args: &ConfigArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let options = Options { paths: args.path.iter().cloned().collect(), home: home(), ..Options::default() };
    let resolved = resolve(&options, &cwd)?;
    let inside = resolved.settings.paths.first().map_or(cwd.clone(), |path| match path.is_dir() {
        true => path.join("file.py"),
        false => path.clone(),
    });
    let rules = resolved.settings.configurations.of_file(&inside);
    let shown = in_force(&resolved, &rules, &inside, &cwd);
    match args.output_format {
        PageFormat::Text => print(&shown, streams)?,
        PageFormat::Json => {
            serde_json::to_writer_pretty(&mut streams.out, &shown).map_err(std::io::Error::from)?;
            writeln!(streams.out)?;
        }
    }
    let severity = crate::diagnostic::Severity::Warning;
    let configurations = &resolved.settings.configurations;
    for warning in configurations.take_warnings().into_iter().chain(configurations.unmatched()) {
        let prefix = streams.err_paint().severity(severity, "warning:");
        streams.tell(&format!("{prefix} {}", warning.seen_from(&cwd)));
    }
    Ok(Status::Clean)
}

fn in_force(resolved: &Resolved, rules: &FileRules, file: &Utf8Path, cwd: &Utf8Path) -> InForce {
    let mut values = Vec::new();
    for key in KEYS.map(|key| key.name) {
        let said: Vec<_> = resolved.origins.iter().filter(|origin| origin.key == key).collect();
        for origin in &said {
            let from = format!("{}:{}", display_path(&origin.place.path, cwd), origin.place.row);
            values.push(Value { key, value: Some(printable(&origin.written).into_owned()), from: Some(from) });
        }
        if said.is_empty() {
            values.push(Value { key, value: usual(key, rules), from: None });
        }
    }
    let mut files: Vec<String> = Vec::new();
    for path in resolved.config_file.iter().chain(resolved.origins.iter().map(|origin| &origin.place.path)) {
        let path = display_path(path, cwd);
        if !files.contains(&path) {
            files.push(path);
        }
    }
    let on = rules.selection.iter().map(|rule| rule.code.as_str()).filter(|code| rules.is_enabled(code, file));
    InForce { project_root: resolved.settings.project_root.to_string(), files, values, rules: on.collect() }
}

/// What holds where nothing is said.
fn usual(key: &str, rules: &FileRules) -> Option<String> {
    Some(match key {
        "preset" => "\"recommended\"".to_owned(),
        "select" => "the preset's rules".to_owned(),
        "confidence" => format!("\"{}\"", rules.confidence),
        "fail-on" => "\"warning\"".to_owned(),
        "output-format" => "\"full\"".to_owned(),
        "src" => "found from the layout".to_owned(),
        "sdk-version" => "found in lock files and dependencies".to_owned(),
        _ => return None,
    })
}

fn print(shown: &InForce, streams: &mut Streams) -> Result<(), Failure> {
    let paint = streams.out_paint();
    let out = &mut streams.out;
    writeln!(out, "project root: {}", printable(&shown.project_root))?;
    match shown.files.as_slice() {
        [] => writeln!(out, "configuration: none")?,
        [one] => writeln!(out, "configuration: {one}")?,
        [first, bases @ ..] => writeln!(out, "configuration: {first}, which builds on {}", bases.join(", "))?,
    }
    writeln!(out)?;
    for Value { key, value, from } in &shown.values {
        let value = value.as_deref().unwrap_or("(nothing)");
        let from = paint.dim(&from.as_deref().map_or("default".to_owned(), |from| format!("from {from}")));
        writeln!(out, "{} = {value}  {from}", paint.bold(key))?;
    }
    writeln!(out, "\n{} rules are on: {}", shown.rules.len(), shown.rules.join(" "))?;
    Ok(())
}
