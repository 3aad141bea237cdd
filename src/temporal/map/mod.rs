//! What a program has to do with Temporal, as a map: who registers, starts, signals and schedules what.
//!
//! Knows: workflows with their handlers, activities, Nexus services, workers, task queues, schedules and the code that talks to
//! the server, and what leads from one to another. All is plain data with places of its own, so that the maps of several
//! programs can be joined once the programs are gone. Does not know: other programs, findings, or how a map is drawn.
//!
//! ```python
//! await workflow.execute_activity(charge, …)    # Link: Executes, from the workflow that reaches this line to `charge`
//! await client.start_workflow("Order", …)       # Link: Starts, from this function to whatever workflow has that name
//! ```

mod callers;
mod defined;
mod handed_on;
mod holders;
mod kinds;
mod links;
mod made_for;
mod nexus;
mod queues;
mod schedules;
mod targets;
mod workers;

use camino::Utf8PathBuf;
use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use crate::source::{LineColumn, SourceFile, Span, TextRange};

pub use kinds::{LinkKind, NodeKind};

/// A line of a file, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// The file.
    pub path: Utf8PathBuf,
    /// Where in it.
    pub at: LineColumn,
    /// What the line says.
    pub line: String,
    /// Whether the file is one that was asked for.
    pub is_requested: bool,
}

/// What a node takes: a message of a workflow, an operation of a Nexus service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// `signal`, `query`, `update` or `operation`.
    pub kind: &'static str,
    /// Its name; none for one that takes all names.
    pub name: Option<String>,
    /// Where it is defined.
    pub spot: Spot,
}

/// What a box of the map stands for, with what is said in it.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What it stands for.
    pub kind: NodeKind,
    /// How it is called: on the wire, if it has such a name.
    pub name: String,
    /// Whether the server knows it by that name, and by no other.
    pub is_wire_name: bool,
    /// Whether it stands for names that nothing else has.
    pub takes_any: bool,
    /// How the code calls it.
    pub code_name: Option<String>,
    /// Where it is defined; none for what is only named.
    pub spot: Option<Spot>,
    /// The bytes of its file that are its code.
    pub range: TextRange,
    /// Whether it stands in test code.
    pub in_tests: bool,
    /// What it takes.
    pub members: Vec<Member>,
    /// Of a worker: it may register further workflows, further activities.
    pub is_open: (bool, bool),
    /// Of an activity: code hands it on as a value, to what may execute it.
    pub is_handed_on: bool,
    /// Of a task queue that is a variable: the name that it has unless it is told another.
    pub default: Option<String>,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// To a node of the same program, by position.
    Piece(usize),
    /// To what has a name on the wire, in whatever program.
    Named(NodeKind, String),
    /// To what takes a message of a name, which is all that is known of it.
    Taking(&'static str, String),
    /// To what cannot be told. This is what stands there.
    Unknown(NodeKind, String),
}

/// What leads from one box of the map to another.
#[derive(Debug, Clone)]
pub struct Link {
    /// What leads there.
    pub kind: LinkKind,
    /// From which node, by position.
    pub from: usize,
    /// To which.
    pub to: End,
    /// The message or operation.
    pub member: Option<String>,
    /// Whether it leads there whatever happens.
    pub is_sure: bool,
    /// The call.
    pub spot: Spot,
    /// Whether that stands in test code.
    pub in_tests: bool,
}

/// The map of a program.
#[derive(Debug, Clone, Default)]
pub struct ProgramMap {
    /// What there is.
    pub pieces: Vec<Piece>,
    /// What leads where.
    pub links: Vec<Link>,
}

/// The map of a program.
#[must_use]
pub fn program_map(analysis: &Analysis<'_, '_>) -> ProgramMap {
    let mut mapper = Mapper::of(analysis);
    mapper.workers();
    mapper.note_handed_on();
    mapper.calls();
    mapper.map
}

/// The longest line that is kept, in characters: nobody reads on.
const LONGEST_LINE: usize = 300;

/// The longest text that stands for what cannot be told, in characters.
const LONGEST_TEXT: usize = 60;

/// A line of a file, counted from 1, as a map shows it: without its indentation, and not without end.
#[must_use]
pub fn shown_line(source: &SourceFile, row: usize) -> String {
    source.slice(source.line_range(row)).chars().take(LONGEST_LINE).collect()
}

/// Makes the map of a program.
struct Mapper<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    map: ProgramMap,
    /// The nodes of the workflows, by their positions among the definitions.
    workflows: Vec<usize>,
    /// The nodes of the activities, likewise; what a decorator puts around others has none of its own.
    activities: Vec<Option<usize>>,
    services: nexus::Services,
    /// The nodes of functions and modules that hold calls.
    code: holders::CodeNodes,
    queues: FxHashMap<String, usize>,
    schedules: schedules::Schedules,
}

impl<'a, 'e, 'p> Mapper<'a, 'e, 'p> {
    fn of(analysis: &'a Analysis<'e, 'p>) -> Self {
        let mut mapper = Self {
            analysis,
            map: ProgramMap::default(),
            workflows: Vec::new(),
            activities: Vec::new(),
            services: nexus::Services::default(),
            code: holders::CodeNodes::default(),
            queues: FxHashMap::default(),
            schedules: schedules::Schedules::default(),
        };
        for workflow in 0..analysis.definitions.workflows.len() {
            let piece = mapper.workflow(workflow);
            let node = mapper.add(piece);
            mapper.workflows.push(node);
        }
        mapper.find_activities();
        mapper.find_services();
        mapper
    }

    fn add(&mut self, piece: Piece) -> usize {
        self.map.pieces.push(piece);
        self.map.pieces.len() - 1
    }

    fn spot(&self, span: Span) -> Spot {
        let source = self.analysis.project.source(span.file);
        let at = source.line_column(span.range.start());
        let line = shown_line(source, at.row);
        Spot { path: source.path().to_owned(), at, line, is_requested: source.is_requested() }
    }

    /// How code reads, in one line.
    fn text(&self, span: Span) -> String {
        let text = self.analysis.project.source(span.file).slice(span.range);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut words = words.replace("( ", "(").replace(", )", ")").replace(" )", ")");
        if let Some((end, _)) = words.char_indices().nth(LONGEST_TEXT) {
            words.truncate(end);
            words.push('…');
        }
        words
    }
}
