//! Syntax of Python 3.12 to 3.14: it is no error, and what stands in it is found.

use super::checked::Files;

/// Checks one file and gives `line code` of each finding.
fn found(text: &str) -> Vec<String> {
    let places = Files::new(&[("flows.py", text)]).places();
    places.into_iter().map(|place| place.trim_start_matches("flows.py:").to_owned()).collect()
}

/// A workflow whose `run` has this body, which begins in line 8.
fn run(body: &str) -> Vec<String> {
    let head = "import time, random, uuid\nfrom temporalio import workflow\n\n@workflow.defn\nclass W:\n    \
                @workflow.run\n    async def run(self, x):\n";
    let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
    found(&format!("{head}{body}"))
}

/// A module in which `f` is called by a workflow; it begins in line 2.
fn module(text: &str) -> Vec<String> {
    let tail = "\n\nfrom temporalio import workflow\n\n@workflow.defn\nclass W:\n    @workflow.run\n    \
                async def run(self, x):\n        return f(x)\n";
    found(&format!("import time, random, uuid\n{text}{tail}"))
}

#[test]
fn type_parameters_of_3_12() {
    assert_eq!(module("def f[T](x: T) -> T:\n    time.time()\n    return x\n"), ["3 TPY101"]);
    assert_eq!(module("def f[T: (int, str), *Ts, **P](x: T) -> T:\n    time.time()\n"), ["3 TPY101"]);
    assert_eq!(
        module(
            "class Box[T]:\n    def __init__(self, x: T):\n        self.at = time.time()\n\ndef f(x):\n    return Box[int](x)\n"
        ),
        ["4 TPY101"]
    );
    assert_eq!(
        module(
            "class Box[T]:\n    def at(self):\n        return time.time()\n\nclass Big[T](Box[T]):\n    pass\n\ndef f(x):\n    return Big[int]().at()\n"
        ),
        ["4 TPY101"]
    );
    assert_eq!(
        module(
            "type Pair[T] = tuple[T, T]\ntype Later = Pair[Missing]\ndef f(x: Pair[int]):\n    return time.time()\n"
        ),
        ["5 TPY101"]
    );
}

#[test]
fn type_aliases_name_classes() {
    let text = "class Clock:\n    def now(self):\n        return time.time()\n\ntype C = Clock\n\ndef f(x: C):\n    return x.now()\n";
    // What the run method takes has no annotation, and is used as an object.
    assert_eq!(module(text), ["4 TPY101", "17 TPY804"]);
    assert_eq!(module(&text.replace("f(x: C)", "f(x)")), ["17 TPY804"]);
}

#[test]
fn overrides_of_3_12() {
    let text = "from typing import override\nclass A:\n    def at(self):\n        return 0\nclass B(A):\n    @override\n    \
                def at(self):\n        return time.time()\ndef f(x):\n    return B().at()\n";
    assert_eq!(module(text), ["9 TPY101"]);
}

#[test]
fn f_strings_of_3_12() {
    assert_eq!(run("return f\"{time.time():.2f}\""), ["8 TPY101"]);
    assert_eq!(run("return f\"{\"nested \" + str(time.time())}\""), ["8 TPY101"]);
    assert_eq!(run("return f'{f\"{f'{time.time()}'}\"}'"), ["8 TPY101"]);
    // Calls in format specifications: `fixtures/determinism/wall-clock-in-workflow/f_string_format_specification.py`.
    assert_eq!(run("return f\"\"\"\n{\n    time.time()  # now\n}\n\"\"\""), ["10 TPY101"]);
    assert_eq!(run("return f\"{'\\n'.join(str(time.time()))} {time.time()=}\""), ["8 TPY101", "8 TPY101"]);
    assert_eq!(run("return rf\"\\{time.time()}\" fr'{random.random()}'"), ["8 TPY101", "8 TPY102"]);
}

#[test]
fn defaults_of_type_parameters_of_3_13() {
    assert_eq!(
        module("def f[T = int, *Ts = *tuple[int, ...], **P = [int]](x):\n    return time.time()\n"),
        ["3 TPY101"]
    );
    assert_eq!(
        module(
            "class Box[T = int]:\n    def at(self):\n        return time.time()\ndef f(x):\n    return Box().at()\n"
        ),
        ["4 TPY101"]
    );
    assert_eq!(module("type Id[T = str] = T\ndef f(x: Id):\n    return time.time()\n"), ["4 TPY101"]);
}

#[test]
fn template_strings_of_3_14() {
    assert_eq!(run("return t\"{time.time()}\""), ["8 TPY101"]);
    assert_eq!(run("return t\"{x:{random.random()}}\" t'{uuid.uuid4()!r}'"), ["8 TPY102", "8 TPY103"]);
    assert_eq!(run("return t\"{f'{time.time()}'}\""), ["8 TPY101"]);
}

#[test]
fn several_exceptions_without_brackets_of_3_14() {
    assert_eq!(run("try:\n    return x()\nexcept ValueError, KeyError:\n    return time.time()"), ["11 TPY101"]);
    assert_eq!(run("try:\n    await x()\nexcept ValueError, BaseException:\n    pass"), ["10 TPY401"]);
    assert_eq!(run("try:\n    return x()\nexcept* ValueError, KeyError:\n    random.random()"), ["11 TPY102"]);
}

#[test]
fn control_flow_in_finally_of_3_14() {
    // PEP 765 makes it a warning; it still is what Python runs.
    assert_eq!(
        run("for i in x:\n    try:\n        pass\n    finally:\n        time.time()\n        continue"),
        ["12 TPY101"]
    );
}

#[test]
fn older_syntax_that_is_easily_forgotten() {
    assert_eq!(
        run(
            "match x:\n    case {'at': at, **rest} if time.time() > at:\n        pass\n    case [1, *_] | str() as s:\n        random.random()"
        ),
        ["9 TPY101", "12 TPY102"]
    );
    assert_eq!(run("if (now := time.time()) > 1:\n    return now"), ["8 TPY101"]);
    assert_eq!(run("with (\n    x() as a,\n    x(time.time()) as b,\n):\n    pass"), ["10 TPY101"]);
    assert_eq!(run("async with x, x(uuid.uuid4()):\n    pass"), ["8 TPY103"]);
    assert_eq!(run("async for i in x(time.time()):\n    pass"), ["8 TPY101"]);
    assert_eq!(run("return [i async for i in x if random.random() > 0]"), ["8 TPY102"]);
    assert_eq!(run("return {**x, 'at': time.time()}, [*x, uuid.uuid4()]"), ["8 TPY101", "8 TPY103"]);
    assert_eq!(run("return x[time.time():random.random():2, *x]"), ["8 TPY101", "8 TPY102"]);
    assert_eq!(run("return (lambda *, a=time.time(): a)()"), ["8 TPY101"]);
    assert_eq!(run("async def g(a, /, b, *, c=time.time()):\n    yield b\nreturn g"), ["8 TPY101"]);
    assert_eq!(run("global y\ny = time.time()\ndel y"), ["9 TPY120", "9 TPY101"]);
    assert_eq!(run("assert x, time.time()"), ["8 TPY101"]);
    assert_eq!(run("x(x, end=str(time.time())); return time.time() if x else 0"), ["8 TPY101", "8 TPY101"]);
    assert_eq!(module("@(lambda f: f)\ndef f(x):\n    return time.time()\n"), ["4 TPY101"]);
}

#[test]
fn no_version_of_python_before_3_is_taken_for_right() {
    assert_eq!(run("print 'hello'"), ["8 TPY001"]);
    assert_eq!(run("exec x in y"), ["8 TPY001"]);
    assert_eq!(run("raise ValueError, 'x'"), ["8 TPY001"]);
}
