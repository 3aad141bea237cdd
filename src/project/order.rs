//! Where the order of what is gone through cannot be told from outside.
//!
//! Knows: statements that add up or fill sets and tables, and callables that do not look at the order. Does not know:
//! whether what is gone through has an order.

use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{Expr, Stmt};

/// A loop's body whose outcome does not depend on the order: it only adds up, or fills sets.
pub(super) fn is_order_insensitive(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match statement {
        Stmt::AugAssign(assign) => !contains_call(&assign.value) && !assign.value.is_list_expr(),
        Stmt::Assign(assign) => assign.targets.iter().all(Expr::is_subscript_expr) && !contains_call(&assign.value),
        Stmt::Expr(statement) => match &*statement.value {
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(method) => {
                    matches!(method.attr.as_str(), "add" | "discard" | "remove")
                        && !call.arguments.args.iter().any(contains_call)
                }
                _ => false,
            },
            Expr::StringLiteral(_) | Expr::EllipsisLiteral(_) => true,
            _ => false,
        },
        Stmt::If(conditional) => {
            !contains_call(&conditional.test)
                && is_order_insensitive(&conditional.body)
                && conditional.elif_else_clauses.iter().all(|clause| is_order_insensitive(&clause.body))
        }
        Stmt::Pass(_) | Stmt::Continue(_) => true,
        _ => false,
    })
}

/// Whether a callee surely does nothing but compute: `len(x)`, `x.lower()`.
fn is_plain_computation(callee: &Expr) -> bool {
    const FUNCTIONS: &[&str] = &["len", "str", "int", "float", "bool", "abs", "round", "ord", "chr", "isinstance"];
    const METHODS: &[&str] = &[
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "title",
        "casefold",
        "removeprefix",
        "removesuffix",
        "startswith",
        "endswith",
        "isdigit",
        "isalpha",
        "zfill",
        "total_seconds",
        "isoformat",
    ];
    match callee {
        Expr::Name(name) => FUNCTIONS.contains(&name.id.as_str()),
        Expr::Attribute(method) => METHODS.contains(&method.attr.as_str()),
        _ => false,
    }
}

/// Whether an expression may do more than compute.
fn contains_call(expression: &Expr) -> bool {
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_expr(&mut self, expression: &'a Expr) {
            self.0 |= match expression {
                Expr::Call(call) => !is_plain_computation(&call.func),
                Expr::Await(_) => true,
                _ => false,
            };
            visitor::walk_expr(self, expression);
        }
    }
    let mut finder = Finder(false);
    finder.visit_expr(expression);
    finder.0
}

/// Callables to which the order of their argument does not matter.
pub(super) const ORDERLESS: &[&str] = &[
    "builtins.sorted",
    "builtins.set",
    "builtins.frozenset",
    "builtins.sum",
    "builtins.min",
    "builtins.max",
    "builtins.any",
    "builtins.all",
    "builtins.len",
    "collections.Counter",
    "builtins.set.union",
    "builtins.set.update",
    "builtins.set.intersection",
    "builtins.set.difference",
    "builtins.set.issubset",
    "builtins.set.issuperset",
    "math.fsum",
    "statistics.mean",
];
