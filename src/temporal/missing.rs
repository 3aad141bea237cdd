//! Tests that ask whether something is there yet: `if key not in cache`, `if self.total is None: …`.
//!
//! Knows: which truth of a test says that something is missing or out of date. Does not know: what it is, and what code does then.

use super::code::each_within;
use crate::semantic::{CmpOp, Expr, ExprId, Module, UnaryOp};

/// Whether a test that comes out so says that something is missing, or another than is wanted. `is_it` says of an expression
/// whether it is that thing.
pub(super) fn says_missing(module: &Module, test: ExprId, truth: bool, is_it: &dyn Fn(ExprId) -> bool) -> bool {
    let names = |expr: ExprId| {
        let mut found = false;
        each_within(module, expr, &mut |part| found |= is_it(part));
        found
    };
    match module[test] {
        Expr::Unary { op: UnaryOp::Not, operand } => says_missing(module, operand, !truth, is_it),
        Expr::BoolOp { operands, .. } => {
            module.list(operands).iter().any(|operand| says_missing(module, *operand, truth, is_it))
        }
        Expr::Compare { left, rest } => match module.list(rest) {
            [comparison] => {
                let wanted = match comparison.op {
                    // What is compared with something else than `None` is looked whether it is the right one.
                    CmpOp::Is | CmpOp::Eq => truth == is_nothing(module, left, comparison.right),
                    CmpOp::IsNot | CmpOp::NotEq => truth != is_nothing(module, left, comparison.right),
                    CmpOp::NotIn => truth && names(comparison.right),
                    CmpOp::In => !truth && names(comparison.right),
                    _ => false,
                };
                wanted && (names(left) || names(comparison.right))
            }
            _ => false,
        },
        _ => !truth && names(test),
    }
}

/// Whether one side of a comparison is `None`, or empty.
fn is_nothing(module: &Module, left: ExprId, right: ExprId) -> bool {
    [left, right].into_iter().any(|side| match module[side] {
        Expr::None => true,
        Expr::Int(number) => number == 0,
        Expr::Str(text) => text.as_str().is_empty(),
        Expr::List(items) | Expr::Tuple(items) => items.is_empty(),
        Expr::Dict(items) => items.is_empty(),
        _ => false,
    })
}

/// Whether a method of a container takes something out of it.
pub(super) fn takes_out(method: &str) -> bool {
    matches!(method, "clear" | "discard" | "pop" | "popitem" | "popleft" | "remove")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Project;
    use crate::semantic::Stmt;
    use crate::source::{ImportRoots, Sources};

    /// Which truths of a test say that `kept` is missing.
    fn truths(test: &str) -> Vec<bool> {
        let sources = Sources::new();
        let root = camino::Utf8PathBuf::from("/project");
        let roots = ImportRoots::new(root.clone(), Vec::new(), std::slice::from_ref(&root));
        let project = Project::new(&sources, &roots, std::slice::from_ref(&root));
        let file = project.add(root.join("kept.py"), format!("{test}\n"), true);
        let module = project.module(file);
        let Stmt::Expr(test) = module[module.list(module.body())[0]] else { panic!("an expression") };
        let is_it = |expr: ExprId| matches!(module[expr], Expr::Name { name, .. } if name == "kept");
        [true, false].into_iter().filter(|truth| says_missing(module, test, *truth, &is_it)).collect()
    }

    #[test]
    fn what_asks_for_what_is_missing_is_told_from_what_asks_for_what_is_there() {
        for test in
            ["kept is None", "not kept", "key not in kept", "not hasattr(kept, key)", "kept == []", "kept.at != now"]
        {
            assert_eq!(truths(test), [true], "{test}");
        }
        for test in ["kept", "kept is not None", "key in kept", "kept.get(key)", "kept.version == version", "len(kept)"]
        {
            assert_eq!(truths(test), [false], "{test}");
        }
        for test in ["kept < 5", "other", "other is None", "key in other"] {
            assert!(truths(test).is_empty(), "{test}");
        }
        assert_eq!(truths("kept is None or stale"), [true]);
    }
}
