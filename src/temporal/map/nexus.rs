//! Nexus services: what they are called, what they offer, and which classes handle them.
//!
//! Knows: `@nexusrpc.service` and `@nexusrpc.handler.service_handler`. Does not know: who calls an operation.

use rustc_hash::FxHashMap;

use super::{Mapper, Member, NodeKind, Piece};
use crate::python::{ClassRef, Place, Value};
use crate::semantic::{ExprId, Name, Stmt};
use crate::source::Span;
use crate::temporal::nexus_services::{OPERATIONS, SERVICE, SERVICE_HANDLER};

/// The nodes of services, by the classes that declare and handle them.
#[derive(Default)]
pub(super) struct Services {
    nodes: FxHashMap<ClassRef, usize>,
}

impl Services {
    /// The service that a class is known to declare or handle.
    pub(super) fn of(&self, class: ClassRef) -> Option<usize> {
        self.nodes.get(&class).copied()
    }
}

impl Mapper<'_, '_, '_> {
    /// The service that a class declares or handles. A module that only declares services need not name Temporal, so that such
    /// a class may be met here first.
    pub(super) fn service_of(&mut self, class: ClassRef) -> Option<usize> {
        if let Some(known) = self.services.of(class) {
            return Some(known);
        }
        let module = self.analysis.project.module(class.file);
        for decorator in module.list(module[class.class].decorators) {
            match self.analysis.outside_decorator(class.file, *decorator).map(Name::as_str) {
                Some(SERVICE) => return Some(self.service(class, *decorator)),
                Some(SERVICE_HANDLER) => return Some(self.handler(class, *decorator)),
                _ => {}
            }
        }
        None
    }

    pub(super) fn find_services(&mut self) {
        let mut handlers = Vec::new();
        for file in self.analysis.files.clone() {
            let module = self.analysis.project.module(file);
            for id in module.class_ids() {
                let class = ClassRef { file, class: id };
                for decorator in module.list(module[id].decorators) {
                    match self.analysis.outside_decorator(file, *decorator).map(Name::as_str) {
                        Some(SERVICE) => _ = self.service(class, *decorator),
                        Some(SERVICE_HANDLER) => handlers.push((class, *decorator)),
                        _ => {}
                    }
                }
            }
        }
        for (class, decorator) in handlers {
            _ = self.handler(class, decorator);
        }
    }

    fn service(&mut self, class: ClassRef, decorator: ExprId) -> usize {
        let module = self.analysis.project.module(class.file);
        let definition = &module[class.class];
        let code_name = module.qualified_class_name(class.class);
        let name = self.analysis.name_of_service(class, Some(decorator));
        let span = Span { file: class.file, range: definition.name_range };
        let piece = Piece {
            kind: NodeKind::NexusService,
            name,
            is_wire_name: true,
            takes_any: false,
            code_name: Some(code_name),
            spot: Some(self.spot(span)),
            range: definition.range,
            in_tests: self.analysis.is_test(class.file),
            members: self.operations(class),
            is_open: (false, false),
            is_handed_on: false,
            default: None,
        };
        let node = self.add(piece);
        self.services.nodes.insert(class, node);
        node
    }

    fn handler(&mut self, class: ClassRef, decorator: ExprId) -> usize {
        let place = Place { file: class.file, frame: None };
        let declared = self.analysis.decorator_argument(class.file, decorator, "service");
        let declared = declared.and_then(|service| self.analysis.evaluator.value(service, place).single());
        let declared = match declared.map(|service| self.analysis.evaluator.get(service)) {
            Some(Value::Class(declared, _)) => self.service_of(*declared),
            _ => None,
        };
        let node = declared.unwrap_or_else(|| self.service(class, decorator));
        self.services.nodes.insert(class, node);
        node
    }

    /// What a class declares as operations: its annotated fields, and the methods that handle one.
    fn operations(&self, class: ClassRef) -> Vec<Member> {
        let module = self.analysis.project.module(class.file);
        let member = |name: Name, range| {
            let spot = self.spot(Span { file: class.file, range });
            Member { kind: "operation", name: Some(name.to_string()), spot }
        };
        let fields = module[class.class].fields.iter().map(|field| {
            let binding = module[*field];
            member(module[binding.variable].name, binding.range)
        });
        let is_operation = |decorator: &ExprId| {
            self.analysis
                .outside_decorator(class.file, *decorator)
                .is_some_and(|name| OPERATIONS.contains(&name.as_str()))
        };
        let methods = module.list(module[class.class].body).iter().filter_map(|statement| match module[*statement] {
            Stmt::Function(function) if module.list(module[function].decorators).iter().any(is_operation) => {
                Some(member(module[function].name, module[function].name_range))
            }
            _ => None,
        });
        let mut found: Vec<Member> = fields.chain(methods).collect();
        found.sort_by(|one, other| (&one.name, &one.spot).cmp(&(&other.name, &other.spot)));
        found.dedup_by(|one, other| one.name == other.name);
        found
    }
}
