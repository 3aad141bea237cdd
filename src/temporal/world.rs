use std::borrow::Cow;

use super::Side;
use crate::project::{HandOff, World};
use crate::registry::{Tables, tables};
use crate::second::temporal::stdlib;

/// What the tables and the SDK say about code outside the project, for code that runs on one side.
pub struct TemporalWorld {
    side: Side,
    tables: &'static Tables,
}

impl TemporalWorld {
    /// The world as code on a side sees it.
    #[must_use]
    pub fn new(side: Side) -> Self {
        Self { side, tables: tables() }
    }
}

impl World for TemporalWorld {
    fn canonical<'s>(&self, name: &'s str) -> Cow<'s, str> {
        self.tables.canonical(name)
    }

    fn returns(&self, name: &str) -> Option<&'static str> {
        self.tables.returns(name)
    }

    fn attribute(&self, name: &str) -> Option<&'static str> {
        self.tables.attribute(name)
    }

    fn base(&self, class: &str) -> Option<&'static str> {
        self.tables.base(class)
    }

    fn is_library(&self, top: &str) -> bool {
        stdlib::MODULES.binary_search(&top).is_ok() || top == "temporalio" || self.tables.is_known_package(top)
    }

    /// The SDK's own repository defines `temporalio`; what its tests and samples import is still the SDK.
    fn is_always_outside(&self, top: &str) -> bool {
        top == "temporalio"
    }

    fn knows(&self, name: &str) -> bool {
        self.tables.effect(name).is_some()
            || self.tables.blocking(name).is_some()
            || self.tables.returns(name).is_some()
            || name.starts_with("temporalio.")
    }

    /// The SDK documents its guards in `temporalio.workflow` and `temporalio.activity`. Replaying counts as certain in a
    /// workflow: what stands behind `not is_replaying()` is meant for side effects that replay leaves out.
    fn truth(&self, name: &str) -> Option<bool> {
        match (name, self.side) {
            ("typing.TYPE_CHECKING", _) => Some(false),
            (_, Side::Any) => None,
            ("temporalio.workflow.in_workflow", side) => Some(side == Side::Workflow),
            ("temporalio.workflow.unsafe.in_sandbox", side) => Some(side != Side::Activity),
            (
                "temporalio.workflow.unsafe.is_replaying" | "temporalio.workflow.unsafe.is_replaying_history_events",
                Side::Workflow,
            ) => Some(true),
            ("temporalio.activity.in_activity", side) => Some(side == Side::Activity),
            _ => None,
        }
    }

    /// Most of `temporalio.workflow` raises outside a workflow, and of `temporalio.activity` outside an activity
    /// (temporalio/workflow/_runtime.py and temporalio/activity.py).
    fn fails(&self, name: &str) -> Option<bool> {
        if self.truth(name).is_some() {
            return Some(false);
        }
        // There is a running loop in workflows and in async activities.
        if matches!(name, "asyncio.get_running_loop" | "asyncio.current_task") {
            return matches!(self.side, Side::Workflow | Side::Activity).then_some(false);
        }
        let inside = match name {
            "temporalio.workflow.info"
            | "temporalio.workflow.now"
            | "temporalio.workflow.time"
            | "temporalio.workflow.time_ns"
            | "temporalio.workflow.uuid4"
            | "temporalio.workflow.random"
            | "temporalio.workflow.instance" => Side::Workflow,
            "temporalio.activity.info" => Side::Activity,
            _ => return None,
        };
        (self.side != Side::Any).then_some(self.side != inside)
    }

    fn hand_off(&self, name: &str) -> HandOff {
        if let Some(rest) = name.strip_prefix("temporalio.") {
            let invokes = matches!(
                rest,
                "workflow.wait_condition"
                    | "workflow.set_signal_handler"
                    | "workflow.set_query_handler"
                    | "workflow.set_update_handler"
                    | "workflow.set_dynamic_signal_handler"
                    | "workflow.set_dynamic_query_handler"
                    | "workflow.set_dynamic_update_handler"
                    | "testing.ActivityEnvironment.run"
            );
            return if invokes { HandOff::Invokes } else { HandOff::References };
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if ELSEWHERE.contains(&name) || ELSEWHERE_METHODS.contains(&last) {
            HandOff::Elsewhere
        } else if REFERENCES.iter().any(|prefix| name.starts_with(prefix)) {
            HandOff::References
        } else {
            HandOff::Invokes
        }
    }

    fn shields(&self, name: &str) -> bool {
        name == "temporalio.workflow.unsafe.sandbox_unrestricted"
    }

    fn is_watched(&self, name: &str) -> bool {
        self.tables.effect(name).is_some_and(|effect| effect.read)
    }

    fn never_returns(&self, name: &str) -> bool {
        matches!(
            name,
            "temporalio.workflow.continue_as_new"
                | "temporalio.activity.raise_complete_async"
                | "sys.exit"
                | "os._exit"
                | "builtins.exit"
                | "builtins.quit"
                | "typing.assert_never"
                | "typing_extensions.assert_never"
                | "pytest.fail"
                | "pytest.skip"
        )
    }
}

/// What runs functions on another thread or in another process.
const ELSEWHERE: &[&str] = &[
    "asyncio.to_thread",
    "threading.Thread",
    "threading.Timer",
    "multiprocessing.Process",
    "multiprocessing.Pool",
    "anyio.to_thread.run_sync",
    "asgiref.sync.sync_to_async",
    "starlette.concurrency.run_in_threadpool",
    "fastapi.concurrency.run_in_threadpool",
    "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor",
    "_thread.start_new_thread",
    "trio.to_thread.run_sync",
];

/// Methods that do, whatever class they are taken from.
const ELSEWHERE_METHODS: &[&str] =
    &["run_in_executor", "submit", "apply_async", "map_async", "run_in_threadpool", "delay"];

/// What keeps functions without running them, by how the name starts.
const REFERENCES: &[&str] = &[
    "functools.partial",
    "functools.wraps",
    "functools.update_wrapper",
    "functools.lru_cache",
    "functools.cache",
    "functools.singledispatch",
    "builtins.isinstance",
    "builtins.issubclass",
    "builtins.callable",
    "builtins.hasattr",
    "builtins.setattr",
    "builtins.getattr",
    "builtins.id",
    "builtins.hash",
    "builtins.repr",
    "builtins.str",
    "builtins.print",
    "builtins.type",
    "builtins.dict",
    "builtins.list.append",
    "builtins.dict.setdefault",
    "builtins.dict.get",
    "typing.",
    "inspect.",
    "logging.",
    "unittest.mock.",
    "pytest.",
    "atexit.register",
    "signal.signal",
    "weakref.",
    "dataclasses.",
    "collections.namedtuple",
    "abc.",
    "contextlib.contextmanager",
    "contextlib.asynccontextmanager",
    "nexusrpc.",
    "pydantic.",
    "fastapi.",
    "click.",
];
