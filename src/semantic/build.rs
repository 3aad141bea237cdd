use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use super::binding::{Binding, BindingId, BindingKind, Block, BlockId, BlockKind, TargetPath};
use super::module::{
    AttributeBinding, Class, ClassId, Function, FunctionId, FunctionNode, ImportStatement, Module, Scope, ScopeId,
    ScopeKind,
};
use super::store::{self, Stored};
use crate::source::FileId;
use crate::source::ast::visitor::{self, Visitor};
use crate::source::ast::{self, ExceptHandler, Expr, Pattern, Ranged, Stmt, TextRange, TextSize};

pub(super) fn build<'a>(file: FileId, body: &'a [Stmt]) -> Module<'a> {
    let module = Module {
        file,
        body,
        scopes: Vec::new(),
        functions: Vec::new(),
        classes: Vec::new(),
        blocks: Vec::new(),
        imports: Vec::new(),
        calls: Vec::new(),
        bindings: Vec::new(),
        stores: FxHashMap::default(),
        expression_scopes: FxHashMap::default(),
        lambdas: FxHashMap::default(),
    };
    let mut builder = Builder { module, scope: ScopeId(0), block: BlockId(0), withs: Vec::new(), pending: Vec::new() };
    builder.push_scope(ScopeKind::Module, None);
    let range = suite_range(body);
    builder.in_block(BlockKind::Body, range, range, body, |builder| builder.visit_body(body));
    // Bodies of functions come after the module's and the class's, so that bindings stand in the order of the text
    // in each scope whatever the nesting.
    while let Some(pending) = builder.pending.pop() {
        builder.function_body(pending);
    }
    builder.module
}

struct Pending {
    function: FunctionId,
}

struct Builder<'a> {
    module: Module<'a>,
    scope: ScopeId,
    block: BlockId,
    withs: Vec<(ScopeId, &'a ast::StmtWith)>,
    pending: Vec<Pending>,
}

impl<'a> Builder<'a> {
    fn push_scope(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        let id = ScopeId(u32::try_from(self.module.scopes.len()).unwrap_or(u32::MAX));
        self.module.scopes.push(Scope {
            kind,
            parent,
            names: FxHashMap::default(),
            globals: SmallVec::new(),
            nonlocals: SmallVec::new(),
            stars: SmallVec::new(),
        });
        id
    }

    fn in_block(
        &mut self,
        kind: BlockKind<'a>,
        range: TextRange,
        statement: TextRange,
        body: &'a [Stmt],
        visit: impl FnOnce(&mut Self),
    ) {
        let outer = self.block;
        let parent = (!matches!(kind, BlockKind::Body)).then_some(outer);
        let id = BlockId(u32::try_from(self.module.blocks.len()).unwrap_or(u32::MAX));
        self.module.blocks.push(Block { parent, kind, range, statement, terminates: ends_control(body) });
        self.block = id;
        visit(self);
        self.block = outer;
    }

    fn suite(&mut self, kind: BlockKind<'a>, statement: TextRange, body: &'a [Stmt]) {
        if !body.is_empty() {
            self.in_block(kind, suite_range(body), statement, body, |builder| builder.visit_body(body));
        }
    }

    fn bind(&mut self, name: &'a str, range: TextRange, holds_from: TextSize, kind: BindingKind<'a>) {
        let mut scope = self.scope;
        if self.module.scope(scope).globals.contains(&name) {
            scope = ScopeId(0);
        } else if self.module.scope(scope).nonlocals.contains(&name) {
            scope = self.enclosing_function_with(name).unwrap_or(scope);
        }
        let id = BindingId(u32::try_from(self.module.bindings.len()).unwrap_or(u32::MAX));
        self.module.bindings.push(Binding { name, kind, holds_from, range, block: self.block });
        self.module.scopes[scope.0 as usize].names.entry(name).or_default().push(id);
    }

    fn enclosing_function_with(&self, name: &str) -> Option<ScopeId> {
        let mut scope = self.module.scope(self.scope).parent;
        while let Some(id) = scope {
            let candidate = self.module.scope(id);
            if matches!(candidate.kind, ScopeKind::Function(_)) && candidate.names.contains_key(name) {
                return Some(id);
            }
            scope = candidate.parent;
        }
        None
    }

    /// Binds the names of an assignment's or loop's target. `make` makes the kind from the path into the value.
    fn bind_target(
        &mut self,
        target: &'a Expr,
        holds_from: TextSize,
        path: &mut SmallVec<[TargetPath; 1]>,
        make: &dyn Fn(SmallVec<[TargetPath; 1]>) -> BindingKind<'a>,
    ) {
        match target {
            Expr::Name(name) => self.bind(name.id.as_str(), name.range(), holds_from, make(path.clone())),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                for (index, item) in elts.iter().enumerate() {
                    path.push(TargetPath::Item(index));
                    self.bind_target(item, holds_from, path, make);
                    path.pop();
                }
            }
            Expr::Starred(starred) => {
                path.push(TargetPath::Rest);
                self.bind_target(&starred.value, holds_from, path, make);
                path.pop();
            }
            Expr::Attribute(_) | Expr::Subscript(_) => self.visit_expr(target),
            _ => {}
        }
    }

    fn bind_attribute(&mut self, target: &'a Expr, value: Option<&'a Expr>, annotation: Option<&'a Expr>) {
        let Expr::Attribute(attribute) = target else { return };
        let Expr::Name(receiver) = attribute.value.as_ref() else { return };
        let Some((function, class)) = self.current_method() else { return };
        let first = self.module.function(function).parameters().and_then(|p| p.iter().next());
        if first.is_some_and(|parameter| parameter.name().as_str() == receiver.id.as_str()) {
            let binding = AttributeBinding { function, value, annotation };
            self.module.classes[class.0 as usize].attributes.entry(attribute.attr.as_str()).or_default().push(binding);
        }
    }

    fn current_method(&self) -> Option<(FunctionId, ClassId)> {
        let mut scope = Some(self.scope);
        while let Some(id) = scope {
            let found = self.module.scope(id);
            if let ScopeKind::Function(function) = found.kind
                && let Some(class) = self.module.function(function).class
            {
                return Some((function, class));
            }
            scope = found.parent;
        }
        None
    }

    fn qualify(&self, name: &str) -> String {
        let mut parts = vec![name];
        let mut scope = Some(self.scope);
        while let Some(id) = scope {
            let found = self.module.scope(id);
            match found.kind {
                ScopeKind::Class(class) => parts.push(self.module.class(class).node.name.as_str()),
                ScopeKind::Function(function) => parts.push(self.module.function(function).name),
                ScopeKind::Module | ScopeKind::Comprehension => {}
            }
            scope = found.parent;
        }
        parts.reverse();
        parts.join(".")
    }

    fn add_function(&mut self, node: FunctionNode<'a>, name: &'a str) -> FunctionId {
        let id = FunctionId(u32::try_from(self.module.functions.len()).unwrap_or(u32::MAX));
        let class = match self.module.scope(self.scope).kind {
            ScopeKind::Class(class) => Some(class),
            _ => None,
        };
        let qualified = self.qualify(name);
        let parent = self.scope;
        let scope = self.push_scope(ScopeKind::Function(id), Some(parent));
        self.module.functions.push(Function {
            node,
            name,
            qualified,
            scope,
            parent,
            class,
            is_generator: false,
            returns: Vec::new(),
            yields: Vec::new(),
        });
        self.pending.push(Pending { function: id });
        id
    }

    fn function_body(&mut self, Pending { function }: Pending) {
        let (node, scope) = (self.module.function(function).node, self.module.function(function).scope);
        let (outer_scope, outer_block) = (self.scope, self.block);
        self.scope = scope;
        match node {
            FunctionNode::Def(def) => {
                let range = suite_range(&def.body);
                let whole = def.range();
                self.in_block(BlockKind::Body, range, whole, &def.body, |builder| {
                    builder.bind_parameters(&def.parameters);
                    builder.visit_body(&def.body);
                });
            }
            FunctionNode::Lambda(lambda) => {
                self.in_block(BlockKind::Body, lambda.body.range(), lambda.range(), &[], |builder| {
                    if let Some(parameters) = lambda.parameters.as_deref() {
                        builder.bind_parameters(parameters);
                    }
                    builder.module.functions[function.0 as usize].returns.push(&lambda.body);
                    builder.visit_expr(&lambda.body);
                });
            }
        }
        (self.scope, self.block) = (outer_scope, outer_block);
    }

    fn bind_parameters(&mut self, parameters: &'a ast::Parameters) {
        for (index, parameter) in parameters.iter().enumerate() {
            let name = parameter.name();
            self.bind(name.as_str(), name.range(), parameters.range().start(), BindingKind::Parameter { index });
        }
    }

    /// What is evaluated where the function is defined: decorators, defaults, annotations.
    fn function_header(&mut self, decorators: &'a [ast::Decorator], parameters: Option<&'a ast::Parameters>) {
        for decorator in decorators {
            self.visit_expr(&decorator.expression);
        }
        for parameter in parameters.into_iter().flat_map(ast::Parameters::iter_non_variadic_params) {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
    }

    fn class_definition(&mut self, class: &'a ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        let id = ClassId(u32::try_from(self.module.classes.len()).unwrap_or(u32::MAX));
        let qualified = self.qualify(class.name.as_str());
        let parent = self.scope;
        let scope = self.push_scope(ScopeKind::Class(id), Some(parent));
        self.module.classes.push(Class { node: class, qualified, scope, parent, attributes: FxHashMap::default() });
        self.bind(class.name.as_str(), class.name.range(), class.range().end(), BindingKind::Class(id));
        self.scope = scope;
        let range = suite_range(&class.body);
        self.in_block(BlockKind::Body, range, class.range(), &class.body, |builder| builder.visit_body(&class.body));
        self.scope = parent;
    }

    fn conditional(&mut self, statement: &'a ast::StmtIf) {
        let mut tests: SmallVec<[(&'a Expr, bool); 2]> = smallvec![(statement.test.as_ref(), true)];
        self.visit_expr(&statement.test);
        self.suite(BlockKind::Branch { tests: tests.clone() }, statement.range(), &statement.body);
        for clause in &statement.elif_else_clauses {
            if let Some(last) = tests.last_mut() {
                last.1 = false;
            }
            if let Some(test) = &clause.test {
                self.visit_expr(test);
                tests.push((test, true));
            }
            self.suite(BlockKind::Branch { tests: tests.clone() }, statement.range(), &clause.body);
        }
    }

    fn comprehension(&mut self, range: TextRange, generators: &'a [ast::Comprehension], parts: &[&'a Expr]) {
        // The first iterable is evaluated outside.
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        let outer = self.scope;
        let scope = self.push_scope(ScopeKind::Comprehension, Some(outer));
        self.module.expression_scopes.insert(range, scope);
        self.scope = scope;
        for (index, generator) in generators.iter().enumerate() {
            if index > 0 {
                self.visit_expr(&generator.iter);
            }
            let make = |path| BindingKind::Loop { iterable: &generator.iter, path };
            self.bind_target(&generator.target, range.start(), &mut SmallVec::new(), &make);
            for test in &generator.ifs {
                self.visit_expr(test);
            }
        }
        for part in parts {
            self.visit_expr(part);
        }
        self.scope = outer;
    }

    fn import(&mut self, statement: &'a Stmt) {
        let with = self.withs.last().filter(|(scope, _)| *scope == self.scope).map(|(_, with)| *with);
        self.module.imports.push(ImportStatement { statement, scope: self.scope, block: self.block, with });
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = alias.name.as_str();
                    let (name, module) = match &alias.asname {
                        Some(name) => (name.as_str(), module),
                        None => {
                            let top = module.split('.').next().unwrap_or(module);
                            (top, top)
                        }
                    };
                    self.bind(name, alias.range(), import.range().end(), BindingKind::Import { module });
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    let name = alias.name.as_str();
                    if name == "*" {
                        let scope = self.scope.0 as usize;
                        self.module.scopes[scope].stars.push((module, import.level, import.range().start()));
                        continue;
                    }
                    let bound = alias.asname.as_ref().map_or(name, |name| name.as_str());
                    let kind = BindingKind::ImportFrom { module, level: import.level, name };
                    self.bind(bound, alias.range(), import.range().end(), kind);
                }
            }
            _ => {}
        }
    }

    fn bind_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.bind_pattern(inner);
                }
                if let Some(name) = &capture.name {
                    self.bind(name.as_str(), name.range(), pattern.range().end(), BindingKind::Opaque);
                }
            }
            Pattern::MatchStar(star) => {
                if let Some(name) = &star.name {
                    self.bind(name.as_str(), name.range(), pattern.range().end(), BindingKind::Opaque);
                }
            }
            Pattern::MatchSequence(sequence) => sequence.patterns.iter().for_each(|inner| self.bind_pattern(inner)),
            Pattern::MatchOr(or) => or.patterns.iter().for_each(|inner| self.bind_pattern(inner)),
            Pattern::MatchMapping(mapping) => {
                mapping.patterns.iter().for_each(|inner| self.bind_pattern(inner));
                if let Some(name) = &mapping.rest {
                    self.bind(name.as_str(), name.range(), pattern.range().end(), BindingKind::Opaque);
                }
            }
            Pattern::MatchClass(class) => {
                class.arguments.patterns.iter().for_each(|inner| self.bind_pattern(inner));
                class.arguments.keywords.iter().for_each(|keyword| self.bind_pattern(&keyword.pattern));
            }
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        }
    }

    fn current_function(&self) -> Option<FunctionId> {
        let mut scope = Some(self.scope);
        while let Some(id) = scope {
            let found = self.module.scope(id);
            match found.kind {
                ScopeKind::Function(function) => return Some(function),
                ScopeKind::Comprehension => scope = found.parent,
                ScopeKind::Module | ScopeKind::Class(_) => return None,
            }
        }
        None
    }

    fn note_store(&mut self, stored: Option<Stored<'a>>) {
        if let Some((collection, store)) = stored {
            self.module.stores.entry(collection).or_default().push(store);
        }
    }

    fn note_yield(&mut self, value: Option<&'a Expr>) {
        if let Some(function) = self.current_function() {
            let function = &mut self.module.functions[function.0 as usize];
            function.is_generator = true;
            function.yields.extend(value);
        }
    }

    fn simple(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                for target in &assign.targets {
                    self.note_store(store::of_assignment(target, &assign.value, self.scope));
                    self.bind_attribute(target, Some(&assign.value), None);
                    let make = |path| BindingKind::Assignment { value: Some(&*assign.value), annotation: None, path };
                    self.bind_target(target, assign.range().end(), &mut SmallVec::new(), &make);
                }
            }
            Stmt::AnnAssign(assign) => {
                let value = assign.value.as_deref();
                if let Some(value) = value {
                    self.visit_expr(value);
                }
                self.bind_attribute(&assign.target, value, Some(&assign.annotation));
                let annotation = Some(&*assign.annotation);
                let make = |path| BindingKind::Assignment { value, annotation, path };
                self.bind_target(&assign.target, assign.range().end(), &mut SmallVec::new(), &make);
            }
            Stmt::AugAssign(assign) => {
                self.note_store(store::of_augmented(assign, self.scope));
                self.visit_expr(&assign.value);
                if let Expr::Name(name) = assign.target.as_ref() {
                    let kind = BindingKind::Augmented { value: &assign.value };
                    self.bind(name.id.as_str(), name.range(), assign.range().end(), kind);
                } else {
                    self.visit_expr(&assign.target);
                }
            }
            Stmt::Return(ret) => {
                if let (Some(value), Some(function)) = (ret.value.as_deref(), self.current_function()) {
                    self.module.functions[function.0 as usize].returns.push(value);
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::Global(global) => {
                let names = global.names.iter().map(|name| name.as_str());
                self.module.scopes[self.scope.0 as usize].globals.extend(names);
            }
            Stmt::Nonlocal(nonlocal) => {
                let names = nonlocal.names.iter().map(|name| name.as_str());
                self.module.scopes[self.scope.0 as usize].nonlocals.extend(names);
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.bind_target(target, delete.range().end(), &mut SmallVec::new(), &|_| BindingKind::Opaque);
                }
            }
            Stmt::TypeAlias(alias) => {
                self.bind_target(&alias.name, alias.range().end(), &mut SmallVec::new(), &|path| {
                    BindingKind::Assignment { value: Some(&*alias.value), annotation: None, path }
                });
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn looped(&mut self, statement: &'a ast::StmtFor) {
        self.visit_expr(&statement.iter);
        // From the target on, which is bound anew in each round; a broken file may lack the body.
        let end = suite_range(&statement.body).end().max(statement.target.range().end());
        let range = TextRange::new(statement.target.range().start(), end);
        self.in_block(BlockKind::Loop, range, statement.range(), &statement.body, |builder| {
            let make = |path| BindingKind::Loop { iterable: &statement.iter, path };
            builder.bind_target(&statement.target, statement.target.range().end(), &mut SmallVec::new(), &make);
            builder.visit_body(&statement.body);
        });
        self.suite(BlockKind::Loop, statement.range(), &statement.orelse);
    }

    fn managed(&mut self, statement: &'a ast::StmtWith) {
        for item in &statement.items {
            self.visit_expr(&item.context_expr);
            if let Some(target) = item.optional_vars.as_deref() {
                let (manager, is_async) = (&item.context_expr, statement.is_async);
                let make = |path| BindingKind::With { manager, is_async, path };
                self.bind_target(target, item.range().end(), &mut SmallVec::new(), &make);
            }
        }
        self.withs.push((self.scope, statement));
        self.suite(BlockKind::With, statement.range(), &statement.body);
        self.withs.pop();
    }

    fn tried(&mut self, statement: &'a ast::StmtTry) {
        self.suite(BlockKind::Try, statement.range(), &statement.body);
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            if let Some(kind) = handler.type_.as_deref() {
                self.visit_expr(kind);
            }
            self.in_block(BlockKind::Handler, handler.range(), statement.range(), &handler.body, |builder| {
                if let Some(name) = &handler.name {
                    let kind = BindingKind::Except { kind: handler.type_.as_deref() };
                    builder.bind(name.as_str(), name.range(), name.range().end(), kind);
                }
                builder.visit_body(&handler.body);
            });
        }
        self.suite(BlockKind::Try, statement.range(), &statement.orelse);
        // What `finally` binds always ran afterwards.
        self.suite(BlockKind::With, statement.range(), &statement.finalbody);
    }
}

impl<'a> Visitor<'a> for Builder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.function_header(&def.decorator_list, Some(&def.parameters));
                let id = self.add_function(FunctionNode::Def(def), def.name.as_str());
                self.bind(def.name.as_str(), def.name.range(), def.range().end(), BindingKind::Function(id));
            }
            Stmt::ClassDef(class) => self.class_definition(class),
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.import(statement),
            Stmt::If(conditional) => self.conditional(conditional),
            Stmt::For(looped) => self.looped(looped),
            Stmt::While(looped) => {
                self.visit_expr(&looped.test);
                self.suite(BlockKind::Loop, looped.range(), &looped.body);
                self.suite(BlockKind::Loop, looped.range(), &looped.orelse);
            }
            Stmt::With(managed) => self.managed(managed),
            Stmt::Try(tried) => self.tried(tried),
            Stmt::Match(matched) => {
                self.visit_expr(&matched.subject);
                for case in &matched.cases {
                    self.in_block(BlockKind::Case, case.range(), matched.range(), &case.body, |builder| {
                        builder.bind_pattern(&case.pattern);
                        if let Some(guard) = case.guard.as_deref() {
                            builder.visit_expr(guard);
                        }
                        builder.visit_body(&case.body);
                    });
                }
            }
            _ => self.simple(statement),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(lambda) => {
                self.function_header(&[], lambda.parameters.as_deref());
                let id = self.add_function(FunctionNode::Lambda(lambda), "<lambda>");
                self.module.lambdas.insert(lambda.range(), id);
            }
            Expr::ListComp(comp) => self.comprehension(comp.range(), &comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(comp.range(), &comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(comp.range(), &comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => {
                let mut parts: SmallVec<[&'a Expr; 2]> = SmallVec::new();
                parts.extend(comp.key.as_deref());
                parts.push(&comp.value);
                self.comprehension(comp.range(), &comp.generators, &parts);
            }
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                let scope = self.scope;
                self.scope = self.walrus_scope();
                let make = |path| BindingKind::Assignment { value: Some(&*named.value), annotation: None, path };
                self.bind_target(&named.target, named.range().end(), &mut SmallVec::new(), &make);
                self.scope = scope;
            }
            Expr::Call(call) => {
                self.module.calls.push((call, self.scope));
                self.note_store(store::of_call(call, self.scope));
                visitor::walk_expr(self, expression);
            }
            Expr::Yield(yielded) => {
                self.note_yield(yielded.value.as_deref());
                visitor::walk_expr(self, expression);
            }
            Expr::YieldFrom(_) => {
                self.note_yield(None);
                visitor::walk_expr(self, expression);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

impl Builder<'_> {
    fn walrus_scope(&self) -> ScopeId {
        let mut scope = self.scope;
        while let (ScopeKind::Comprehension, Some(parent)) =
            (self.module.scope(scope).kind, self.module.scope(scope).parent)
        {
            scope = parent;
        }
        scope
    }
}

fn suite_range(body: &[Stmt]) -> TextRange {
    match (body.first(), body.last()) {
        (Some(first), Some(last)) => TextRange::new(first.range().start(), last.range().end()),
        _ => TextRange::default(),
    }
}

/// Whether control never passes the end of a suite, judged by its last statement.
fn ends_control(body: &[Stmt]) -> bool {
    match body.last() {
        Some(Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)) => true,
        Some(Stmt::If(conditional)) => {
            conditional.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none())
                && ends_control(&conditional.body)
                && conditional.elif_else_clauses.iter().all(|clause| ends_control(&clause.body))
        }
        _ => false,
    }
}
