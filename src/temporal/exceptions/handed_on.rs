use super::catches::Finder;
use super::classes::{CANCELLED, Kinds, SDK_CANCELLED};
use super::code::{Named, bound_in, statements};
use crate::python::NodeId;
use crate::semantic::{BindingId, BlockId, Condition, Expr, ExprId, Handler, Module, Stmt, StmtId, Use};

/// What is done later about what a handler caught.
impl Finder<'_, '_, '_> {
    /// Whether what a handler caught, or a mark that it leaves, is raised behind it or by a caller.
    pub(super) fn is_handed_on(&self, node: NodeId, handler: &Handler) -> bool {
        let module = self.module(node);
        let mut marks = bound_in(module, handler.body);
        let held = handler.binding;
        if held.is_some_and(|held| self.is_kept(node, held)) {
            return true;
        }
        let raises = statements(module, self.graph.body(node), |statement| matches!(statement, Stmt::Raise { .. }));
        let inside: Vec<StmtId> = statements(module, handler.body, |_| true);
        let after = self.graph.blocks_after(self.graph.place(node).file, &self.blocks_of(module, handler));
        marks.variables.extend(held.map(|held| module[held].variable));
        let later = raises.iter().filter(|raise| !inside.contains(raise)).any(|raise| {
            after.contains(&module.block_of(*raise))
                && (self.raises_cancellation(node, *raise) || depends_on(module, *raise, &marks))
        });
        later || self.is_raised_by_callers(node, handler, &marks)
    }

    /// The blocks in which a handler's statements begin.
    pub(super) fn blocks_of(&self, module: &Module, handler: &Handler) -> Vec<BlockId> {
        let mut blocks = vec![handler.block];
        blocks.extend(statements(module, handler.body, |_| true).iter().map(|id| module.block_of(*id)));
        blocks
    }

    /// Whether what was caught is stored, handed on or returned as it is.
    fn is_kept(&self, node: NodeId, held: BindingId) -> bool {
        let module = self.module(node);
        module.reads_of(held).any(|read| match module.uses().use_of(read) {
            Use::Bound(_) | Use::Returned(_) => true,
            Use::Argument { call, .. } => match module[call] {
                Expr::Call { callee, .. } => match module[callee] {
                    Expr::Attribute { name, .. } => {
                        matches!(name.as_str(), "append" | "add" | "set_exception" | "put_nowait")
                    }
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        })
    }

    fn raises_cancellation(&self, node: NodeId, raise: StmtId) -> bool {
        let module = self.module(node);
        let Stmt::Raise { exception: Some(exception), .. } = module[raise] else { return false };
        let evaluator = self.graph.reach.evaluator();
        let named = module.named_by(exception);
        let kinds = Kinds::of(evaluator, Some(named), self.graph.place(node));
        kinds.names(evaluator, CANCELLED) || kinds.names(evaluator, SDK_CANCELLED)
    }

    /// Whether a caller raises depending on what the function gives, or on a mark that the handler leaves in an object.
    fn is_raised_by_callers(&self, node: NodeId, handler: &Handler, marks: &Named) -> bool {
        let module = self.module(node);
        let gives = statements(module, handler.body, |statement| matches!(statement, Stmt::Return(Some(_))));
        if gives.is_empty() && marks.attributes.is_empty() {
            return false;
        }
        self.graph.ways_into(node).any(|edge| {
            let caller = self.module(edge.from);
            let mut result = Named { variables: Vec::new(), attributes: marks.attributes.clone() };
            let call = self.graph.call_at(edge.from, edge.site).filter(|_| !gives.is_empty());
            let statement = call.and_then(|call| caller.uses().statement_of(call));
            match statement.map(|statement| caller[statement]) {
                Some(Stmt::Assign { targets, .. }) => {
                    caller.list(targets).iter().for_each(|target| result.take_target(caller, *target));
                }
                Some(Stmt::Declare { target, .. }) => result.take_target(caller, target),
                _ => {}
            }
            let raises =
                statements(caller, self.graph.body(edge.from), |statement| matches!(statement, Stmt::Raise { .. }));
            raises.iter().any(|raise| {
                depends_on(caller, *raise, &result) || call.is_some_and(|call| is_guarded_by(caller, *raise, call))
            })
        })
    }
}

/// Whether a `raise` raises one of these, or is guarded by a test of them.
fn depends_on(module: &Module, raise: StmtId, named: &Named) -> bool {
    if named.is_empty() {
        return false;
    }
    let tests = tests_before(module, raise);
    raises_one_of(module, raise, named, &tests) || tests.iter().any(|test| named.are_in(module, *test))
}

/// Whether a `raise` raises one of these, or another error that speaks of one: that only where nothing else decides whether it
/// is raised.
fn raises_one_of(module: &Module, raise: StmtId, named: &Named, tests: &[ExprId]) -> bool {
    let Stmt::Raise { exception: Some(exception), cause } = module[raise] else { return false };
    let is_itself = matches!(module[exception], Expr::Name { .. } | Expr::Attribute { .. });
    let is_repeated = |test: &ExprId| matches!(module.uses().use_of(*test), Use::WhileTest(_));
    cause.is_some_and(|cause| named.are_in(module, cause))
        || named.are_in(module, exception) && (is_itself || tests.iter().all(is_repeated))
}

/// Whether a test that guards a `raise` has an expression in it.
fn is_guarded_by(module: &Module, raise: StmtId, call: ExprId) -> bool {
    tests_before(module, raise).iter().any(|test| module.span(*test).contains_range(module.span(call)))
}

fn tests_before(module: &Module, raise: StmtId) -> Vec<ExprId> {
    let test = |(_, condition)| match condition {
        Condition::Test(test, _) => Some(test),
        Condition::Case { matched, .. } => Some(module[matched].subject),
        _ => None,
    };
    module.guards(module.block_of(raise)).filter_map(test).collect()
}
