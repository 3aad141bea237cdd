//! The kinds of nodes and links, and how they are called.

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
