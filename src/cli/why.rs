use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::args::{PageFormat, WhyArgs};
use super::streams::Streams;
use super::{Failure, Status, home, working_directory};
use crate::config::{Options, Settings, resolve};
use crate::diagnostic::Confidence;
use crate::lint::{self, Ways};
use crate::output::{Hop, Style, Trace, display_path, render_trace};

/// A way for programs.
#[derive(Serialize)]
struct WayObject {
    context: &'static str,
    confidence: Confidence,
    trace: Vec<Hop>,
}

/// Prints every way by which a line becomes workflow or activity code.
pub(super) fn run(args: &WhyArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let (settings, path) = settings(args, &cwd)?;
    let ways = lint::ways(&settings, &path, args.place.line).map_err(Failure::Usage)?;
    let objects = objects(&ways);
    match args.output_format {
        PageFormat::Text => {
            let place = format!("{}:{}", display_path(&path, &cwd), args.place.line);
            print(&place, &objects, ways.has_more, &streams.style(&cwd), streams)?;
        }
        PageFormat::Json => {
            serde_json::to_writer_pretty(&mut streams.out, &objects).map_err(std::io::Error::from)?;
            writeln!(streams.out)?;
        }
    }
    if ways.has_more {
        streams.tell(&format!("There are more ways than are listed: these are {}.", objects.len()));
    }
    Ok(Status::Clean)
}

/// Settings that take in the file's whole project: entry points may be anywhere in it.
fn settings(args: &WhyArgs, cwd: &Utf8Path) -> Result<(Settings, Utf8PathBuf), Failure> {
    let options = Options {
        paths: vec![args.place.path.clone()],
        src: args.src.clone(),
        isolated: args.isolated,
        home: home(),
        ..Options::default()
    };
    let mut settings = resolve(&options, cwd)?.settings;
    let path = settings.paths.remove(0);
    settings.paths = vec![settings.project_root.clone()];
    settings.confidence = Some(Confidence::Low);
    Ok((settings, path))
}

fn objects(ways: &Ways) -> Vec<WayObject> {
    let object = |way: &lint::Way| WayObject {
        context: way.context,
        confidence: way.confidence,
        trace: way.frames.iter().map(|frame| Hop::new(frame, &ways.sources)).collect(),
    };
    ways.ways.iter().map(object).collect()
}

fn print(place: &str, ways: &[WayObject], has_more: bool, style: &Style, streams: &mut Streams) -> Result<(), Failure> {
    let paint = streams.out_paint();
    let out = &mut streams.out;
    let bold = paint.bold(place);
    match ways.len() {
        0 => writeln!(out, "{bold} is reached from no workflow and from no async activity.")?,
        1 => writeln!(out, "{bold} is reached in 1 way.")?,
        number if has_more => writeln!(out, "{bold} is reached in more than {number} ways.")?,
        number => writeln!(out, "{bold} is reached in {number} ways.")?,
    }
    for way in ways {
        let confidence = match way.confidence {
            Confidence::High => String::new(),
            less => paint.dim(&format!(" ({less} confidence)")),
        };
        writeln!(out, "\n  {}{confidence}", paint.accent(&format!("{}:", way.context)))?;
        let trace = Trace { hops: way.trace.clone(), left_out: None };
        for line in render_trace(&trace, style.width.saturating_sub(4), style) {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}
