//! The hard inputs: programs of a size, on which careless analysis takes more than its share of time or memory.

use std::fmt::Write as _;

/// A kind of input.
pub struct Input {
    pub name: &'static str,
    /// The smallest size; each step doubles it, three times.
    pub size: usize,
    pub make: fn(usize) -> Files,
    /// How many findings of `TPY101` there have to be at a size, where that is to be checked.
    pub found: Option<fn(usize) -> usize>,
}

/// Paths and texts.
pub type Files = Vec<(String, String)>;

fn all(size: usize) -> usize {
    size
}

fn one(_: usize) -> usize {
    1
}

const fn input(name: &'static str, size: usize, make: fn(usize) -> Files, found: Option<fn(usize) -> usize>) -> Input {
    Input { name, size, make, found }
}

pub const INPUTS: [Input; 28] = [
    input("x = x + x", 250, doubled_sums, Some(one)),
    input("x = (x, x)", 250, nested_tuples, Some(one)),
    input("functions with `global`", 500, globals, Some(one)),
    input("rebindings of a global", 500, rebindings, Some(one)),
    input("`elif` chain", 6_250, branches, Some(one)),
    input("functions in a chain, each at fault", 250, faults, Some(all)),
    input("mutual recursion", 125, mutual, Some(one)),
    input("recursion of all to all", 12, all_to_all, Some(one)),
    input("diamonds of classes", 15, diamonds, Some(one)),
    input("classes, each of all before it", 8, all_before, Some(one)),
    input("callers of one helper, each with its class", 50, callers, Some(all)),
    input("star-import hub", 20, hub, Some(one)),
    input("star-import clique", 5, clique, Some(one)),
    input("a package's stars of itself", 4, self_stars, Some(one)),
    input("decorated functions", 1_250, decorated, Some(one)),
    input("decorators on one function", 250, decorators, None),
    input("workflows", 250, workflows, Some(all)),
    input("table of functions called by key", 25, table, Some(all)),
    input("aliases of aliases", 500, aliases, Some(one)),
    input("default factories of classes in a ring", 50, factories, Some(one)),
    input("nested brackets", 24, brackets, Some(one)),
    input("nested `if`", 12, ifs, Some(one)),
    input("nested functions", 12, nested_functions, None),
    input("attribute chain", 625, attributes, Some(one)),
    input("call chain", 625, calls, Some(one)),
    input("operator chain", 625, operators, Some(one)),
    input("lambda chain", 312, lambdas, None),
    input("arguments spread twice in a function itself", 25, spread, Some(one)),
];

/// Lines made of a number.
fn lines(numbers: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{}", line(number));
        text
    })
}

const HEAD: &str = "import time\nfrom temporalio import workflow\n\n\n";

/// A workflow that runs a body, whose lines have eight spaces before them.
fn workflow(body: &str) -> String {
    format!("@workflow.defn\nclass W:\n    @workflow.run\n    async def run(self, x, key):\n{body}\n\n\n")
}

fn file(text: &str) -> Files {
    vec![("flows.py".to_owned(), format!("{HEAD}{text}"))]
}

/// A workflow with a body, and the one finding after it.
fn body(text: &str) -> Files {
    file(&workflow(&format!("{text}        return time.time()")))
}

fn doubled_sums(size: usize) -> Files {
    body(&"        x = x + x\n".repeat(size))
}

fn nested_tuples(size: usize) -> Files {
    body(&format!("        x = ()\n{}", "        x = (x, x)\n".repeat(size)))
}

fn globals(size: usize) -> Files {
    let functions = lines(0..size, |n| format!("def f{n}(x):\n    global X\n    X = x\n    return X\n"));
    let called = lines(0..size, |n| format!("        f{n}(x)"));
    file(&format!("X = None\n\n\n{functions}\n\n{}", workflow(&format!("{called}        return time.time()"))))
}

fn rebindings(size: usize) -> Files {
    let bound = lines(0..size, |n| format!("X = X + {n}"));
    let read = "        y = X\n".repeat(size);
    file(&format!("X = 0\n{bound}\n\n{}", workflow(&format!("{read}        return time.time()"))))
}

fn branches(size: usize) -> Files {
    let chain = lines(1..size, |n| format!("        elif key == {n}:\n            x = {n}"));
    body(&format!("        if key == 0:\n            x = 0\n{chain}"))
}

fn faults(size: usize) -> Files {
    let chain = lines(0..size, |n| format!("def f{n}():\n    time.time()\n    return f{}()\n", n + 1));
    file(&format!("{chain}\ndef f{size}():\n    return 0\n\n\n{}", workflow("        f0()")))
}

fn mutual(size: usize) -> Files {
    let ring = lines(0..size, |n| {
        let (next, other) = ((n + 1) % size, (n + 7) % size);
        format!("def f{n}(g, x):\n    if x:\n        return x\n    return f{next}(f{n}, x) or g(f{other}, x)\n")
    });
    file(&format!("{ring}\n{}", workflow("        f0(f1, x)\n        return time.time()")))
}

fn spread(size: usize) -> Files {
    let functions = lines(0..size, |n| format!("def f{n}(*args):\n    return f{n}(*args, *args)\n"));
    let calls = lines(0..size, |n| format!("        f{n}(x)"));
    file(&format!("{functions}\n{}", workflow(&format!("        time.time()\n{calls}"))))
}

fn all_to_all(size: usize) -> Files {
    let calls: Vec<String> = (0..size).map(|n| format!("f{n}(x)")).collect();
    let calls = calls.join(" or ");
    let functions = lines(0..size, |n| format!("def f{n}(x):\n    if x:\n        return x\n    return {calls}\n"));
    file(&format!("{functions}\n{}", workflow("        f0(x)\n        return time.time()")))
}

fn diamonds(size: usize) -> Files {
    let root = "class A0:\n    def m(self):\n        return time.time()\n\n\nclass B0(A0):\n    pass\n\n\n";
    let rest = lines(1..size, |n| {
        let last = n - 1;
        format!("class A{n}(A{last}):\n    pass\n\n\nclass B{n}(B{last}, A{n}):\n    pass\n\n")
    });
    file(&format!("{root}{rest}{}", workflow(&format!("        B{}().m()", size - 1))))
}

fn all_before(size: usize) -> Files {
    let classes = lines(1..size, |n| {
        let bases: Vec<String> = (0..n).rev().map(|base| format!("C{base}")).collect();
        format!("class C{n}({}):\n    pass\n", bases.join(", "))
    });
    let root = "class C0:\n    def m(self):\n        return time.time()\n\n\n";
    file(&format!("{root}{classes}\n{}", workflow(&format!("        C{}().m()", size - 1))))
}

fn callers(size: usize) -> Files {
    let classes = lines(0..size, |n| format!("class C{n}:\n    def go(self):\n        return time.time() + {n}\n\n"));
    let callers = lines(0..size, |n| format!("def call{n}():\n    return helper(C{n}())\n\n"));
    let called = lines(0..size, |n| format!("        call{n}()"));
    file(&format!("{classes}def helper(it):\n    return it.go()\n\n\n{callers}{}", workflow(&called)))
}

/// The last module of a package defines what the workflow calls.
fn stars(package: String, modules: usize, module: impl Fn(usize) -> String) -> Files {
    let mut files = vec![
        ("pkg/__init__.py".to_owned(), package),
        (
            "flows.py".to_owned(),
            format!("from pkg import *\n{HEAD}{}", workflow("        len(missing)\n        stamp()")),
        ),
    ];
    for number in 0..modules {
        let last = if number + 1 == modules { "import time\n\n\ndef stamp():\n    return time.time()\n" } else { "" };
        files.push((format!("pkg/m{number}.py"), format!("{}{last}", module(number))));
    }
    files
}

fn hub(size: usize) -> Files {
    stars(lines(0..size, |n| format!("from .m{n} import *")), size, |_| "from pkg import *\n".to_owned())
}

fn clique(size: usize) -> Files {
    stars("from .m0 import *\n".to_owned(), size, |own| {
        lines(0..size, |n| if n == own { "pass".to_owned() } else { format!("from .m{n} import *") })
    })
}

fn self_stars(size: usize) -> Files {
    stars(format!("{}from .m0 import *\n", "from . import *\n".repeat(size)), 1, |_| String::new())
}

fn decorated(size: usize) -> Files {
    let head = "class App:\n    def get(self, path):\n        return lambda f: f\n\n\napp = App()\n\n\n";
    let routes = lines(0..size, |n| format!("@app.get('/{n}')\ndef route{n}():\n    pass\n"));
    file(&format!("{head}{routes}\n{}", workflow("        return time.time()")))
}

fn decorators(size: usize) -> Files {
    let head = "def same(f):\n    def inner(*args):\n        return f(*args)\n    return inner\n\n\n";
    let stack = "@same\n".repeat(size);
    file(&format!("{head}{stack}def stamp():\n    return time.time()\n\n\n{}", workflow("        stamp()")))
}

fn workflows(size: usize) -> Files {
    file(&lines(0..size, |n| {
        format!(
            "@workflow.defn\nclass W{n}:\n    @workflow.run\n    async def run(self):\n        return time.time()\n\n"
        )
    }))
}

fn table(size: usize) -> Files {
    let functions = lines(0..size, |n| format!("def f{n}():\n    return time.time() + {n}\n\n"));
    let entries: Vec<String> = (0..size).map(|n| format!("    'k{n}': f{n},\n")).collect();
    file(&format!("{functions}TABLE = {{\n{}}}\n\n\n{}", entries.concat(), workflow("        TABLE[key]()")))
}

fn aliases(size: usize) -> Files {
    let chain = lines(1..size, |n| format!("a{n} = a{}", n - 1));
    file(&format!("a0 = time.time\n{chain}\n\n{}", workflow(&format!("        a{}()", size - 1))))
}

fn factories(size: usize) -> Files {
    let ring = lines(0..size, |n| {
        format!("@dataclass\nclass C{n}:\n    one: 'C{n}' = field(default_factory=lambda: C{}())\n\n", (n + 1) % size)
    });
    let head = "from dataclasses import dataclass, field\n\n\n";
    file(&format!("{head}{ring}{}", workflow("        C0()\n        return time.time()")))
}

/// Eight times the size has to stay below the 200 brackets that CPython's tokenizer allows.
fn brackets(size: usize) -> Files {
    body(&format!("        x = {}x{}\n", "[".repeat(size), "]".repeat(size)))
}

/// Eight times the size has to stay below the 100 levels of indentation that CPython allows.
fn ifs(size: usize) -> Files {
    let heads = lines(0..size, |n| format!("{}if key == {n}:", " ".repeat(8 + n)));
    body(&format!("{heads}{}x = 1\n", " ".repeat(8 + size)))
}

fn nested_functions(size: usize) -> Files {
    let heads = lines(0..size, |n| format!("{}def f{n}(x=x):", " ".repeat(8 + n)));
    let ends: String = (1..size).rev().fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "{}return f{n}()", " ".repeat(8 + n));
        text
    });
    file(&workflow(&format!("{heads}{}return time.time()\n{ends}        return f0()", " ".repeat(8 + size))))
}

fn attributes(size: usize) -> Files {
    body(&format!("        x = x{}\n", ".a".repeat(size)))
}

fn calls(size: usize) -> Files {
    body(&format!("        x = x{}\n", ".a()".repeat(size)))
}

fn operators(size: usize) -> Files {
    body(&format!("        x = {}\n", vec!["x"; size].join(" + ")))
}

fn lambdas(size: usize) -> Files {
    body(&format!("        x = {}x\n", "lambda: ".repeat(size)))
}
