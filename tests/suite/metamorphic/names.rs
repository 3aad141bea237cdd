//! Local names changed: variables of functions and comprehensions, and parameters that nothing passes by keyword.
//!
//! Left alone is a name of a scope if a scope within it binds or declares the same name, if an import, a definition or a
//! declaration binds it, if an f-string prints it (`{x=}`), and all in a scope that can ask for names (`locals()`,
//! `eval()`). A parameter is left alone, besides, if its function has decorators that are not known, if its name is a
//! keyword or a string anywhere in the program, and all are if anything is passed by `**`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use temporal_py_lint::source::ast::{self, Expr, ExprContext, Stmt, Visitor, visitor};

use super::syntax::{Syntax, bound_by, is_plain, range};
use super::text::Edit;

/// Names through which code reaches names.
const ASKS_FOR_NAMES: [&str; 8] = ["locals", "vars", "eval", "exec", "dir", "globals", "inspect", "sys"];

/// What a program says of names, all files together.
#[derive(Default)]
pub(super) struct Spoken {
    keywords: BTreeSet<String>,
    passes_many: bool,
}

impl Spoken {
    pub(super) fn add(&mut self, syntax: &Syntax) {
        self.visit_body(syntax.body());
    }
}

impl<'a> Visitor<'a> for Spoken {
    fn visit_keyword(&mut self, keyword: &'a ast::Keyword) {
        match &keyword.arg {
            Some(name) => _ = self.keywords.insert(name.to_string()),
            None => self.passes_many = true,
        }
        visitor::walk_keyword(self, keyword);
    }

    fn visit_string_literal(&mut self, string: &'a ast::StringLiteral) {
        self.keywords.insert(string.as_str().to_owned());
    }
}

/// The changes of a file; the new names, which begin with `stem`, are entered in `renamed` with the old ones.
pub(super) fn renamed(
    syntax: &Syntax,
    spoken: &Spoken,
    stem: &str,
    renamed: &mut BTreeMap<String, String>,
) -> Vec<Edit> {
    let mut scopes = Scopes::new(syntax.text.len());
    scopes.visit_body(syntax.body());
    let mut edits = Vec::new();
    for (index, scope) in scopes.all.iter().enumerate() {
        for (name, kind) in &scope.bound {
            let passed = spoken.passes_many || spoken.keywords.contains(name);
            let free = *kind == Bound::Variable || (*kind == Bound::Parameter && !passed);
            let Some(uses) = Some(()).filter(|()| free).and_then(|()| scopes.uses_of(index, name)) else { continue };
            let new = format!("{stem}{}", renamed.len());
            edits.extend(uses.map(|place| Edit::replace(place, new.clone())));
            // Of a name that is changed twice, the first one counts.
            let first = renamed.get(name).unwrap_or(name).clone();
            renamed.insert(new, first);
        }
    }
    edits
}

/// How a scope comes by a name; of two ways the later one here counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Variable,
    Parameter,
    /// In a way that is not changed.
    Fixed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Class,
    Function,
    Comprehension,
}

struct Scope {
    kind: Kind,
    region: Range<usize>,
    /// A part of the region that belongs to the scope around it.
    without: Range<usize>,
    bound: BTreeMap<String, Bound>,
    /// Where parameters are named, before the region.
    parameters: Vec<(String, Range<usize>)>,
}

/// The scopes of a file, outer ones first, and each use of a name.
struct Scopes {
    all: Vec<Scope>,
    open: Vec<usize>,
    uses: Vec<(String, Range<usize>)>,
    printed: BTreeSet<String>,
    printing: bool,
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

impl Scopes {
    fn new(length: usize) -> Self {
        let mut scopes =
            Self { all: Vec::new(), open: Vec::new(), uses: Vec::new(), printed: BTreeSet::new(), printing: false };
        scopes.open(Kind::Module, 0..length, 0..0);
        scopes
    }

    fn open(&mut self, kind: Kind, region: Range<usize>, without: Range<usize>) {
        self.open.push(self.all.len());
        self.all.push(Scope { kind, region, without, bound: BTreeMap::new(), parameters: Vec::new() });
    }

    fn scope(&mut self) -> &mut Scope {
        let index = *self.open.last().expect("a scope is open");
        &mut self.all[index]
    }

    fn bind(&mut self, name: &str, kind: Bound) {
        let scope = self.scope();
        let changes = matches!(scope.kind, Kind::Function | Kind::Comprehension) && !name.starts_with('_');
        let kind = if changes { kind } else { Bound::Fixed };
        let known = scope.bound.entry(name.to_owned()).or_insert(kind);
        *known = (*known).max(kind);
    }

    /// A name that is no expression.
    fn identifier(&mut self, name: &ast::Identifier) {
        self.uses.push((name.to_string(), range(name)));
        self.bind(name, Bound::Variable);
    }

    fn parameters(&mut self, parameters: &ast::Parameters, bound: Bound) {
        for parameter in parameters {
            let name = parameter.name();
            self.bind(name, if parameter.is_variadic() { Bound::Variable } else { bound });
            self.scope().parameters.push((name.to_string(), range(name)));
        }
    }

    /// Where a name of a scope is used; none if it cannot be changed there.
    fn uses_of(&self, index: usize, name: &str) -> Option<impl Iterator<Item = Range<usize>>> {
        let scope = &self.all[index];
        let inside = |place: &Range<usize>| within(place, &scope.region);
        let inner = self.all.iter().skip(index + 1).filter(|other| inside(&other.region));
        let is_shadowed = inner.into_iter().any(|inner| inner.bound.contains_key(name));
        let asks = self.uses.iter().any(|(used, place)| inside(place) && ASKS_FOR_NAMES.contains(&used.as_str()));
        let uses = || self.uses.iter().filter(move |(used, place)| used == name && inside(place));
        let is_split = uses().any(|(_, place)| within(place, &scope.without));
        let parameters = scope.parameters.iter().filter(move |(parameter, _)| parameter == name);
        let places: Vec<Range<usize>> = uses().chain(parameters).map(|(_, place)| place.clone()).collect();
        let free = !is_shadowed && !asks && !is_split && !self.printed.contains(name);
        free.then(|| places.into_iter())
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        self.bind(&function.name, Bound::Fixed);
        function.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        function.type_params.iter().for_each(|parameters| self.visit_type_params(parameters));
        self.visit_parameters(&function.parameters);
        function.returns.iter().for_each(|returns| self.visit_annotation(returns));
        let (first, last) = (range(&function.body[0]), range(&function.body[function.body.len() - 1]));
        self.open(Kind::Function, first.start..last.end, 0..0);
        let is_plain = is_plain(function);
        self.parameters(&function.parameters, if is_plain { Bound::Parameter } else { Bound::Fixed });
        self.visit_body(&function.body);
        self.open.pop();
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        self.bind(&class.name, Bound::Fixed);
        class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        class.arguments.iter().for_each(|arguments| self.visit_arguments(arguments));
        self.open(Kind::Class, range(class), 0..0);
        self.visit_body(&class.body);
        self.open.pop();
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameters(parameters);
        }
        self.open(Kind::Function, range(&*lambda.body), 0..0);
        if let Some(parameters) = &lambda.parameters {
            self.parameters(parameters, Bound::Parameter);
        }
        self.visit_expr(&lambda.body);
        self.open.pop();
    }

    fn comprehension(&mut self, whole: Range<usize>, generators: &[ast::Comprehension], results: &[&Expr]) {
        // The first iterable is evaluated in the scope around.
        self.visit_expr(&generators[0].iter);
        self.open(Kind::Comprehension, whole, range(&generators[0].iter));
        for (index, generator) in generators.iter().enumerate() {
            self.visit_expr(&generator.target);
            if index > 0 {
                self.visit_expr(&generator.iter);
            }
            generator.ifs.iter().for_each(|test| self.visit_expr(test));
        }
        results.iter().for_each(|result| self.visit_expr(result));
        self.open.pop();
    }

    /// `name := value` binds in the function around comprehensions.
    fn walrus(&mut self, target: &Expr) {
        let Expr::Name(name) = target else { return };
        self.uses.push((name.id.to_string(), range(name)));
        let inner = self.open.iter().rposition(|index| self.all[*index].kind != Kind::Comprehension);
        let hidden = self.open.split_off(inner.expect("the module is open") + 1);
        self.bind(&name.id, Bound::Variable);
        self.open.extend(hidden);
    }
}

impl<'a> Visitor<'a> for Scopes {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::Global(ast::StmtGlobal { names, .. }) | Stmt::Nonlocal(ast::StmtNonlocal { names, .. }) => {
                names.iter().for_each(|name| self.bind(name, Bound::Fixed));
            }
            _ => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        self.bind(&bound_by(alias), Bound::Fixed);
    }

    fn visit_except_handler(&mut self, handler: &'a ast::ExceptHandler) {
        let ast::ExceptHandler::ExceptHandler(inner) = handler;
        inner.name.iter().for_each(|name| self.identifier(name));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
        let name = match pattern {
            ast::Pattern::MatchAs(pattern) => pattern.name.as_ref(),
            ast::Pattern::MatchStar(pattern) => pattern.name.as_ref(),
            ast::Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
            _ => None,
        };
        name.into_iter().for_each(|name| self.identifier(name));
        visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                self.uses.push((name.id.to_string(), range(name)));
                if name.ctx != ExprContext::Load {
                    self.bind(&name.id, Bound::Variable);
                }
                if self.printing {
                    self.printed.insert(name.id.to_string());
                }
            }
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                self.walrus(&named.target);
            }
            Expr::ListComp(inner) => self.comprehension(range(inner), &inner.generators, &[&inner.elt]),
            Expr::SetComp(inner) => self.comprehension(range(inner), &inner.generators, &[&inner.elt]),
            Expr::Generator(inner) => self.comprehension(range(inner), &inner.generators, &[&inner.elt]),
            Expr::DictComp(inner) => {
                let results: Vec<&Expr> = inner.key.as_deref().into_iter().chain([&*inner.value]).collect();
                self.comprehension(range(inner), &inner.generators, &results);
            }
            _ => visitor::walk_expr(self, expr),
        }
    }

    fn visit_interpolated_string_element(&mut self, element: &'a ast::InterpolatedStringElement) {
        let prints =
            matches!(element, ast::InterpolatedStringElement::Interpolation(inner) if inner.debug_text.is_some());
        let before = self.printing;
        self.printing |= prints;
        visitor::walk_interpolated_string_element(self, element);
        self.printing = before;
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::Text;
    use super::*;

    fn rewritten(text: &str) -> String {
        let syntax = Syntax::of(text).expect("valid");
        let mut spoken = Spoken::default();
        spoken.add(&syntax);
        let edits = renamed(&syntax, &spoken, "local", &mut BTreeMap::new());
        Text::new(text.to_owned()).edited(edits).content().to_owned()
    }

    #[test]
    fn variables_and_parameters_of_functions_change() {
        assert_eq!(
            rewritten("def f(a, *b):\n    c = a + d\n    for e, _ in b:\n        f(c)(f'{e}')\n    return e.c\n"),
            "def f(local0, *local1):\n    local2 = local0 + d\n    for local3, _ in local1:\n        f(local2)(f'{local3}')\n    \
             return local3.c\n"
        );
        assert_eq!(
            rewritten(
                "def f(a):\n    match a:\n        case [b, *c] if (d := b): g(d)\n    try: g()\n    except E as e: g(e)\n"
            ),
            "def f(local0):\n    match local0:\n        case [local1, *local2] if (local3 := local1): g(local3)\n    try: g()\n    \
             except E as local4: g(local4)\n"
        );
        assert_eq!(
            rewritten("x = [a for a in b]\ny = lambda c, d=a: c + d\nz = {e: f for e, f in e}\n"),
            "x = [local0 for local0 in b]\ny = lambda local1, local2=a: local1 + local2\nz = {e: local3 for e, local3 in e}\n"
        );
        assert_eq!(
            rewritten("def f():\n    a = 1\n    def g():\n        return a\n    return [b for b in a if (a, b)]\n"),
            "def f():\n    local0 = 1\n    def g():\n        return local0\n    return [local1 for local1 in local0 if (local0, \
             local1)]\n"
        );
    }

    #[test]
    fn what_may_be_known_by_its_name_stays() {
        for text in [
            "a = 1\nclass A:\n    b = a\n",
            "def f(a):\n    return g(a=1)\n",
            "def f(a):\n    return 'a'\n",
            "def f(a):\n    return g(**h)\n",
            "@other\ndef f(a):\n    return a\n",
            "class A:\n    @other\n    def f(self):\n        return self\n",
            "def f():\n    global a\n    a = 1\n    _ = __b = 1\n    import c\n    return f'{c=}'\n",
            "def f():\n    a = 1\n    return f'{a=}'\n",
            "def f():\n    a = 1\n    return locals()\n",
            "def f():\n    a = 1\n    class B:\n        a = a\n",
            "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }
}
