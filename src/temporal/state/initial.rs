//! Which attributes are there before a workflow's handlers can run.
//!
//! Knows: what `__init__` and class bodies set, what handlers read before they wait, and what `run` sets where. Does not
//! know: attributes that are set by a name that is not known, or in a base that cannot be told; there it says nothing.
//!
//! Signals and updates that come with the start run before the first line of `run`; queries run behind what `run` does until
//! it first waits (temporalio/worker/_workflow_instance.py, `activate`).

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::super::code::each_within;
use super::super::missing::takes_out;
use super::access::{Access, AccessKind, Assigned, State};
use crate::python::{Ancestor, Code, Generated, NodeId, Value};
use crate::semantic::{BindingKind, Expr, Name, RegionKind, Use};
use crate::source::{Span, TextRange, last_part};
use crate::temporal::definitions::{EntryPoint, Role};

/// A read of an attribute that nothing sets before the handler can run, or use of one that is `None` until then.
#[derive(Debug)]
pub struct UnsetRead {
    /// The read.
    pub read: Access,
    /// Why the code runs.
    pub role: Role,
    /// How the handler is called.
    pub handler: String,
    /// Where the attribute is set.
    pub set: Span,
    /// The method that sets it.
    pub setter: String,
    /// Whether a handler sets it, too.
    pub set_by_handler: bool,
    /// Whether it is there, as `None`, and its use raises.
    pub is_none: bool,
    /// Whether other code that knows the workflow's state runs before, and may turn the handler away.
    pub may_be_guarded: bool,
}

/// An assignment of `run` that undoes what a handler did before it.
#[derive(Debug)]
pub struct Reset {
    /// The assignment.
    pub set: Access,
    /// What the handler does.
    pub by: Access,
    /// Why that runs.
    pub role: Role,
    /// How the handler is called.
    pub handler: String,
}

/// What some entry points of a workflow do with its state.
pub(in crate::temporal) struct Uses {
    init: Arc<[Access]>,
    run: Arc<[Access]>,
    /// For each handler, what it does.
    handlers: Vec<(Role, String, usize, Arc<[Access]>)>,
}

impl Uses {
    /// What `run` does.
    pub(super) fn of_run(&self) -> &[Access] {
        &self.run
    }

    /// The first signal or update handler that gives an attribute something which is lost where it is given this truth again: what
    /// the handler was sent, what it puts into a container, or a flag, where nothing that it leaves besides is read before that.
    pub(super) fn lost_by_clearing(
        &self,
        attribute: Name,
        truth: bool,
        is_unread: &dyn Fn(Name) -> bool,
    ) -> Option<(&str, &Access)> {
        let handlers = self.handlers.iter().filter(|(role, ..)| matches!(role, Role::Signal | Role::Update));
        handlers.into_iter().find_map(|(_, handler, _, accesses)| {
            let is_read = |access: &Access| matches!(access.kind, AccessKind::Read { .. });
            let alone = accesses
                .iter()
                .all(|access| is_read(access) || access.attribute == attribute || is_unread(access.attribute));
            let gives = |access: &&Access| {
                access.attribute == attribute
                    && match access.kind {
                        AccessKind::Set(Assigned::None | Assigned::Empty) => truth && alone,
                        AccessKind::Set(Assigned::Constant) => !truth && alone,
                        AccessKind::Set(_) => !truth,
                        AccessKind::Change(by) => !truth && !by.is_some_and(|by| takes_out(by.as_str())),
                        AccessKind::Read { .. } | AccessKind::Delete => false,
                    }
            };
            accesses.iter().find(gives).map(|access| (handler.as_str(), access))
        })
    }

    /// The attributes that queries read, and nothing else does: labels for people.
    fn labels(&self) -> FxHashSet<Name> {
        let of = |accesses: &Arc<[Access]>| -> Vec<Name> {
            let is_read = |access: &&Access| {
                matches!(access.kind, AccessKind::Read { .. })
                    && !accesses.iter().any(|other| is_on_the_way(access, other))
            };
            let reads = accesses.iter().filter(is_read);
            reads.map(|access| access.attribute).collect()
        };
        let (queries, others): (Vec<_>, Vec<_>) = self.handlers.iter().partition(|(role, ..)| *role == Role::Query);
        let used: FxHashSet<Name> =
            others.iter().flat_map(|(.., accesses)| of(accesses)).chain(of(&self.run)).collect();
        queries.iter().flat_map(|(.., accesses)| of(accesses)).filter(|name| !used.contains(name)).collect()
    }

    /// What a handler may have done to an attribute before `run` assigns it, and is gone then.
    fn undone<'h>(&self, set: &Access, handler: &Early<'h>) -> Option<&'h Access> {
        if is_input(set) && handler.asked.contains(&set.attribute) {
            return None;
        }
        let changes = |access: &&&Access| {
            access.attribute == set.attribute
                && match access.kind {
                    // What is there decides, and that is not the input yet.
                    _ if is_input(set) && access.depends_on_state => false,
                    AccessKind::Read { .. } => false,
                    // There is nothing yet that a handler could change.
                    AccessKind::Change(_) | AccessKind::Set(Assigned::Changed) if is_input(set) => {
                        sets(&self.init, access.attribute)
                    }
                    AccessKind::Set(_) | AccessKind::Delete => true,
                    AccessKind::Change(_) => !starts_as_none(&self.init, access.attribute),
                }
        };
        handler.accesses.iter().find(changes).copied()
    }
}

/// What a handler of signals or updates does before it first waits: `run` has come to its own first wait before it goes on.
struct Early<'u> {
    role: Role,
    name: &'u str,
    accesses: Vec<&'u Access>,
    /// The attributes that a validator has asked for.
    asked: FxHashSet<Name>,
}

impl State<'_, '_> {
    /// The reads in handlers of a workflow of attributes that only `run` or another handler sets.
    #[must_use]
    pub fn unset_reads(&self, workflow: usize) -> Vec<UnsetRead> {
        let uses = self.uses(workflow);
        self.unset_among(&uses, workflow)
    }

    /// The assignments that a workflow's `run` always makes before it first waits, to what a handler that ran before may
    /// have changed.
    #[must_use]
    pub fn resets(&self, workflow: usize) -> Vec<Reset> {
        let uses = self.uses(workflow);
        let unset: FxHashSet<Name> =
            self.unset_among(&uses, workflow).iter().map(|unset| unset.read.attribute).collect();
        let is_reset = |access: &&Access| {
            let is_new = |given| !matches!(given, Assigned::Changed | Assigned::Other);
            matches!(access.kind, AccessKind::Set(given) if is_new(given)) && !unset.contains(&access.attribute)
        };
        let early = self.always_before_first_wait(&uses.run, &|entry| is_in(entry, workflow, &[Role::Run]));
        let labels = uses.labels();
        let mut found = Vec::new();
        let matters = |set: &&Access| {
            // Input that nothing of `run` goes by may be kept for others.
            !labels.contains(&set.attribute) && (!is_input(set) || reads(&uses.run, set.attribute))
        };
        // What was there may be kept first.
        let is_kept = |set: &&Access| {
            let before = |access: &Access| access.node == set.node && access.range.end() <= set.range.start();
            let is_read = |access: &&Access| matches!(access.kind, AccessKind::Read { .. }) && before(access);
            uses.run.iter().filter(is_read).any(|access| access.attribute == set.attribute)
        };
        let handlers = self.early_in_handlers(&uses);
        let is_lost = |set: &&Access| !is_kept(set) && !self.is_set_again_unread(set, &uses);
        for set in early.into_iter().filter(is_reset).filter(matters).filter(is_lost) {
            let undone = handlers.iter().find_map(|handler| Some((handler, uses.undone(set, handler)?)));
            if let Some((handler, by)) = undone {
                let (role, handler) = (handler.role, handler.name.to_owned());
                found.push(Reset { set: set.clone(), by: by.clone(), role, handler });
            }
        }
        found
    }

    /// Whether `run` gives an attribute another value before anything reads it: what a handler gave it is of no use to anybody.
    fn is_set_again_unread(&self, set: &Access, uses: &Uses) -> bool {
        let is_read =
            |access: &&Access| access.attribute == set.attribute && !matches!(access.kind, AccessKind::Set(_));
        if uses.handlers.iter().any(|(.., accesses)| accesses.iter().any(|access| is_read(&access))) {
            return false;
        }
        let module = self.graph.module(set.node);
        let is_tried = |block| {
            let mut regions = module.regions_around(block);
            regions.any(|(_, region)| !matches!(region.kind, RegionKind::Loop))
        };
        let is_next = |next: &&Access| {
            next.node == set.node
                && next.attribute == set.attribute
                && matches!(next.kind, AccessKind::Set(given) if given != Assigned::Changed)
                && next.range.start() >= set.range.end()
                && !next.doubtful
                && !is_tried(next.block)
        };
        uses.run.iter().filter(is_next).any(|next| {
            let is_behind = |read: &Access| {
                let is_passed = module.passed_before(read.block).any(|block| block == next.block);
                read.node == next.node && is_passed && (read.block != next.block || read.range.start() >= next.done)
            };
            uses.run.iter().filter(is_read).all(is_behind)
        })
    }

    /// What the handlers of signals and updates do before they first wait.
    fn early_in_handlers<'u>(&self, uses: &'u Uses) -> Vec<Early<'u>> {
        let changing = uses.handlers.iter().filter(|(role, ..)| matches!(role, Role::Signal | Role::Update));
        let early = |(role, name, index, accesses): &'u (Role, String, usize, Arc<[Access]>)| {
            let wanted = &self.reached().entries[*index];
            let accesses = self.before_first_wait(accesses, &|entry| std::ptr::eq(entry, wanted));
            Early { role: *role, name, accesses, asked: self.asked_before(*role, uses, wanted) }
        };
        changing.map(early).collect()
    }

    /// The attributes that are asked for before a handler runs: those that the validator of an update asks for.
    fn asked_before(&self, role: Role, uses: &Uses, handler: &EntryPoint) -> FxHashSet<Name> {
        if role == Role::Update { self.asked_by_validator(uses, handler) } else { FxHashSet::default() }
    }

    /// What the parts of a workflow do with its state.
    pub(in crate::temporal) fn uses(&self, workflow: usize) -> Uses {
        let of = |roles: &[Role]| self.accesses(&|entry| is_in(entry, workflow, roles));
        let mut handlers = Vec::new();
        for (index, entry) in self.reached().entries.iter().enumerate() {
            if is_in(entry, workflow, &[Role::Signal, Role::Update, Role::Validator, Role::Query]) {
                let accesses = self.accesses(&|other| std::ptr::eq(other, entry));
                let name = last_part(&entry.name).to_owned();
                handlers.push((entry.role, name, index, accesses));
            }
        }
        Uses { init: of(&[Role::Init]), run: of(&[Role::Run]), handlers }
    }

    fn unset_among(&self, uses: &Uses, workflow: usize) -> Vec<UnsetRead> {
        let Some(in_class) = self.names_of_class(workflow) else { return Vec::new() };
        let sets = |access: &&Access| matches!(access.kind, AccessKind::Set(_));
        let set_at_start: FxHashSet<Name> = uses.init.iter().filter(sets).map(|access| access.attribute).collect();
        // What is set through `__dict__`, or by a name that is not known, may be any.
        if uses.init.iter().any(|access| access.attribute == "__dict__") {
            return Vec::new();
        }
        let early_in_run: FxHashSet<Name> = self
            .always_before_first_wait(&uses.run, &|entry| is_in(entry, workflow, &[Role::Run]))
            .into_iter()
            .filter(sets)
            .map(|access| access.attribute)
            .collect();
        let mut found = Vec::new();
        for (role, handler, index, accesses) in &uses.handlers {
            let wanted = &self.reached().entries[*index];
            let early = self.before_first_wait(accesses, &|entry| std::ptr::eq(entry, wanted));
            let asked = self.asked_before(*role, uses, wanted);
            for read in early.into_iter().filter(|read| !asked.contains(&read.attribute)) {
                let name = read.attribute;
                let is_none = starts_as_none(&uses.init, name) && self.raises_as_none(read);
                let is_plain = read.kind == AccessKind::Read { tolerant: false } && !read.depends_on_state;
                let is_there = set_at_start.contains(&name) && !is_none
                    || in_class.contains(&name)
                    || *role == Role::Query && early_in_run.contains(&name);
                let is_known = |known: &UnsetRead| known.read.node == read.node && known.read.attribute == name;
                if !is_plain || found.iter().any(is_known) || is_there || self.is_set_before(read, accesses) {
                    continue;
                }
                let Some(set) = uses.run.iter().filter(sets).find(|set| set.attribute == name) else { continue };
                let set_by_handler = uses
                    .handlers
                    .iter()
                    .any(|(.., accesses)| accesses.iter().filter(sets).any(|set| set.attribute == name));
                // Handlers that prepare each other are asked for in that order.
                if set_by_handler && is_none {
                    continue;
                }
                found.push(UnsetRead {
                    read: read.clone(),
                    role: *role,
                    handler: handler.clone(),
                    set: self.reached().reach.span(set.node, set.range),
                    setter: self.reached().reach.name(set.node),
                    set_by_handler,
                    is_none,
                    may_be_guarded: is_none && (!asked.is_empty() || self.may_be_guarded(read, *index)),
                });
            }
        }
        found
    }

    /// The attributes that the validator of an update reads: it may turn the update away before they are set.
    fn asked_by_validator(&self, uses: &Uses, update: &EntryPoint) -> FxHashSet<Name> {
        let name = last_part(&update.name);
        let evaluator = self.reached().reach.evaluator();
        let validates = |entry: &EntryPoint| {
            let Code::Function(function) = entry.root.code else { return false };
            let module = evaluator.project().module(function.file);
            module.list(module[function.function].decorators).iter().any(|decorator| match module[*decorator] {
                Expr::Attribute { value, .. } => {
                    matches!(module[value], Expr::Name { name: known, .. } if known.as_str() == name)
                }
                _ => false,
            })
        };
        let validators = uses
            .handlers
            .iter()
            .filter(|(role, _, index, _)| *role == Role::Validator && validates(&self.reached().entries[*index]));
        let reads = validators.flat_map(|(.., accesses)| accesses.iter());
        reads.filter(|access| matches!(access.kind, AccessKind::Read { .. })).map(|access| access.attribute).collect()
    }

    /// Whether a handler calls another method of the workflow, or a function that is given something of it, before a read:
    /// that may ask first, and raise or answer.
    fn may_be_guarded(&self, read: &Access, handler: usize) -> bool {
        let reach = &self.reached().reach;
        if !reach.node(read.node).roots.contains(&handler) {
            return true;
        }
        let Code::Function(function) = reach.node(read.node).code else { return false };
        let module = self.graph.module(read.node);
        let Some(own) = module.parameters(function.function).first().map(|parameter| parameter.name) else {
            return false;
        };
        let around =
            || self.graph.expression_at(read.node, read.range).into_iter().flat_map(|expr| module.uses().parents(expr));
        // The test of `self.order.id if self.is_ready() else None` comes first, and stands behind.
        let is_before = |site: TextRange| {
            let is_test =
                |expr| matches!(module[expr], Expr::Conditional { test, .. } if module.span(test).contains_range(site));
            site.end() <= read.range.start() || around().any(is_test)
        };
        let knows = |site: TextRange| {
            let mut knows = false;
            if let Some(expr) = module.expression_at(site) {
                each_within(module, expr, &mut |part| {
                    knows |= matches!(module[part], Expr::Name { name, .. } if name == own);
                });
            }
            knows
        };
        self.graph.leads_on(read.node).iter().any(|(edge, _)| is_before(edge.site) && knows(edge.site))
    }

    /// Whether something is raised where an attribute that is read is still `None`, if it may be and that does not come to nothing.
    fn raises_as_none(&self, read: &Access) -> bool {
        let module = self.graph.module(read.node);
        let Some(expr) = self.graph.expression_at(read.node, read.range) else { return false };
        let evaluator = self.reached().reach.evaluator();
        let values = self.graph.value(expr, read.node);
        let may_be_none = values.known.iter().any(|value| *evaluator.get(*value) == Value::None);
        let needs_object = matches!(
            module.uses().use_of(expr),
            Use::AttributeOf(..) | Use::ItemOf(_) | Use::Called(_) | Use::LoopedOver(_) | Use::ComprehendedOver(_)
        );
        may_be_none && needs_object
    }

    /// Whether the handler itself sets an attribute before it reads it, or may do so elsewhere.
    fn is_set_before(&self, read: &Access, accesses: &[Access]) -> bool {
        let is_set = |access: &&Access| access.attribute == read.attribute && matches!(access.kind, AccessKind::Set(_));
        accesses.iter().filter(is_set).any(|set| {
            set.node != read.node || (set.done <= read.range.start() && self.is_passed(read.node, set, read))
        })
    }

    /// Whether control always passes a block before another.
    fn is_passed(&self, node: NodeId, set: &Access, read: &Access) -> bool {
        let module = self.graph.module(node);
        module.passed_before(read.block).any(|block| block == set.block)
    }

    /// The names that a workflow's class and its bases have; nothing where that cannot be told.
    fn names_of_class(&self, workflow: usize) -> Option<FxHashSet<Name>> {
        let class = self.class_of_workflow(workflow)?;
        let evaluator = self.reached().reach.evaluator();
        let mut names = FxHashSet::default();
        for ancestor in evaluator.order(class, None).iter() {
            match ancestor {
                Ancestor::Project(class, outer) => {
                    let module = evaluator.project().module(class.file);
                    if evaluator.generated(*class, *outer) != Generated::No {
                        return None;
                    }
                    for (_, variable) in module.variables_of(module[class.class].scope) {
                        let is_bound = |binding: &crate::semantic::BindingId| {
                            !matches!(module[*binding].kind, BindingKind::Declare { .. } | BindingKind::Delete)
                        };
                        if variable.bindings.iter().any(is_bound) {
                            names.insert(variable.name);
                        }
                    }
                    let gives_all = ["__getattr__", "__getattribute__", "__slots__", "__new__"];
                    if gives_all.iter().any(|name| names.contains(&Name::new(name))) {
                        return None;
                    }
                }
                Ancestor::Outside(name) if holds_nothing(name.as_str()) => {}
                Ancestor::Outside(_) | Ancestor::Dynamic(_) | Ancestor::Unknown => return None,
            }
        }
        Some(names)
    }
}

/// Whether a class outside the project gives its objects no attributes of their own.
fn holds_nothing(name: &str) -> bool {
    matches!(name, "builtins.object" | "abc.ABC" | "typing.Generic" | "typing.Protocol" | "typing_extensions.Protocol")
        || name.starts_with("typing.")
}

/// Whether an attribute is only read to assign to something in it: `self.progress.status = …`.
fn is_on_the_way(read: &Access, change: &Access) -> bool {
    change.kind == AccessKind::Change(None)
        && (change.node, change.attribute) == (read.node, read.attribute)
        && change.range.contains_range(read.range)
}

/// Whether an assignment takes over what the workflow was started with.
fn is_input(set: &Access) -> bool {
    set.kind == AccessKind::Set(Assigned::Parameter)
}

fn reads(accesses: &[Access], attribute: Name) -> bool {
    accesses.iter().any(|access| access.attribute == attribute && matches!(access.kind, AccessKind::Read { .. }))
}

/// Whether `__init__` sets an attribute to something.
fn sets(init: &[Access], attribute: Name) -> bool {
    let is_set = |access: &Access| access.attribute == attribute && matches!(access.kind, AccessKind::Set(_));
    init.iter().any(is_set) && !starts_as_none(init, attribute)
}

/// Whether `__init__` only sets an attribute to `None`.
fn starts_as_none(init: &[Access], attribute: Name) -> bool {
    let mut sets = init.iter().filter(|access| access.attribute == attribute).filter_map(|access| match access.kind {
        AccessKind::Set(given) => Some(given),
        _ => None,
    });
    sets.next().is_some_and(|first| first == Assigned::None) && sets.all(|given| given == Assigned::None)
}

fn is_in(entry: &EntryPoint, workflow: usize, roles: &[Role]) -> bool {
    entry.workflow == Some(workflow) && roles.contains(&entry.role)
}
