//! What exception handlers catch and whether they let it go on. Shared by the rules of this folder.

use crate::project::{Ancestor, Code, Evaluator, Node, NodeId, Place, Reach, Value};
use crate::semantic::FunctionNode;
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, Expr, Ranged, Stmt, TextRange};

/// The classes that a handler or `suppress` names; `None` where one cannot be told.
pub(super) fn classes<'a>(value: &Value<'a>) -> Option<Vec<Value<'a>>> {
    match value {
        Value::Class(..) | Value::External(_) => Some(vec![value.clone()]),
        Value::Items(items) => {
            let nested: Option<Vec<Vec<Value<'a>>>> = items.iter().map(classes).collect();
            nested.map(|nested| nested.concat())
        }
        _ => None,
    }
}

/// The names of a class and of its known ancestors, and whether there are unknown ones.
pub(super) fn lineage<'a>(class: &Value<'a>, evaluator: &Evaluator<'_, 'a>) -> (Vec<String>, bool) {
    let mut names = Vec::new();
    let mut open = false;
    match class {
        Value::Class(..) => {
            for ancestor in evaluator.ancestors_of_value(class).iter() {
                match ancestor {
                    Ancestor::External(name) => names.push(name.to_string()),
                    Ancestor::Unknown => open = true,
                    Ancestor::Project(..) | Ancestor::Dynamic(_) => {}
                }
            }
        }
        Value::External(name) => names.push(name.to_string()),
        _ => open = true,
    }
    // Up from the outermost known class to the root of all exceptions.
    for start in names.clone() {
        let mut at = start;
        while let Some(base) = evaluator.world().base(&at) {
            if !names.iter().any(|name| name == base) {
                names.push(base.to_owned());
            }
            at = base.to_owned();
        }
        open |= at != "builtins.BaseException" && at != "builtins.object" && !is_plain_base(&at);
    }
    (names, open)
}

fn is_plain_base(name: &str) -> bool {
    matches!(name, "abc.ABC" | "typing.Generic" | "typing.Protocol" | "enum.Enum" | "builtins.str")
}

/// Whether a class is `ancestor` or derives from it; `None` where it cannot be told.
pub(super) fn derives<'a>(class: &Value<'a>, ancestor: &Value<'a>, evaluator: &Evaluator<'_, 'a>) -> Option<bool> {
    if class == ancestor {
        return Some(true);
    }
    match ancestor {
        Value::Class(wanted, _) => {
            let order = evaluator.ancestors_of_value(class);
            let found = order.iter().any(|item| matches!(item, Ancestor::Project(known, _) if known == wanted));
            if found { Some(true) } else { (!order.contains(&Ancestor::Unknown)).then_some(false) }
        }
        Value::External(wanted) => {
            let (names, open) = lineage(class, evaluator);
            if names.iter().any(|name| **name == **wanted) { Some(true) } else { (!open).then_some(false) }
        }
        _ => None,
    }
}

/// Whether a handler or `suppress` catches everything, `asyncio.CancelledError` included.
pub(super) fn catches_everything<'a>(kind: Option<&'a Expr>, evaluator: &Evaluator<'_, 'a>, place: Place) -> bool {
    kind.is_none_or(|kind| names_one_of(kind, &["builtins.BaseException"], evaluator, place))
}

/// Whether an expression names one of these classes, alone or in a tuple.
pub(super) fn names_one_of<'a>(kind: &'a Expr, wanted: &[&str], evaluator: &Evaluator<'_, 'a>, place: Place) -> bool {
    let value = evaluator.value(kind, place);
    classes(&value).is_some_and(|classes| {
        classes.iter().any(|class| matches!(class, Value::External(name) if wanted.contains(&&**name)))
    })
}

/// Whether a handler lets what it caught go on: it raises, or decides by what it caught whether to raise.
/// A call of what always raises is as good as a `raise`.
pub(super) fn raises<'a>(
    handler: &'a ast::ExceptHandlerExceptHandler,
    evaluator: &Evaluator<'_, 'a>,
    place: Place,
) -> bool {
    let text = |expression: &'a Expr| evaluator.text(expression, place).to_owned();
    let bound = handler.name.as_ref().map(|name| name.as_str());
    // What is looked at anywhere in the handler may be what a later test asks.
    let looks = bound.is_some_and(|bound| {
        let cause = format!("{bound}.cause");
        assigned_values(&handler.body).iter().any(|value| text(value).contains(&cause))
    });
    let raising = Raising { evaluator, place, bound, looked: looks };
    raising.within(&handler.body) || keeps_for_later(&handler.body, bound)
}

/// Whether a handler stores what it caught, to raise or look at it behind the statement.
fn keeps_for_later(body: &[Stmt], bound: Option<&str>) -> bool {
    let is_bound =
        |value: &Expr| matches!((value, bound), (Expr::Name(name), Some(bound)) if name.id.as_str() == bound);
    assigned_values(body).into_iter().any(is_bound)
}

/// What statements bind names to.
fn assigned_values(body: &[Stmt]) -> Vec<&Expr> {
    body.iter()
        .filter_map(|statement| match statement {
            Stmt::Assign(assign) => Some(&*assign.value),
            _ => None,
        })
        .collect()
}

/// Looks for a `raise` that a handler comes to.
struct Raising<'e, 'p, 'a> {
    evaluator: &'e Evaluator<'p, 'a>,
    place: Place,
    /// The name of what was caught.
    bound: Option<&'a str>,
    /// What was caught is looked at somewhere.
    looked: bool,
}

impl<'a> Raising<'_, '_, 'a> {
    fn within(&self, body: &'a [Stmt]) -> bool {
        body.iter().any(|statement| match statement {
            Stmt::Raise(_) => true,
            Stmt::Expr(statement) => self.evaluator.never_returns(&statement.value, self.place),
            Stmt::If(conditional) => self.conditional(conditional),
            Stmt::With(managed) => self.within(&managed.body),
            Stmt::Try(tried) => self.within(&tried.body) || self.within(&tried.finalbody),
            Stmt::For(looped) => self.within(&looped.body),
            Stmt::While(looped) => self.within(&looped.body),
            Stmt::Match(matched) => matched.cases.iter().any(|case| self.within(&case.body)),
            _ => false,
        })
    }

    /// Every branch raises, or the test asks what was caught.
    fn conditional(&self, conditional: &'a ast::StmtIf) -> bool {
        let bodies =
            std::iter::once(&conditional.body).chain(conditional.elif_else_clauses.iter().map(|clause| &clause.body));
        let raising = bodies.clone().filter(|body| self.within(body)).count();
        let exhaustive = conditional.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none());
        let test = self.evaluator.text(&conditional.test, self.place);
        let looks = self.looked || self.bound.is_some_and(|bound| test.contains(bound)) || test.contains("ancel");
        raising > 0 && (looks || (exhaustive && raising == bodies.count()))
    }
}

/// Whether a handler ends in raising again what it caught, whatever happens before.
pub(super) fn raises_again(handler: &ast::ExceptHandlerExceptHandler) -> bool {
    match handler.body.last() {
        Some(Stmt::Raise(raise)) => match raise.exc.as_deref() {
            None => true,
            Some(Expr::Name(name)) => handler.name.as_ref().is_some_and(|bound| bound.as_str() == name.id.as_str()),
            Some(_) => false,
        },
        _ => false,
    }
}

/// The exception handlers in statements, functions inside them left out.
pub(super) fn all_handlers(body: &[Stmt]) -> Vec<&ast::ExceptHandlerExceptHandler> {
    struct Finder<'b>(Vec<&'b ast::ExceptHandlerExceptHandler>);
    impl<'b> Visitor<'b> for Finder<'b> {
        fn visit_stmt(&mut self, statement: &'b Stmt) {
            if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                visitor::walk_stmt(self, statement);
            }
        }
        fn visit_except_handler(&mut self, handler: &'b ast::ExceptHandler) {
            let ast::ExceptHandler::ExceptHandler(found) = handler;
            self.0.push(found);
            visitor::walk_except_handler(self, handler);
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_body(body);
    finder.0
}

/// The first `return` in statements, loops and functions inside them left out.
pub(super) fn returns(body: &[Stmt]) -> Option<ast::TextRange> {
    body.iter().find_map(|statement| match statement {
        Stmt::Return(ret) => Some(ret.range()),
        Stmt::If(conditional) => returns(&conditional.body)
            .or_else(|| conditional.elif_else_clauses.iter().find_map(|clause| returns(&clause.body))),
        Stmt::With(managed) => returns(&managed.body),
        Stmt::Try(tried) => returns(&tried.body),
        _ => None,
    })
}

/// The awaits in statements, functions inside them left out.
pub(super) fn awaits(body: &[Stmt]) -> Vec<&ast::ExprAwait> {
    struct Finder<'b>(Vec<&'b ast::ExprAwait>);
    impl<'b> Visitor<'b> for Finder<'b> {
        fn visit_stmt(&mut self, statement: &'b Stmt) {
            if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                visitor::walk_stmt(self, statement);
            }
        }
        fn visit_expr(&mut self, expression: &'b Expr) {
            match expression {
                Expr::Lambda(_) => return,
                Expr::Await(awaited) => self.0.push(awaited),
                _ => {}
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_body(body);
    finder.0
}

/// How a handler reads: `` `except:` ``, `` `except BaseException` ``.
pub(super) fn shown(kind: Option<&Expr>, text: impl Fn(&Expr) -> String) -> String {
    match kind {
        None => "`except:`".to_owned(),
        Some(kind) => format!("`except {}`", text(kind)),
    }
}

/// The first line of a handler, for the snippet.
pub(super) fn head(handler: &ast::ExceptHandlerExceptHandler) -> ast::TextRange {
    let start = handler.range().start();
    let end = match (&handler.name, &handler.type_) {
        (Some(name), _) => name.range().end(),
        (None, Some(kind)) => kind.range().end(),
        // `except` alone.
        (None, None) => start + ast::TextSize::new(6),
    };
    ast::TextRange::new(start, end)
}

/// Whether a place stands in a handler that raises: what is kept quiet there is trouble while cleaning up.
pub(super) fn is_clean_up<'a>(node: &Node<'a>, range: TextRange, evaluator: &Evaluator<'_, 'a>) -> bool {
    let Code::Function(function) = node.code else { return false };
    let definition = evaluator.project().module(function.file).function(function.function);
    let FunctionNode::Def(def) = definition.node else { return false };
    let place = Place { file: function.file, scope: definition.scope, frame: None };
    all_handlers(&def.body)
        .iter()
        .any(|outer| outer.range() != range && outer.range().contains_range(range) && raises(outer, evaluator, place))
}

/// Whether every call of a function stands in a handler that raises.
pub(super) fn only_cleans_up(reach: &Reach<'_, '_, '_>, id: NodeId) -> bool {
    let node = reach.node(id);
    let mut edges = node.parent.iter().chain(&node.others).peekable();
    node.roots.is_empty()
        && edges.peek().is_some()
        && edges.all(|edge| is_clean_up(reach.node(edge.from), edge.site, reach.evaluator()))
}

/// Whether a coroutine only ever runs as a task of its own: its cancellation is its owner's, who ends it.
pub(super) fn only_as_task(reach: &Reach<'_, '_, '_>, id: NodeId) -> bool {
    let node = reach.node(id);
    let mut edges = node.parent.iter().chain(&node.others).peekable();
    node.roots.is_empty() && edges.peek().is_some() && edges.all(|edge| is_made_a_task(reach, edge.from, edge.site))
}

/// Whether a call is an argument of `create_task` or the like.
fn is_made_a_task(reach: &Reach<'_, '_, '_>, from: NodeId, site: TextRange) -> bool {
    calls_around(reach, from, site).iter().any(|(call, callee)| {
        let by_name = matches!(&*call.func, Expr::Attribute(method) if method.attr.as_str() == "create_task");
        by_name || makes_a_task(callee)
    })
}

/// Whether a callee runs its argument as a task that keeps what is raised in it.
pub(super) fn makes_a_task(callee: &Value<'_>) -> bool {
    matches!(callee, Value::External(name) if matches!(&**name, "asyncio.create_task" | "asyncio.ensure_future"))
}

/// The calls among whose arguments a place stands, each with what it calls.
pub(super) fn calls_around<'a>(
    reach: &Reach<'_, '_, 'a>,
    node: NodeId,
    site: TextRange,
) -> Vec<(&'a ast::ExprCall, Value<'a>)> {
    let evaluator = reach.evaluator();
    let file = reach.node(node).code.file();
    let module = evaluator.project().module(file);
    let around = module.calls.iter().filter(|(call, _)| call.range().contains_range(site) && call.range() != site);
    let callee = |call: &'a ast::ExprCall, scope| evaluator.value(&call.func, Place { file, scope, frame: None });
    around.map(|(call, scope)| (*call, callee(call, *scope))).collect()
}
