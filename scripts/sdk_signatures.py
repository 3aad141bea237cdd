"""Writes `rules/api/signatures.yaml`: what the SDK's callables take and give, and what its classes have; and what
the functions of asyncio take that workflows use.

    python scripts/sdk_signatures.py PYTHON...

Each PYTHON is an interpreter whose environment has a version of temporalio, from the oldest that is supported to the newest.
What only some of them have gets the first version that has it (`since`) and the last (`until`). For a new release, add its
interpreter to the list and run this again.
"""

import json
import subprocess
import sys
from pathlib import Path

MODULES = [
    "activity", "client", "common", "contrib.pydantic", "converter", "exceptions", "nexus", "plugin", "runtime", "service",
    "testing", "worker", "worker.workflow_sandbox", "workflow",
]

# Runs in each environment. Only what a module offers to users counts: names without a leading underscore.
ASK = r'''
import collections.abc, dataclasses, datetime, enum, importlib, importlib.metadata, inspect, json, re, sys, types, typing

KINDS = {"POSITIONAL_ONLY": "positional", "POSITIONAL_OR_KEYWORD": "", "VAR_POSITIONAL": "rest", "KEYWORD_ONLY": "keyword",
         "VAR_KEYWORD": "names"}
homes = {}


def type_name(hint):
    """The one class that a hint says, `None` beside it left out; empty where there are several."""
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        names = {type_name(part) for part in parts}
        return names.pop() if len(names) == 1 else ""
    hint = typing.get_origin(hint) or hint
    if not isinstance(hint, type):
        return ""
    return homes.get(hint) or ("" if hint.__module__.startswith("temporalio") else f"{hint.__module__}.{hint.__qualname__}")


def sure_name(hint):
    """The class of a result or attribute; empty where `None` may be in its place."""
    return "" if type(None) in typing.get_args(hint) else type_name(hint)


PROTOCOLS = {"await": "__await__", "async-for": "__aiter__", "async-with": "__aenter__", "for": "__iter__", "with": "__enter__"}


def protocols(hint):
    """What an object that a hint describes can be used for; None where the hint says too little."""
    if hint in (None, type(None), typing.NoReturn):
        return []
    if isinstance(hint, typing.TypeVar) or hint is typing.Any:
        return None
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        parts = [protocols(part) for part in typing.get_args(hint) if part is not type(None)]
        return None if None in parts else sorted({does for part in parts for does in part})
    hint = typing.get_origin(hint) or hint
    if not isinstance(hint, type):
        return None
    return [does for does, name in PROTOCOLS.items() if any(name in vars(base) for base in hint.__mro__)]


def hints_of(function):
    try:
        return typing.get_type_hints(function)
    except Exception:
        pass
    # One hint that only type checkers can resolve does not take the others with it.
    found = {}
    for name, hint in getattr(inspect.unwrap(function), "__annotations__", {}).items():
        try:
            found[name] = eval(hint, vars(sys.modules[function.__module__])) if isinstance(hint, str) else hint
        except Exception:
            continue
    return found


def callable_of(function, bound):
    signature = inspect.signature(function)
    hints = hints_of(function)
    parameters = {}
    for index, (name, parameter) in enumerate(signature.parameters.items()):
        if bound and index == 0:
            continue
        kind = KINDS[parameter.kind.name]
        required = parameter.default is parameter.empty and kind not in ("rest", "names")
        parameters[name] = {"kind": kind, "required": required, "type": type_name(hints.get(name))}
    gives = sure_name(hints.get("return"))
    does = protocols(hints["return"]) if "return" in hints else None
    is_async = inspect.iscoroutinefunction(inspect.unwrap(function))
    return {"async": is_async, "gives": gives, "does": does, "parameters": parameters}


def attributes_set(cls):
    """Public attributes that the class's own code sets on its objects."""
    found = set()
    for base in cls.__mro__:
        if base.__module__.startswith("temporalio"):
            try:
                found.update(re.findall(r"\bself\.([a-z]\w*)\s*(?::[^=\n]+)?=[^=]", inspect.getsource(base)))
            except (OSError, TypeError):
                pass
    return found


def class_of(cls):
    members = {name for name in dir(cls) if not name.startswith("_") and not hasattr(int, name)} | attributes_set(cls)
    for base in cls.__mro__:
        members.update(name for name in getattr(base, "__annotations__", {}) if not name.startswith("_"))
    entry = {"members": sorted(members), "does": [does for does, name in PROTOCOLS.items() if any(name in vars(base) for base in cls.__mro__)]}
    entry["closed"] = not any("__getattr__" in vars(base) for base in cls.__mro__)
    if issubclass(cls, enum.Enum):
        entry["values"] = {member.name: member.value for member in cls if isinstance(member.value, int)}
    return entry


loaded = {}
for module in MODULES:
    try:
        loaded[module] = importlib.import_module("temporalio." + module)
    except ImportError:
        continue
for module, found in loaded.items():
    for name, value in vars(found).items():
        if inspect.isclass(value) and not name.startswith("_") and value.__module__.startswith("temporalio"):
            # Where several modules show a class, the one whose own it is, else the first.
            own = value.__module__.startswith("temporalio." + module)
            if own or value not in homes:
                homes[value] = f"temporalio.{module}.{name}"

functions, classes, properties, objects = {}, {}, {}, {}


def add(qualified, function, bound):
    try:
        functions[qualified] = callable_of(function, bound)
    except (TypeError, ValueError):
        pass


for module, found in loaded.items():
    for name, value in vars(found).items():
        qualified = f"temporalio.{module}.{name}"
        if name.startswith("_") or getattr(value, "__module__", "").split(".")[0] != "temporalio" or ".api." in str(
            getattr(value, "__module__", "")
        ):
            continue
        if not inspect.isclass(value) and type(value) in homes:
            objects[qualified] = homes[type(value)]
        if inspect.isfunction(value) and homes.get(value, qualified) == qualified:
            add(qualified, value, False)
        elif inspect.isclass(value) and homes[value] == qualified:
            classes[qualified] = class_of(value)
            if not issubclass(value, enum.Enum) and not typing.is_typeddict(value) and not getattr(value, "_is_protocol", False):
                add(qualified, value.__init__, True)
                if qualified in functions:
                    functions[qualified] |= {"gives": qualified, "does": classes[qualified]["does"]}
            for attribute in dir(value):
                static = inspect.getattr_static(value, attribute)
                if attribute.startswith("_"):
                    continue
                if isinstance(static, property):
                    properties[f"{qualified}.{attribute}"] = sure_name(hints_of(static.fget).get("return"))
                elif isinstance(static, (staticmethod, classmethod)):
                    add(f"{qualified}.{attribute}", static.__func__, isinstance(static, classmethod))
                elif inspect.isfunction(static) and static.__module__.startswith("temporalio"):
                    add(f"{qualified}.{attribute}", static, True)
            if not issubclass(value, enum.Enum):
                hints = {}
                for base in reversed(value.__mro__):
                    if base.__module__.startswith("temporalio"):
                        hints.update(hints_of(base))
                for field, hint in hints.items():
                    if not field.startswith("_"):
                        properties.setdefault(f"{qualified}.{field}", sure_name(hint))
# What the event loop of a workflow offers of asyncio.
import asyncio
for name in ("create_task", "gather", "sleep", "timeout", "timeout_at", "wait", "wait_for"):
    functions[f"asyncio.{name}"] = callable_of(getattr(asyncio, name), False)

print(json.dumps({"version": importlib.metadata.version("temporalio"), "functions": functions, "classes": classes,
                  "properties": properties, "objects": objects}))
'''


def asked(python: str) -> dict:
    """What one environment says of itself."""
    text = f"MODULES = {MODULES!r}\n{ASK}"
    return json.loads(subprocess.run([python, "-c", text], check=True, capture_output=True, text=True).stdout)


def span(present: list[str], versions: list[str]) -> dict:
    """When something is there: only what differs from all the time."""
    found = {}
    if present[0] != versions[0]:
        found["since"] = present[0]
    if present[-1] != versions[-1]:
        found["until"] = present[-1]
    return found


def merged_function(entries: dict[str, dict], versions: list[str]) -> dict:
    newest = entries[list(entries)[-1]]
    function = {}
    if newest["async"]:
        function["async"] = True
    if newest["gives"].startswith("temporalio."):
        function["gives"] = newest["gives"]
    if newest["does"] is not None:
        function["does"] = newest["does"]
    function |= span(list(entries), versions)
    order = {name: None for entry in reversed(entries.values()) for name in entry["parameters"]}
    parameters = []
    for name in order:
        having = {version: entry["parameters"][name] for version, entry in entries.items() if name in entry["parameters"]}
        last = having[list(having)[-1]]
        parameter: dict = {"name": name}
        if last["kind"]:
            parameter["kind"] = last["kind"]
        if all(entry["required"] for entry in having.values()):
            parameter["required"] = True
        if last["type"] and last["type"].split(".")[0] in ("temporalio", "datetime"):
            parameter["type"] = last["type"]
        parameter |= span(list(having), list(entries))
        parameters.append(parameter)
    if parameters:
        function["parameters"] = parameters
    return function


def merged(answers: list[dict]) -> dict:
    versions = [answer["version"] for answer in answers]
    by_name: dict[str, dict[str, dict]] = {}
    for answer in answers:
        for name, entry in answer["functions"].items():
            by_name.setdefault(name, {})[answer["version"]] = entry
    functions = {name: merged_function(by_name[name], versions) for name in sorted(by_name)}
    classes: dict[str, dict] = {}
    for name in sorted({name for answer in answers for name in answer["classes"]}):
        having = {answer["version"]: answer["classes"][name] for answer in answers if name in answer["classes"]}
        last = having[list(having)[-1]]
        entry: dict = {"members": sorted({member for one in having.values() for member in one["members"]})}
        if last["does"]:
            entry["does"] = last["does"]
        if not all(one["closed"] for one in having.values()):
            entry["open"] = True
        if "values" in last:
            entry["values"] = last["values"]
        classes[name] = entry | span(list(having), versions)
    attributes: dict[str, str] = {}
    for answer in answers:
        attributes |= {name: kind for name, kind in answer["properties"].items() if kind.startswith(("temporalio.", "datetime."))}
    objects = {name: kind for answer in answers for name, kind in answer["objects"].items()}
    return {"sdk": versions, "functions": functions, "classes": classes, "attributes": dict(sorted(attributes.items())),
            "objects": dict(sorted(objects.items()))}


def main() -> None:
    answers = sorted(map(asked, sys.argv[1:]), key=lambda answer: [int(part) for part in answer["version"].split(".")])
    table = merged(answers)
    lines = ["# What the SDK's callables take and give, and what its classes have. Written by scripts/sdk_signatures.py."]
    lines.append(f"sdk: {json.dumps(table['sdk'])}")
    for part in ("functions", "classes", "attributes", "objects"):
        lines.append(f"{part}:")
        # JSON on one line is YAML, and keeps the file and its differences readable.
        lines += [f"  {name}: {json.dumps(entry)}" for name, entry in table[part].items()]
    Path(__file__).parent.parent.joinpath("rules/api/signatures.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
