//! Values as people read them, for tests of the engine and for looking at it.

use super::Evaluator;
use crate::python::value::{Rest, Taken, Value, ValueId, Values};

impl Evaluator<'_> {
    /// What values are, in words: `Quote | None`, with `?` where it may be anything else, `~` where only annotations say
    /// that it is nothing else; `never` where nothing is.
    #[must_use]
    pub fn shown(&self, values: &Values) -> String {
        let mut known: Vec<String> = values.known.iter().map(|value| self.shown_value(*value)).collect();
        known.sort();
        known.dedup();
        match values.rest {
            Rest::Nothing if known.is_empty() => return "never".to_owned(),
            Rest::Nothing => {}
            Rest::Declared => known.push("~".to_owned()),
            Rest::Anything => known.push("?".to_owned()),
        }
        known.join(" | ")
    }

    fn shown_value(&self, id: ValueId) -> String {
        let class_name =
            |class: crate::python::ClassRef| self.project.module(class.file).qualified_class_name(class.class);
        let all = |items: &[Values]| items.iter().map(|item| self.shown(item)).collect::<Vec<_>>().join(", ");
        match self.get(id) {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Str(text) => format!("{:?}", text.as_str()),
            Value::Module(file) => format!("module {}", self.project.source(*file).path().file_stem().unwrap_or("")),
            Value::Namespace(path) => format!("namespace {}", path.as_str().rsplit('/').next().unwrap_or_default()),
            Value::Function(callable) => {
                let module = self.project.module(callable.function.file);
                format!("def {}", module.qualified_name(callable.function.function))
            }
            Value::Class(class, _) => format!("class {}", class_name(*class)),
            Value::DynamicClass(_) => "class made by a call".to_owned(),
            Value::Instance(instance) => class_name(instance.class),
            Value::Member(class, name) => format!("{}.{name}", class_name(*class)),
            Value::DynamicInstance(_) => "object of a class made by a call".to_owned(),
            Value::Super(..) => "super".to_owned(),
            Value::Outside(name) | Value::OutsideMethod { name, .. } => short(name.as_str()).to_owned(),
            Value::OutsideInstance { class, of, .. } if of.is_empty() => format!("object of {}", short(class.as_str())),
            Value::OutsideInstance { class, of, .. } => format!("object of {}[{}]", short(class.as_str()), all(of)),
            Value::ResultOf(name) => format!("result of {}", short(name.as_str())),
            Value::Awaitable { result, .. } => format!("awaitable of {}", self.shown(result)),
            Value::Parametrised { object, .. } => format!("type of {}", self.shown(object)),
            Value::Partial { callee, .. } => format!("partial of {}", self.shown(callee)),
            Value::Getter(taken) => {
                let shown = |taken: &Taken| match taken {
                    Taken::Attribute(name) | Taken::Method(name, _) => name.to_string(),
                    Taken::Item(key) => self.shown_value(*key),
                };
                format!("getter of {}", taken.iter().map(shown).collect::<Vec<_>>().join(", "))
            }
            Value::Items(_, items) => format!("({})", all(items)),
            Value::Table(entries) => {
                let entries = entries.iter().map(|(key, values)| {
                    let key = key.map_or_else(|| "…".to_owned(), |key| self.shown_value(key));
                    format!("{key}: {}", self.shown(values))
                });
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Value::Many(_, item) => format!("many of {}", self.shown(item)),
            Value::Set { item, hashed } => {
                format!("{} of {}", if *hashed { "set" } else { "set in one order" }, self.shown(item))
            }
        }
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix(crate::python::value::BUILTINS).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name)
}
