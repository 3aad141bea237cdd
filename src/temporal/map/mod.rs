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

mod holders;
mod links;
mod nexus;
mod schedules;
mod targets;
mod workers;

use camino::Utf8PathBuf;
use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use super::definitions::Role;
use super::signatures::WireName;
use crate::python::{FunctionRef, Value};
use crate::source::{LineColumn, SourceFile, Span, TextRange};

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// Code that talks to the server and is neither a workflow nor an activity.
    Client,
    /// A schedule.
    Schedule,
    /// A worker.
    Worker,
    /// A task queue.
    TaskQueue,
    /// A workflow.
    Workflow,
    /// A Nexus service.
    NexusService,
    /// An activity.
    Activity,
    /// Code that gives commands as workflows do, and that no workflow is seen to reach.
    Code,
}

impl NodeKind {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 8] = [
        Self::Client,
        Self::Schedule,
        Self::Worker,
        Self::TaskQueue,
        Self::Workflow,
        Self::NexusService,
        Self::Activity,
        Self::Code,
    ];

    /// How programs call it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Schedule => "schedule",
            Self::Worker => "worker",
            Self::TaskQueue => "task-queue",
            Self::Workflow => "workflow",
            Self::NexusService => "nexus-service",
            Self::Activity => "activity",
            Self::Code => "code",
        }
    }

    /// How people call it.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::TaskQueue => "task queue",
            Self::NexusService => "Nexus service",
            other => other.key(),
        }
    }
}

/// What leads from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// A worker polls a task queue.
    Polls,
    /// A worker registers a workflow, an activity or a Nexus service.
    Registers,
    /// A call names the task queue that its work goes to.
    SendsTo,
    /// Code makes a schedule.
    Creates,
    /// Code or a schedule starts a workflow, or an activity without one.
    Starts,
    /// A workflow starts a child.
    StartsChild,
    /// A workflow goes on as a new execution.
    ContinuesAs,
    /// A workflow executes an activity.
    Executes,
    /// A workflow executes an activity in its own worker.
    ExecutesLocally,
    /// A signal is sent.
    Signals,
    /// A query is sent.
    Queries,
    /// An update is sent.
    Updates,
    /// A Nexus operation is called.
    CallsOperation,
}

impl LinkKind {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 13] = [
        Self::Polls,
        Self::Registers,
        Self::SendsTo,
        Self::Creates,
        Self::Starts,
        Self::StartsChild,
        Self::ContinuesAs,
        Self::Executes,
        Self::ExecutesLocally,
        Self::Signals,
        Self::Queries,
        Self::Updates,
        Self::CallsOperation,
    ];

    /// How programs call it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Polls => "polls",
            Self::Registers => "registers",
            Self::SendsTo => "sends-to",
            Self::Creates => "creates",
            Self::Starts => "starts",
            Self::StartsChild => "starts-child",
            Self::ContinuesAs => "continues-as",
            Self::Executes => "executes",
            Self::ExecutesLocally => "executes-locally",
            Self::Signals => "signals",
            Self::Queries => "queries",
            Self::Updates => "updates",
            Self::CallsOperation => "calls-operation",
        }
    }

    /// How people call it, in front of what it leads to.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::SendsTo => "sends to",
            Self::StartsChild => "starts child",
            Self::ContinuesAs => "continues as",
            Self::ExecutesLocally => "executes locally",
            Self::CallsOperation => "calls",
            other => other.key(),
        }
    }

    /// Whether what it leads to is used by it: it runs because of it.
    #[must_use]
    pub fn is_use(self) -> bool {
        matches!(self, Self::Starts | Self::StartsChild | Self::Executes | Self::ExecutesLocally | Self::CallsOperation)
    }
}

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

/// A node.
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

/// A link.
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
    /// The nodes of the activities, likewise.
    activities: Vec<usize>,
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
        for activity in 0..analysis.definitions.activities.len() {
            let piece = mapper.activity(activity);
            let node = mapper.add(piece);
            mapper.activities.push(node);
        }
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

    fn workflow(&self, position: usize) -> Piece {
        let workflow = &self.analysis.definitions.workflows[position];
        let (code_name, range) = match self.analysis.evaluator.get(workflow.class) {
            Value::Class(class, _) => {
                let module = self.analysis.project.module(class.file);
                (Some(module.qualified_class_name(class.class)), module[class.class].range)
            }
            _ => (None, workflow.span.range),
        };
        let wire = self.analysis.wire_of_workflow(workflow);
        let (name, is_wire_name) = named(wire, code_name.as_deref());
        Piece {
            kind: NodeKind::Workflow,
            name: name.unwrap_or_else(|| self.text(workflow.span)),
            is_wire_name,
            takes_any: wire == WireName::Dynamic,
            code_name,
            spot: Some(self.spot(workflow.span)),
            range,
            in_tests: workflow.in_tests,
            members: self.handlers(position),
            is_open: (false, false),
        }
    }

    /// The signals, queries and updates that a workflow takes.
    fn handlers(&self, workflow: usize) -> Vec<Member> {
        let entries = self.analysis.definitions.entry_points.iter();
        let mut found: Vec<Member> = entries
            .filter(|entry| entry.workflow == Some(workflow))
            .filter_map(|entry| {
                let kind = message_kind(entry.role)?;
                let own = entry.name.rsplit('.').next().unwrap_or(&entry.name);
                let name = match self.analysis.wire_of_handler(entry) {
                    WireName::Known(name) => Some(name.to_string()),
                    WireName::Dynamic => None,
                    WireName::Unknown => Some(own.to_owned()),
                };
                Some(Member { kind, name, spot: self.spot(entry.span) })
            })
            .collect();
        found.sort_by(|one, other| (one.kind, &one.name, &one.spot).cmp(&(other.kind, &other.name, &other.spot)));
        found.dedup();
        found
    }

    fn activity(&self, position: usize) -> Piece {
        let activity = &self.analysis.definitions.activities[position];
        let function = activity.function;
        let code_name = self.analysis.name_of(function);
        let own = code_name.strip_suffix(".__call__").unwrap_or(&code_name);
        let short = own.rsplit('.').next().unwrap_or(own);
        let wire = self.analysis.wire_of_activity(activity).unwrap_or(WireName::Unknown);
        let (name, is_wire_name) = named(wire, Some(short));
        Piece {
            kind: NodeKind::Activity,
            name: name.unwrap_or_else(|| short.to_owned()),
            is_wire_name,
            takes_any: wire == WireName::Dynamic,
            code_name: Some(code_name),
            spot: Some(self.spot(activity.span)),
            range: self.range_of(function),
            in_tests: self.analysis.is_test(function.file),
            members: Vec::new(),
            is_open: (false, false),
        }
    }

    fn range_of(&self, function: FunctionRef) -> TextRange {
        self.analysis.project.module(function.file)[function.function].range
    }
}

/// The name of what the server knows by a name on the wire, and whether it is that.
fn named(wire: WireName, own: Option<&str>) -> (Option<String>, bool) {
    match wire {
        WireName::Known(name) => (Some(name.to_string()), true),
        WireName::Dynamic | WireName::Unknown => (own.map(str::to_owned), false),
    }
}

/// How the messages that a method takes are called.
fn message_kind(role: Role) -> Option<&'static str> {
    match role {
        Role::Signal => Some("signal"),
        Role::Query => Some("query"),
        Role::Update => Some("update"),
        _ => None,
    }
}
