//! Expressions. What Python evaluates only sometimes (`and`, `or`, `if`-`else`, comprehensions) gets blocks of its own.
//!
//! Knows: the order in which parts are evaluated, and what calls put into attributes and collections by their form alone. Does not
//! know: what a name stands for.

use smallvec::SmallVec;

use super::{Exits, Lowering, Pending, list};
use crate::semantic::binding::{BindingKind, Step};
use crate::semantic::cfg::{Condition, Edge};
use crate::semantic::expr::{
    Argument, ArgumentKind, BoolOp, Clause, Comparison, Comprehension, ComprehensionKind, Conversion, DictItem, Expr,
    Interpolation, UnaryOp,
};
use crate::semantic::ids::{BlockId, ComprehensionId, ExprId, FunctionId, List};
use crate::semantic::name::Name;
use crate::semantic::scope::{Body, Function, Parameter, ParameterKind, Return, ScopeKind, StoreKind};
use crate::source::ast::{self, Ranged};
use crate::source::{TextRange, parse_annotation};

/// Longer strings are not kept.
const MAX_STRING: usize = 200;

/// Where control goes on where a condition holds, and where it does not.
pub(super) struct Outcome {
    pub expr: ExprId,
    /// Where it begins to be evaluated: control passes there on every way to what follows, and need not pass where its later
    /// parts are.
    pub began: BlockId,
    pub holds: Exits,
    pub fails: Exits,
}

impl<'t> Lowering<'t> {
    pub(super) fn expr(&mut self, expr: &'t ast::Expr) -> ExprId {
        let range = expr.range();
        match self.deeper(range, None, |lowering| Some(lowering.lower_expr(expr, range))) {
            Some(id) => id,
            None => self.add(Expr::Invalid, range),
        }
    }

    /// Lowers an expression. One arm for each form of the tree.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    fn lower_expr(&mut self, expr: &'t ast::Expr, range: TextRange) -> ExprId {
        let lowered = match expr {
            ast::Expr::NoneLiteral(_) => Expr::None,
            ast::Expr::EllipsisLiteral(_) => Expr::Ellipsis,
            ast::Expr::BooleanLiteral(literal) => Expr::Bool(literal.value),
            ast::Expr::BytesLiteral(_) => Expr::Bytes,
            ast::Expr::StringLiteral(literal) => string(literal.value.to_str()),
            ast::Expr::NumberLiteral(number) => lower_number(&number.value),
            ast::Expr::Name(name) => {
                Expr::Name { name: Name::new(name.id.as_str()), block: self.block, mark: self.mark() }
            }
            ast::Expr::Attribute(attribute) => {
                let value = self.expr(&attribute.value);
                Expr::Attribute { value, name: Name::new(attribute.attr.as_str()) }
            }
            ast::Expr::Subscript(subscript) => {
                let value = self.expr(&subscript.value);
                let index = self.expr(&subscript.slice);
                Expr::Subscript { value, index }
            }
            ast::Expr::Call(call) => return self.call(call),
            ast::Expr::Await(awaited) => Expr::Await(self.expr(&awaited.value)),
            ast::Expr::Yield(yielded) => {
                let value = yielded.value.as_deref().map(|value| self.expr(value));
                self.note_yield(|function| function.yields.extend(value));
                Expr::Yield(value)
            }
            ast::Expr::YieldFrom(yielded) => {
                let value = self.expr(&yielded.value);
                self.note_yield(|function| function.yields_from.push(value));
                Expr::YieldFrom(value)
            }
            ast::Expr::Named(named) => self.named(named),
            ast::Expr::Starred(starred) => Expr::Starred(self.expr(&starred.value)),
            ast::Expr::Lambda(lambda) => Expr::Lambda(self.lambda(lambda)),
            ast::Expr::If(conditional) => self.conditional(conditional),
            ast::Expr::BoolOp(_) => {
                let before = self.block;
                let outcome = self.condition(expr);
                let exits = outcome.holds.into_iter().chain(outcome.fails).collect();
                self.block = self.join(exits, before);
                return outcome.expr;
            }
            ast::Expr::UnaryOp(operation) => {
                let operand = self.expr(&operation.operand);
                Expr::Unary { op: operation.op, operand }
            }
            ast::Expr::BinOp(_) => return self.binary(expr),
            ast::Expr::Compare(comparison) => self.comparison(comparison),
            ast::Expr::Tuple(tuple) => Expr::Tuple(self.exprs(&tuple.elts)),
            ast::Expr::List(items) => Expr::List(self.exprs(&items.elts)),
            ast::Expr::Set(items) => Expr::Set(self.exprs(&items.elts)),
            ast::Expr::Dict(dict) => self.dict(dict),
            ast::Expr::ListComp(comp) => self.comprehension(ComprehensionKind::List, None, &comp.elt, &comp.generators),
            ast::Expr::SetComp(comp) => self.comprehension(ComprehensionKind::Set, None, &comp.elt, &comp.generators),
            ast::Expr::Generator(comp) => {
                self.comprehension(ComprehensionKind::Generator, None, &comp.elt, &comp.generators)
            }
            ast::Expr::DictComp(comp) => {
                self.comprehension(ComprehensionKind::Dict, comp.key.as_deref(), &comp.value, &comp.generators)
            }
            ast::Expr::Slice(slice) => {
                let bounds: SmallVec<[ExprId; 3]> = [&slice.lower, &slice.upper, &slice.step]
                    .into_iter()
                    .filter_map(|bound| bound.as_deref())
                    .map(|bound| self.expr(bound))
                    .collect();
                Expr::Slice(list(&mut self.module.lists.exprs, bounds))
            }
            ast::Expr::FString(text) => {
                let mut shown: SmallVec<[Interpolation; 4]> = SmallVec::new();
                for part in &text.value {
                    match part {
                        ast::FStringPart::Literal(literal) => self.text_piece(literal, literal.range(), &mut shown),
                        ast::FStringPart::FString(text) => {
                            text.elements.iter().for_each(|element| self.interpolation(element, &mut shown));
                        }
                    }
                }
                Expr::Formatted(list(&mut self.module.lists.interpolations, shown))
            }
            ast::Expr::TString(text) => {
                let mut shown: SmallVec<[Interpolation; 4]> = SmallVec::new();
                text.value.elements().for_each(|element| self.interpolation(element, &mut shown));
                // It is no text.
                self.unknown_piece(range, &mut shown);
                Expr::Formatted(list(&mut self.module.lists.interpolations, shown))
            }
            ast::Expr::IpyEscapeCommand(_) => Expr::Invalid,
        };
        self.add(lowered, range)
    }

    pub(super) fn exprs(&mut self, exprs: &'t [ast::Expr]) -> List<ExprId> {
        let ids: SmallVec<[ExprId; 4]> = exprs.iter().map(|expr| self.expr(expr)).collect();
        list(&mut self.module.lists.exprs, ids)
    }

    /// Long chains of one operator (`a + b + c + …`) nest to the left as deep as they are long.
    fn binary(&mut self, expr: &'t ast::Expr) -> ExprId {
        let mut chain: SmallVec<[&'t ast::ExprBinOp; 2]> = SmallVec::new();
        let mut leftmost = expr;
        while let ast::Expr::BinOp(operation) = leftmost {
            chain.push(operation);
            leftmost = &operation.left;
        }
        let mut left = self.expr(leftmost);
        for operation in chain.into_iter().rev() {
            let right = self.expr(&operation.right);
            left = self.add(Expr::Binary { op: operation.op, left, right }, operation.range());
        }
        left
    }

    fn call(&mut self, call: &'t ast::ExprCall) -> ExprId {
        let callee = self.expr(&call.func);
        let arguments = self.arguments(&call.arguments);
        let id = self.add(Expr::Call { callee, arguments }, call.range());
        self.module.calls.push(id);
        self.note_filling(callee, arguments);
        self.note_setattr(callee, arguments);
        id
    }

    pub(super) fn arguments(&mut self, arguments: &'t ast::Arguments) -> List<Argument> {
        let mut lowered: SmallVec<[Argument; 4]> = SmallVec::new();
        for argument in arguments.iter_source_order() {
            lowered.push(match argument {
                ast::ArgOrKeyword::Arg(ast::Expr::Starred(starred)) => {
                    Argument { kind: ArgumentKind::Star, value: self.expr(&starred.value) }
                }
                ast::ArgOrKeyword::Arg(value) => Argument { kind: ArgumentKind::Positional, value: self.expr(value) },
                ast::ArgOrKeyword::Keyword(keyword) => {
                    let kind = match &keyword.arg {
                        Some(name) => ArgumentKind::Keyword(Name::new(name.as_str())),
                        None => ArgumentKind::DoubleStar,
                    };
                    Argument { kind, value: self.expr(&keyword.value) }
                }
            });
        }
        list(&mut self.module.lists.arguments, lowered)
    }

    /// `setattr(object, "name", value)` assigns like `object.name = value`.
    fn note_setattr(&mut self, callee: ExprId, arguments: List<Argument>) {
        let Expr::Name { name, .. } = self.module.exprs[callee.index()] else { return };
        let given = self.module.list(arguments);
        let [object, attribute, value] = given else { return };
        let Expr::Str(attribute) = self.module.exprs[attribute.value.index()] else { return };
        if name == "setattr" {
            let store = crate::semantic::AttributeStore {
                object: object.value,
                name: attribute,
                value: Some(value.value),
                annotation: None,
                path: List::EMPTY,
                block: self.block,
            };
            self.module.attribute_stores.push(store);
        }
    }

    /// Methods by which the language's own collections, and most others, are filled.
    fn note_filling(&mut self, callee: ExprId, arguments: List<Argument>) {
        let Expr::Attribute { value: collection, name } = self.module.exprs[callee.index()] else { return };
        let (position, kind) = match name.as_str() {
            "append" | "appendleft" | "add" | "put" | "put_nowait" => (0, StoreKind::Item),
            "insert" => (1, StoreKind::Item),
            "setdefault" => (1, StoreKind::Entry),
            "extend" | "update" => (0, StoreKind::All),
            _ => return,
        };
        let given = self.module.list(arguments);
        let positional: SmallVec<[ExprId; 2]> = given
            .iter()
            .take_while(|argument| argument.kind == ArgumentKind::Positional)
            .map(|argument| argument.value)
            .collect();
        if let Some(&value) = positional.get(position) {
            let key = (kind == StoreKind::Entry).then(|| positional[0]);
            self.store(collection, kind, key, value);
        }
        if name == "update" {
            self.note_named_entries(collection, arguments);
        }
    }

    /// `options.update(task_queue="bulk")`.
    fn note_named_entries(&mut self, collection: ExprId, arguments: List<Argument>) {
        let named: SmallVec<[(Name, ExprId); 2]> = self
            .module
            .list(arguments)
            .iter()
            .filter_map(|argument| match argument.kind {
                ArgumentKind::Keyword(name) => Some((name, argument.value)),
                _ => None,
            })
            .collect();
        for (name, value) in named {
            let key = self.add(Expr::Str(name), self.module.span(value));
            self.store(collection, StoreKind::Entry, Some(key), value);
        }
    }

    fn named(&mut self, named: &'t ast::ExprNamed) -> Expr {
        let value = self.expr(&named.value);
        let target = match named.target.as_ref() {
            ast::Expr::Name(name) => {
                let (scope, path) = (self.walrus_scope(), List::EMPTY);
                let bound = Name::new(name.id.as_str());
                let scope = if self.module.scopes[scope.index()].globals.contains(&bound) {
                    self.module.global()
                } else {
                    scope
                };
                let kind = BindingKind::Assign { value, annotation: None, path };
                let binding = self.bind_in(scope, bound, name.range(), kind);
                self.add(Expr::Target(binding), name.range())
            }
            other => self.expr(other),
        };
        Expr::Named { target, value }
    }

    fn conditional(&mut self, conditional: &'t ast::ExprIf) -> Expr {
        let before = self.block;
        let outcome = self.condition(&conditional.test);
        self.block = self.join(outcome.holds, before);
        let body = self.expr(&conditional.body);
        let after_body = Edge { from: self.block, condition: Condition::Always };
        self.block = self.join(outcome.fails, before);
        let orelse = self.expr(&conditional.orelse);
        let after_orelse = Edge { from: self.block, condition: Condition::Always };
        self.block = self.join(Exits::from_iter([after_body, after_orelse]), before);
        Expr::Conditional { test: outcome.expr, body, orelse }
    }

    /// Evaluates a condition in blocks, so that each of its parts narrows what follows it.
    pub(super) fn condition(&mut self, expr: &'t ast::Expr) -> Outcome {
        let (range, began) = (expr.range(), self.block);
        let outcome = self.deeper(range, None, |lowering| Some(lowering.lower_condition(expr, range)));
        outcome.unwrap_or_else(|| {
            let expr = self.add(Expr::Invalid, range);
            let edge = Edge { from: self.block, condition: Condition::Always };
            Outcome { expr, began, holds: Exits::from_iter([edge]), fails: Exits::from_iter([edge]) }
        })
    }

    fn lower_condition(&mut self, expr: &'t ast::Expr, range: TextRange) -> Outcome {
        let began = self.block;
        match expr {
            ast::Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                let inner = self.condition(&operation.operand);
                let expr = self.add(Expr::Unary { op: UnaryOp::Not, operand: inner.expr }, range);
                Outcome { expr, began, holds: inner.fails, fails: inner.holds }
            }
            ast::Expr::BoolOp(operation) => self.logical(operation, range),
            _ => {
                let expr = self.expr(expr);
                let exit =
                    |holds| Exits::from_iter([Edge { from: self.block, condition: Condition::Test(expr, holds) }]);
                Outcome { expr, began, holds: exit(true), fails: exit(false) }
            }
        }
    }

    fn logical(&mut self, operation: &'t ast::ExprBoolOp, range: TextRange) -> Outcome {
        let (is_and, began) = (operation.op == BoolOp::And, self.block);
        let mut operands: SmallVec<[ExprId; 4]> = SmallVec::new();
        let mut decided = Exits::new();
        let mut open = Exits::new();
        let mut before = began;
        for operand in &operation.values {
            if !operands.is_empty() {
                self.block = self.join(std::mem::take(&mut open), before);
            }
            let outcome = self.condition(operand);
            before = outcome.began;
            operands.push(outcome.expr);
            let (goes_on, stops) = if is_and { (outcome.holds, outcome.fails) } else { (outcome.fails, outcome.holds) };
            open = goes_on;
            decided.extend(stops);
        }
        let operands = list(&mut self.module.lists.exprs, operands);
        let expr = self.add(Expr::BoolOp { op: operation.op, operands }, range);
        let (holds, fails) = if is_and { (open, decided) } else { (decided, open) };
        Outcome { expr, began, holds, fails }
    }

    fn comparison(&mut self, comparison: &'t ast::ExprCompare) -> Expr {
        let left = self.expr(&comparison.left);
        let rest: SmallVec<[Comparison; 1]> = comparison
            .ops
            .iter()
            .zip(&comparison.comparators)
            .map(|(op, right)| Comparison { op: *op, right: self.expr(right) })
            .collect();
        Expr::Compare { left, rest: list(&mut self.module.lists.comparisons, rest) }
    }

    fn dict(&mut self, dict: &'t ast::ExprDict) -> Expr {
        let items: SmallVec<[DictItem; 4]> = dict
            .items
            .iter()
            .map(|item| {
                let key = item.key.as_ref().map(|key| self.expr(key));
                DictItem { key, value: self.expr(&item.value) }
            })
            .collect();
        Expr::Dict(list(&mut self.module.lists.dict_items, items))
    }

    fn interpolation(&mut self, element: &'t ast::InterpolatedStringElement, shown: &mut SmallVec<[Interpolation; 4]>) {
        let element = match element {
            ast::InterpolatedStringElement::Interpolation(element) => element,
            ast::InterpolatedStringElement::Literal(text) => return self.text_piece(&text.value, text.range(), shown),
        };
        let value = self.expr(&element.expression);
        let conversion = match element.conversion {
            ast::ConversionFlag::None => Conversion::None,
            ast::ConversionFlag::Str => Conversion::Str,
            ast::ConversionFlag::Repr => Conversion::Repr,
            ast::ConversionFlag::Ascii => Conversion::Ascii,
        };
        shown.push(Interpolation { value, conversion });
        if let Some(format) = &element.format_spec {
            format.elements.iter().for_each(|inner| self.interpolation(inner, shown));
            self.unknown_piece(element.range(), shown);
        }
        if element.debug_text.is_some() {
            self.unknown_piece(element.range(), shown);
        }
    }

    /// A piece of a formatted text that is written out. Sentences are for people: nothing is looked up by them.
    fn text_piece(&mut self, text: &str, range: TextRange, shown: &mut SmallVec<[Interpolation; 4]>) {
        if text.contains(char::is_whitespace) {
            return self.unknown_piece(range, shown);
        }
        let value = self.add(string(text), range);
        shown.push(Interpolation { value, conversion: Conversion::None });
    }

    /// Says that a formatted text is not what its parts are, put together; once is enough.
    fn unknown_piece(&mut self, range: TextRange, shown: &mut SmallVec<[Interpolation; 4]>) {
        let is_unknown = |piece: &Interpolation| matches!(self.module.exprs[piece.value.index()], Expr::Text);
        if !shown.iter().any(is_unknown) {
            let value = self.add(Expr::Text, range);
            shown.push(Interpolation { value, conversion: Conversion::None });
        }
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        key: Option<&'t ast::Expr>,
        element: &'t ast::Expr,
        generators: &'t [ast::Comprehension],
    ) -> Expr {
        // The first iterable is evaluated outside.
        let first = generators.first().map(|first| self.expr(&first.iter));
        let (outer, before) = (self.scope, self.block);
        self.scope = self.push_scope(ScopeKind::Comprehension, Some(outer));
        self.block = self.block_after(before, Condition::Always);
        let mut clauses: SmallVec<[Clause; 1]> = SmallVec::new();
        let mut ends = Exits::from_iter([Edge { from: before, condition: Condition::Always }]);
        for (index, generator) in generators.iter().enumerate() {
            let iterable = match first {
                Some(first) if index == 0 => first,
                _ => self.expr(&generator.iter),
            };
            let make = |path| BindingKind::Loop { iterable, path };
            let target = self.target(&generator.target, &mut Vec::new(), &make);
            let mut conditions: SmallVec<[ExprId; 1]> = SmallVec::new();
            for test in &generator.ifs {
                let outcome = self.condition(test);
                conditions.push(outcome.expr);
                self.block = self.join(outcome.holds, outcome.began);
            }
            let conditions = list(&mut self.module.lists.exprs, conditions);
            clauses.push(Clause { target, iterable, conditions, is_async: generator.is_async });
        }
        let key = key.map(|key| self.expr(key));
        let element = self.expr(element);
        let block = self.block;
        ends.push(Edge { from: block, condition: Condition::Always });
        self.end_scope();
        self.scope = outer;
        self.block = self.join(ends, before);
        let clauses = list(&mut self.module.lists.clauses, clauses);
        let id = ComprehensionId::from_index(self.module.comprehensions.len());
        self.module.comprehensions.push(Comprehension { kind, key, element, clauses, block });
        Expr::Comprehension(id)
    }

    fn note_yield(&mut self, note: impl FnOnce(&mut Function)) {
        if let Some(function) = self.function {
            let function = &mut self.module.functions[function.index()];
            function.is_generator = true;
            note(function);
        }
    }

    // ---- functions

    fn lambda(&mut self, lambda: &'t ast::ExprLambda) -> FunctionId {
        let parameters = self.parameters(lambda.parameters.as_deref());
        let id = self.add_function("<lambda>", lambda.range(), lambda.range(), parameters);
        self.pending.push(Pending::Lambda(id, lambda));
        id
    }

    pub(super) fn add_function(
        &mut self,
        name: &str,
        range: TextRange,
        name_range: TextRange,
        parameters: List<Parameter>,
    ) -> FunctionId {
        let id = FunctionId::from_index(self.module.functions.len());
        let parent = self.scope;
        let class = match self.module.scopes[parent.index()].kind {
            ScopeKind::Class(class) => Some(class),
            _ => None,
        };
        let (outer_function, outer_region) = (self.function.replace(id), self.region.take());
        let scope = self.push_scope(ScopeKind::Function(id), Some(parent));
        let entry = self.new_block(self.block);
        self.module.blocks[entry.index()].scope = scope;
        let exit = self.module.scopes[scope.index()].exit;
        for first in [entry, exit] {
            self.module.blocks[first.index()].dominator = first;
        }
        (self.function, self.region) = (outer_function, outer_region);
        self.module.functions.push(Function {
            name: Name::new(name),
            scope,
            parent,
            block: self.block,
            class,
            parameters,
            decorators: List::EMPTY,
            returns_annotation: None,
            body: Body::Statements(List::EMPTY),
            size: 0,
            entry,
            returns: SmallVec::new(),
            yields: SmallVec::new(),
            yields_from: SmallVec::new(),
            is_async: false,
            is_generator: false,
            range,
            name_range,
        });
        id
    }

    /// What is evaluated where the function is defined: defaults, and annotations.
    pub(super) fn parameters(&mut self, parameters: Option<&'t ast::Parameters>) -> List<Parameter> {
        let Some(parameters) = parameters else { return List::EMPTY };
        let mut lowered: SmallVec<[Parameter; 4]> = SmallVec::new();
        let mut push = |lowering: &mut Self, kind, parameter: &'t ast::Parameter, default: Option<&'t ast::Expr>| {
            let default = default.map(|default| lowering.expr(default));
            let annotation = parameter.annotation.as_deref().map(|annotation| lowering.annotation(annotation));
            let name = Name::new(parameter.name.as_str());
            lowered.push(Parameter { name, kind, annotation, default, range: parameter.name.range() });
        };
        for parameter in &parameters.posonlyargs {
            push(self, ParameterKind::PositionalOnly, &parameter.parameter, parameter.default.as_deref());
        }
        for parameter in &parameters.args {
            push(self, ParameterKind::Positional, &parameter.parameter, parameter.default.as_deref());
        }
        if let Some(rest) = parameters.vararg.as_deref() {
            push(self, ParameterKind::Rest, rest, None);
        }
        for parameter in &parameters.kwonlyargs {
            push(self, ParameterKind::KeywordOnly, &parameter.parameter, parameter.default.as_deref());
        }
        if let Some(rest) = parameters.kwarg.as_deref() {
            push(self, ParameterKind::KeywordRest, rest, None);
        }
        list(&mut self.module.lists.parameters, lowered)
    }

    /// An annotation means what its names mean at the end of the scope, whether it is quoted or not.
    pub(super) fn annotation(&mut self, annotation: &'t ast::Expr) -> ExprId {
        let from = self.module.exprs.len();
        let id = self.expr_of_annotation(annotation);
        let exit = self.module.scopes[self.scope.index()].exit;
        for expr in &mut self.module.exprs[from..] {
            if let Expr::Name { block, mark, .. } = expr {
                (*block, *mark) = (exit, crate::semantic::BindingId(u32::MAX));
            }
        }
        id
    }

    fn expr_of_annotation(&mut self, annotation: &'t ast::Expr) -> ExprId {
        match annotation {
            ast::Expr::StringLiteral(quoted) => self.quoted(quoted),
            ast::Expr::Subscript(subscript) if !is_literal_type(&subscript.value) => {
                let value = self.expr_of_annotation(&subscript.value);
                let index = match subscript.slice.as_ref() {
                    ast::Expr::Tuple(tuple) => {
                        let items: SmallVec<[ExprId; 4]> =
                            tuple.elts.iter().map(|item| self.expr_of_annotation(item)).collect();
                        let items = list(&mut self.module.lists.exprs, items);
                        self.add(Expr::Tuple(items), tuple.range())
                    }
                    single => self.expr_of_annotation(single),
                };
                self.add(Expr::Subscript { value, index }, subscript.range())
            }
            ast::Expr::BinOp(operation) => {
                let left = self.expr_of_annotation(&operation.left);
                let right = self.expr_of_annotation(&operation.right);
                self.add(Expr::Binary { op: operation.op, left, right }, operation.range())
            }
            other => self.expr(other),
        }
    }

    fn quoted(&mut self, quoted: &'t ast::ExprStringLiteral) -> ExprId {
        let range = quoted.range();
        let parsed = quoted.as_single_part_string().and_then(|literal| parse_annotation(self.text, literal));
        match parsed {
            Some(parsed) => {
                // What was parsed out of the text lives no longer than this: it is lowered by a lowering of its own
                // lifetime, which leaves nothing pending but lambdas, and annotations hold none.
                let mut inner = self.reborrow();
                let id = inner.expr_of_annotation(&parsed);
                inner.give_back(self);
                id
            }
            None => self.add(Expr::Invalid, range),
        }
    }

    pub(super) fn lambda_body(&mut self, id: FunctionId, lambda: &'t ast::ExprLambda) {
        self.enter_function(id);
        let value = self.expr(&lambda.body);
        let block = self.block;
        let function = &mut self.module.functions[id.index()];
        function.body = Body::Expression(value);
        function.returns.push(Return { value: Some(value), block });
        self.end_scope();
    }

    pub(super) fn enter_function(&mut self, id: FunctionId) {
        let function = &self.module.functions[id.index()];
        (self.scope, self.block) = (function.scope, function.entry);
        self.function = Some(id);
        self.region = None;
        let next = self.mark();
        self.module.blocks[self.block.index()].bindings = (next, next);
        let parameters: Vec<Parameter> = self.module.parameters(id).to_vec();
        for (index, parameter) in (0..).zip(parameters) {
            let kind = BindingKind::Parameter { index };
            let scope = self.scope;
            self.bind_in(scope, parameter.name, parameter.range, kind);
        }
    }

    /// Binds a target. `make` makes the kind of binding from the path into the value.
    pub(super) fn target(
        &mut self,
        target: &'t ast::Expr,
        steps: &mut Vec<Step>,
        make: &dyn Fn(List<Step>) -> BindingKind,
    ) -> ExprId {
        match target {
            ast::Expr::Name(name) => {
                let path = self.path(steps);
                let binding = self.bind(name.id.as_str(), name.range(), make(path));
                self.add(Expr::Target(binding), name.range())
            }
            ast::Expr::Tuple(ast::ExprTuple { elts, .. }) | ast::Expr::List(ast::ExprList { elts, .. }) => {
                let mut items: SmallVec<[ExprId; 4]> = SmallVec::new();
                let star = elts.iter().position(|item| matches!(item, ast::Expr::Starred(_)));
                for (index, item) in elts.iter().enumerate() {
                    steps.push(Step::among(index, star, elts.len()));
                    items.push(self.target(item, steps, make));
                    steps.pop();
                }
                let items = list(&mut self.module.lists.exprs, items);
                self.add(Expr::Tuple(items), target.range())
            }
            ast::Expr::Starred(starred) => {
                // The step to it was taken among its neighbours.
                let inner = self.target(&starred.value, steps, make);
                self.add(Expr::Starred(inner), target.range())
            }
            _ => {
                let id = self.expr(target);
                let path = self.path(steps);
                self.note_store(id, make(path));
                id
            }
        }
    }

    /// `object.name = value` and `collection[key] = value`.
    fn note_store(&mut self, target: ExprId, kind: BindingKind) {
        let (value, annotation, path) = match kind {
            BindingKind::Assign { value, annotation, path } => (Some(value), annotation, path),
            BindingKind::Declare { annotation } => (None, Some(annotation), List::EMPTY),
            // What a loop, a `with` or a pattern gives has no expression of its own.
            _ => (None, None, List::EMPTY),
        };
        match (self.module.exprs[target.index()], value) {
            (Expr::Attribute { value: object, name }, _) => {
                let block = self.block;
                self.module.attribute_stores.push(crate::semantic::AttributeStore {
                    object,
                    name,
                    value,
                    annotation,
                    path,
                    block,
                });
            }
            (Expr::Subscript { value: collection, index }, Some(value)) if path.is_empty() => {
                self.store(collection, StoreKind::Entry, Some(index), value);
            }
            _ => {}
        }
    }

    /// This lowering for a tree that lives shorter.
    fn reborrow<'s>(&mut self) -> Lowering<'s>
    where
        't: 's,
    {
        Lowering {
            text: self.text,
            module: std::mem::take(&mut self.module),
            edges: std::mem::take(&mut self.edges),
            scope: self.scope,
            block: self.block,
            function: self.function,
            region: self.region,
            loops: Vec::new(),
            pending: Vec::new(),
            depth: self.depth,
        }
    }

    fn give_back(self, to: &mut Lowering<'_>) {
        to.module = self.module;
        to.edges = self.edges;
        to.block = self.block;
    }
}

fn string(text: &str) -> Expr {
    if text.len() <= MAX_STRING { Expr::Str(Name::new(text)) } else { Expr::Text }
}

fn lower_number(number: &ast::Number) -> Expr {
    match number {
        ast::Number::Int(number) => match number.as_i32() {
            Some(number) => Expr::Int(number),
            None => Expr::Float(number.as_i64().map_or(f32::INFINITY, |number| number as f32)),
        },
        ast::Number::Float(number) => Expr::Float(*number as f32),
        ast::Number::Complex { .. } => Expr::Float(f32::NAN),
    }
}

/// `Literal["a"]`: the strings in it are no names.
fn is_literal_type(generic: &ast::Expr) -> bool {
    match generic {
        ast::Expr::Name(name) => name.id.as_str() == "Literal",
        ast::Expr::Attribute(attribute) => attribute.attr.as_str() == "Literal",
        _ => false,
    }
}
