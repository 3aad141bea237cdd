"""Writes down what the default workflow sandbox of the Temporal Python SDK restricts.

    python scripts/sandbox_table.py > rules/api/sandbox.yaml
    python scripts/sandbox_table.py --list > fixtures/sandbox-members-1.35.0.txt

The first form walks `SandboxRestrictions.invalid_module_members_default`, the table that the SDK itself consults, and
prints it as patterns; behind it, which modules besides those of Python are passed through by default. It is the union over Python 3.10 to 3.14: the few places where the SDK's table depends on the
interpreter stand in `BY_VERSION`, and a run fails where the running interpreter disagrees with them.

The second form goes through the modules of the running interpreter and prints every public function, class and method
whose call the sandbox refuses. Each is tried for real: the module is wrapped as the sandbox wraps it, the member is
taken from it and called, and what the SDK raises is looked at. Printed are the name, a tab, and `import` (refused
while a module is loaded too), `runtime` (refused once the workflow runs) or `warn` (a warning only).

Not known here: what a member does. That is `rules/api/effects.yaml`.
"""

from __future__ import annotations

import argparse
import builtins
import importlib
import inspect
import logging
import pkgutil
import sys
import types
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from temporalio.worker.workflow_sandbox import (
    RestrictedWorkflowAccessError,
    SandboxMatcher,
    SandboxRestrictions,
)
from temporalio.worker.workflow_sandbox._importer import Importer
from temporalio.worker.workflow_sandbox._restrictions import RestrictedModule, RestrictionContext

MATCHER = SandboxRestrictions.invalid_module_members_default

# Symbol → first and last minor version of Python 3 on which the SDK restricts it, where that is not all of them.
BY_VERSION: dict[str, tuple[int, int]] = {
    # The functions of `random` are those that the interpreter has.
    "random.binomialvariate": (12, 99),
    "random.main": (13, 99),
    # Python 3.14 calls `os.path` while it formats a traceback.
    "os.path": (0, 13),
    "os.path.*": (0, 13),
}

# The same for what a pattern leaves out; a symbol left out on some versions only is not left out in the union.
EXCLUDED_BY_VERSION: dict[str, tuple[int, int]] = {"os.path": (14, 99)}

HEADER = """\
# What the default workflow sandbox restricts; written by scripts/sandbox_table.py, not by hand.
#
# The union over Python 3.10 to 3.14. Differences between them: `random.binomialvariate` exists from 3.12,
# `random.main` from 3.13, `uuid.uuid7` from 3.14; `os.path` is restricted up to 3.13.
# `asyncio.wait` and `asyncio.as_completed`, which only warn, are not here."""


def patterns(matcher: SandboxMatcher, path: str, only_runtime: bool) -> Iterator[tuple[str, bool, bool]]:
    """Yields (symbol, only at run time, reading is enough) for everything below `path` that raises."""
    only_runtime = only_runtime or matcher.only_runtime
    if matcher.leaf_warning is not None:
        return
    if matcher.match_self:
        if path.startswith("builtins."):
            # The SDK wraps restricted builtins, so that only a call is refused.
            yield path, only_runtime, False
            return
        yield path, only_runtime, True
        yield f"{path}.*", only_runtime, True
    for name in matcher.access:
        yield f"{path}.{name}", only_runtime, True
    for name in matcher.use:
        yield f"{path}.{name}", only_runtime, False
    for name, child in matcher.children.items():
        yield from patterns(child, f"{path}.{name}", only_runtime)


def exclusions(matcher: SandboxMatcher, path: str) -> Iterator[str]:
    """Yields the symbols that the patterns below `path` leave out."""
    for name in matcher.exclude:
        yield f"{path}.{name}"
    for name, child in matcher.children.items():
        yield from exclusions(child, f"{path}.{name}")


def top_level() -> Iterator[tuple[str, SandboxMatcher]]:
    """Yields the SDK's top-level matchers by module name."""
    for name, matcher in MATCHER.children.items():
        yield ("builtins" if name == "__builtins__" else name), matcher


def check_versions(found: set[str], table: dict[str, tuple[int, int]], what: str) -> None:
    """Fails where the running interpreter disagrees with a table of version conditions."""
    minor = sys.version_info.minor
    for symbol, (first, last) in table.items():
        if (symbol in found) != (first <= minor <= last):
            sys.exit(f"{what} {symbol}: the table of version conditions does not hold on Python 3.{minor}")


def print_table() -> None:
    """Prints `rules/api/sandbox.yaml`."""
    rows: dict[str, tuple[bool, bool]] = {}
    excluded: set[str] = set()
    for name, matcher in top_level():
        for symbol, runtime, read in patterns(matcher, name, False):
            rows[symbol] = (runtime, read)
        excluded.update(exclusions(matcher, name))
    check_versions(set(rows), BY_VERSION, "restricted")
    check_versions(excluded, EXCLUDED_BY_VERSION, "excluded")
    rows["random.binomialvariate"] = rows["random.main"] = (False, False)
    rows["os.path"] = rows["os.path.*"] = (True, True)
    excluded -= set(EXCLUDED_BY_VERSION)
    print(HEADER)
    print(f'sdk: "{version("temporalio")}"')
    print("members:")
    for symbol, (runtime, read) in sorted(rows.items()):
        at = "runtime" if runtime else "import"
        print(f"  - {{ symbol: {quoted(symbol)}, at: {at}{', read: true' if read else ''} }}")
    print("excluded:")
    for symbol in sorted(excluded):
        print(f"  - {symbol}")
    print("passed-through:")
    for module in passed_through():
        print(f"  - {module}")


def passed_through() -> list[str]:
    """The modules that are passed through by default, without those of the standard library and those below others."""
    default = SandboxRestrictions.passthrough_modules_default
    default = {name for name in default if name.split(".")[0] not in sys.stdlib_module_names}
    return sorted(name for name in default if not any(name.startswith(f"{other}.") for other in default))


def quoted(symbol: str) -> str:
    """A symbol as a YAML scalar."""
    return f'"{symbol}"' if "*" in symbol else symbol


def modules_below(name: str) -> Iterator[types.ModuleType]:
    """Yields a module and the public modules of its package, as far as they can be imported here."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        return
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not info.name.startswith("_") and info.name != "tests":
            yield from modules_below(f"{name}.{info.name}")


def public(parent: Any) -> Iterator[tuple[str, Any]]:
    """Yields the public members of a module or class that can be called."""
    for name in sorted(dir(parent)):
        value = getattr(parent, name, None)
        if not name.startswith("_") and callable(value) and not isinstance(value, types.ModuleType):
            yield name, value


def refused(path: tuple[str, ...], runtime: bool) -> bool:
    """Whether the SDK's matcher refuses a call of the member."""
    context = RestrictionContext()
    context.is_runtime = runtime
    if MATCHER.match_access(context, *path):
        return True
    matcher = MATCHER.child_matcher(*path)
    return matcher is not None and matcher.match_access(context, "__call__")


def tried(module: types.ModuleType, path: tuple[str, ...], depth: int) -> str:
    """Takes the member from the wrapped module and calls it as a workflow would: `error` or `warn`.

    Only for members that the matcher refuses: a call that goes through would have its effect.
    """
    context = RestrictionContext()
    context.is_runtime = True
    matcher = MATCHER.child_matcher(*path[:depth])
    if matcher is None:
        sys.exit(f"{'.'.join(path)}: the module is not restricted")
    value: Any = RestrictedModule(module, context, matcher)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for name in path[depth:]:
                value = getattr(value, name)
            value()
        except RestrictedWorkflowAccessError:
            return "error"
        except TypeError:
            # A warning was given and the function then misses its arguments.
            pass
        if any(w.category is UserWarning for w in caught):
            return "warn"
    sys.exit(f"{'.'.join(path)}: the matcher refuses it, the wrapped module does not")


def listed() -> Iterator[tuple[str, str]]:
    """Yields (name, `import` | `runtime` | `warn`) for every callable member that the sandbox restricts."""
    yield from listed_builtins()
    for top, _ in top_level():
        if top == "builtins":
            continue
        for module in modules_below(top):
            yield from listed_in(module, module, tuple(module.__name__.split(".")), len(module.__name__.split(".")))
    if sys.version_info < (3, 14):
        import os

        for name, _ in public(os.path):
            yield f"os.path.{name}", verdict(os, ("os", "path", name), 1)


def listed_in(module: types.ModuleType, parent: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, str]]:
    """Yields the restricted members of a module, and the methods of its classes that can be used otherwise."""
    for name, value in public(parent):
        member = (*path, name)
        if refused(member, True):
            yield ".".join(member), verdict(module, member, depth)
        elif inspect.isclass(value) and len(member) == depth + 1:
            yield from listed_in(module, value, member, depth)


def verdict(module: types.ModuleType, member: tuple[str, ...], depth: int) -> str:
    """When the sandbox restricts a member, having tried it."""
    if tried(module, member, depth) == "warn":
        return "warn"
    return "import" if refused(member, False) else "runtime"


def listed_builtins() -> Iterator[tuple[str, str]]:
    """Yields the builtins that the sandbox's importer wraps, each called in its wrapping."""
    context = RestrictionContext()
    importer = Importer(SandboxRestrictions.default, context)
    for name in sorted(n for n in dir(builtins) if not n.startswith("_")):
        if not MATCHER.match_access(running(), "__builtins__", name, include_use=True):
            continue
        context.is_runtime = True
        with importer.applied():
            try:
                getattr(builtins, name)()
                sys.exit(f"builtins.{name}: the matcher refuses it, the importer does not")
            except RestrictedWorkflowAccessError:
                pass
        context.is_runtime = False
        loading = MATCHER.match_access(context, "__builtins__", name, include_use=True)
        yield f"builtins.{name}", "import" if loading else "runtime"


def running() -> RestrictionContext:
    """The context of a workflow that runs."""
    context = RestrictionContext()
    context.is_runtime = True
    return context


def main() -> None:
    """Prints the table or, with `--list`, the members."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print every restricted callable of this interpreter")
    if not parser.parse_args().list:
        print_table()
        return
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore", DeprecationWarning)
    for name, at in sorted(set(listed())):
        print(f"{name}\t{at}")


if __name__ == "__main__":
    main()
