use super::evaluate::{Evaluator, table_entry};
use super::value::{DynamicClass, Literal, Partial, Place, Value};
use crate::source::ast::{self, Expr, Ranged};

impl<'a> Evaluator<'_, 'a> {
    /// What a call of something outside the project evaluates to.
    pub(super) fn external_result(&self, name: &str, call: &'a ast::ExprCall, place: Place) -> Value<'a> {
        let argument = |position: usize| call.arguments.find_positional(position);
        let value = |position: usize| argument(position).map_or(Value::Unknown, |item| self.value(item, place));
        match name {
            "builtins.getattr" => self.getattr(call, place),
            "builtins.super" => self.super_value(call, place),
            "builtins.type" => self.type_call(call, place),
            "builtins.set" | "builtins.frozenset" => Value::Set { hashed: self.makes_hashed_set(argument(0), place) },
            "builtins.sorted" | "builtins.list" | "builtins.tuple" | "builtins.reversed" | "builtins.iter"
            | "collections.deque" | "itertools.chain" | "builtins.filter" => {
                let source = if name == "builtins.filter" { value(1) } else { value(0) };
                match source {
                    Value::Items(items) if name != "builtins.filter" => Value::Items(items),
                    other => Value::Many(self.item_of(&other).into()),
                }
            }
            "builtins.next" | "builtins.min" | "builtins.max" | "random.choice" => self.item_of(&value(0)),
            "builtins.map" => {
                let arguments = super::Arguments { positional: vec![self.item_of(&value(1))], ..Default::default() };
                Value::Many(self.result(&value(0), &arguments).into())
            }
            "builtins.enumerate" => Value::Many(Value::Items([Value::Unknown, self.item_of(&value(0))].into()).into()),
            "builtins.zip" => {
                let items = call.arguments.args.iter().map(|item| self.item_of(&self.value(item, place)));
                Value::Many(Value::Items(items.collect()).into())
            }
            "builtins.dict" | "types.MappingProxyType" | "types.SimpleNamespace" => self.dict_call(call, place),
            "functools.partial" | "functools.partialmethod" => match argument(0) {
                Some(callee) => {
                    let callee = self.value(callee, place);
                    let mut arguments = self.arguments(&call.arguments, place);
                    if !arguments.positional.is_empty() {
                        arguments.positional.remove(0);
                    }
                    Value::Partial(Partial { callee, arguments }.into())
                }
                None => Value::Unknown,
            },
            "operator.methodcaller" | "operator.attrgetter" => match argument(0) {
                Some(Expr::StringLiteral(text)) => Value::Getter(text.value.to_str(), name.ends_with("methodcaller")),
                _ => Value::Unknown,
            },
            "importlib.import_module" | "builtins.__import__" => match value(0) {
                Value::Literal(Literal::Str(module)) if !module.starts_with('.') => {
                    let top = if name.ends_with("__import__") && argument(3).is_none() {
                        module.split('.').next().unwrap_or(module)
                    } else {
                        module
                    };
                    self.import_source(place.file, top, 0)
                }
                _ => Value::Unknown,
            },
            "typing.cast" => match self.instance_of(&value(0)) {
                Value::Unknown => value(1),
                known => known,
            },
            // What passes its first argument, or what awaiting it gives, on.
            "asyncio.create_task"
            | "asyncio.ensure_future"
            | "asyncio.shield"
            | "asyncio.wait_for"
            | "copy.copy"
            | "copy.deepcopy"
            | "dataclasses.replace"
            | "functools.update_wrapper"
            | "builtins.staticmethod"
            | "builtins.classmethod"
            | "builtins.property"
            | "contextlib.closing"
            | "contextlib.nullcontext"
            | "contextlib.aclosing"
            | "functools.cache"
            | "functools.lru_cache"
            | "contextlib.contextmanager"
            | "contextlib.asynccontextmanager"
            | "typing.final"
            | "inspect.unwrap"
            | "functools.singledispatch"
            | "functools.cmp_to_key"
            | "enum.member"
            | "enum.nonmember"
            | "weakref.proxy" => value(0),
            "asyncio.gather" => {
                let items = call.arguments.args.iter().map(|item| match item {
                    Expr::Starred(starred) => self.item_of(&self.value(&starred.value, place)),
                    other => self.value(other, place),
                });
                Value::Items(items.collect())
            }
            "collections.defaultdict" => match value(0) {
                Value::External(factory) => Value::Table([(None, self.external_instance(&factory))].into()),
                class @ Value::Class(..) => Value::Table([(None, self.instance_of(&class))].into()),
                _ => self.external_instance(name),
            },
            "contextvars.ContextVar" => self.external_instance(name),
            _ => self.method_of_container(name, call, place).unwrap_or_else(|| self.result_by_name(name)),
        }
    }

    /// Methods of sets, tables and sequences, whose result depends on what they hold.
    fn method_of_container(&self, name: &str, call: &'a ast::ExprCall, place: Place) -> Option<Value<'a>> {
        let Expr::Attribute(method) = &*call.func else { return None };
        if name.ends_with(".with_traceback") {
            return Some(self.value(&method.value, place));
        }
        let argument = |position: usize| call.arguments.find_positional(position);
        let receiver = || self.value(&method.value, place);
        let short = name.strip_prefix("builtins.")?;
        match short {
            "dict.get" | "dict.pop" | "dict.setdefault" => {
                let Value::Table(entries) = receiver() else { return None };
                let key = argument(0).map_or(Value::Unknown, |key| self.value(key, place));
                let found = match key {
                    Value::Literal(Literal::Str(key)) => table_entry(&entries, Some(key)),
                    _ => table_entry(&entries, None),
                };
                let default = argument(1).map_or(Value::Unknown, |default| self.value(default, place));
                Some(Value::union([found, default]))
            }
            "dict.values" | "dict.copy" => match receiver() {
                table @ Value::Table(_) if short == "dict.copy" => Some(table),
                Value::Table(entries) => Some(Value::Many(table_entry(&entries, None).into())),
                _ => None,
            },
            "dict.items" => {
                let Value::Table(entries) = receiver() else { return None };
                let pair = Value::Items([Value::Unknown, table_entry(&entries, None)].into());
                Some(Value::Many(pair.into()))
            }
            "dict.keys" => Some(Value::ExternalInstance("builtins.dict_keys".into())),
            "list.pop" | "list.__getitem__" => Some(self.item_of(&receiver())),
            "list.copy" => Some(receiver()),
            "set.copy" | "set.union" | "set.intersection" | "set.difference" | "set.symmetric_difference" => {
                Some(receiver())
            }
            _ => None,
        }
    }

    fn getattr(&self, call: &'a ast::ExprCall, place: Place) -> Value<'a> {
        let (Some(object), Some(name)) = (call.arguments.find_positional(0), call.arguments.find_positional(1)) else {
            return Value::Unknown;
        };
        match self.value(name, place) {
            Value::Literal(Literal::Str(name)) => self.attribute(&self.value(object, place), name),
            Value::Union(names) => Value::union(
                names
                    .iter()
                    .map(|name| match name {
                        Value::Literal(Literal::Str(name)) => self.attribute(&self.value(object, place), name),
                        _ => Value::Unknown,
                    })
                    .collect::<Vec<_>>(),
            ),
            _ => Value::Unknown,
        }
    }

    fn super_value(&self, call: &'a ast::ExprCall, place: Place) -> Value<'a> {
        let Some((enclosing, receiver)) = self.enclosing_class(place) else { return Value::Unknown };
        let explicit = call.arguments.find_positional(0).map(|class| self.value(class, place));
        let after = match explicit {
            Some(Value::Class(class, _)) => class,
            _ => enclosing,
        };
        receiver.map_or(Value::Unknown, |receiver| Value::Super(receiver.into(), after))
    }

    /// `type(x)` and `type(name, bases, members)`.
    fn type_call(&self, call: &'a ast::ExprCall, place: Place) -> Value<'a> {
        let arguments = &call.arguments;
        let (Some(first), bases, members) =
            (arguments.find_positional(0), arguments.find_positional(1), arguments.find_positional(2))
        else {
            return Value::Unknown;
        };
        let Some(bases) = bases else {
            return self.value(first, place).map(|value| match value {
                Value::Instance(instance) => Value::Class(instance.class, None),
                Value::DynamicInstance(class) => Value::DynamicClass(class.clone()),
                Value::ExternalInstance(class) => Value::External(class.clone()),
                _ => Value::Unknown,
            });
        };
        let bases = match self.value(bases, place) {
            Value::Items(bases) => bases.to_vec(),
            _ => Vec::new(),
        };
        let members = match members.map(|members| self.value(members, place)) {
            Some(Value::Table(entries)) => {
                entries.iter().filter_map(|(name, value)| Some(((*name)?, value.clone()))).collect()
            }
            _ => Vec::new(),
        };
        Value::DynamicClass(DynamicClass { file: place.file, range: call.range(), bases, members }.into())
    }

    fn dict_call(&self, call: &'a ast::ExprCall, place: Place) -> Value<'a> {
        let arguments = self.arguments(&call.arguments, place);
        let mut entries: Vec<(Option<&'a str>, Value<'a>)> = match arguments.positional.first() {
            Some(Value::Table(entries)) => entries.to_vec(),
            _ => Vec::new(),
        };
        entries.extend(arguments.named.into_iter().map(|(name, value)| (Some(name), value)));
        Value::Table(entries.into())
    }

    /// Whether the items of `set(source)` hash differently from process to process, as far as can be told: of what
    /// is unknown, most are strings and objects.
    fn makes_hashed_set(&self, source: Option<&'a Expr>, place: Place) -> bool {
        match source {
            Some(Expr::Call(call)) => match self.value(&call.func, place) {
                Value::External(name) => &*name != "builtins.range",
                _ => true,
            },
            Some(Expr::List(list)) => !list.elts.iter().all(Expr::is_number_literal_expr) || list.elts.is_empty(),
            Some(Expr::Tuple(tuple)) => !tuple.elts.iter().all(Expr::is_number_literal_expr) || tuple.elts.is_empty(),
            Some(source) => !matches!(self.value(source, place), Value::Set { hashed: false }),
            None => true,
        }
    }
}
