//! What modules set up when they are imported, and set up again each time that the sandbox loads them.
//!
//! Knows: calls at import that leave something behind, and what keeps it from being there twice. Does not know: what runs
//! only where a file is the program.
//!
//! Calls that raise there, such as those of libraries which the sandbox cannot load, are left to the rules about them.

use super::analysis::{Analysis, Context, ReachedCode};
use super::code::{Graph, bindings_of, expressions};
use super::effects::{Reached, effect_of, sandbox_at_import, through_bases};
use super::file_use::is_memory_database;
use super::known::Known;
use super::libraries::{at_import, is_passed};
use super::sandbox_settings::is_in_passing_block;
use crate::python::{Code, Edge, Event, NodeId};
use crate::registry::schema::SetUpKind;
use crate::registry::{EffectKind, tables};
use crate::semantic::{BindingKind, BlockId, Condition, Expr, ExprId, Name};
use crate::source::TextRange;

/// Something that is set up again with each load of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetUp {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// Where the call stands.
    pub range: TextRange,
    /// What is called.
    pub callee: Name,
    /// What it leaves behind.
    pub leaves: SetUpKind,
    /// Whether a condition decides that it runs.
    pub guarded: bool,
}

/// Such calls, with the code that the import context reaches.
#[must_use]
pub fn set_up_at_import<'p>(analysis: &Analysis<'_, 'p>, reached: &ReachedCode<'p>) -> Vec<SetUp> {
    if reached.context != Context::Import {
        return Vec::new();
    }
    let finder = Finder { analysis, reached, graph: Graph::new(&reached.reach) };
    let nodes = reached.reach.nodes().map(|(id, _)| id).filter(|id| finder.is_repeated(*id));
    nodes.flat_map(|id| finder.node(id)).collect()
}

struct Finder<'f, 'e, 'r, 'p> {
    analysis: &'f Analysis<'e, 'p>,
    reached: &'r ReachedCode<'p>,
    graph: Graph<'r, 'p>,
}

impl Finder<'_, '_, '_, '_> {
    fn node(&self, id: NodeId) -> Vec<SetUp> {
        let events = &self.reached.reach.node(id).events;
        events.iter().filter_map(|event| self.event(id, event)).collect()
    }

    fn event(&self, id: NodeId, event: &Event) -> Option<SetUp> {
        let call = Reached::of(event).filter(|call| !call.is_read() && !call.awaited && !call.doubtful)?;
        let leaves = leaves(self.reached.known, call)?;
        let is_told_elsewhere = sandbox_at_import(call.name.as_str())
            || self.is_of_failing_library(id, call.name)
            || is_in_passing_block(self.reached, id, event);
        let is_tested = event.block.is_some_and(|block| self.is_behind_a_test(id, block));
        let is_harmless = is_memory_database(self.reached, id, event)
            || (leaves == SetUpKind::Handler && !self.adds_another(id, event.expr?, call.name))
            || (is_tested && !self.is_loaded_anew(id));
        if is_told_elsewhere || is_harmless {
            return None;
        }
        let is_guarded = |edge: &Edge| edge.block.is_some_and(|block| self.is_behind_a_test(edge.from, block));
        let guarded = is_tested || self.reached.reach.all_ways_have(id, &is_guarded);
        Some(SetUp { node: id, range: event.range, callee: call.name, leaves, guarded })
    }

    fn is_behind_a_test(&self, id: NodeId, block: BlockId) -> bool {
        self.graph.module(id).guards(block).any(|(_, condition)| matches!(condition, Condition::Test(..)))
    }

    /// Whether code runs with each load: a module that the sandbox loads, or a function that such a module calls meanwhile and
    /// whose result nothing keeps for the process.
    fn is_repeated(&self, id: NodeId) -> bool {
        let node = self.reached.reach.node(id);
        match node.code {
            Code::Module(_) => !node.roots.is_empty(),
            Code::Function(function) => {
                let definition = &self.graph.module(id)[function.function];
                !definition.is_async && (self.is_loaded_anew(id) || !self.graph.is_cached(id))
            }
            Code::Initialiser { .. } | Code::Factory { .. } => true,
        }
    }

    /// Whether the sandbox loads the code's own module anew, so that what that keeps is gone.
    fn is_loaded_anew(&self, id: NodeId) -> bool {
        self.analysis.is_sandboxed(self.reached.reach.node(id).code.file())
    }

    /// Whether the library of a symbol fails when the sandbox loads it, and the code's module has it do so.
    fn is_of_failing_library(&self, id: NodeId, name: Name) -> bool {
        let fails = |module: &str| tables().library(module).is_some_and(|library| library.fails_in_sandbox);
        let file = self.reached.reach.node(id).code.file();
        let imports = || at_import(self.analysis, file, &fails);
        fails(name.as_str()) && imports().iter().any(|import| !is_passed(self.analysis, import))
    }

    /// Whether one more handler is there afterwards: one that is made anew, by code that never looks at those that are there.
    fn adds_another(&self, id: NodeId, call: ExprId, callee: Name) -> bool {
        let module = self.graph.module(id);
        let looks = |part: Expr| matches!(part, Expr::Attribute { name, .. } if LOOKS.contains(&name.as_str()));
        if !expressions(module, self.graph.body(id), looks).is_empty() {
            return false;
        }
        let Expr::Call { arguments, .. } = module[call] else { return false };
        let Some(first) = module.list(arguments).first().map(|argument| argument.value) else { return false };
        match callee.as_str().split('.').next() {
            // One that is loaded anew has a logger of its own.
            Some(library) if library != "logging" => self.is_shared(id, library),
            _ => self.is_new(id, first) && !self.is_silent(id, first),
        }
    }

    /// Whether a module takes a library from outside the sandbox.
    fn is_shared(&self, id: NodeId, library: &str) -> bool {
        let imports = at_import(self.analysis, self.reached.reach.node(id).code.file(), &|module| module == library);
        !self.is_loaded_anew(id) || imports.iter().any(|import| is_passed(self.analysis, import))
    }

    fn is_silent(&self, id: NodeId, handler: ExprId) -> bool {
        self.graph.outside_classes(handler, id).iter().any(|class| *class == "logging.NullHandler")
    }

    /// Whether an expression makes an object, or names what its own module or function makes.
    fn is_new(&self, id: NodeId, expr: ExprId) -> bool {
        let module = self.graph.module(id);
        match module[expr] {
            Expr::Call { .. } => true,
            Expr::Name { .. } => {
                let is_in_function = matches!(self.reached.reach.node(id).code, Code::Function(_));
                (is_in_function || self.is_loaded_anew(id))
                    && bindings_of(module, expr).iter().any(|binding| match module[*binding].kind {
                        BindingKind::Assign { value, .. } => matches!(module[value], Expr::Call { .. }),
                        _ => false,
                    })
            }
            _ => false,
        }
    }
}

/// What a call leaves behind, or whom it asks.
fn leaves(known: &Known, call: Reached<'_>) -> Option<SetUpKind> {
    let is_request = || effect_of(known, call).is_some_and(|effect| effect.kind == EffectKind::Network);
    through_bases(known.tables, call.name.as_str(), |name| known.behaviour.sets_up(name))
        .or_else(|| is_request().then_some(SetUpKind::Object))
}

/// Attributes by which code sees which handlers there are, or takes them away.
const LOOKS: &[&str] = &["handlers", "hasHandlers", "remove", "removeHandler"];
