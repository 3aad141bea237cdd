//! What expressions give, as terms, and what is done while they are evaluated.
//!
//! Knows: the forms of expressions. Does not know: calls ([`call`](super::call)), how terms read and what tests of them give
//! ([`truth`](super::truth)).

use std::sync::Arc;

use super::build::Builder;
use super::effects::INPUT;
use super::run::is_of_data;
use super::sdk::POSITION;
use super::step::{Step, Text};
use super::term::{Item, Term, Test, Truth, is_same, unquoted};
use crate::python::{Besides, Callable, ClassRef, MethodKind, Value, ValueId, Values};
use crate::semantic::{
    BoolOp, Clause, Comprehension, ComprehensionKind, Conversion, Expr, ExprId, Interpolation, Name, Operator,
    ScopeKind, UnaryOp,
};
use crate::source::{TextRange, last_part};
use crate::temporal::constants::{Constant, as_written, constant};

impl Builder<'_, '_, '_> {
    /// What an expression gives. What it does on the way is added to the steps.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    pub(super) fn eval(&mut self, expr: ExprId) -> Term {
        if self.cannot.is_some() || !self.has_budget() {
            return Term::other(Text::plain("?"));
        }
        let module = self.module();
        match module[expr] {
            Expr::None => Term::none(),
            Expr::Bool(truth) => Term::truth(truth),
            Expr::Int(number) => Term::constant(&number.to_string()),
            Expr::Str(text) => Term::constant(&quoted(text.as_str())),
            Expr::Float(_) | Expr::Text | Expr::Bytes | Expr::Ellipsis | Expr::Invalid => {
                let source = self.evaluator.project().source(self.here.file);
                let text = source.slice(module.span(expr));
                // A number is the same however it is written.
                Term::constant(whole_number(text).unwrap_or(text))
            }
            Expr::Name { .. } => self.name(expr),
            Expr::Target(_) => Term::other(Text::plain("target")),
            Expr::Attribute { value, name } => {
                let base = self.eval(value);
                self.reads_attribute(value, &base, name);
                self.attribute(&base, name, expr)
            }
            Expr::Subscript { value, index } => {
                let (base, key) = (self.eval(value), self.eval(index));
                self.reads_key(value, &base, &key);
                self.item(&base, &key, expr)
            }
            Expr::Call { callee, arguments } => self.call(expr, callee, arguments),
            Expr::Await(value) => {
                let term = self.eval(value);
                self.wait_for(&term, module.span(expr))
            }
            Expr::Yield(value) => {
                let term = value.map_or_else(Term::none, |value| self.eval(value));
                self.yielded(term);
                Term::none()
            }
            Expr::YieldFrom(value) => {
                let term = self.eval(value);
                self.gives_each(&term, module.span(expr));
                // What the generator returns, which is not followed.
                let text = self.text(&term);
                Term::other(Text::joined(&[&text], |parts| format!("returned by {}", parts[0])))
            }
            Expr::Named { target, value } => {
                let term = self.eval(value);
                self.assign(target, term.clone());
                self.note_alias(target, value);
                term
            }
            Expr::Starred(value) => self.eval(value),
            Expr::Lambda(function) => {
                Term::Function(crate::python::FunctionRef { file: self.here.file, function }, self.here.frame, None)
            }
            Expr::Conditional { test, body, orelse } => self.conditional(expr, test, body, orelse),
            Expr::BoolOp { op, operands } => self.logical(expr, op, module.list(operands)),
            Expr::Unary { op: UnaryOp::Not, .. } | Expr::Compare { .. } => Term::of_truth(self.test(expr)),
            Expr::Unary { op, operand } => {
                let operand = self.eval(operand);
                let sign = match op {
                    UnaryOp::USub => "-",
                    UnaryOp::Invert => "~",
                    _ => "+",
                };
                match operand {
                    Term::Constant(text) => Term::constant(&format!("{sign}{text}")),
                    other => {
                        let text = self.text(&other);
                        Term::other(Text::joined(&[&text], |parts| signed(sign, parts[0])))
                    }
                }
            }
            Expr::Binary { op, left, right } => {
                let (left, right) = (self.eval(left), self.eval(right));
                match (self.operation(op, &left, &right), constant(self.evaluator, expr, self.place())) {
                    (Term::Other(..), Some(Constant::Number(number))) => Term::constant(&number.to_string()),
                    (Term::Other(..), Some(Constant::Duration(seconds))) => Term::constant(&format!("{seconds} s")),
                    (term, _) => term,
                }
            }
            Expr::Tuple(items) | Expr::List(items) => self.display(module.list(items)),
            Expr::Set(items) => match self.display(module.list(items)) {
                Term::Items(items) => self.set_of(items.to_vec()),
                other => other,
            },
            Expr::Dict(items) => {
                let mut entries = Some(Vec::new());
                let mut texts = Vec::new();
                for item in module.list(items) {
                    let key = item.key.map(|key| self.eval(key));
                    let value = self.eval(item.value);
                    texts.push(self.text(&value));
                    match (key, &mut entries, &value) {
                        (Some(key), Some(entries), _) => entries.push((key, value)),
                        (None, Some(entries), Term::Table(more)) => entries.extend(more.iter().cloned()),
                        _ => entries = None,
                    }
                }
                entries.map_or_else(
                    || Term::other(self.sequence("dict", &texts)),
                    |entries| Term::Table(Arc::new(entries)),
                )
            }
            Expr::Comprehension(comprehension) => self.comprehension(expr, module[comprehension]),
            Expr::Slice(_) => self.slice(expr),
            Expr::Formatted(shown) => self.formatted(module.list(shown)),
        }
    }

    /// A slice as a call makes it: `[:b]` is `slice(b)`, and `[a:]` is `slice(a, None)`.
    fn slice(&mut self, expr: ExprId) -> Term {
        let bounds = self.bounds(expr);
        let count = match bounds.iter().rposition(Option::is_some) {
            None => 0,
            Some(0) => 2,
            Some(last) => last + 1,
        };
        let mut parts: Vec<Text> = Vec::new();
        for bound in bounds.into_iter().take(count) {
            parts.push(bound.map_or_else(|| Text::plain("None"), |bound| self.eval_text(bound)));
        }
        if let ([_, end], [None, ..]) = (parts.as_slice(), bounds) {
            parts = vec![end.clone()];
        }
        Term::other(self.sequence("slice", &parts))
    }

    /// The bounds of a slice, each at its place: those that are left out leave their colons.
    fn bounds(&self, slice: ExprId) -> [Option<ExprId>; 3] {
        let module = self.module();
        let Expr::Slice(parts) = module[slice] else { return [None; 3] };
        let source = self.evaluator.project().source(self.here.file);
        let (mut found, mut place) = ([None; 3], 0);
        let mut from = module.span(slice).start();
        for part in module.list(parts) {
            let range = module.span(*part);
            place += source.slice(TextRange::new(from, range.start())).matches(':').count();
            if let Some(found) = found.get_mut(place) {
                *found = Some(*part);
            }
            from = range.end();
        }
        found
    }

    fn eval_text(&mut self, expr: ExprId) -> Text {
        let term = self.eval(expr);
        self.text(&term)
    }

    pub(super) fn sequence(&self, of: &str, parts: &[Text]) -> Text {
        let parts: Vec<&Text> = parts.iter().collect();
        Text::joined(&parts, |parts| format!("{of}({})", parts.join(", ")))
    }

    fn formatted(&mut self, shown: &[Interpolation]) -> Term {
        let part = |shown: &Interpolation| {
            let term = self.eval(shown.value);
            match shown.conversion {
                Conversion::None | Conversion::Str => term,
                Conversion::Repr | Conversion::Ascii => {
                    let text = self.text(&term);
                    Term::other(Text::joined(&[&text], |parts| format!("repr of {}", parts[0])))
                }
            }
        };
        let text = Term::written(shown.iter().map(part).collect::<Vec<_>>());
        self.kept(text)
    }

    fn name(&mut self, expr: ExprId) -> Term {
        let module = self.module();
        let Expr::Name { name, block, .. } = module[expr] else { return Term::Never };
        let variable = module.variable_read(name, block);
        if let Some(variable) = variable
            && let Some(term) = self.env.get(&(self.here.file, variable)).cloned()
        {
            return match self.generator_held(&term) {
                Some(generator) => {
                    let term = self.eval(generator);
                    self.env.insert((self.here.file, variable), term.clone());
                    term
                }
                None => term,
            };
        }
        let values = self.engine(expr);
        let is_local = variable.is_some_and(|variable| {
            matches!(module[module[variable].scope].kind, ScopeKind::Function(_) | ScopeKind::Comprehension)
        });
        let known = self.known(&values);
        if let Some(term) = known.clone().filter(|term| is_local || !self.is_bare(term)) {
            return term;
        }
        if !is_local {
            if let Some(constant) = constant(self.evaluator, expr, self.place()) {
                return Term::constant(&shown(constant));
            }
            if let Some(term) = self.origin(expr) {
                return self.as_engine_knows(term, &values);
            }
        }
        if let Some(term) = known {
            return term;
        }
        let word = if is_local { "local" } else { name.as_str() };
        Term::Other(Text::plain(word), values.single())
    }

    /// What values are, where they can be one thing only.
    pub(super) fn known(&self, values: &Values) -> Option<Term> {
        let value = match values.only() {
            Some(value) => value,
            None => values.single().filter(|value| {
                values.rest != crate::python::Rest::Anything
                    && matches!(self.evaluator.get(*value), Value::Items(..) | Value::Table(_) | Value::Function(_))
            })?,
        };
        Some(self.of_value(value))
    }

    pub(super) fn of_value(&self, value: ValueId) -> Term {
        match self.evaluator.get(value) {
            Value::None => Term::none(),
            Value::Bool(truth) => Term::truth(*truth),
            Value::Int(number) => Term::constant(&number.to_string()),
            Value::Str(text) => Term::constant(&quoted(text.as_str())),
            Value::OutsideInstance { besides: Besides::Number(bits), .. } => {
                Term::constant(&as_written(f32::from_bits(*bits)).to_string())
            }
            Value::Member(class, name) => self.member(*class, *name),
            Value::Items(_, items) => match items.iter().map(|item| self.known(item)).collect::<Option<Vec<_>>>() {
                Some(terms) => Term::Items(Arc::new(terms.into_iter().map(Item::always).collect())),
                None => Term::Known(value),
            },
            Value::Table(entries) => {
                let entry =
                    |(key, values): &(Option<ValueId>, Values)| Some((self.of_value((*key)?), self.known(values)?));
                match entries.iter().map(entry).collect::<Option<Vec<_>>>() {
                    Some(entries) => Term::Table(Arc::new(entries)),
                    None => Term::Known(value),
                }
            }
            Value::Function(Callable { function, receiver, outer }) => {
                let receiver = receiver.map(|receiver| Arc::new(self.of_value(receiver)));
                Term::Function(*function, *outer, receiver)
            }
            Value::Instance(_) if self.is_receiver(value) => Term::Object(0, value),
            _ => Term::Known(value),
        }
    }

    /// Whether a value is the workflow's object.
    fn is_receiver(&self, value: ValueId) -> bool {
        let class = |value: ValueId| match self.evaluator.get(value) {
            Value::Instance(instance) => Some(instance.class),
            _ => None,
        };
        self.receiver.is_some_and(|receiver| receiver == value || class(receiver) == class(value))
    }

    /// What an attribute of something is.
    pub(super) fn attribute(&mut self, base: &Term, name: Name, expr: ExprId) -> Term {
        match base {
            Term::Object(object, value) => self.attribute_of_object(*object, *value, base, name, expr),
            Term::Known(value) => self.attribute_of_value(*value, base, name, expr),
            Term::Choice(choice) => {
                let (then, orelse) = (choice.then.clone(), choice.orelse.clone());
                let (then, orelse) = (self.attribute(&then, name, expr), self.attribute(&orelse, name, expr));
                match is_same(&then, &orelse) {
                    true => then,
                    false => Term::choice(choice.condition.clone(), then, orelse),
                }
            }
            Term::Other(text, class) => self.attribute_of_unknown(text, *class, base, name, expr),
            Term::Never => Term::Never,
            Term::Member(member) if matches!(name.as_str(), "value" | "_value_") => (*member.value).clone(),
            Term::Member(member) if matches!(name.as_str(), "name" | "_name_") => Term::constant(&quoted(&member.name)),
            Term::Member(member) if let Some((function, kind)) = self.function_of_class(member.class, name) => {
                match kind {
                    MethodKind::Property => self.run_property(&function, base, expr),
                    MethodKind::Static => Term::Function(function.function, function.outer, None),
                    _ => Term::Function(function.function, function.outer, Some(Arc::new(base.clone()))),
                }
            }
            _ => {
                let text = self.text(base);
                Term::other(Text::joined(&[&text], |parts| format!("{}.{name}", parts[0])))
            }
        }
    }

    /// What an attribute is of a value that the engine knows.
    fn attribute_of_value(&mut self, value: ValueId, base: &Term, name: Name, expr: ExprId) -> Term {
        let values = self.evaluator.attribute(&Values::of(value), name);
        if let Some(property) = self.property(value, name) {
            return self.run_property(&property, base, expr);
        }
        if matches!(self.evaluator.get(value), Value::Super(..))
            && let Some(Value::Function(callable)) = values.single().map(|value| self.evaluator.get(value))
        {
            return Term::Function(callable.function, callable.outer, self.own_receiver().map(Arc::new));
        }
        let known = self.known(&values);
        if let Some(term) = known.clone().filter(|term| !self.is_bare(term)) {
            return term;
        }
        let origin = match self.evaluator.get(value) {
            Value::Module(_) => self.origin(expr),
            _ => self.class_origin(value, name),
        };
        match (origin, known) {
            (Some(term), _) => self.as_engine_knows(term, &values),
            (None, Some(term)) => term,
            (None, None) => {
                let text = self.text(base);
                let text = Text::joined(&[&text], |parts| format!("{}.{name}", parts[0]));
                Term::Other(text, values.single())
            }
        }
    }

    /// What an attribute is of something of which at most the class is known.
    fn attribute_of_unknown(
        &mut self,
        text: &Text,
        class: Option<ValueId>,
        base: &Term,
        name: Name,
        expr: ExprId,
    ) -> Term {
        if let Some(written) = self.written_into(text, name) {
            return written;
        }
        if let Some(kept) = self.class_of_kept(text)
            && self.stays_as_it_came(kept, name)
            && let Some(default) = self.default_of_new_field(kept, text, name)
        {
            return default;
        }
        let class = class.or_else(|| self.class_of_given_item(text)).or_else(|| self.class_of_data(text, expr));
        let Some(class) = class else { return Term::other(self.part_of(text, name)) };
        if let Some(default) = self.default_of_new_field(class, text, name) {
            return default;
        }
        if let Some(property) = self.property(class, name) {
            return self.run_property(&property, base, expr);
        }
        if let Some(term) = self.attribute_of_data(class, name) {
            return term;
        }
        let values = self.evaluator.attribute(&Values::of(class), name);
        match values.single().map(|value| self.evaluator.get(value)) {
            Some(Value::Function(callable)) => {
                return Term::Function(callable.function, callable.outer, Some(Arc::new(base.clone())));
            }
            Some(Value::OutsideMethod { .. }) => return self.of_value(values.known[0]),
            _ => {}
        }
        let inner = values.single().filter(|value| matches!(self.evaluator.get(*value), Value::Instance(_)));
        let part = self.part_of(text, name);
        if is_of_data(text) {
            let plain = self.plain_field(class, name);
            // What was recorded as a decimal is cut off where a whole number is asked for.
            if plain == Some("int") && self.recorded_part(&part.name).is_some_and(|form| form.is_decimal()) {
                return Term::other(Text::joined(&[&part], |parts| format!("builtins.int({})", parts[0])));
            }
            // What no annotation said it was before reads as it did then.
            let is_known = |text: &Text| self.recorded_part(&text.name).is_some();
            let is_new = plain == Some("int") && self.lens.looks_back() && is_known(text) && !is_known(&part);
            self.plain.extend(plain.filter(|_| !is_new).map(|plain| (Arc::clone(&part.name), plain)));
        }
        Term::Other(part, inner)
    }

    /// The class of data of a field of what was recorded, as annotated, where code gives it no other value.
    fn plain_field(&self, object: ValueId, name: Name) -> Option<&'static str> {
        let Value::Instance(instance) = self.evaluator.get(object) else { return None };
        let field =
            self.evaluator.fields(instance.class, instance.outer).into_iter().find(|field| field.name == name)?;
        let plain = super::kinds::plain_class(self.evaluator, field.annotation?, field.place)?;
        super::kinds::is_default_of_field(self.evaluator, &field, plain).then_some(())?;
        self.stays_as_it_came(object, name).then_some(plain)
    }

    fn attribute_of_object(&mut self, object: u32, value: ValueId, base: &Term, name: Name, expr: ExprId) -> Term {
        self.asks_late |= self.shared.late.contains(&name);
        if let Some(term) = self.heap.get(&(object, name)) {
            return term.clone();
        }
        if let Some(term) = self.fixed_field(object, name) {
            return term;
        }
        if let Some(property) = self.property(value, name) {
            return self.run_property(&property, base, expr);
        }
        let values = self.evaluator.attribute(&Values::of(value), name);
        if let Some(Value::Function(callable)) = values.single().map(|value| self.evaluator.get(value))
            && callable.receiver.is_some()
        {
            return Term::Function(callable.function, callable.outer, Some(Arc::new(base.clone())));
        }
        let owned = self.owned_part(object, name);
        let is_shared = object == 0 && self.shared.attributes.contains(&name) || owned.is_some();
        let known = self.known(&values).filter(|_| !is_shared);
        let is_whole = |term: &Term| !matches!(term, Term::Items(_) | Term::Table(_)) && !self.is_bare(term);
        if let Some(term) = known.clone().filter(is_whole) {
            return term;
        }
        if !is_shared {
            let of_class = self.known(&self.evaluator.class_attribute(value, name));
            if let Some(term) = of_class.clone().filter(|term| !self.is_bare(term)) {
                return term;
            }
            let bare = known.filter(|term| self.is_bare(term)).or(of_class);
            if let Some(term) = self.class_origin(value, name).or(bare) {
                return self.as_engine_knows(term, &values);
            }
        }
        if object == 0
            && let Some(term) = self.constant_attribute(name)
        {
            return term;
        }
        if object == 0
            && let Some(slot) = self.slot_of(name, &values)
        {
            return slot;
        }
        if object == 0 && self.holds_texts(name) {
            let text = self.attribute_text(name);
            self.plain.insert(Arc::clone(&text.name), "str");
            return Term::other(text);
        }
        let text = match (object, owned) {
            (0, _) => self.attribute_text(name),
            (_, Some(owned)) => owned,
            _ => Text::plain(&format!("self.{name}")),
        };
        Term::Other(text, values.single().filter(|value| matches!(self.evaluator.get(*value), Value::Instance(_))))
    }

    /// How an attribute of the workflow's object reads.
    pub(super) fn attribute_text(&self, name: Name) -> Text {
        self.identities.text(&format!("self.{name}"), self.shared.attributes.contains(&name))
    }

    /// The object of the method at hand.
    fn own_receiver(&self) -> Option<Term> {
        let function = self.here.function?;
        let module = self.module();
        let first = module.parameters(function.function).first()?;
        let variable = module.variable(module[function.function].scope, first.name)?;
        self.env.get(&(function.file, variable)).cloned()
    }

    /// The function behind a property.
    fn property(&self, object: ValueId, name: Name) -> Option<Callable> {
        if !matches!(self.evaluator.get(object), Value::Instance(_)) {
            return None;
        }
        let class = match self.evaluator.get(object) {
            Value::Instance(instance) => instance.class,
            _ => return None,
        };
        let (function, kind) = self.function_of_class(class, name)?;
        (kind == MethodKind::Property).then_some(function)
    }

    /// The function that the project defines as an attribute of a class, and of what kind it is.
    pub(super) fn function_of_class(&self, class: ClassRef, name: Name) -> Option<(Callable, MethodKind)> {
        for ancestor in self.evaluator.order(class, None).iter() {
            let crate::python::Ancestor::Project(owner, outer) = ancestor else { continue };
            let module = self.evaluator.project().module(owner.file);
            let bindings = module.bindings_of(module[owner.class].scope, name);
            let function = bindings.iter().find_map(|binding| match module[*binding].kind {
                crate::semantic::BindingKind::Function(function) => Some(function),
                _ => None,
            });
            if let Some(function) = function {
                let kind = self.evaluator.method_kind(owner.file, function);
                let function = crate::python::FunctionRef { file: owner.file, function };
                return Some((Callable { function, receiver: None, outer: *outer }, kind));
            }
            if !bindings.is_empty() {
                return None;
            }
        }
        None
    }

    /// An object of the class of which an item of a sequence is that the flow is given.
    fn class_of_given_item(&self, text: &Text) -> Option<ValueId> {
        self.given_items.get(sequence_of(&text.name)?).copied()
    }

    /// An object of the class of which something is that data gave, as annotations say: what stands in front of an attribute.
    fn class_of_data(&self, text: &Text, attribute: ExprId) -> Option<ValueId> {
        let Expr::Attribute { value, .. } = self.module()[attribute] else { return None };
        if !is_of_data(text) {
            return None;
        }
        let value = self.engine(value).single()?;
        matches!(self.evaluator.get(value), Value::Instance(_)).then_some(value)
    }

    fn run_property(&mut self, property: &Callable, base: &Term, expr: ExprId) -> Term {
        let range = self.module().span(expr);
        let given = super::call::Given::default();
        self.run(property.function, property.outer, Some(base.clone()), given, range)
    }

    /// The default of a field that the version before did not have, or that what it recorded as this result did not: it lacks it.
    pub(super) fn default_of_new_field(&self, object: ValueId, text: &Text, name: Name) -> Option<Term> {
        let class = match self.evaluator.get(object) {
            Value::Instance(instance) => instance.class,
            _ => return None,
        };
        let lacks = |result: &str| self.lens.lacks(result, name.as_str());
        let is_lacking = text.name.strip_prefix("result of ").is_some_and(lacks);
        if !is_lacking && !self.lens.is_new_field(&self.name_of_class(class), name.as_str()) {
            return None;
        }
        if self.is_put_by_hooks(object, class, name) || !is_lacking && !self.is_left_out(object, text, name) {
            return None;
        }
        let field = self.evaluator.fields(class, None).into_iter().find(|field| field.name == name)?;
        if let Some(empty) = self.evaluator.empty_default(&field) {
            return Some(self.of_value(self.evaluator.store().id(empty)));
        }
        let constant = constant(self.evaluator, field.default?, field.place)?;
        Some(Term::constant(&shown(constant)))
    }

    /// Whether what was recorded of something lacks a field that its class did not have, and code puts none there. What code puts into
    /// an object that a path names is known where it is read; into one of several it is not.
    fn is_left_out(&self, object: ValueId, text: &Text, name: Name) -> bool {
        if !is_of_data(text) && !text.name.contains(INPUT) {
            return true;
        }
        let whole = sequence_of(&text.name);
        let recorded = match whole {
            Some(of) => self.recorded_part(&format!("{}{of}", super::kept::ITEM)),
            None => self.recorded_part(&text.name),
        };
        let is_one_of_several = whole.is_some() || text.name.contains('[');
        if is_one_of_several && self.is_given_later(object, name) {
            return false;
        }
        // Of an item nothing else says what it was.
        recorded.map_or(whole.is_none() || !text.name.contains(INPUT), |form| form.lacks(name.as_str()))
    }

    /// What data have since their class has it, and not since it is one of the fields that they are made of.
    fn attribute_of_data(&self, object: ValueId, name: Name) -> Option<Term> {
        let Value::Instance(instance) = self.evaluator.get(object) else { return None };
        let fields = self.evaluator.fields(instance.class, None);
        if fields.is_empty() || fields.iter().any(|field| field.name == name) {
            return None;
        }
        let known = self.of_value(self.evaluator.class_attribute(object, name).single()?);
        let project = self.evaluator.project();
        let is_stored = |file| project.module(file).attribute_stores(name).next().is_some();
        let is_constant = matches!(known, Term::Constant(_) | Term::Member(_));
        (is_constant && !project.built().into_iter().any(is_stored)).then_some(known)
    }

    pub(super) fn name_of_class(&self, class: ClassRef) -> String {
        self.evaluator.project().module(class.file).qualified_class_name(class.class)
    }

    fn item(&mut self, base: &Term, key: &Term, expr: ExprId) -> Term {
        if let Some(item) = self.item_at(base, key, expr) {
            return item;
        }
        match (base, key) {
            (Term::Table(entries), key) => self.choose(entries, key),
            (Term::Items(items), Term::Constant(text)) => {
                let position = text.parse::<i64>().ok().and_then(|at| {
                    let length = i64::try_from(items.len()).ok()?;
                    usize::try_from(if at < 0 { at + length } else { at }).ok()
                });
                match position.and_then(|position| items.get(position)) {
                    Some(item) if items.iter().all(|item| item.when.is_none()) => item.term.clone(),
                    _ => self.item_text(base, key),
                }
            }
            (Term::Choice(choice), _) => {
                let (then, orelse) = (choice.then.clone(), choice.orelse.clone());
                Term::choice(choice.condition.clone(), self.item(&then, key, expr), self.item(&orelse, key, expr))
            }
            // What is begun once it is gathered, slice by slice.
            (Term::Many(text, items), Term::Other(slice, _))
                if slice.name.starts_with("slice(") && items.iter().all(|item| matches!(item, Term::Lazy(_))) =>
            {
                let text = Text::joined(&[text, slice], |parts| format!("{}[{}]", parts[0], parts[1]));
                Term::Many(text, Arc::clone(items))
            }
            (Term::Many(_, items), _) => match items.first() {
                Some(first) if !first.tokens().is_empty() => first.clone(),
                _ => self.item_text(base, key),
            },
            _ => self.item_text(base, key),
        }
    }

    /// The item at a position, as a loop over the same reads: the position that such a loop counts, or a number on a single path.
    fn item_at(&mut self, base: &Term, key: &Term, expr: ExprId) -> Option<Term> {
        let (Term::Other(of, _), Term::Constant(_) | Term::Other(..)) = (base, key) else { return None };
        if self.is_table(expr) {
            return None;
        }
        let at = self.text(key);
        if at.name.strip_prefix(POSITION).is_some_and(|counted| *counted == *of.name) {
            return Some(self.element(base, of));
        }
        let number = at.name.parse::<u32>().ok().filter(|_| self.is_on_path())?;
        let at = Text::joined(&[of], |parts| format!("{}, number {number}", parts[0]));
        Some(self.element(base, &at))
    }

    /// Whether what an expression takes an entry of may be a dict: a number is a key there, whatever it counts.
    fn is_table(&self, expr: ExprId) -> bool {
        let Expr::Subscript { value, .. } = self.module()[expr] else { return false };
        let is_dict = |value: &ValueId| match self.evaluator.get(*value) {
            Value::Table(_) => true,
            Value::OutsideInstance { class, .. } => matches!(last_part(class.as_str()), "dict" | "Mapping"),
            _ => false,
        };
        self.engine(value).known.iter().any(is_dict)
    }

    fn item_text(&mut self, base: &Term, key: &Term) -> Term {
        self.note_read(base, key);
        self.entry_text(base, key)
    }

    /// How the entry of a key reads.
    pub(super) fn entry_text(&self, base: &Term, key: &Term) -> Term {
        let (base, key) = (self.text(base), self.text(key));
        // Of a list the parts are taken one after the other in more than one way.
        if self.is_on_path() && key.name.starts_with("slice(") {
            let text = Text::joined(&[&base, &key], |parts| format!("{}[{}]", parts[0], parts[1]));
            let part = super::reading::slice_within(&text.name).zip(super::reading::slice_within(&text.shape));
            return Term::other(match part {
                Some((name, shape)) => Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared },
                None => text,
            });
        }
        // In JSON the field of an object and the entry of a dict are one.
        if let Some(field) = field_of(&key).filter(|_| is_of_data(&base)) {
            return Term::other(Text::joined(&[&base], |parts| format!("{}.{field}", parts[0])));
        }
        Term::other(Text::joined(&[&base, &key], |parts| format!("{}[{}]", parts[0], parts[1])))
    }

    /// The entry of a key; a key that may be any chooses among all.
    pub(super) fn choose(&mut self, entries: &[(Term, Term)], key: &Term) -> Term {
        let mut found = Term::Never;
        if entries.len() > MOST_CHOSEN && !matches!(key, Term::Constant(_) | Term::Member(_)) {
            let (table, key) = (self.text(&Term::Table(Arc::new(entries.to_vec()))), self.text(key));
            return Term::other(Text::joined(&[&table, &key], |parts| format!("{}[{}]", parts[0], parts[1])));
        }
        for (known, value) in entries.iter().rev() {
            match self.equals(key, known) {
                Truth::Always(true) => found = value.clone(),
                Truth::Always(false) => {}
                Truth::When(Test { condition, holds }) => {
                    found = match holds {
                        true => Term::choice(condition, value.clone(), found),
                        false => Term::choice(condition, found, value.clone()),
                    }
                }
            }
        }
        found
    }

    /// What a loop over something gives each time.
    pub(super) fn element(&mut self, iterable: &Term, text: &Text) -> Term {
        match iterable {
            Term::Items(items) if !iterable.tokens().is_empty() => items_first(items),
            Term::Many(_, items) if !items.is_empty() => items[0].clone(),
            Term::Known(value) => {
                let values = self.evaluator.item_of(&Values::of(*value));
                self.known(&values).unwrap_or_else(|| self.item_of(text, values.single()))
            }
            Term::Other(of, None)
                if of == text
                    && let Some((made, _)) = super::sdk::made_by(of) =>
            {
                Term::other(made)
            }
            Term::Other(of, class) => {
                let values = class.map(|value| self.evaluator.item_of(&Values::of(value)));
                let class =
                    values.and_then(|values| values.single()).filter(|class| self.is_instance_of_project(*class));
                match self.entry_of(of, text, class) {
                    Some(entry) => entry,
                    None => self.item_of(text, class),
                }
            }
            _ => self.item_of(text, None),
        }
    }

    fn is_instance_of_project(&self, value: ValueId) -> bool {
        matches!(self.evaluator.get(value), Value::Instance(_))
    }

    fn item_of(&self, text: &Text, class: Option<ValueId>) -> Term {
        let class = class.filter(|value| self.is_instance_of_project(*value));
        Term::Other(Text::joined(&[text], |parts| format!("item of {}", parts[0])), class)
    }

    fn conditional(&mut self, expr: ExprId, test: ExprId, body: ExprId, orelse: ExprId) -> Term {
        let range = self.module().span(expr);
        match self.test(test) {
            Truth::Always(true) => self.eval(body),
            Truth::Always(false) => self.eval(orelse),
            Truth::When(test) => {
                let (mut then, mut other) = (Term::Never, Term::Never);
                self.branch(
                    &test,
                    range,
                    |this| {
                        then = this.eval(body);
                        !matches!(then, Term::Never)
                    },
                    |this| {
                        other = this.eval(orelse);
                        !matches!(other, Term::Never)
                    },
                );
                self.one_of(test, then, other)
            }
        }
    }

    /// One of two by a test; where one path is gone, the one that is there.
    pub(super) fn one_of(&self, test: Test, then: Term, other: Term) -> Term {
        match (&then, test.holds) {
            (Term::Never, _) if self.is_on_path() => other,
            _ if self.is_on_path() => then,
            (_, true) => Term::choice(test.condition, then, other),
            (_, false) => Term::choice(test.condition, other, then),
        }
    }

    /// `a and b`, `a or b` as values.
    fn logical(&mut self, expr: ExprId, op: BoolOp, operands: &[ExprId]) -> Term {
        let Some((first, rest)) = operands.split_first() else { return Term::none() };
        let value = self.eval(*first);
        let value = self.settled(value);
        if rest.is_empty() {
            return value;
        }
        let goes_on = op == BoolOp::And;
        match self.truth(&value) {
            Truth::Always(truth) if truth == goes_on => self.logical(expr, op, rest),
            Truth::Always(_) => value,
            Truth::When(test) => {
                let test = if goes_on { test } else { Test { holds: !test.holds, ..test } };
                let range = self.module().span(expr);
                let mut more = Term::Never;
                self.branch(
                    &test,
                    range,
                    |this| {
                        more = this.logical(expr, op, rest);
                        true
                    },
                    |_| true,
                );
                self.one_of(test, more, value)
            }
        }
    }

    /// What an operator gives.
    pub(super) fn operation(&mut self, op: Operator, left: &Term, right: &Term) -> Term {
        if let (Term::Constant(one), Term::Constant(other)) = (left, right)
            && let Some(result) = super::numbers::calculated(op, one, other)
        {
            return Term::constant(&result);
        }
        let is = |term: &Term, number: &str| matches!(term, Term::Constant(text) if &**text == number);
        match op {
            Operator::Add | Operator::Sub if is(right, "0") => return left.clone(),
            Operator::Add if is(left, "0") => return right.clone(),
            Operator::Mult if is(right, "1") => return left.clone(),
            Operator::Mult if is(left, "1") => return right.clone(),
            _ => {}
        }
        if op == Operator::Add && (left.is_text() || right.is_text()) {
            return self.kept(Term::written([left.clone(), right.clone()]));
        }
        if op == Operator::Mod
            && left.is_text()
            && let Some(text) = super::texts::interpolated(left, right)
        {
            return self.kept(text);
        }
        match (op, left, right) {
            (Operator::Add, Term::Items(one), Term::Items(other)) => {
                return self.collected(one.iter().chain(other.iter()).cloned().collect());
            }
            (Operator::BitOr, Term::Items(one), Term::Items(other)) => {
                return self.set_of(one.iter().chain(other.iter()).cloned().collect());
            }
            _ => {}
        }
        let (left, right) = (self.text(left), self.text(right));
        Term::other(Text::joined(&[&left, &right], |parts| format!("({} {} {})", parts[0], op.as_str(), parts[1])))
    }

    /// The items of a display.
    pub(super) fn display(&mut self, items: &[ExprId]) -> Term {
        let module = self.module();
        let mut all = Vec::new();
        for item in items {
            if let Expr::Starred(inner) = module[*item] {
                let term = self.eval(inner);
                if let Some(more) = self.items_of(&term) {
                    all.extend(more);
                    continue;
                }
                match term {
                    Term::Many(text, more) => {
                        let first = all.iter().map(|item: &Item| item.term.clone());
                        let all = first.chain(more.iter().cloned()).collect();
                        return Term::Many(text, Arc::new(all));
                    }
                    other => {
                        let text = self.text(&other);
                        return Term::Many(text, Arc::new(all.into_iter().map(|item| item.term).collect()));
                    }
                }
            } else {
                all.push(Item::always(self.eval(*item)));
            }
        }
        self.collected(all)
    }

    /// A sequence of items. One that was put together of itself again and again grows beyond all bounds: it is one of which the
    /// length is not known.
    pub(super) fn collected(&self, mut items: Vec<Item>) -> Term {
        if items.len() <= MOST_COLLECTED {
            return Term::Items(Arc::new(items));
        }
        items.truncate(MOST_COLLECTED);
        let texts: Vec<Text> = items.iter().map(|item| self.text(&item.term)).collect();
        Term::Many(self.sequence("items", &texts), Arc::new(items.into_iter().map(|item| item.term).collect()))
    }

    fn comprehension(&mut self, expr: ExprId, comprehension: Comprehension) -> Term {
        let clauses = self.module().list(comprehension.clauses);
        let mut made = Making { items: Some(Vec::new()), pieces: Vec::new() };
        let text = self.clauses(expr, comprehension, clauses, None, &mut made);
        let Making { items, pieces } = made;
        match (items, comprehension.kind) {
            (Some(items), ComprehensionKind::Set) => self.set_of(items),
            (Some(items), ComprehensionKind::Dict) if items.iter().all(|item| item.when.is_none()) => table_of(&items),
            (Some(items), kind) if kind != ComprehensionKind::Dict => Term::Items(Arc::new(items)),
            _ if pieces.iter().any(|piece| !piece.tokens().is_empty() || matches!(piece, Term::Lazy(_))) => {
                Term::Many(text, Arc::new(pieces))
            }
            _ => {
                let texts: Vec<Text> = pieces.iter().map(|piece| self.text(piece)).collect();
                let element = self.sequence("made", &texts);
                Term::other(Text::joined(&[&text, &element], |parts| format!("{} for {}", parts[1], parts[0])))
            }
        }
    }

    /// Goes through the clauses of a comprehension. Gives what it goes through, in words.
    fn clauses(
        &mut self,
        expr: ExprId,
        comprehension: Comprehension,
        clauses: &[Clause],
        when: Option<Test>,
        made: &mut Making,
    ) -> Text {
        let module = self.module();
        let Some((clause, rest)) = clauses.split_first() else {
            self.make(comprehension, when, made);
            return Text::plain("");
        };
        let waits = || {
            let conditions = clauses.iter().flat_map(|clause| module.list(clause.conditions).iter().copied());
            let iterables = rest.iter().map(|clause| clause.iterable);
            let mut all = conditions.chain(iterables).chain(comprehension.key).chain([comprehension.element]);
            all.any(|part| has_await(module, part)) || rest.iter().any(|clause| clause.is_async)
        };
        if clause.is_async && !waits() {
            self.taken_whole = Some(module.span(clause.iterable));
        }
        let iterable = self.eval(clause.iterable);
        self.taken_whole = None;
        let iterable = self.gone_through(iterable);
        let text = self.text(&iterable);
        match self.items_of(&iterable).filter(|known| known.len() <= MOST_ITEMS) {
            Some(known) => {
                for item in known.iter() {
                    self.clause_with(expr, comprehension, clauses, item, when.as_ref(), made);
                }
                self.sequence("over", &[text])
            }
            None => self.clause_over(expr, comprehension, clauses, (iterable, text), made),
        }
    }

    /// What a comprehension makes in one round.
    fn make(&mut self, comprehension: Comprehension, when: Option<Test>, made: &mut Making) {
        let key = comprehension.key.map(|key| self.eval(key));
        let term = self.eval(comprehension.element);
        made.pieces.push(term.clone());
        let term = match key {
            Some(key) => Term::Items(Arc::new(vec![Item::always(key), Item::always(term)])),
            None => term,
        };
        if let Some(items) = &mut made.items {
            items.push(Item { when, term });
        }
    }

    /// One round of a comprehension's clause, and what the further ones do in it.
    fn clause_with(
        &mut self,
        expr: ExprId,
        comprehension: Comprehension,
        clauses: &[Clause],
        item: &Item,
        when: Option<&Test>,
        made: &mut Making,
    ) {
        let Some((clause, rest)) = clauses.split_first() else { return };
        self.assign(clause.target, item.term.clone());
        let first = item.when.clone().map_or(Truth::Always(true), Truth::When);
        match self.all_of(first, clause) {
            Truth::Always(false) => {}
            Truth::Always(true) => {
                self.clauses(expr, comprehension, rest, when.cloned(), made);
            }
            Truth::When(test) => {
                let both = when.map_or(test.clone(), |when| Test::all(&[when.clone(), test.clone()]));
                self.branch(
                    &test,
                    self.module().span(expr),
                    |this| {
                        this.clauses(expr, comprehension, rest, Some(both), made);
                        true
                    },
                    |_| true,
                );
            }
        }
    }

    /// A comprehension's clause over items of which not each is known: gone through once, as a loop.
    fn clause_over(
        &mut self,
        expr: ExprId,
        comprehension: Comprehension,
        clauses: &[Clause],
        (iterable, text): (Term, Text),
        made: &mut Making,
    ) -> Text {
        let range = self.module().span(expr);
        let Some((clause, rest)) = clauses.split_first() else { return text };
        let known = made.items.take();
        let element = self.element(&iterable, &text);
        self.assign(clause.target, element);
        let mut is_empty = false;
        self.perhaps += 1;
        let (steps, head) = self.captured(|this| match this.all_of(Truth::Always(true), clause) {
            Truth::Always(false) => {
                is_empty = true;
                Text::plain("")
            }
            Truth::Always(true) => this.clauses(expr, comprehension, rest, None, made),
            Truth::When(test) => {
                let mut inner = Text::plain("");
                let of_test = test.text();
                this.branch(
                    &test,
                    range,
                    |this| {
                        inner = this.clauses(expr, comprehension, rest, None, made);
                        true
                    },
                    |_| true,
                );
                Text::joined(&[&inner, &of_test], |parts| format!("{} if {}", parts[0], parts[1]))
            }
        });
        self.perhaps -= 1;
        if is_empty {
            made.items = known;
        }
        let loop_head = super::sdk::head(&iterable, &text);
        let head = Text::joined(&[&loop_head, &head], |parts| format!("{}{}", parts[0], parts[1]));
        if !steps.is_empty() {
            let at = self.site(range);
            self.emit(Step::Loop { head: loop_head, body: steps, at });
        }
        head
    }

    /// Whether something holds and each condition of a clause.
    fn all_of(&mut self, first: Truth, clause: &Clause) -> Truth {
        let conditions = self.module().list(clause.conditions);
        conditions.iter().fold(first, |all, condition| all.and(self.test(*condition)))
    }
}

/// What a comprehension makes.
struct Making {
    /// Each item, where all of them are known.
    items: Option<Vec<Item>>,
    /// All that an item may be.
    pieces: Vec<Term>,
}

/// Whether something is waited for in an expression.
fn has_await(module: &crate::semantic::Module, expr: ExprId) -> bool {
    let mut found = false;
    super::super::code::each_within(module, expr, &mut |part| found |= matches!(module[part], Expr::Await(_)));
    found
}

/// The table of pairs of keys and values.
fn table_of(pairs: &[Item]) -> Term {
    let entry = |item: &Item| match &item.term {
        Term::Items(pair) => Some((pair.first()?.term.clone(), pair.get(1)?.term.clone())),
        _ => None,
    };
    Term::Table(Arc::new(pairs.iter().filter_map(entry).collect()))
}

fn items_first(items: &[Item]) -> Term {
    items.first().map_or(Term::Never, |item| item.term.clone())
}

/// A number without what stands behind its point, where that is nothing.
fn whole_number(text: &str) -> Option<&str> {
    let (whole, rest) = text.split_once('.')?;
    let is_number = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && rest.bytes().all(|byte| byte == b'0')).then_some(whole)
}

/// The field that a key of JSON is, where it can be one.
pub(super) fn field_of(key: &Text) -> Option<&str> {
    let field = unquoted(&key.name);
    let is_word = field.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (field.len() < key.name.len() && is_word).then_some(field)
}

impl Item {
    pub(super) fn always(term: Term) -> Self {
        Self { when: None, term }
    }
}

/// What a sign before something gives; `-(-a // b)` is a quotient that is rounded up.
fn signed(sign: &str, of: &str) -> String {
    let up = || match super::reading::operands(of)? {
        (left, "//", right) => Some(format!("math.ceil(({} / {right}))", super::reading::negated(left)?)),
        _ => None,
    };
    up().filter(|_| sign == "-").unwrap_or_else(|| format!("{sign}{of}"))
}

/// Among how many entries of a dict a key that is not known chooses: each may lead to code of its own.
const MOST_CHOSEN: usize = 500;

/// Up to how many items a sequence is kept as such. Longer ones stand in no workflow's code.
const MOST_COLLECTED: usize = 1_000;

/// Up to how many items a comprehension is written out.
const MOST_ITEMS: usize = 64;

/// A constant as it is written.
pub(super) fn shown(constant: Constant) -> String {
    match constant {
        Constant::None => "None".to_owned(),
        Constant::Bool(truth) => if truth { "True" } else { "False" }.to_owned(),
        Constant::Number(number) => number.to_string(),
        Constant::Text(text) => quoted(text.as_str()),
        Constant::Duration(seconds) => format!("{seconds} s"),
        Constant::Member(class, member) => format!("{}.{member}", class.last_part()),
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.escape_default())
}

/// The sequence of which something is an item, whichever it is: `item of input.0, number 3` is one of `input.0`.
fn sequence_of(text: &str) -> Option<&str> {
    let of = text.strip_prefix(super::kept::ITEM)?;
    Some(super::reading::taken_in_parts(of.split(", number ").next().unwrap_or(of)))
}
