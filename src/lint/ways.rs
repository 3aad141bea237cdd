use camino::Utf8Path;

use super::stated::stated;
use super::threads::in_pool;
use super::{Way, import_roots, load};
use crate::config::Settings;
use crate::diagnostic::{Confidence, Frame};
use crate::python::{Code, MODULE, NodeId, Project, Reach};
use crate::source::{FileId, Sources, Span, TextRange};
use crate::temporal::{Analysis, Context, ReachedCode, Worlds, analyse};

/// How many ways are listed.
const WAYS_LIMIT: usize = 100;

/// The ways to one line, with the files that they lead through.
pub struct Ways {
    /// The files.
    pub sources: Sources,
    /// The ways, shortest first.
    pub ways: Vec<Way>,
    /// There are more than are listed.
    pub has_more: bool,
}

/// Every way by which a line, counted from 1, becomes workflow or activity code.
///
/// # Errors
///
/// Says what is wrong where the file is none of the project's Python files, or has no such line.
pub fn ways(settings: &Settings, path: &Utf8Path, line: usize) -> Result<Ways, String> {
    in_pool(settings.threads, || find(settings, path, line))
}

fn find(settings: &Settings, path: &Utf8Path, line: usize) -> Result<Ways, String> {
    let sources = Sources::new();
    let loaded = load::load(settings, &|_| ());
    let roots = import_roots(settings, &loaded);
    let stated = stated(settings, loaded.paths());
    let seeds: Vec<FileId> = loaded.seeds.into_iter().map(|seed| sources.add(seed.file)).collect();
    let mut ways = {
        let project = Project::new(&sources, &roots, &settings.paths);
        let known = stated.known;
        let worlds = Worlds::new(stated);
        let files = load::with_wrappers(&project, &seeds, &loaded.rest, known).files;
        crate::source::read(path).map_err(|_| format!("`{path}` cannot be read"))?;
        let file = project.file(path);
        let lines = project.source(file).lines().line_count();
        if line == 0 || line > lines {
            return Err(format!("`{path}` has no line {line}; it has {lines}"));
        }
        let wanted = Wanted { file, line };
        analyse(&project, &worlds, &files, &settings.project_root, &[], |analysis| {
            let mut ways: Vec<Way> =
                analysis.reached.iter().flat_map(|reached| wanted.ways(analysis, reached)).collect();
            ways.sort_by_key(|way| way.frames.len());
            ways
        })
    };
    let has_more = ways.len() > WAYS_LIMIT;
    ways.truncate(WAYS_LIMIT);
    Ok(Ways { sources, ways, has_more })
}

struct Wanted {
    file: FileId,
    line: usize,
}

impl Wanted {
    fn ways(&self, analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Vec<Way> {
        let mut found: Vec<Way> = Vec::new();
        for (id, _) in reached.reach.nodes().filter(|(id, _)| self.holds(&reached.reach, *id)) {
            let range = self.line_range(&reached.reach);
            let own = Frame { function: reached.reach.name(id), span: Span { file: self.file, range } };
            self.climb(reached, id, &mut vec![(id, own)], &mut found);
        }
        if reached.context == Context::Import {
            return found.into_iter().flat_map(|way| entered_by_imports(analysis, way)).take(WAYS_LIMIT + 1).collect();
        }
        found
    }

    /// Whether the line is in a node's code, and not in that of a function inside it.
    fn holds(&self, reach: &Reach<'_>, id: NodeId) -> bool {
        let code = reach.node(id).code;
        if code.file() != self.file {
            return false;
        }
        let project = reach.evaluator().project();
        let (source, module) = (project.source(self.file), project.module(self.file));
        let covers = |range: TextRange| {
            let (first, last) = (source.line_column(range.start()).row, source.line_column(range.end()).row);
            (first..=last).contains(&self.line)
        };
        let functions = module.function_ids().filter(|id| covers(module[*id].range));
        let innermost = functions.min_by_key(|id| module[*id].range.len());
        match code {
            Code::Function(function) => innermost == Some(function.function),
            Code::Module(_) => innermost.is_none(),
            Code::Initialiser { value, .. } => innermost.is_none() && covers(module.span(value)),
            Code::Factory { callee, .. } => innermost.is_none() && covers(module.span(callee)),
        }
    }

    /// Goes up every edge to the entry points. `way` holds the frames so far, the line's own first.
    fn climb(&self, reached: &ReachedCode<'_>, id: NodeId, way: &mut Vec<(NodeId, Frame)>, found: &mut Vec<Way>) {
        let reach = &reached.reach;
        let node = reach.node(id);
        if !node.roots.is_empty() && found.len() <= WAYS_LIMIT {
            let frames = way.iter().rev().map(|(_, frame)| frame.clone()).collect();
            let doubtful = way.first().is_some_and(|(first, _)| reach.is_doubtful(*first));
            let confidence = if doubtful { Confidence::Medium } else { Confidence::High };
            let way = Way { context: reached.context.name(), frames, confidence };
            if !found.contains(&way) {
                found.push(way);
            }
        }
        for edge in node.parent.iter().chain(&node.others) {
            if found.len() <= WAYS_LIMIT && !way.iter().any(|(seen, _)| *seen == edge.from) {
                let frame = Frame { function: reach.name(edge.from), span: reach.span(edge.from, edge.site) };
                way.push((edge.from, frame));
                self.climb(reached, edge.from, way, found);
                way.pop();
            }
        }
    }

    fn line_range(&self, reach: &Reach<'_>) -> TextRange {
        let source = reach.evaluator().project().source(self.file);
        source.line_range(self.line)
    }
}

/// A way once for each way of the imports that load its first module, with these before it.
fn entered_by_imports(analysis: &Analysis<'_, '_>, way: Way) -> Vec<Way> {
    let file = way.frames.first().map(|frame| frame.span.file);
    let entries = file.map(|file| analysis.import_ways_to(file, WAYS_LIMIT + 1)).unwrap_or_default();
    if entries.is_empty() {
        return vec![way];
    }
    let entered = |imports: Vec<Span>| {
        let imports = imports.into_iter().map(|span| Frame { function: MODULE.to_owned(), span });
        Way { frames: imports.chain(way.frames.iter().cloned()).collect(), ..way.clone() }
    };
    entries.into_iter().map(entered).collect()
}
