//! Methods of what is at hand: collections, tasks, handles, and objects of libraries.
//!
//! Knows: which change their object, and what they give. Does not know: methods of the project, which are gone through.

use std::sync::Arc;

use super::build::Builder;
use super::call::{Given, replaced_never};
use super::effects::{Effect, INPUT};
use super::expression::{field_of, quoted};
use super::failing::STACK;
use super::sdk::TIME;
use super::step::{CommandKind, Failures, FlowKind, Step, Text, Wait};
use super::term::{Item, Started, Term, Truth, is_same};
use crate::python::{Value, ValueId};
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, List, Name, UnaryOp};
use crate::source::TextRange;

/// How a collection reads that was changed.
const CHANGED: &str = "changed ";

impl Builder<'_, '_, '_> {
    /// A method of a collection, of something that was started, of a task group.
    #[expect(clippy::too_many_lines, reason = "an arm for each kind of object")]
    pub(super) fn method_of_known(
        &mut self,
        value: ExprId,
        base: &Term,
        name: Name,
        arguments: List<Argument>,
        range: TextRange,
    ) -> Option<Term> {
        match base {
            Term::Many(text, _) if text.name.starts_with("group ") && name == "create_task" => {
                let given = self.given(arguments);
                let group: u32 = text.name.trim_start_matches("group ").parse().ok()?;
                let started = self.start(&given.get(0, "coro")?);
                if let Some(tokens) = self.groups.get_mut(&group) {
                    tokens.extend(started.tokens());
                }
                Some(started)
            }
            Term::Many(text, _) if text.name.starts_with(STACK) => {
                let stack: u32 = text.name.strip_prefix(STACK)?.parse().ok()?;
                self.pushed(stack, name, arguments, range)
            }
            Term::Object(..) | Term::Choice(_)
                if name == "_replace" && self.method_function(base, "_replace").is_none() =>
            {
                let given = self.given(arguments);
                Some(self.with_fields(base, &given).unwrap_or_else(|| self.unknown_call(base, &given)))
            }
            Term::Items(_) | Term::Other(..) if asks_of_set(name.as_str()) => self.method_of_set(base, name, arguments),
            Term::Constant(duration) if name == "total_seconds" && self.module().list(arguments).is_empty() => {
                super::numbers::seconds(duration).map(|seconds| Term::constant(&seconds))
            }
            Term::Constant(_) | Term::Written(_) | Term::Member(_) => self.method_of_text(base, name, arguments),
            Term::Items(items) => self.method_of_items(value, items, name, arguments),
            Term::Many(_, items) if matches!(name.as_str(), "get" | "pop") && has_started(items) => {
                let given = self.given(arguments);
                let (key, of) = (self.text(&given.get(0, "key")?), self.text(base));
                let is_there = Text::joined(&[&key, &of], |parts| format!("{} in {}", parts[0], parts[1]));
                let default = given.get(1, "default").unwrap_or_else(Term::none);
                Some(Term::choice(self.condition(is_there), items[0].clone(), default))
            }
            Term::Many(text, items) if matches!(name.as_str(), "values" | "items") && has_started(items) => {
                self.given(arguments);
                let key = Term::other(Text::joined(&[text], |parts| format!("key of {}", parts[0])));
                let pair =
                    |item: &Term| Term::Items(Arc::new([&key, item].map(|part| Item::always(part.clone())).into()));
                let each = items.iter().map(|item| if name == "items" { pair(item) } else { item.clone() });
                Some(Term::Many(text.clone(), Arc::new(each.collect())))
            }
            Term::Many(text, items) if matches!(name.as_str(), "append" | "add" | "extend") => {
                let given = self.given(arguments);
                let mut all = items.to_vec();
                all.extend(given.positional.into_iter().map(|item| item.term));
                self.replace(value, Term::Many(text.clone(), Arc::new(all)));
                Some(Term::none())
            }
            Term::Table(_) | Term::Other(..) | Term::Choice(_)
                if name == "setdefault" && is_name(self.module(), value) =>
            {
                let given = self.given(arguments);
                let key = given.get(0, "key")?;
                let entry = self.entry_text(base, &key);
                let default = given.get(1, "default").unwrap_or_else(Term::none);
                self.note_default(base, &key, &default);
                self.replace(value, self.changed(base));
                Some(entry)
            }
            Term::Table(entries) => {
                let entries = Arc::clone(entries);
                match name.as_str() {
                    "get" => {
                        let given = self.given(arguments);
                        let key = given.get(0, "key")?;
                        let default = given.get(1, "default").unwrap_or_else(Term::none);
                        self.entry_or(base, &key, &default)
                    }
                    "items" | "keys" | "values" => {
                        let item = |(key, value): &(Term, Term)| match name.as_str() {
                            "keys" => Item::always(key.clone()),
                            "values" => Item::always(value.clone()),
                            _ => {
                                let pair = vec![Item::always(key.clone()), Item::always(value.clone())];
                                Item::always(Term::Items(Arc::new(pair)))
                            }
                        };
                        Some(Term::Items(Arc::new(entries.iter().map(item).collect())))
                    }
                    _ => {
                        let given = self.given(arguments);
                        if let Some(changed) = self.table_changed(base, name, &given) {
                            self.replace(value, changed);
                            return Some(Term::none());
                        }
                        self.replace(value, Term::other(Text::plain("changed table")));
                        Some(self.unknown_call(base, &given))
                    }
                }
            }
            Term::Started(started) => self.method_of_started(started, name, arguments, range),
            // The workflow's time is one of UTC.
            Term::Other(text, _)
                if text.name.starts_with(TIME) && matches!(name.as_str(), "astimezone" | "replace") =>
            {
                let given = self.given(arguments);
                let is_utc = |zone: &Term| matches!(&*self.text(zone).name, "datetime.timezone.utc" | "datetime.UTC");
                let zone = match (name.as_str(), given.positional.as_slice(), given.named.as_slice()) {
                    ("astimezone", [zone], []) => Some(&zone.term),
                    ("astimezone", [], [(tz, zone)]) if *tz == "tz" => Some(zone),
                    ("replace", [], [(tz, zone)]) if *tz == "tzinfo" => Some(zone),
                    _ => None,
                };
                match zone.is_some_and(is_utc) && !given.open {
                    true => Some(base.clone()),
                    false => {
                        let text = Text::joined(&[text], |parts| format!("{}.{name}", parts[0]));
                        Some(self.unknown_call(&Term::other(text), &given))
                    }
                }
            }
            Term::Other(..) | Term::Choice(_) if name == "get" && self.method_function(base, "get").is_none() => {
                self.entry_asked_for(value, base, arguments)
            }
            // A list that is put in order is the list in that order.
            Term::Other(text, _) if name == "sort" && is_own(self.module(), value, text) => {
                let given = self.given(arguments);
                let mut given = self.with_key(given, range);
                given.positional.insert(0, Item::always(base.clone()));
                let sorted = self.of_language("sorted", &given)?;
                self.replace(value, sorted);
                Some(Term::none())
            }
            Term::Other(text, _) if name == "reverse" && is_own(self.module(), value, text) => {
                let given = Given { positional: vec![Item::always(base.clone())], ..self.given(arguments) };
                let reversed = self.of_language("reversed", &given)?;
                self.replace(value, reversed);
                Some(Term::none())
            }
            Term::Choice(_) if grows(name.as_str()) && is_name(self.module(), value) => {
                Some(self.grown(value, base, name, arguments))
            }
            Term::Other(text, _) if grows(name.as_str()) && is_own(self.module(), value, text) => {
                Some(self.grown(value, base, name, arguments))
            }
            Term::Other(..) if grows(name.as_str()) && self.holder_of(value).is_some() => {
                let given = self.given(arguments);
                if let Some(holder) = self.holder_of(value) {
                    let holds = self.eval(holder);
                    self.replace(holder, self.changed(&holds));
                }
                Some(self.unknown_call(base, &given))
            }
            // Of nothing no method is called.
            Term::Choice(choice) => match (&choice.then, &choice.orelse) {
                (Term::Started(started), Term::Constant(_)) | (Term::Constant(_), Term::Started(started)) => {
                    self.method_of_started(started, name, arguments, range)
                }
                _ => None,
            },
            Term::Other(text, _) if changes(name.as_str()) && is_attribute(self.module(), value) => {
                let given = self.given(arguments);
                self.writes = true;
                self.put_by(text, name, &given);
                Some(self.unknown_call(base, &given))
            }
            _ => None,
        }
    }

    /// The variable that holds a dict of which an expression is an entry.
    fn holder_of(&self, entry: ExprId) -> Option<ExprId> {
        let module = self.module();
        match module[entry] {
            Expr::Subscript { value, .. } if is_name(module, value) => Some(value),
            _ => None,
        }
    }

    /// A collection of which it cannot be told what it holds after a change: what it was, however often it was changed.
    pub(super) fn changed(&self, term: &Term) -> Term {
        fn root(this: &Builder<'_, '_, '_>, term: &Term) -> Option<Text> {
            match term {
                Term::Choice(choice) => {
                    let (then, orelse) = (root(this, &choice.then)?, root(this, &choice.orelse)?);
                    (then == orelse).then_some(then)
                }
                term => {
                    let text = this.text(term);
                    Some(unchanged(&text))
                }
            }
        }
        let text = root(self, term).unwrap_or_else(|| self.text(term));
        Term::other(Text::joined(&[&text], |parts| format!("{CHANGED}{}", parts[0])))
    }

    /// What a dict has for a key, or what says that it has none.
    fn entry_asked_for(&mut self, of: ExprId, base: &Term, arguments: List<Argument>) -> Option<Term> {
        let given = self.given(arguments);
        if let Some(key) = given.get(0, "key") {
            self.reads_key(of, base, &key);
        }
        let is_plain = !given.open && given.terms().count() <= 2;
        let entry = given.get(0, "key").filter(|_| is_plain).and_then(|key| {
            let default = given.get(1, "default").unwrap_or_else(Term::none);
            self.entry_or(base, &key, &default)
        });
        entry.or_else(|| {
            let text = Text::joined(&[&self.text(base)], |parts| format!("{}.get", parts[0]));
            Some(self.unknown_call(&Term::other(text), &given))
        })
    }

    /// The entry of a dict, or a default. Where that says that there is none, it reads as the entry itself.
    fn entry_or(&mut self, dict: &Term, key: &Term, default: &Term) -> Option<Term> {
        self.note_asked(dict, key);
        match dict {
            Term::Table(entries) => {
                let found = self.choose(entries, key);
                Some(replaced_never(found, default))
            }
            Term::Choice(choice) => {
                let then = self.entry_or(&choice.then, key, default)?;
                let orelse = self.entry_or(&choice.orelse, key, default)?;
                Some(match is_same(&then, &orelse) {
                    true => then,
                    false => Term::choice(choice.condition.clone(), then, orelse),
                })
            }
            Term::Other(..) if self.is_missing(dict, key) => Some(default.clone()),
            Term::Other(..) if matches!(self.truth(default), Truth::Always(false)) => {
                self.note_default(dict, key, default);
                Some(self.entry_text(dict, key))
            }
            _ => None,
        }
    }

    /// Takes down what stands in for a key of what the run method is given where that has none: as the default of a field does.
    fn note_default(&mut self, dict: &Term, key: &Term, default: &Term) {
        let of = unchanged(&self.text(dict));
        let attribute = self.text(&self.entry_text(&Term::other(of.clone()), key));
        let is_plain =
            |text: &Text| text.name.starts_with(INPUT) && !text.name.contains(['(', '[', ' ']) && !text.is_shared;
        let is_constant = matches!(self.truth(default), Truth::Always(_));
        if self.flow.0 != FlowKind::Run || !is_constant || !is_plain(&of) || !is_plain(&attribute) {
            return;
        }
        let noted = Effect { attribute, does: self.effect(default), is_later: false };
        if !self.asked_defaults.contains(&noted) {
            self.asked_defaults.push(noted);
        }
    }

    /// Whether what an execution was given has no such key: the version before named none of that name.
    pub(super) fn is_missing(&self, base: &Term, key: &Term) -> bool {
        let (of, key) = (self.text(base), self.text(key));
        let new = field_of(&key).filter(|field| is_in_input(&of) && self.lens.is_new_key(field));
        // What a dict has that is no object of a class is for those to say who send it.
        if let Some(field) = new
            && !matches!(base, Term::Other(_, Some(_)))
        {
            self.missing.borrow_mut().insert(field.to_owned());
        }
        new.is_some()
    }

    /// A collection of which the items are not known gets more: it reads as what it was, and what it got.
    fn grown(&mut self, value: ExprId, base: &Term, name: Name, arguments: List<Argument>) -> Term {
        let given = self.given(arguments);
        let mut parts = vec![self.text(base)];
        parts.extend(given.terms().map(|term| self.text(term)));
        let parts: Vec<&Text> = parts.iter().collect();
        let text = Text::joined(&parts, |parts| format!("{} and {name}({})", parts[0], parts[1..].join(", ")));
        self.replace(value, Term::other(text));
        Term::none()
    }

    /// An exit stack with what it is to call.
    pub(super) fn new_stack(&mut self, calls: Vec<(Term, Given)>) -> Term {
        self.objects += 1;
        self.stacks.insert(self.objects, calls);
        Term::Many(Text::plain(&format!("{STACK}{}", self.objects)), Arc::default())
    }

    /// An exit stack is given something to call once it is left, is left at once, or hands over what it has.
    fn pushed(&mut self, stack: u32, name: Name, arguments: List<Argument>, range: TextRange) -> Option<Term> {
        match name.as_str() {
            "push_async_callback" | "callback" => {}
            "pop_all" => {
                let calls = self.stacks.insert(stack, Vec::new()).unwrap_or_default();
                return Some(self.new_stack(calls));
            }
            "aclose" | "close" => {
                let (steps, ()) = self.captured(|this| this.unwind(stack, range));
                self.stacks.insert(stack, Vec::new());
                return Some(match name.as_str() {
                    "aclose" => Term::lazy(steps, Term::none()),
                    _ => {
                        steps.into_iter().for_each(|step| self.emit(step));
                        Term::none()
                    }
                });
            }
            _ => return None,
        }
        let mut given = self.given(arguments);
        if given.positional.is_empty() {
            return None;
        }
        let callee = given.positional.remove(0).term;
        self.stacks.entry(stack).or_default().push((callee.clone(), given));
        Some(callee)
    }

    /// What a method gives that only asks something of its object.
    fn asked_of(&mut self, of: &Term, method: &str, given: &super::call::Given) -> Term {
        let text = self.text(of);
        let text = Text::joined(&[&text], |parts| format!("{}.{method}", parts[0]));
        self.unknown_call(&Term::other(text), given)
    }

    /// What a method makes of a dict of which all entries are known; nothing where it cannot be told.
    fn table_changed(&self, base: &Term, name: Name, given: &super::call::Given) -> Option<Term> {
        let more = match (name.as_str(), given.positional.as_slice()) {
            ("update", []) => Vec::new(),
            ("update", [Item { term: Term::Table(entries), when: None }]) => entries.to_vec(),
            _ => return None,
        };
        if given.open {
            return None;
        }
        let named = given.named.iter().map(|(name, term)| (Term::constant(&quoted(name.as_str())), term.clone()));
        more.into_iter().chain(named).try_fold(base.clone(), |table, (key, value)| table.with_entry(&key, &value))
    }

    /// A method of an object of the language's library: an event is a truth, a queue a collection.
    pub(super) fn method_of_library(
        &mut self,
        call: ExprId,
        value: ExprId,
        base: &Term,
        name: Name,
        arguments: List<Argument>,
    ) -> Option<Term> {
        let module = self.module();
        let Term::Other(text, _) = base else { return None };
        let class = match self.engine(value).single().map(|value| self.evaluator.get(value)) {
            Some(Value::OutsideInstance { class, .. }) => *class,
            // A list by what is put there, or by its annotation; or both.
            Some(Value::Items(..) | Value::Many(..)) | None => Name::new("builtins.list"),
            Some(_) => return None,
        };
        let is_position = |argument: &Argument| {
            matches!(module[argument.value], Expr::Int(_) | Expr::Unary { .. })
                && argument.kind == ArgumentKind::Positional
        };
        match (class.last_part(), name.as_str()) {
            ("Event", "is_set") => Some(Term::of_truth(self.truth(base))),
            ("Event", "wait") => {
                let range = module.span(call);
                let is_set_late = self.asks_late && !text.is_shared && matches!(self.truth(base), Truth::When(_));
                let never = Term::truth(false);
                Some(self.condition_of(if is_set_late { &never } else { base }, None, range))
            }
            ("Event", "set" | "clear") => {
                self.writes = true;
                let holds = Term::truth(name == "set");
                self.replace(value, holds);
                Some(Term::none())
            }
            // A queue has room, unless it is made with a limit.
            ("Queue" | "LifoQueue" | "PriorityQueue", "put") => {
                let given = self.given(arguments);
                self.writes = true;
                self.put_by(text, Name::new("put_nowait"), &given);
                Some(Term::lazy(Vec::new(), Term::none()))
            }
            // It waits until there is anything.
            ("Queue" | "LifoQueue" | "PriorityQueue", "get") => {
                let range = module.span(call);
                let Term::Lazy(wait) = self.condition_of(base, None, range) else { return None };
                let item = self.taken_from(call, value, text, None);
                Some(Term::lazy(wait.steps.clone(), item))
            }
            ("Lock" | "Semaphore" | "BoundedSemaphore", "acquire") if text.name.starts_with("slot ") => {
                let wait = Wait {
                    tokens: vec![Arc::clone(&text.name)],
                    failures: Failures::Raised,
                    at: self.site(module.span(call)),
                };
                Some(Term::lazy(vec![Step::Wait(wait)], Term::truth(true)))
            }
            ("Lock" | "Semaphore" | "BoundedSemaphore", "release") if text.name.starts_with("slot ") => {
                Some(Term::none())
            }
            ("Queue" | "LifoQueue" | "PriorityQueue", "empty") => Some(Term::of_truth(self.truth(base).not())),
            ("Queue" | "LifoQueue" | "PriorityQueue", "get_nowait") | ("list" | "deque", "pop" | "popleft")
                if module.list(arguments).iter().all(is_position) =>
            {
                let is_queue = name == "get_nowait";
                let at = if is_queue { None } else { end_of(module, name, module.list(arguments)) };
                Some(self.taken_from(call, value, text, at.as_deref()))
            }
            _ => None,
        }
    }

    /// What a call takes out of a collection; `at` says where, unless that is its beginning.
    fn taken_from(&mut self, call: ExprId, collection: ExprId, text: &Text, at: Option<&str>) -> Term {
        if is_attribute(self.module(), collection) {
            self.writes = true;
            // What the run method takes it waits for, and asks about.
            if self.flow.0 != FlowKind::Run {
                self.put_less(unchanged(text), None);
            }
        }
        let class = self.engine(call).single();
        let class = class.filter(|class| matches!(self.evaluator.get(*class), Value::Instance(_)));
        let Some(at) = at else { return self.item_taken(text, class) };
        self.popped.push(text.clone());
        Term::Other(Text::joined(&[text], |parts| format!("item of {at} {}", parts[0])), class)
    }

    /// What is taken out of a collection that reads like this; `class` is an object of its class.
    pub(super) fn item_taken(&mut self, text: &Text, class: Option<ValueId>) -> Term {
        self.popped.push(text.clone());
        Term::Other(Text::joined(&[text], |parts| format!("item of {}", parts[0])), class)
    }

    /// A question of a set about another collection.
    fn method_of_set(&mut self, base: &Term, name: Name, arguments: List<Argument>) -> Option<Term> {
        if !matches!(base, Term::Items(_)) && !self.gives_items(arguments) {
            return None;
        }
        let given = self.given(arguments);
        if let [other] = given.positional.as_slice()
            && let Some(truth) = self.asked_of_set(base, name.as_str(), &other.term)
        {
            return Some(Term::of_truth(truth));
        }
        let text = Text::joined(&[&self.text(base)], |parts| format!("{}.{name}", parts[0]));
        Some(self.unknown_call(&Term::other(text), &given))
    }

    /// Whether a call is given a display, or a name that stands for a collection of which the engine knows the kind.
    fn gives_items(&self, arguments: List<Argument>) -> bool {
        let module = self.module();
        module.list(arguments).iter().all(|argument| {
            matches!(module[argument.value], Expr::Set(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Name { .. })
                && argument.kind == ArgumentKind::Positional
        })
    }

    pub(super) fn method_of_items(
        &mut self,
        value: ExprId,
        items: &Arc<Vec<Item>>,
        name: Name,
        arguments: List<Argument>,
    ) -> Option<Term> {
        let given = self.given(arguments);
        let mut all = items.to_vec();
        match name.as_str() {
            "append" | "add" => all.extend(given.positional),
            "extend" => match given.get(0, "iterable")?.spread() {
                Some(more) => all.extend(more),
                None => {
                    let term = given.get(0, "iterable")?;
                    let text = self.text(&term);
                    let mut terms: Vec<Term> = all.into_iter().map(|item| item.term).collect();
                    if let Term::Many(_, more) = &term {
                        terms.extend(more.iter().cloned());
                    }
                    self.replace(value, Term::Many(text, Arc::new(terms)));
                    return Some(Term::none());
                }
            },
            "copy" => return Some(Term::Items(Arc::clone(items))),
            "pop" | "popleft" | "reverse" | "clear" if self.is_on_path() => {
                let at = given.get(0, "index");
                return self.taken_out(value, items, name.as_str(), at.as_ref());
            }
            name if asks(name) => {
                return Some(self.asked_of(&Term::Items(Arc::clone(items)), name, &given));
            }
            _ => {
                let mut parts = vec![self.text(&Term::Items(Arc::clone(items)))];
                parts.extend(given.terms().map(|term| self.text(term)));
                let parts: Vec<&Text> = parts.iter().collect();
                let text = Text::joined(&parts, |parts| match parts {
                    [of] => format!("{name} of {of}"),
                    [of, with @ ..] => format!("{name} {} of {of}", with.join(", ")),
                    [] => String::new(),
                });
                self.replace(value, Term::other(text.clone()));
                return Some(Term::other(text));
            }
        }
        let filled = self.collected(all);
        self.replace(value, filled);
        Some(Term::none())
    }

    pub(super) fn method_of_started(
        &mut self,
        started: &Arc<Started>,
        name: Name,
        arguments: List<Argument>,
        range: TextRange,
    ) -> Option<Term> {
        match name.as_str() {
            "signal" if started.is_handle => {
                self.given(arguments);
                let command = self.command(CommandKind::Signal, Text::plain(""), None, range);
                Some(self.lazily(command, Term::none(), range))
            }
            "cancel" => {
                self.given(arguments);
                let command = self.command(CommandKind::Cancel, Text::plain(""), None, range);
                if started.is_handle && started.tokens.is_empty() {
                    return Some(self.lazily(command, Term::none(), range));
                }
                self.emit(Step::Command(command));
                Some(Term::none())
            }
            "result" => Some(started.result.clone()),
            "execute_update" => None,
            _ => None,
        }
    }
}

/// How a collection reads without that it was changed.
pub(super) fn unchanged(text: &Text) -> Text {
    super::reading::both(text, |text| Some(text.strip_prefix(CHANGED).unwrap_or(text))).unwrap_or_else(|| text.clone())
}

/// Whether something is what a flow was given, or an item of a list in that.
fn is_in_input(text: &Text) -> bool {
    let mut name = &*text.name;
    while let Some(of) = name.strip_prefix("item of ") {
        name = of;
    }
    name.starts_with(INPUT)
}

/// Where a method takes an item out of a list, unless that is its beginning.
fn end_of(module: &crate::semantic::Module, method: Name, arguments: &[Argument]) -> Option<String> {
    let place = |expr: ExprId| match module[expr] {
        Expr::Int(number) => Some(i64::from(number)),
        Expr::Unary { op: UnaryOp::USub, operand } => match module[operand] {
            Expr::Int(number) => Some(-i64::from(number)),
            _ => None,
        },
        _ => None,
    };
    match arguments.first().map(|argument| place(argument.value)) {
        _ if method == "popleft" => None,
        Some(Some(0)) => None,
        // As a loop reads over the same list turned round.
        None | Some(Some(-1)) => Some("reversed".to_owned()),
        Some(Some(number)) => Some(format!("{PLACE}{number} of")),
        Some(None) => Some("the midst of".to_owned()),
    }
}

/// How a place in a list reads that is neither its beginning nor its end.
const PLACE: &str = "place ";

/// Whether items begin with something that was started.
fn has_started(items: &[Term]) -> bool {
    items.first().is_some_and(|first| !first.tokens().is_empty())
}

/// Whether a method of this name of a set asks whether it has items of another.
fn asks_of_set(name: &str) -> bool {
    matches!(name, "isdisjoint" | "issubset" | "issuperset")
}

/// Whether a method of this name of a list, tuple or set leaves it as it is.
fn asks(name: &str) -> bool {
    matches!(name, "count" | "index" | "union" | "intersection" | "difference" | "symmetric_difference")
}

/// Whether a method of this name changes its object.
pub(super) fn changes(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "appendleft"
            | "add"
            | "extend"
            | "pop"
            | "popitem"
            | "popleft"
            | "remove"
            | "clear"
            | "update"
            | "insert"
            | "discard"
            | "setdefault"
            | "put_nowait"
            | "reverse"
            | "rotate"
            | "set"
            | "sort"
            | "__iadd__"
    )
}

/// Whether a method of this name puts something into its object.
fn grows(name: &str) -> bool {
    matches!(name, "append" | "appendleft" | "add" | "extend" | "insert" | "__iadd__")
}

fn is_name(module: &crate::semantic::Module, expr: ExprId) -> bool {
    matches!(module[expr], Expr::Name { .. })
}

/// Whether an expression names a variable, or an attribute of what the flow was given.
fn is_own(module: &crate::semantic::Module, expr: ExprId, text: &Text) -> bool {
    let is_given = || !text.is_shared && text.name.starts_with(INPUT);
    is_name(module, expr) || matches!(module[expr], Expr::Attribute { .. }) && is_given()
}

fn is_attribute(module: &crate::semantic::Module, expr: ExprId) -> bool {
    matches!(module[expr], Expr::Attribute { .. } | Expr::Subscript { .. })
}
