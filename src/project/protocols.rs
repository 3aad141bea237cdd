//! What the language runs without a call that one can see: special methods, by operators, loops, tests, unpacking and
//! text; and the order that a set shows where it is gone through.
//!
//! Knows: which statement and builtin runs which special method of an object. Does not know: what the method does; it is
//! followed like any other.

use super::attribute::Found;
use super::classes::Ancestor;
use super::evaluate::Evaluator;
use super::reach::EventKind;
use super::value::{Arguments, Callable, ClassRef, FrameId, Place, Value};
use super::walk::Walker;
use crate::source::ast::visitor::Visitor;
use crate::source::ast::{self, Expr, Ranged, TextRange};

/// What [`EventKind::SetOrder`] says of a set that becomes text.
pub const TEXT_OF: &str = "the text of";

impl<'a> Walker<'_, '_, '_, 'a> {
    /// Context managers that a function has as decorators are entered and left with each call of it.
    pub(super) fn managed_by_decorators(&mut self, callable: &Callable<'a>, site: TextRange) {
        let evaluator = self.reach.evaluator;
        let module = evaluator.project().module(callable.function.file);
        let definition = module.function(callable.function.function);
        let place = Place { file: callable.function.file, scope: definition.parent, frame: callable.outer };
        for decorator in definition.decorators() {
            let Expr::Call(call) = &decorator.expression else { continue };
            match evaluator.value(&call.func, place) {
                Value::Class(class, outer) if is_context_decorator(evaluator, class, outer) => {
                    let manager = evaluator.value(&decorator.expression, place);
                    for name in ["__enter__", "__aenter__", "__exit__", "__aexit__"] {
                        self.special(&manager, name, site);
                    }
                }
                Value::Function(manager) if is_context_manager(evaluator, &manager) => {
                    let arguments = evaluator.arguments(&call.arguments, place);
                    self.run(&manager, &arguments, site, false);
                }
                _ => {}
            }
        }
    }

    /// Runs a special method of an object of the project, if it has it. Says whether it has.
    pub(super) fn special(&mut self, receiver: &Value<'a>, name: &str, site: TextRange) -> bool {
        let mut found = false;
        for alternative in receiver.alternatives() {
            if !matches!(alternative, Value::Instance(_) | Value::DynamicInstance(_)) {
                continue;
            }
            if let Some(method) = self.reach.evaluator.method(alternative, name) {
                self.run(&method, &Arguments { open: true, ..Arguments::default() }, site, false);
                found = true;
            }
        }
        found
    }

    pub(super) fn iterated(&mut self, iterable: &Value<'a>, site: TextRange, is_async: bool) {
        let (start, step) = if is_async { ("__aiter__", "__anext__") } else { ("__iter__", "__next__") };
        if self.special(iterable, start, site) {
            let iterator = self.reach.evaluator.call_method(iterable, start);
            self.special(&iterator, step, site);
        } else if !is_async {
            self.special(iterable, "__getitem__", site);
        }
    }

    /// The text of an object: its own method, or else the default with its address.
    pub(super) fn represented(&mut self, object: &Value<'a>, names: &[&str], site: TextRange) {
        for alternative in object.alternatives() {
            let Value::Instance(instance) = alternative else { continue };
            if names.iter().any(|name| self.special(alternative, name, site)) {
                continue;
            }
            if !self.logging && self.has_default_representation(instance.class) {
                self.event(site, EventKind::DefaultRepr);
            }
        }
    }

    pub(super) fn has_default_representation(&self, class: ClassRef) -> bool {
        let evaluator = self.reach.evaluator;
        let plain = evaluator.ancestors(class, None).iter().all(|ancestor| match ancestor {
            Ancestor::Project(..) => true,
            Ancestor::External(name) => matches!(&**name, "builtins.object" | "abc.ABC" | "typing.Generic"),
            _ => false,
        });
        let module = evaluator.project().module(class.file);
        plain
            && module.class(class.class).node.decorator_list.is_empty()
            && !evaluator.has_generated_constructor(class, None)
    }

    /// An object becomes text. What an exception says is for people.
    pub(super) fn shown_as_text(&mut self, object: &'a Expr) {
        if !self.raising {
            self.set_order(object, TEXT_OF);
        }
    }

    /// `*iterable`; `ordered` where the order of the items can be seen afterwards.
    pub(super) fn unpacked(&mut self, iterable: &'a Expr, ordered: bool) {
        let value = self.value(iterable);
        self.iterated(&value, iterable.range(), false);
        if ordered {
            self.set_order(iterable, "unpacking");
        }
    }

    /// `**mapping`.
    pub(super) fn merged(&mut self, mapping: &'a Expr) {
        let value = self.value(mapping);
        for name in ["keys", "__getitem__"] {
            self.special(&value, name, mapping.range());
        }
    }

    /// A test of whether an object counts as true.
    pub(super) fn tested(&mut self, test: &'a Expr) {
        if matches!(test, Expr::Compare(_) | Expr::UnaryOp(_) | Expr::BoolOp(_)) {
            return;
        }
        let value = self.value(test);
        if !self.special(&value, "__bool__", test.range()) {
            self.special(&value, "__len__", test.range());
        }
    }

    /// A key of a dictionary, or an item of a set.
    pub(super) fn hashed(&mut self, key: &'a Expr) {
        if !key.is_literal_expr() {
            let value = self.value(key);
            self.special(&value, "__hash__", key.range());
        }
    }

    /// `Class[key]`, where the class says what that is.
    pub(super) fn parametrised(&mut self, value: &Value<'a>, subscript: &'a ast::ExprSubscript) {
        let evaluator = self.reach.evaluator;
        for class in value.alternatives().iter().filter(|value| matches!(value, Value::Class(..))) {
            if let Some(Found::Value(Value::Function(hook))) = evaluator.find(class, "__class_getitem__") {
                let arguments = Arguments { positional: vec![self.value(&subscript.slice)], ..Arguments::default() };
                self.run(&hook, &arguments, subscript.range(), false);
            }
        }
    }

    pub(super) fn set_order(&mut self, iterable: &'a Expr, what: &'static str) {
        if self.orderless == Some(iterable.range()) || self.logging {
            return;
        }
        let value = self.value(iterable);
        let hashed = |value: &Value<'a>| matches!(value, Value::Set { hashed: true });
        // Only what surely is a set: one of several values may be the sorted one.
        if value.alternatives().iter().all(hashed) {
            self.event(iterable.range(), EventKind::SetOrder { what });
        }
    }

    /// Special methods that builtins run on objects of the project, and sets whose order they show.
    pub(super) fn builtin_protocol(&mut self, name: &str, call: &'a ast::ExprCall) {
        let site = call.range();
        let Some(first) = call.arguments.find_positional(0) else {
            if name == "builtins.set.pop" {
                self.event(site, EventKind::SetOrder { what: "`pop()` of" });
            }
            return;
        };
        let Some(short) = name.strip_prefix("builtins.") else { return };
        let value = self.value(first);
        if matches!(short, "str" | "repr") && self.orderless != Some(site) {
            self.shown_as_text(first);
        }
        match short {
            "str" | "print" => self.represented(&value, &["__str__", "__repr__"], site),
            "repr" => self.represented(&value, &["__repr__"], site),
            "format" => self.represented(&value, &["__format__", "__str__", "__repr__"], site),
            "len" | "hash" | "bool" | "int" | "float" | "abs" | "next" | "round" | "bytes" | "index" | "reversed" => {
                let dunder = format!("__{short}__");
                if !self.special(&value, &dunder, site) && short == "bool" {
                    self.special(&value, "__len__", site);
                }
            }
            "sorted" | "min" | "max" => {
                self.iterated(&value, site, false);
                let item = self.reach.evaluator.item_of(&value);
                self.special(&item, if short == "max" { "__gt__" } else { "__lt__" }, site);
                if short == "max" {
                    self.special(&item, "__lt__", site);
                }
            }
            "list" | "tuple" | "iter" | "enumerate" | "str.join" | "zip" | "list.extend" => {
                self.iterated(&value, site, false);
                let what = match short {
                    "list" => "`list()` of",
                    "tuple" => "`tuple()` of",
                    "iter" => "`iter()` of",
                    "enumerate" => "`enumerate()` of",
                    "str.join" => "`join()` of",
                    "list.extend" => "`extend()` with",
                    _ => "`zip()` of",
                };
                // `sorted(list(items))`: what is made here has no order yet.
                if self.orderless != Some(site) {
                    self.set_order(first, what);
                }
            }
            "set" | "frozenset" | "sum" | "any" | "all" | "dict" => self.iterated(&value, site, false),
            "dict.fromkeys" => self.set_order(first, "`dict.fromkeys()` over"),
            "map" | "filter" => {
                if let Some(iterable) = call.arguments.find_positional(1) {
                    let value = self.value(iterable);
                    self.iterated(&value, site, false);
                    self.set_order(iterable, if short == "map" { "`map()` over" } else { "`filter()` over" });
                }
            }
            _ => {}
        }
    }

    pub(super) fn with_item(&mut self, manager: &'a Expr, is_async: bool) {
        let value = self.value(manager);
        let names: [&str; 2] = if is_async { ["__aenter__", "__aexit__"] } else { ["__enter__", "__exit__"] };
        for name in names {
            self.special(&value, name, manager.range());
        }
    }

    pub(super) fn operator(&mut self, left: &'a Expr, right: &'a Expr, names: (&str, &str), site: TextRange) {
        let left = self.value(left);
        if !self.special(&left, names.0, site) {
            let right = self.value(right);
            self.special(&right, names.1, site);
        }
    }

    pub(super) fn interpolation(&mut self, element: &'a ast::InterpolatedElement) {
        self.visit_expr(&element.expression);
        if let Some(specification) = &element.format_spec {
            for inner in &specification.elements {
                if let ast::InterpolatedStringElement::Interpolation(inner) = inner {
                    self.interpolation(inner);
                }
            }
        }
        self.shown_as_text(&element.expression);
        let value = self.value(&element.expression);
        let site = element.expression.range();
        match element.conversion {
            ast::ConversionFlag::Repr | ast::ConversionFlag::Ascii => self.represented(&value, &["__repr__"], site),
            ast::ConversionFlag::Str => self.represented(&value, &["__str__", "__repr__"], site),
            ast::ConversionFlag::None => self.represented(&value, &["__format__", "__str__", "__repr__"], site),
        }
    }

    pub(super) fn compared(&mut self, op: ast::CmpOp, left: &'a Expr, right: &'a Expr, site: TextRange) {
        let names = match op {
            ast::CmpOp::Eq => ("__eq__", "__eq__"),
            ast::CmpOp::NotEq => ("__ne__", "__eq__"),
            ast::CmpOp::Lt => ("__lt__", "__gt__"),
            ast::CmpOp::LtE => ("__le__", "__ge__"),
            ast::CmpOp::Gt => ("__gt__", "__lt__"),
            ast::CmpOp::GtE => ("__ge__", "__le__"),
            ast::CmpOp::In | ast::CmpOp::NotIn => {
                let container = self.value(right);
                if !self.special(&container, "__contains__", site) {
                    self.iterated(&container, site, false);
                }
                return;
            }
            ast::CmpOp::Is | ast::CmpOp::IsNot => return,
        };
        self.operator(left, right, names, site);
    }
}

fn is_context_decorator<'a>(evaluator: &Evaluator<'_, 'a>, class: ClassRef, outer: Option<FrameId>) -> bool {
    ["contextlib.ContextDecorator", "contextlib.AsyncContextDecorator"]
        .iter()
        .any(|base| evaluator.derives_from(class, outer, base))
}

/// Whether a function is a generator that `contextlib.contextmanager` makes a context manager of.
fn is_context_manager<'a>(evaluator: &Evaluator<'_, 'a>, callable: &Callable<'a>) -> bool {
    let module = evaluator.project().module(callable.function.file);
    let definition = module.function(callable.function.function);
    let place = Place { file: callable.function.file, scope: definition.parent, frame: callable.outer };
    definition.is_generator
        && definition.decorators().iter().any(|decorator| {
            matches!(evaluator.value(&decorator.expression, place), Value::External(name)
                if matches!(&*name, "contextlib.contextmanager" | "contextlib.asynccontextmanager"))
        })
}

pub(super) fn operator_names(op: ast::Operator) -> (&'static str, &'static str) {
    match op {
        ast::Operator::Add => ("__iadd__", "__add__"),
        ast::Operator::Sub => ("__isub__", "__sub__"),
        ast::Operator::Mult => ("__imul__", "__mul__"),
        ast::Operator::MatMult => ("__imatmul__", "__matmul__"),
        ast::Operator::Div => ("__itruediv__", "__truediv__"),
        ast::Operator::Mod => ("__imod__", "__mod__"),
        ast::Operator::Pow => ("__ipow__", "__pow__"),
        ast::Operator::LShift => ("__ilshift__", "__lshift__"),
        ast::Operator::RShift => ("__irshift__", "__rshift__"),
        ast::Operator::BitOr => ("__ior__", "__or__"),
        ast::Operator::BitXor => ("__ixor__", "__xor__"),
        ast::Operator::BitAnd => ("__iand__", "__and__"),
        ast::Operator::FloorDiv => ("__ifloordiv__", "__floordiv__"),
    }
}
