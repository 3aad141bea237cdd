"""Every error and warning that the installed SDK says something with, read from its source.

Known: `raise X("…")` and `warnings.warn("…", X)` with a message that stands in the source, placeholders as `{…}`. Not
known: messages that are put together elsewhere, exceptions raised without a message, and what Core, the server or
Python itself says. Left out are the bridge, the generated API and the integrations in `contrib` (except for Pydantic).
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import re
import string
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

SKIPPED = ("bridge/", "api/", "contrib/")
NOT_SKIPPED = ("contrib/pydantic.py",)


@dataclasses.dataclass(frozen=True, order=True)
class Site:
    """One place where the SDK raises or warns."""

    kind: str
    """The exception's or the warning's class."""
    message: str
    module: str
    """The file, from the package's folder."""
    function: str

    @property
    def key(self) -> str:
        """What `coverage.yaml` knows the error by."""
        return f"{self.kind}: {self.message}"


def scan() -> list[Site]:
    """All sites, sorted."""
    spec = find_spec("temporalio")
    assert spec and spec.submodule_search_locations
    root = Path(next(iter(spec.submodule_search_locations)))
    found: list[Site] = []
    for path in sorted(root.rglob("*.py")):
        module = path.relative_to(root).as_posix()
        if module in NOT_SKIPPED or not module.startswith(SKIPPED):
            found += sites(ast.parse(path.read_text()), module)
    return sorted(set(found))


def sites(tree: ast.AST, module: str, function: str = "") -> Iterator[Site]:
    """The sites below a node."""
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        inner = f"{function}.{node.name}".lstrip(".") if named else function
        said = said_by(node)
        if said:
            kind, message = said
            yield Site(kind, message, module, function)
        yield from sites(node, module, inner)


def said_by(node: ast.AST) -> tuple[str, str] | None:
    """Class and message, where the node raises or warns with one."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        kind, message = name(node.exc.func), first_text(node.exc)
        # A class of the SDK's own says enough without a message; `raise NotImplementedError(x)` does not.
        own = not hasattr(builtins, kind) and kind[:1] in string.ascii_uppercase + "_" and node.exc.args
        return (kind, message or "{…}") if message or own else None
    if not isinstance(node, ast.Call):
        return None
    if name(node.func) == "warn" and "warnings" in ast.unparse(node.func):
        return warned_by(node)
    if ast.unparse(node.func) == "issues.append":
        # `@workflow.defn` collects what is wrong with a class, and raises it all at once.
        message = first_text(node)
        return ("ValueError", f"Invalid workflow class: {message}") if message else None
    return None


def warned_by(call: ast.Call) -> tuple[str, str]:
    """Class and message of a call of `warnings.warn`."""
    category = call.args[1] if len(call.args) > 1 else keyword(call, "category")
    if (
        category is None
        and call.args
        and isinstance(call.args[0], ast.Call)
        and name(call.args[0].func).endswith("Warning")
    ):
        category = call.args[0].func
    return name(category) if category else "UserWarning", first_text(call) or "{…}"


def keyword(call: ast.Call, wanted: str) -> ast.expr | None:
    """The value of a keyword argument."""
    return next((item.value for item in call.keywords if item.arg == wanted), None)


def name(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else "…"


def first_text(call: ast.Call) -> str | None:
    """The message among the arguments."""
    candidates = [*call.args, *(item.value for item in call.keywords if item.arg in ("message", "msg"))]
    for candidate in candidates:
        text = rendered(candidate)
        if text:
            return re.sub(r"\s+", " ", text).strip()
    return None


def rendered(node: ast.expr) -> str | None:
    """A string expression with `{…}` for what is known at run time only."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(rendered(part) or "" for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "{…}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = rendered(node.left), rendered(node.right)
        return f"{left or '{…}'}{right or '{…}'}" if left or right else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return rendered(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return rendered(node.func.value)
    if isinstance(node, ast.IfExp):
        return rendered(node.body)
    return None
