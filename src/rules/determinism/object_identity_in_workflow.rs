use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Code, Edge, Evaluator, EventKind, Literal, NodeId, Place, Reach, Value};
use crate::registry::EffectKind;
use crate::rules::context::{Finding, RuleContext};
use crate::rules::general::shown;
use crate::semantic::FunctionNode;
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, Expr, Ranged, Stmt, TextRange};
use crate::temporal::{Context, Reached, effect_of};

/// `id()` is an address, `hash()` of strings is seeded for each process, and the default `repr()` shows an address.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for reached in context.analysis.context(Context::Workflow) {
        let evaluator = reached.reach.evaluator();
        let mut findings = Vec::new();
        for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in &node.events {
                let (callee, confidence) = match &event.kind {
                    EventKind::DefaultRepr => ("object.__repr__", Confidence::Medium),
                    _ => match Reached::of(event) {
                        Some(call)
                            if shows_identity(call, evaluator, event.place)
                                && !only_looks_up(&reached.reach, id)
                                && !only_compared(&node.code, evaluator, event.range) =>
                        {
                            (shown(call.name), Confidence::High)
                        }
                        _ => continue,
                    },
                };
                let words = vec![("callee", callee.to_owned())];
                let confidence = Some(confidence);
                findings.push((id, Finding { range: event.range, words, confidence, ..Finding::default() }));
            }
        }
        context.report_reached(reached, findings, out);
    }
}

/// Whether code is a `__hash__` that nothing asks for by `hash(…)`: what dictionaries do with it shows nowhere.
fn only_looks_up(reach: &Reach<'_, '_, '_>, id: NodeId) -> bool {
    let node = reach.node(id);
    let project = reach.evaluator().project();
    let Code::Function(function) = node.code else { return false };
    let asks = |edge: &Edge<'_>| {
        let span = reach.span(edge.from, edge.site);
        project.source(span.file).slice(span.range).starts_with("hash(")
    };
    project.module(function.file).function(function.function).name == "__hash__"
        && !node.parent.iter().chain(&node.others).any(asks)
}

fn shows_identity<'a>(call: Reached<'_, 'a>, evaluator: &Evaluator<'_, 'a>, place: Place) -> bool {
    let identity = effect_of(call).is_some_and(|effect| effect.kind == EffectKind::Identity);
    identity && !(call.name == "builtins.hash" && call.call.is_some_and(|call| hashes_alike(call, evaluator, place)))
}

/// Numbers hash the same everywhere, and so does what has a `__hash__` of its own, which is followed by itself.
fn hashes_alike<'a>(call: &'a ast::ExprCall, evaluator: &Evaluator<'_, 'a>, place: Place) -> bool {
    let Some(argument) = call.arguments.find_positional(0) else { return true };
    value_hashes_alike(&evaluator.value(argument, place), evaluator)
}

fn value_hashes_alike<'a>(value: &Value<'a>, evaluator: &Evaluator<'_, 'a>) -> bool {
    match value {
        Value::Literal(Literal::Number | Literal::Bool(_) | Literal::None) => true,
        Value::ExternalInstance(class) => matches!(&**class, "builtins.int" | "builtins.float" | "builtins.bool"),
        Value::Items(items) => items.iter().all(|item| value_hashes_alike(item, evaluator)),
        Value::Instance(_) => matches!(evaluator.attribute(value, "__hash__"), Value::Function(_)),
        _ => false,
    }
}

/// Whether an identity is only looked up and compared within one run: `if id(x) in seen`, `seen.add(id(x))`.
fn only_compared(code: &Code<'_>, evaluator: &Evaluator<'_, '_>, range: TextRange) -> bool {
    let Code::Function(function) = code else { return false };
    let project = evaluator.project();
    let FunctionNode::Def(def) = project.module(function.file).function(function.function).node else { return false };
    let mut uses = Uses { wanted: vec![range], name: None, other: false, found: false };
    uses.visit_body(&def.body);
    if let Some(name) = uses.name.clone() {
        let mut names = Names { name, ranges: Vec::new() };
        names.visit_body(&def.body);
        let mut of_name = Uses { wanted: names.ranges, name: None, other: false, found: false };
        of_name.visit_body(&def.body);
        return !uses.other && !of_name.other && of_name.name.is_none() && of_name.found;
    }
    uses.found && !uses.other
}

/// How the expressions at some places are used.
struct Uses {
    wanted: Vec<TextRange>,
    /// One is bound to this name.
    name: Option<String>,
    /// One is used other than for look-ups and comparisons.
    other: bool,
    /// One was seen.
    found: bool,
}

impl Uses {
    fn is_wanted(&self, expression: &Expr) -> bool {
        self.wanted.contains(&expression.range())
    }

    /// Takes the places among `parts` out of what is wanted, and gives them.
    fn excuse(&mut self, parts: &mut dyn Iterator<Item = &Expr>) -> Vec<TextRange> {
        let seen: Vec<TextRange> = parts.filter(|part| self.is_wanted(part)).map(Ranged::range).collect();
        self.found |= !seen.is_empty();
        self.wanted.retain(|range| !seen.contains(range));
        seen
    }
}

impl<'a> Visitor<'a> for Uses {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Assign(assign) = statement
            && self.is_wanted(&assign.value)
            && let [Expr::Name(name)] = &*assign.targets
        {
            self.found = true;
            self.name = Some(name.id.to_string());
            return;
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.is_wanted(expression) {
            self.found = true;
            self.other = true;
            return;
        }
        let excused = match expression {
            Expr::Compare(comparison) => {
                self.excuse(&mut std::iter::once(&*comparison.left).chain(&*comparison.comparators))
            }
            Expr::Subscript(subscript) => self.excuse(&mut std::iter::once(&*subscript.slice)),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) if LOOK_UPS.contains(&method.attr.as_str()) => {
                    self.excuse(&mut call.arguments.args.iter().take(1))
                }
                _ => Vec::new(),
            },
            Expr::Set(set) => self.excuse(&mut set.elts.iter()),
            _ => Vec::new(),
        };
        visitor::walk_expr(self, expression);
        self.wanted.extend(excused);
    }
}

/// Methods of sets and dicts that take an item or key.
const LOOK_UPS: &[&str] = &["add", "discard", "remove", "get", "pop", "setdefault", "__contains__"];

/// The places where a name is read.
struct Names {
    name: String,
    ranges: Vec<TextRange>,
}

impl<'a> Visitor<'a> for Names {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && name.ctx.is_load()
            && name.id.as_str() == self.name
        {
            self.ranges.push(name.range());
        }
        visitor::walk_expr(self, expression);
    }
}
