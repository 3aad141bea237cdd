//! Statements that bind, define and import.
//!
//! Knows: which names a statement binds to what, and the scopes that functions and classes open. Does not know: where control goes
//! ([`flow`](super::flow)), or what the values are.

use smallvec::SmallVec;

use super::{Lowering, Pending, list};
use crate::semantic::binding::BindingKind;
use crate::semantic::cfg::{Condition, RegionKind};
use crate::semantic::expr::{Expr, Operator};
use crate::semantic::ids::{ClassId, ExprId, FunctionId, ImportId, List, StmtId};
use crate::semantic::name::Name;
use crate::semantic::scope::{Body, Class, Return, ScopeKind, StoreKind};
use crate::semantic::stmt::{Alias, Import, Stmt, Suite};
use crate::source::ast::{self, Ranged};
use crate::source::first_part;

impl<'t> Lowering<'t> {
    pub(super) fn suite(&mut self, body: &'t [ast::Stmt]) -> Suite {
        let ids: SmallVec<[StmtId; 8]> = body.iter().map(|statement| self.statement(statement)).collect();
        list(&mut self.module.lists.stmts, ids)
    }

    fn statement(&mut self, statement: &'t ast::Stmt) -> StmtId {
        let id = self.add_statement(statement.range());
        let lowered = self.deeper(statement.range(), Stmt::Nothing, |lowering| lowering.lower_statement(statement, id));
        self.module.stmts[id.index()] = lowered;
        id
    }

    fn lower_statement(&mut self, statement: &'t ast::Stmt, id: StmtId) -> Stmt {
        match statement {
            ast::Stmt::Expr(statement) => self.standing(&statement.value),
            ast::Stmt::Assign(assign) => self.assign(assign),
            ast::Stmt::AnnAssign(assign) => self.declare(assign),
            ast::Stmt::AugAssign(assign) => self.augment(assign),
            ast::Stmt::Return(ret) => self.return_value(ret),
            ast::Stmt::Raise(raise) => {
                let exception = raise.exc.as_deref().map(|exception| self.expr(exception));
                let cause = raise.cause.as_deref().map(|cause| self.expr(cause));
                self.stop();
                Stmt::Raise { exception, cause }
            }
            ast::Stmt::Assert(assert) => {
                let outcome = self.condition(&assert.test);
                self.block = self.join(outcome.fails, outcome.began);
                let message = assert.msg.as_deref().map(|message| self.expr(message));
                self.block = self.join(outcome.holds, outcome.began);
                Stmt::Assert { test: outcome.expr, message }
            }
            ast::Stmt::Delete(delete) => {
                let make = |_| BindingKind::Delete;
                let targets: SmallVec<[ExprId; 2]> =
                    delete.targets.iter().map(|target| self.target(target, &mut Vec::new(), &make)).collect();
                Stmt::Delete(list(&mut self.module.lists.exprs, targets))
            }
            ast::Stmt::If(conditional) => self.branches(conditional),
            ast::Stmt::While(looped) => self.while_loop(looped),
            ast::Stmt::For(looped) => self.for_loop(looped),
            ast::Stmt::With(managed) => self.with(managed, id),
            ast::Stmt::Try(tried) => self.tried(tried, id),
            ast::Stmt::Match(matched) => self.matched(matched),
            ast::Stmt::FunctionDef(def) => self.function(def),
            ast::Stmt::ClassDef(class) => self.class(class),
            ast::Stmt::Import(import) => self.import(import, id),
            ast::Stmt::ImportFrom(import) => self.import_from(import, id),
            ast::Stmt::TypeAlias(alias) => self.type_alias(alias),
            ast::Stmt::Global(global) => {
                let names = global.names.iter().map(|name| Name::new(name.as_str()));
                self.module.scopes[self.scope.index()].globals.extend(names);
                Stmt::Nothing
            }
            ast::Stmt::Nonlocal(nonlocal) => {
                let names = nonlocal.names.iter().map(|name| Name::new(name.as_str()));
                self.module.scopes[self.scope.index()].nonlocals.extend(names);
                Stmt::Nothing
            }
            ast::Stmt::Break(_) => self.break_loop(),
            ast::Stmt::Continue(_) => self.continue_loop(),
            ast::Stmt::Pass(_) | ast::Stmt::IpyEscapeCommand(_) => Stmt::Nothing,
        }
    }

    /// An expression that is a statement. A literal does nothing, docstrings among them.
    fn standing(&mut self, value: &'t ast::Expr) -> Stmt {
        if value.is_literal_expr() {
            return Stmt::Nothing;
        }
        let id = self.expr(value);
        self.may_not_return(id);
        Stmt::Expr(id)
    }

    /// A call may be one that never returns; what follows runs only where it does.
    fn may_not_return(&mut self, value: ExprId) {
        let called = match self.module.exprs[value.index()] {
            Expr::Await(inner) => inner,
            _ => value,
        };
        if matches!(self.module.exprs[called.index()], Expr::Call { .. }) {
            self.block = self.block_after(self.block, Condition::Returns(called));
        }
    }

    fn is_tried(&self) -> bool {
        let mut region = self.region;
        while let Some(id) = region {
            let found = self.module.regions[id.index()];
            if matches!(found.kind, RegionKind::Try(_)) {
                return true;
            }
            region = found.parent;
        }
        false
    }

    fn assign(&mut self, assign: &'t ast::StmtAssign) -> Stmt {
        let value = self.expr(&assign.value);
        if self.is_tried() {
            self.may_not_return(value);
        }
        let make = |path| BindingKind::Assign { value, annotation: None, path };
        let targets: SmallVec<[ExprId; 1]> =
            assign.targets.iter().map(|target| self.target(target, &mut Vec::new(), &make)).collect();
        Stmt::Assign { targets: list(&mut self.module.lists.exprs, targets), value }
    }

    fn declare(&mut self, assign: &'t ast::StmtAnnAssign) -> Stmt {
        // `Name: TypeAlias = "a type in quotes"`.
        let value = assign.value.as_deref().map(|value| match value {
            ast::Expr::StringLiteral(_) if names_alias(&assign.annotation) => self.annotation(value),
            _ => self.expr(value),
        });
        let annotation = self.annotation(&assign.annotation);
        let make = |path| match value {
            Some(value) => BindingKind::Assign { value, annotation: Some(annotation), path },
            None => BindingKind::Declare { annotation },
        };
        let target = self.target(&assign.target, &mut Vec::new(), &make);
        if let (Expr::Target(binding), ScopeKind::Class(class)) =
            (self.module.exprs[target.index()], self.module.scopes[self.scope.index()].kind)
        {
            self.module.classes[class.index()].fields.push(binding);
        }
        Stmt::Declare { target, value }
    }

    fn augment(&mut self, assign: &'t ast::StmtAugAssign) -> Stmt {
        let target = self.expr(&assign.target);
        let value = self.expr(&assign.value);
        let is_item = matches!(self.module.exprs[target.index()], Expr::Subscript { .. });
        if is_item || matches!(assign.op, Operator::BitOr | Operator::Add) {
            self.store(target, StoreKind::All, None, value);
        }
        match assign.target.as_ref() {
            ast::Expr::Name(name) => {
                self.bind(name.id.as_str(), name.range(), BindingKind::Augment { target, value });
            }
            ast::Expr::Attribute(attribute) => {
                if let Expr::Attribute { value: object, name } = self.module.exprs[target.index()] {
                    let block = self.block;
                    self.module.attribute_stores.push(crate::semantic::AttributeStore {
                        object,
                        name,
                        value: None,
                        annotation: None,
                        path: List::EMPTY,
                        block,
                    });
                    debug_assert_eq!(name.as_str(), attribute.attr.as_str());
                }
            }
            _ => {}
        }
        Stmt::Augment { target, op: assign.op, value }
    }

    fn return_value(&mut self, ret: &'t ast::StmtReturn) -> Stmt {
        let value = ret.value.as_deref().map(|value| self.expr(value));
        if let Some(function) = self.function {
            let block = self.block;
            self.module.functions[function.index()].returns.push(Return { value, block });
            let exit = self.module.scopes[self.module.functions[function.index()].scope.index()].exit;
            self.edge(block, Condition::Always, exit);
            self.stop();
        }
        // Outside a function it stands only in code that is broken, and what follows may be right.
        Stmt::Return(value)
    }

    fn type_alias(&mut self, alias: &'t ast::StmtTypeAlias) -> Stmt {
        let value = self.annotation(&alias.value);
        self.target(&alias.name, &mut Vec::new(), &|_| BindingKind::TypeAlias { value });
        Stmt::Nothing
    }

    fn decorators(&mut self, decorators: &'t [ast::Decorator]) -> List<ExprId> {
        let ids: SmallVec<[ExprId; 2]> = decorators.iter().map(|decorator| self.expr(&decorator.expression)).collect();
        list(&mut self.module.lists.exprs, ids)
    }

    /// Binds type parameters in the scope at hand, which is wider than Python's own for them.
    fn type_parameters(&mut self, parameters: Option<&'t ast::TypeParams>) {
        for parameter in parameters.into_iter().flat_map(|parameters| &parameters.type_params) {
            let (name, bound) = match parameter {
                ast::TypeParam::TypeVar(variable) => (&variable.name, variable.bound.as_deref()),
                ast::TypeParam::TypeVarTuple(variable) => (&variable.name, None),
                ast::TypeParam::ParamSpec(variable) => (&variable.name, None),
            };
            let bound = bound.map(|bound| self.annotation(bound));
            self.bind(name.as_str(), name.range(), BindingKind::TypeParameter { bound });
        }
    }

    fn function(&mut self, def: &'t ast::StmtFunctionDef) -> Stmt {
        let decorators = self.decorators(&def.decorator_list);
        self.type_parameters(def.type_params.as_deref());
        let parameters = self.parameters(Some(&def.parameters));
        let returns = def.returns.as_deref().map(|returns| self.annotation(returns));
        let id = self.add_function(def.name.as_str(), def.range(), def.name.range(), parameters);
        let function = &mut self.module.functions[id.index()];
        (function.decorators, function.returns_annotation) = (decorators, returns);
        function.is_async = def.is_async;
        self.pending.push(Pending::Def(id, def));
        self.bind(def.name.as_str(), def.name.range(), BindingKind::Function(id));
        Stmt::Function(id)
    }

    pub(super) fn function_body(&mut self, id: FunctionId, def: &'t ast::StmtFunctionDef) {
        self.enter_function(id);
        let suite = self.suite(&def.body);
        self.module.functions[id.index()].body = Body::Statements(suite);
        self.end_scope();
    }

    fn class(&mut self, class: &'t ast::StmtClassDef) -> Stmt {
        let decorators = self.decorators(&class.decorator_list);
        self.type_parameters(class.type_params.as_deref());
        let arguments = class.arguments.as_deref().map_or(List::EMPTY, |arguments| self.arguments(arguments));
        let id = ClassId::from_index(self.module.classes.len());
        let parent = self.scope;
        let scope = self.push_scope(ScopeKind::Class(id), Some(parent));
        let parameters = class.type_params.as_deref().into_iter().flat_map(|parameters| &parameters.type_params);
        let type_parameters = parameters.map(|parameter| Name::new(parameter.name().as_str())).collect();
        self.module.classes.push(Class {
            name: Name::new(class.name.as_str()),
            scope,
            parent,
            type_parameters,
            arguments,
            decorators,
            body: List::EMPTY,
            range: class.range(),
            name_range: class.name.range(),
            fields: Vec::new(),
        });
        let before = self.block;
        self.scope = scope;
        self.block = self.block_after(before, Condition::Always);
        let body = self.suite(&class.body);
        self.module.classes[id.index()].body = body;
        self.end_scope();
        let after = self.block;
        self.scope = parent;
        self.block = self.block_after(after, Condition::Always);
        self.bind(class.name.as_str(), class.name.range(), BindingKind::Class(id));
        Stmt::Class(id)
    }

    fn import(&mut self, import: &'t ast::StmtImport, id: StmtId) -> Stmt {
        let first = self.mark();
        let mut names: SmallVec<[Alias; 1]> = SmallVec::new();
        for alias in &import.names {
            let module = alias.name.as_str();
            names.push(Alias { name: Name::new(module) });
            let (bound, module) = match &alias.asname {
                Some(bound) => (bound.as_str(), module),
                None => {
                    let top = first_part(module);
                    (top, top)
                }
            };
            self.bind(bound, alias.range(), BindingKind::Import { module: Name::new(module) });
        }
        self.add_import(None, 0, names, first, id)
    }

    fn import_from(&mut self, import: &'t ast::StmtImportFrom, id: StmtId) -> Stmt {
        let first = self.mark();
        let module = Name::new(import.module.as_ref().map_or("", |module| module.as_str()));
        let mut names: SmallVec<[Alias; 1]> = SmallVec::new();
        for alias in &import.names {
            let name = alias.name.as_str();
            names.push(Alias { name: Name::new(name) });
            if name == "*" {
                self.module.scopes[self.scope.index()].stars.push((module, import.level));
                continue;
            }
            let bound = alias.asname.as_ref().map_or(name, |bound| bound.as_str());
            let kind = BindingKind::ImportFrom { module, level: import.level, name: Name::new(name) };
            self.bind(bound, alias.range(), kind);
        }
        self.add_import(Some(module), import.level, names, first, id)
    }

    fn add_import(
        &mut self,
        from: Option<Name>,
        level: u32,
        names: SmallVec<[Alias; 1]>,
        first: crate::semantic::BindingId,
        statement: StmtId,
    ) -> Stmt {
        let names = list(&mut self.module.lists.aliases, names);
        let id = ImportId::from_index(self.module.imports.len());
        let bindings = (first, self.mark());
        let (scope, block) = (self.scope, self.module.stmt_blocks[statement.index()]);
        self.module.imports.push(Import { from, level, names, scope, block, bindings, statement });
        Stmt::Import(id)
    }
}

/// Whether an annotation says that a name stands for a type.
fn names_alias(annotation: &ast::Expr) -> bool {
    match annotation {
        ast::Expr::Name(name) => name.id == "TypeAlias",
        ast::Expr::Attribute(attribute) => attribute.attr.as_str() == "TypeAlias",
        _ => false,
    }
}
