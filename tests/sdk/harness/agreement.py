"""Generated workflows, each of which reaches one function in one way; what the sandbox and what the linter say to each.

A case is a package with a workflow of its own. What counts is whether the call is refused, so functions are called
without arguments, and those that would do harm when the sandbox lets them pass are replaced by ones that do nothing:
the sandbox goes by names, and the linter does not run anything.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from harness.rules import ROOT

MEMBERS = ROOT / "fixtures" / "sandbox-members-1.35.0.txt"
BINARIES = ("target/release/temporal-py-lint", "target/debug/temporal-py-lint")

WORKFLOW = """\
{imports}
from temporalio import workflow

{before}
@workflow.defn
class Flow:
    @workflow.run
    async def run(self) -> None:
        {body}
{after}"""

EVERYWHERE = (
    "time.time",
    "datetime.datetime.now",
    "datetime.date.today",
    "random.choice",
    "uuid.uuid4",
    "secrets.token_hex",
    "os.getenv",
    "os.listdir",
    "os.path.exists",
    "pathlib.Path.exists",
    "subprocess.run",
    "socket.socket",
    "threading.Thread",
    "concurrent.futures.ThreadPoolExecutor",
    "multiprocessing.Process",
    "urllib.request.urlopen",
    "http.client.HTTPConnection",
    "shutil.copy",
    "tempfile.mkdtemp",
    "glob.glob",
    "platform.node",
    "time.sleep",
    "asyncio.wait",
    "gzip.open",
    "locale.getlocale",
    "os.environ.get",
    "os.environ.copy",
)
"""Members that are tried in every style; of the others, each in one."""

HARMLESS = (
    "copy.deepcopy",
    "dataclasses.replace",
    "datetime.timedelta",
    "decimal.Decimal",
    "hashlib.sha256",
    "itertools.count",
    "json.dumps",
    "math.sqrt",
    "operator.itemgetter",
    "pathlib.PurePath",
    "random.Random.__doc__.upper",
    "re.compile",
    "secrets.compare_digest",
    "string.Template",
    "urllib.parse.quote",
    "uuid.UUID",
    "uuid.uuid5",
    "asyncio.gather",
    "asyncio.Event",
    "functools.lru_cache",
)
"""Functions that neither the sandbox nor the linter has anything against."""

BLIND = (
    "calendar.timegm",
    "email.utils.localtime",
    "email.utils.make_msgid",
    "io.open",
    "linecache.getline",
    "logging.getLogger",
    "os.stat",
    "pathlib.Path.absolute",
    "queue.Queue",
    "random.Random",
    "random.SystemRandom",
    "sqlite3.connect",
    "ssl.RAND_bytes",
    "time.asctime",
    "time.ctime",
    "time.gmtime",
    "time.clock_gettime",
    "uuid.getnode",
)
"""Functions that the sandbox lets pass, whatever they do."""

ANSWERING = "TPY1"
"""Codes of the rules that say what the sandbox says; others may report the same line for reasons of their own."""


@dataclasses.dataclass(frozen=True)
class Target:
    """A function, and where it is taken from."""

    qualified: str
    module: str
    path: tuple[str, ...]
    """The attributes that lead from the module to the function."""

    @property
    def from_module(self) -> str:
        """The function by its whole name, `a.b.C.f`."""
        return ".".join((self.module, *self.path))

    @property
    def rest(self) -> str:
        """What follows the first attribute: `.f` of `C.f`."""
        return "".join(f".{part}" for part in self.path[1:])


@dataclasses.dataclass(frozen=True)
class Case:
    """One generated package."""

    package: str
    target: str
    style: str
    files: dict[str, str]


def flow(imports: str, body: str, before: str = "", after: str = "") -> dict[str, str]:
    """The files of a package with the workflow alone."""
    return {"flow.py": WORKFLOW.format(imports=imports, body=body, before=before, after=after)}


def module_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import {target.module}", f"{target.from_module}()")


def from_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"from {target.module} import {target.path[0]}", f"{'.'.join(target.path)}()")


def alias_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import {target.module} as aliased", f"aliased.{'.'.join(target.path)}()")


def from_alias_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"from {target.module} import {target.path[0]} as aliased", f"aliased{target.rest}()")


def helper_style(target: Target, package: str) -> dict[str, str]:
    helper = f"def helper() -> None:\n    {target.from_module}()\n\n"
    return flow(f"import {target.module}", "helper()", before=helper)


def method_style(target: Target, package: str) -> dict[str, str]:
    method = f"\n    def step(self) -> None:\n        {target.from_module}()\n"
    return flow(f"import {target.module}", "self.step()", after=method)


def other_module_style(target: Target, package: str) -> dict[str, str]:
    steps = f"import {target.module}\n\n\ndef step() -> None:\n    {target.from_module}()\n"
    return flow(f"from {package}.steps import step", "step()") | {"steps.py": steps}


def class_elsewhere_style(target: Target, package: str) -> dict[str, str]:
    steps = (
        f"from {target.module} import {target.path[0]}\n\n\nclass Base:\n    def go(self) -> None:\n"
        f"        {'.'.join(target.path)}()\n\n\nclass Step(Base):\n    pass\n"
    )
    return flow(f"from {package} import steps", "steps.Step().go()") | {"steps.py": steps}


def default_factory_style(target: Target, package: str) -> dict[str, str]:
    record = f"@dataclass\nclass Record:\n    value: object = field(default_factory={target.from_module})\n\n"
    return flow(f"import {target.module}\nfrom dataclasses import dataclass, field", "Record()", before=record)


def callback_style(target: Target, package: str) -> dict[str, str]:
    helper = "def call(function) -> None:\n    function()\n\n"
    return flow(f"import {target.module}", f"call({target.from_module})", before=helper)


def assigned_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import {target.module}", "assigned()", before=f"assigned = {target.from_module}\n")


def local_import_style(target: Target, package: str) -> dict[str, str]:
    return flow("", f"from {target.module} import {target.path[0]}\n        {'.'.join(target.path)}()")


def partial_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import functools\nimport {target.module}", f"functools.partial({target.from_module})()")


def lambda_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import {target.module}", f"later = lambda: {target.from_module}()\n        later()")


def nested_style(target: Target, package: str) -> dict[str, str]:
    body = f"def inner() -> None:\n            {target.from_module}()\n\n        inner()"
    return flow(f"import {target.module}", body)


def coroutine_style(target: Target, package: str) -> dict[str, str]:
    helper = f"async def helper() -> None:\n    {target.from_module}()\n\n"
    return flow(f"import {target.module}", "await helper()", before=helper)


def task_style(target: Target, package: str) -> dict[str, str]:
    helper = f"async def helper() -> None:\n    {target.from_module}()\n\n"
    return flow(f"import asyncio\nimport {target.module}", "await asyncio.gather(helper())", before=helper)


def generator_style(target: Target, package: str) -> dict[str, str]:
    helper = f"def values():\n    yield {target.from_module}()\n\n"
    return flow(f"import {target.module}", "list(values())", before=helper)


def comprehension_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import {target.module}", f"[{target.from_module}() for _ in range(1)]")


def property_style(target: Target, package: str) -> dict[str, str]:
    made = f"\n    @property\n    def made(self) -> object:\n        return {target.from_module}()\n"
    return flow(f"import {target.module}", "self.made", after=made)


def class_method_style(target: Target, package: str) -> dict[str, str]:
    helper = f"class Maker:\n    @classmethod\n    def make(cls) -> None:\n        {target.from_module}()\n\n"
    return flow(f"import {target.module}", "Maker.make()", before=helper)


def constructor_style(target: Target, package: str) -> dict[str, str]:
    helper = (
        f"class Base:\n    def __init__(self) -> None:\n        {target.from_module}()\n\n\n"
        "class Step(Base):\n    def __init__(self) -> None:\n        super().__init__()\n\n"
    )
    return flow(f"import {target.module}", "Step()", before=helper)


def post_init_style(target: Target, package: str) -> dict[str, str]:
    record = f"@dataclass\nclass Record:\n    def __post_init__(self) -> None:\n        {target.from_module}()\n\n"
    return flow(f"import {target.module}\nfrom dataclasses import dataclass", "Record()", before=record)


def context_manager_style(target: Target, package: str) -> dict[str, str]:
    helper = f"@contextmanager\ndef opened():\n    {target.from_module}()\n    yield\n\n"
    body = "with opened():\n            pass"
    return flow(f"import {target.module}\nfrom contextlib import contextmanager", body, before=helper)


def decorator_style(target: Target, package: str) -> dict[str, str]:
    helper = (
        "def noted(function):\n    @functools.wraps(function)\n    def wrapper():\n"
        f"        {target.from_module}()\n        return function()\n\n    return wrapper\n\n\n"
        "@noted\ndef step() -> None:\n    pass\n\n"
    )
    return flow(f"import functools\nimport {target.module}", "step()", before=helper)


def table_style(target: Target, package: str) -> dict[str, str]:
    helper = f'def step() -> None:\n    {target.from_module}()\n\n\nSTEPS = {{"step": step}}\n'
    return flow(f"import {target.module}", 'STEPS["step"]()', before=helper)


def getattr_style(target: Target, package: str) -> dict[str, str]:
    owner = ".".join((target.module, *target.path[:-1]))
    return flow(f"import {target.module}", f'getattr({owner}, "{target.path[-1]}")()')


def star_import_style(target: Target, package: str) -> dict[str, str]:
    steps = f"import {target.module}\n\n\ndef step() -> None:\n    {target.from_module}()\n"
    return flow(f"from {package}.steps import *", "step()") | {"steps.py": steps}


def relative_import_style(target: Target, package: str) -> dict[str, str]:
    steps = f"import {target.module}\n\n\ndef step() -> None:\n    {target.from_module}()\n"
    return flow("from . import steps", "steps.step()") | {"steps.py": steps}


def re_export_style(target: Target, package: str) -> dict[str, str]:
    steps = f"import {target.module}\n\n\ndef step() -> None:\n    {target.from_module}()\n"
    files = {"inner/__init__.py": "from .steps import step as go\n", "inner/steps.py": steps}
    return flow(f"from {package}.inner import go", "go()") | files


def workflow_init_style(target: Target, package: str) -> dict[str, str]:
    init = f"\n    def __init__(self) -> None:\n        {target.from_module}()\n"
    return flow(f"import {target.module}", "pass", after=init)


def passed_through_style(target: Target, package: str) -> dict[str, str]:
    steps = f"import {target.module}\n\n\ndef step() -> None:\n    {target.from_module}()\n"
    files = flow(
        "", "step()", before=f"with workflow.unsafe.imports_passed_through():\n    from {package}.steps import step\n"
    )
    return files | {"steps.py": steps}


def branch_style(target: Target, package: str) -> dict[str, str]:
    return flow(f"import {target.module}", f"if workflow.info().attempt > 1:\n            {target.from_module}()")


def handler_style(target: Target, package: str) -> dict[str, str]:
    handler = f"\n    @workflow.signal\n    def poke(self) -> None:\n        {target.from_module}()\n"
    return flow(f"import {target.module}", "pass", after=handler)


def unrestricted_style(target: Target, package: str) -> dict[str, str]:
    body = f"with workflow.unsafe.sandbox_unrestricted():\n            {target.from_module}()"
    return flow(f"import {target.module}", body)


STYLES = {
    "module": module_style,
    "from": from_style,
    "alias": alias_style,
    "from-alias": from_alias_style,
    "helper": helper_style,
    "method": method_style,
    "other-module": other_module_style,
    "class-elsewhere": class_elsewhere_style,
    "default-factory": default_factory_style,
    "callback": callback_style,
    "assigned": assigned_style,
    "local-import": local_import_style,
    "partial": partial_style,
    "lambda": lambda_style,
    "nested": nested_style,
    "coroutine": coroutine_style,
    "task": task_style,
    "generator": generator_style,
    "comprehension": comprehension_style,
    "property": property_style,
    "class-method": class_method_style,
    "constructor": constructor_style,
    "post-init": post_init_style,
    "context-manager": context_manager_style,
    "decorator": decorator_style,
    "table": table_style,
    "getattr": getattr_style,
    "star-import": star_import_style,
    "relative-import": relative_import_style,
    "re-export": re_export_style,
    "workflow-init": workflow_init_style,
}
"""Ways of reaching a function in which sandbox and linter are to agree."""

BLIND_STYLES = {
    "passed-through": passed_through_style,
    "branch": branch_style,
    "handler": handler_style,
    "unrestricted": unrestricted_style,
}
"""Ways of reaching a function that the sandbox does not see, or is told not to look at."""


SHAPES = {
    "environ-item": ("import os", 'os.environ["HOME"]'),
    "environ-in": ("import os", '"HOME" in os.environ'),
    "environ-from": ("from os import environ", 'environ["HOME"]'),
    "environ-kept": ("import os", 'settings = os.environ\n        settings.get("HOME")'),
    "os-name": ("import os", "os.name"),
    "os-separator": ("import os", "os.sep"),
    "signal-constant": ("import signal", "signal.SIGINT"),
    "socket-constant": ("import socket", "socket.AF_INET"),
    "open-with": ("", 'with open("/none") as file:\n            file.read()'),
    "path-instance": ("from pathlib import Path", 'Path("/none").exists()'),
    "path-kept": ("from pathlib import Path", 'path = Path("/none")\n        path.read_text()'),
    "path-parameter": ("from pathlib import Path", 'read(Path("/none"))'),
    "path-joined": ("from pathlib import Path", '(Path("/none") / "file").exists()'),
    "path-parent": ("from pathlib import Path", 'Path("/none/file").parent.exists()'),
    "path-pure": ("from pathlib import Path", 'Path("/none").name'),
    "path-is-instance": ("from pathlib import Path", 'isinstance("", Path)'),
    "datetime-instance": ("from datetime import datetime", "datetime(2024, 1, 1).now()"),
    "datetime-pure": ("from datetime import datetime, timedelta", "datetime(2024, 1, 1) + timedelta(days=1)"),
    "executor-method": ("from concurrent.futures import ThreadPoolExecutor", "ThreadPoolExecutor(1).submit(len, [])"),
    "executor-with": (
        "from concurrent.futures import ThreadPoolExecutor",
        "with ThreadPoolExecutor(1) as pool:\n            pool.submit(len, [])",
    ),
    "thread-started": ("import threading", "threading.Thread(target=len).start()"),
    "lock-with": ("import threading", "with threading.Lock():\n            pass"),
    "workflow-clock": ("", "workflow.now()"),
    "workflow-random": ("", "workflow.random().choice([1])"),
    "workflow-uuid": ("", "workflow.uuid4()"),
    "seeded-random": ("import random", "random.Random(1).random()"),
    "unseeded-random": ("import random", "random.Random().random()"),
    "clock-of-argument": ("import time", "time.gmtime(0)"),
    "own-function-of-that-name": ("", "open_(1)"),
    "own-method-of-that-name": ("", "Shop().open()"),
    "own-module-variable": ("", "time.time()"),
}
"""Uses of restricted things that are more than a call without arguments, and harmless ones that look like them."""

SHAPE_HELPERS = {
    "path-parameter": "def read(path: Path) -> None:\n    path.read_text()\n\n",
    "own-function-of-that-name": "def open_(number: int) -> None:\n    pass\n\n",
    "own-method-of-that-name": "class Shop:\n    def open(self) -> None:\n        pass\n\n",
    "own-module-variable": "class Clock:\n    def time(self) -> int:\n        return 1\n\n\ntime = Clock()\n",
}


def members() -> list[str]:
    """The restricted members, as the SDK refused them."""
    return [line.split("\t")[0] for line in MEMBERS.read_text().splitlines() if line and not line.startswith("#")]


def locate(qualified: str) -> Target | None:
    """Finds the module of a qualified name; `None` where this interpreter does not have it."""
    parts = qualified.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = imported(".".join(parts[:length]))
        if module is None:
            continue
        found: object = module
        for part in parts[length:]:
            if not hasattr(found, part):
                return None
            found = getattr(found, part)
        return Target(qualified, ".".join(parts[:length]), tuple(parts[length:]))
    return None


def imported(name: str) -> ModuleType | None:
    """The module, where there is one."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def cases() -> Iterator[Case]:
    """All cases, in a fixed order."""
    chosen: list[tuple[str, str]] = []
    for position, member in enumerate(members()):
        chosen.append((member, list(STYLES)[position % len(STYLES)]))
    for member in (*EVERYWHERE, *HARMLESS, *BLIND):
        chosen += [(member, style) for style in (*STYLES, *BLIND_STYLES)]
    number = 0
    for member, style in dict.fromkeys(chosen):
        target = locate(member)
        if target is None:
            continue
        number += 1
        package = f"case{number:04}"
        yield Case(package, member, style, built_in(target) or (STYLES | BLIND_STYLES)[style](target, package))

    for name, (imports, body) in SHAPES.items():
        number += 1
        yield Case(f"case{number:04}", name, "shape", flow(imports, body, before=SHAPE_HELPERS.get(name, "")))


def built_in(target: Target) -> dict[str, str] | None:
    """Built-in functions are called by their bare name."""
    return flow("", f"{target.path[0]}()") if target.module == "builtins" else None


def lay_out(found: Sequence[Case], folder: Path) -> None:
    """Writes the packages."""
    for case in found:
        package = folder / case.package
        package.mkdir(parents=True)
        for name, text in {"__init__.py": "", **case.files}.items():
            (package / name).parent.mkdir(exist_ok=True)
            (package / name).write_text(text)


def binary() -> Path | None:
    """The linter: `TEMPORAL_PY_LINT`, else what was built last."""
    named = os.environ.get("TEMPORAL_PY_LINT")
    places = [Path(named)] if named else [ROOT / place for place in BINARIES]
    return next((place for place in places if place.is_file()), None)


def lint(program: Path, folder: Path) -> dict[str, list[str]]:
    """Package → codes of the determinism rules that report something in it."""
    command = [str(program), "check", "--isolated", "--output-format", "json", "--confidence", "low", str(folder)]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"the linter ended with {ended.returncode}: {ended.stderr}")
    try:
        diagnostics = json.loads(ended.stdout)
    except ValueError:
        raise RuntimeError(f"the linter did not answer with JSON: {ended.stdout[:200]!r} {ended.stderr}") from None
    reported: dict[str, list[str]] = {}
    for diagnostic in diagnostics:
        package = next(part for part in Path(diagnostic["filename"]).parts if part.startswith("case"))
        if diagnostic["code"].startswith(ANSWERING):
            reported.setdefault(package, []).append(diagnostic["code"])
    return reported


def sandbox(found: Sequence[Case], folder: Path) -> dict[str, str]:
    """Package → what the sandbox said: `restricted`, `warned`, or `free` with what else happened."""
    halves = [found[start::2] for start in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda half: _sandbox([case.package for case in half], folder), halves)
    return {package: said for result in results for package, said in result.items()}


def _sandbox(packages: Sequence[str], folder: Path) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as scratch:
        listed, result = Path(scratch, "packages.json"), Path(scratch, "result.json")
        listed.write_text(json.dumps(packages))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{Path(__file__).parents[1]}:{folder}", "TZ": "UTC"}
        ended = subprocess.run(
            [sys.executable, "-m", "harness.agreement_child", str(listed), str(result)],
            cwd=scratch,
            env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if not result.exists():
            raise RuntimeError(f"the sandbox process ended with {ended.returncode}: {ended.stderr[-4000:]}")
        loaded: dict[str, str] = json.loads(result.read_text())
        return loaded
