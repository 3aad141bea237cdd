//! `map`: from arguments to the map of a project.
//!
//! Knows: where the map goes and in which form. Does not know: how it is made or drawn.

use camino::Utf8Path;

use super::args::{GlobalArgs, MapArgs};
use super::check::told_of_configuration;
use super::progress::ProgressLine;
use super::streams::Streams;
use super::{Failure, Status, summary, working_directory};
use crate::config::{absolute, resolve};
use crate::lint::{self, Map};
use crate::output::{MapFormat, display_path, render_map};
use crate::source::write_whole;

/// Prints the map to standard output or a file, and what is to be said about the run to standard error.
pub(super) fn run(args: &MapArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let output = args.output.as_ref().map(|path| absolute(&cwd, path));
    let format = format(args)?;
    if let Some(folder) = output.as_ref().filter(|path| path.is_dir()) {
        let shown = display_path(folder, &cwd);
        return Err(Failure::Usage(format!("`{shown}` is a folder\n  help: name a file to write")));
    }
    let resolved = resolve(&args.check_args().options(None), &cwd)?;
    let settings = &resolved.settings;
    if global.verbose {
        streams.tell_all(&summary::decisions(&resolved, args.isolated));
    }
    let progress = ProgressLine::new(global.quiet == 0);
    let (whole, report) = lint::map(settings, args.tests, &|step| progress.update(step.done, step.total));
    progress.finish();
    told_of_configuration(settings, &cwd, global, streams)?;
    let map = match args.focus.is_empty() {
        true => whole,
        false => {
            let depth = args.depth.unwrap_or(1);
            whole.around(&args.focus, depth).map_err(|error| Failure::Usage(error.to_string()))?
        }
    };
    match &output {
        Some(path) => {
            let mut text = Vec::new();
            render_map(format, &map, &cwd, &mut text)?;
            write(path, &cwd, &text)?;
        }
        None => {
            streams.out.set(format.defence());
            render_map(format, &map, &cwd, &mut streams.out)?;
        }
    }
    if global.quiet == 0 {
        streams.tell_all(&told(&map, output.as_deref(), &cwd));
    }
    if global.quiet == 0
        && let Some(line) = summary::cut_short(&report, &cwd, global.verbose, streams.err_paint())
    {
        streams.tell(&line);
    }
    streams.tell_all(&summary::internal_errors(&report, &cwd, streams.err_paint()));
    let status = if report.stats.internal_errors.is_empty() { Status::Clean } else { Status::Failed };
    std::mem::forget(report);
    Ok(status)
}

/// The format that was asked for, else that of the file's ending.
fn format(args: &MapArgs) -> Result<MapFormat, Failure> {
    let ending = args.output.as_ref().and_then(|path| path.extension());
    match (args.format, ending) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(MapFormat::default()),
        (None, Some(ending)) => MapFormat::of_ending(ending).ok_or_else(|| {
            Failure::Usage(format!(
                "files that end in `.{ending}` are no maps\n  help: say which form it has with `--format`"
            ))
        }),
    }
}

fn write(path: &Utf8Path, cwd: &Utf8Path, text: &[u8]) -> Result<(), Failure> {
    write_whole(path, text, None).map_err(|error| {
        let shown = display_path(path, cwd);
        Failure::Usage(format!(
            "`{shown}` cannot be written: {error}\n  help: check that its folder is there and may be written to"
        ))
    })
}

fn told(map: &Map, output: Option<&Utf8Path>, cwd: &Utf8Path) -> Vec<String> {
    let mut lines = Vec::new();
    let (nodes, edges) = (map.nodes.len(), map.edges.len());
    let what = format!("{} and {}", summary::count(nodes, "node", "nodes"), summary::count(edges, "edge", "edges"));
    if let Some(path) = output {
        lines.push(format!("A map of {what} is written to {}.", display_path(path, cwd)));
    } else if nodes > 0 {
        lines.push(format!("The map has {what}."));
    }
    if nodes == 0 {
        lines.push("No workflows, activities, workers or clients were found.".to_owned());
    }
    if map.left_out > 0 {
        let what = summary::count(map.left_out, "definition", "definitions");
        lines.push(format!("{what} of test code left out; `--tests` shows them."));
    }
    lines
}
