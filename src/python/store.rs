//! Where values and frames are kept: each once.
//!
//! Knows: how deep each nests, and makes none that nests deeper than [`MAX_DEPTH`]. Does not know: what they are for.

use std::cell::{Cell, RefCell};

use elsa::FrozenVec;
use rustc_hash::FxHashMap;

use super::value::{
    Arguments, Besides, Callable, Frame, FrameId, FunctionRef, Instance, MAX_DEPTH, Rest, Sequence, Taken, Value,
    ValueId, Values, WIDE, builtin,
};

/// How many frames hang together at most, by closures and values: recursion through closures would go on forever.
const FRAME_DEPTH: u8 = 5;

/// How many displays of known items are kept apart.
const MOST_DISPLAYS: usize = 16;

/// Values and frames, each with an id.
#[derive(Default)]
pub struct Store {
    values: FrozenVec<Box<Value>>,
    ids: RefCell<FxHashMap<Value, ValueId>>,
    depths: RefCell<Vec<(u8, u8)>>,
    frames: FrozenVec<Box<Frame>>,
    frame_ids: RefCell<FxHashMap<Frame, FrameId>>,
    frame_depths: RefCell<Vec<u8>>,
    /// What containers of one kind were taken together to.
    merged: RefCell<FxHashMap<Box<[ValueId]>, Option<ValueId>>>,
    /// How often there were more alternatives than are kept.
    cut: Cell<u32>,
}

impl Store {
    /// A value.
    ///
    /// # Panics
    ///
    /// Where the id comes from another store.
    #[must_use]
    pub fn get(&self, id: ValueId) -> &Value {
        self.values.get(id.0 as usize).expect("a ValueId belongs to the store that made it")
    }

    /// A frame.
    ///
    /// # Panics
    ///
    /// Where the id comes from another store.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> &Frame {
        self.frames.get(id.0 as usize).expect("a FrameId belongs to the store that made it")
    }

    /// The frame, among a frame and those around it, of a function.
    #[must_use]
    pub fn frame_of(&self, frame: FrameId, function: FunctionRef) -> Option<FrameId> {
        let around = |id: &FrameId| self.frame(*id).outer;
        std::iter::successors(Some(frame), around).find(|id| self.frame(*id).function == function)
    }

    /// The id of a value.
    pub fn id(&self, value: Value) -> ValueId {
        if let Some(id) = self.ids.borrow().get(&value) {
            return *id;
        }
        let value = self.shallow(value);
        if let Some(id) = self.ids.borrow().get(&value) {
            return *id;
        }
        let id = ValueId(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
        let depth = self.depths_below(&value);
        self.depths.borrow_mut().push((depth.0.saturating_add(1), depth.1));
        self.ids.borrow_mut().insert(value.clone(), id);
        self.values.push(Box::new(value));
        id
    }

    /// How often there were more alternatives than are kept.
    #[must_use]
    pub fn cut(&self) -> u32 {
        self.cut.get()
    }

    /// One value.
    pub fn only(&self, value: Value) -> Values {
        Values::of(self.id(value))
    }

    /// The id of a frame.
    pub fn frame_id(&self, mut frame: Frame) -> FrameId {
        for (_, values) in &mut frame.parameters {
            self.limit(values, FRAME_DEPTH - 1);
        }
        frame.outer = frame.outer.filter(|outer| self.frame_depths.borrow()[outer.0 as usize] < FRAME_DEPTH);
        if let Some(id) = self.frame_ids.borrow().get(&frame) {
            return *id;
        }
        let id = FrameId(u32::try_from(self.frames.len()).unwrap_or(u32::MAX));
        let inner = frame.parameters.iter().map(|(_, values)| self.depth_of(values).1).max().unwrap_or(0);
        let outer = frame.outer.map_or(0, |outer| self.frame_depths.borrow()[outer.0 as usize]);
        self.frame_depths.borrow_mut().push(1 + inner.max(outer));
        self.frame_ids.borrow_mut().insert(frame.clone(), id);
        self.frames.push(Box::new(frame));
        id
    }

    /// How deep values nest, and how many frames hang together in them.
    fn depth_of(&self, values: &Values) -> (u8, u8) {
        let depths = self.depths.borrow();
        let each = values.known.iter().map(|value| depths[value.0 as usize]);
        each.fold((0, 0), |deepest, depth| (deepest.0.max(depth.0), deepest.1.max(depth.1)))
    }

    fn depths_below(&self, value: &Value) -> (u8, u8) {
        let mut deepest = (0_u8, 0_u8);
        let mut note = |depth: (u8, u8)| deepest = (deepest.0.max(depth.0), deepest.1.max(depth.1));
        let frame = |frame: Option<FrameId>| (0, frame.map_or(0, |frame| self.frame_depths.borrow()[frame.0 as usize]));
        match value {
            Value::Function(callable) => {
                note(frame(callable.outer));
                callable.receiver.into_iter().for_each(|receiver| note(self.depth_of(&Values::of(receiver))));
            }
            Value::Class(_, outer) => note(frame(*outer)),
            Value::Instance(instance) => {
                note(frame(instance.outer));
                note(frame(instance.init));
                instance.fields.iter().for_each(|(_, values)| note(self.depth_of(values)));
            }
            _ => each_part(value, &mut |values| note(self.depth_of(values))),
        }
        deepest
    }

    /// The value with parts that nest too deep taken for anything.
    fn shallow(&self, mut value: Value) -> Value {
        let too_deep = |values: &Values| {
            let (depth, frames) = self.depth_of(values);
            depth >= MAX_DEPTH || frames >= FRAME_DEPTH
        };
        each_part_mut(&mut value, &mut |values| {
            if too_deep(values) {
                values.known.retain(|value| {
                    let (depth, frames) = self.depths.borrow()[value.0 as usize];
                    depth < MAX_DEPTH && frames < FRAME_DEPTH
                });
                values.rest = Rest::Anything;
            }
        });
        value
    }

    /// Leaves only the values in which not too many frames hang together. How deep they nest is limited where they are made.
    fn limit(&self, values: &mut Values, frames: u8) {
        let depths = self.depths.borrow();
        let before = values.known.len();
        values.known.retain(|value| depths[value.0 as usize].1 < frames);
        if values.known.len() < before {
            values.rest = Rest::Anything;
        }
    }

    /// Takes alternatives of one kind together where there are several: containers of one kind become one that holds what
    /// any of them holds, and where there are very many objects of a class, only the class is kept.
    pub fn widened(&self, values: Values) -> Values {
        if values.known.len() < 2 {
            return values;
        }
        let values = self.merged_containers(self.without_particular(values));
        if values.known.len() <= WIDE {
            return values;
        }
        let general: Values = values.known.iter().map(|value| self.general(*value)).collect();
        let mut general = self.merged_containers(general.with_rest(values.rest));
        if general.known.len() > WIDE * 8 {
            general.known.sort_unstable();
            general.known.truncate(WIDE * 8);
            general.rest = Rest::Anything;
            self.cut.set(self.cut.get() + 1);
        }
        general
    }

    fn merged_containers(&self, values: Values) -> Values {
        let mut kinds: [Vec<ValueId>; 5] = Default::default();
        for value in &values.known {
            match self.get(*value) {
                Value::Many(..) => kinds[0].push(*value),
                Value::Set { .. } => kinds[1].push(*value),
                Value::Table(_) => kinds[2].push(*value),
                Value::Items(..) => kinds[3].push(*value),
                Value::Awaitable { .. } => kinds[4].push(*value),
                _ => {}
            }
        }
        let mut merged = values;
        for (kind, most) in kinds.into_iter().zip([1, 1, 2, MOST_DISPLAYS, MOST_DISPLAYS]) {
            if kind.len() > most
                && let Some(one) = self.merged(&kind)
            {
                merged.known.retain(|value| kind.binary_search(value).is_err());
                merged.add(one);
            }
        }
        merged
    }

    /// One container that holds what any of several of one kind holds; they come in the order of their ids.
    fn merged(&self, containers: &[ValueId]) -> Option<ValueId> {
        if let Some(known) = self.merged.borrow().get(containers) {
            return *known;
        }
        let merged = self.make_merged(containers);
        self.merged.borrow_mut().insert(containers.into(), merged);
        merged
    }

    fn make_merged(&self, containers: &[ValueId]) -> Option<ValueId> {
        let union = |parts: Vec<Values>| self.widened(Values::union(parts));
        let of_all = |part: &dyn Fn(&Value) -> Option<Values>| -> Values {
            union(containers.iter().filter_map(|container| part(self.get(*container))).collect())
        };
        let merged = match self.get(*containers.first()?) {
            Value::Many(..) => {
                let items = of_all(&|value| match value {
                    Value::Many(_, item) => Some(item.clone()),
                    _ => None,
                });
                Value::Many(self.kind_of_all(containers), items)
            }
            Value::Set { .. } => {
                let item = of_all(&|value| match value {
                    Value::Set { item, .. } => Some(item.clone()),
                    _ => None,
                });
                let is_hashed = |value: &ValueId| matches!(self.get(*value), Value::Set { hashed: true, .. });
                Value::Set { item, hashed: containers.iter().all(is_hashed) }
            }
            Value::Awaitable { .. } => {
                let result = of_all(&|value| match value {
                    Value::Awaitable { result, .. } => Some(result.clone()),
                    _ => None,
                });
                Value::Awaitable { class: None, result }
            }
            Value::Table(_) => self.merged_tables(containers),
            Value::Items(..) => {
                let items = of_all(&|value| match value {
                    Value::Items(_, items) => Some(union(items.clone())),
                    _ => None,
                });
                Value::Many(self.kind_of_all(containers), items)
            }
            _ => return None,
        };
        Some(self.id(merged))
    }

    /// What can be told of which sequences several are.
    fn kind_of_all(&self, containers: &[ValueId]) -> Sequence {
        let kinds = containers.iter().map(|container| match self.get(*container) {
            Value::Items(kind, _) | Value::Many(kind, _) => *kind,
            _ => Sequence::Untold,
        });
        kinds.reduce(Sequence::or).unwrap_or(Sequence::Untold)
    }

    fn merged_tables(&self, tables: &[ValueId]) -> Value {
        let mut positions: FxHashMap<Option<ValueId>, usize> = FxHashMap::default();
        let mut entries: Vec<(Option<ValueId>, Values)> = Vec::new();
        for table in tables {
            let Value::Table(more) = self.get(*table) else { continue };
            for (key, values) in more {
                let at = *positions.entry(*key).or_insert_with(|| {
                    entries.push((*key, Values::NEVER));
                    entries.len() - 1
                });
                entries[at].1.join(values);
            }
        }
        for (_, values) in &mut entries {
            *values = self.widened(std::mem::take(values));
        }
        // What one table has under no key in particular may be under any key of another.
        entries.sort_by_key(|(key, _)| key.is_none());
        Value::Table(entries)
    }

    /// Whether a value is made of others, of which there may be ever more.
    pub(super) fn holds_others(&self, id: ValueId) -> bool {
        let mut holds = false;
        each_part(self.get(id), &mut |values| holds |= !values.known.is_empty());
        holds
    }

    /// An object from outside of which nothing but the class is known; another value as it is.
    pub(super) fn without_besides(&self, id: ValueId) -> ValueId {
        match self.get(id) {
            Value::OutsideInstance { class, of, besides } if *besides != Besides::Nothing => {
                self.id(Value::OutsideInstance { class: *class, of: of.clone(), besides: Besides::Nothing })
            }
            _ => id,
        }
    }

    /// The alternatives without those of which another says less: what is said of one object does not hold for both.
    fn without_particular(&self, mut values: Values) -> Values {
        let is_particular = |value: &ValueId| {
            let general = self.without_besides(*value);
            general != *value && values.known.contains(&general)
        };
        let particular: Vec<ValueId> = values.known.iter().copied().filter(is_particular).collect();
        values.known.retain(|value| !particular.contains(value));
        values
    }

    /// A value with nothing known but its kind.
    pub fn general(&self, id: ValueId) -> ValueId {
        let outside =
            |class: &str| Value::OutsideInstance { class: builtin(class), of: Vec::new(), besides: Besides::Nothing };
        let general = match self.get(id) {
            Value::Str(_) => outside("str"),
            Value::Int(_) => outside("int"),
            Value::Instance(instance) => Value::Instance(Box::new(Instance::plain(instance.class, instance.outer))),
            Value::Function(callable) => Value::Function(Callable {
                receiver: callable.receiver.map(|receiver| self.general(receiver)),
                ..*callable
            }),
            Value::Items(kind, items) => Value::Many(*kind, self.widened(Values::union(items.iter().cloned()))),
            Value::OutsideInstance { .. } => return self.without_besides(id),
            _ => return id,
        };
        self.id(general)
    }
}

/// Looks at each part of a value.
fn each_part(value: &Value, look: &mut dyn FnMut(&Values)) {
    let one = |value: &ValueId| Values::of(*value);
    match value {
        Value::DynamicInstance(inner) | Value::Super(inner, _) | Value::OutsideMethod { receiver: inner, .. } => {
            look(&one(inner));
        }
        Value::DynamicClass(class) => {
            class.bases.iter().for_each(&mut *look);
            class.members.iter().for_each(|(_, values)| look(values));
        }
        Value::OutsideInstance { of, .. } | Value::Items(_, of) => of.iter().for_each(look),
        Value::Awaitable { result: inner, .. }
        | Value::Many(_, inner)
        | Value::Set { item: inner, .. }
        | Value::Parametrised { object: inner, .. } => look(inner),
        Value::Partial { callee, arguments } => {
            look(callee);
            arguments_parts(arguments, look);
        }
        Value::Getter(taken) => taken.iter().for_each(|taken| match taken {
            Taken::Method(_, arguments) => arguments_parts(arguments, look),
            Taken::Item(key) => look(&one(key)),
            Taken::Attribute(_) => {}
        }),
        Value::Table(entries) => {
            for (key, values) in entries {
                key.iter().for_each(|key| look(&one(key)));
                look(values);
            }
        }
        _ => {}
    }
}

fn arguments_parts(arguments: &Arguments, look: &mut dyn FnMut(&Values)) {
    arguments.positional.iter().for_each(&mut *look);
    arguments.named.iter().for_each(|(_, values)| look(values));
}

fn each_part_mut(value: &mut Value, change: &mut dyn FnMut(&mut Values)) {
    match value {
        Value::DynamicClass(class) => {
            class.bases.iter_mut().for_each(&mut *change);
            class.members.iter_mut().for_each(|(_, values)| change(values));
        }
        Value::Instance(instance) => instance.fields.iter_mut().for_each(|(_, values)| change(values)),
        Value::OutsideInstance { of, .. } | Value::Items(_, of) => of.iter_mut().for_each(change),
        Value::Awaitable { result: inner, .. }
        | Value::Many(_, inner)
        | Value::Set { item: inner, .. }
        | Value::Parametrised { object: inner, .. } => change(inner),
        Value::Partial { callee, arguments } => {
            change(callee);
            arguments.positional.iter_mut().for_each(&mut *change);
            arguments.named.iter_mut().for_each(|(_, values)| change(values));
        }
        Value::Getter(taken) => {
            for taken in taken {
                if let Taken::Method(_, arguments) = taken {
                    arguments.positional.iter_mut().for_each(&mut *change);
                    arguments.named.iter_mut().for_each(|(_, values)| change(values));
                }
            }
        }
        Value::Table(entries) => entries.iter_mut().for_each(|(_, values)| change(values)),
        _ => {}
    }
}
