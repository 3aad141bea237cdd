"""Writes `rules/api/names.yaml`: every name that a module of the SDK has.

    python scripts/sdk_names.py PYTHON...

Each PYTHON is an interpreter whose environment has a version of temporalio: every minor version from the oldest that is
supported to the newest. A name that any of them has is a name; of one that the newest lacks, the last version that has it is
written. Most such names a module only imported for itself.
"""

import json
import subprocess
import sys
from pathlib import Path

MODULES = ["activity", "client", "common", "converter", "exceptions", "testing", "worker", "workflow"]

ASK = """
import importlib, json, pkgutil
names = {}
for module in %r:
    loaded = importlib.import_module("temporalio." + module)
    assert "__getattr__" not in vars(loaded), module
    below = [found.name for found in pkgutil.iter_modules(getattr(loaded, "__path__", []))]
    names[module] = sorted({*dir(loaded), *below})
from importlib.metadata import version
print(json.dumps([version("temporalio"), names]))
"""


def asked(python: str) -> tuple[str, dict[str, list[str]]]:
    """The version of an environment, and the names of each module."""
    said = subprocess.run([python, "-c", ASK % MODULES], check=True, capture_output=True, text=True).stdout
    version, names = json.loads(said)
    return version, names


def main() -> None:
    answers = sorted((asked(python) for python in sys.argv[1:]), key=lambda answer: [int(n) for n in answer[0].split(".")])
    lines = ["# Every name that a module of the SDK has, in any of these versions: " + ", ".join(v for v, _ in answers) + ";"]
    lines += ["# with the last of them that has it, where that is not the newest. Written by scripts/sdk_names.py."]
    for module in MODULES:
        found = sorted({name for _, names in answers for name in names[module] if not name.startswith("__")})
        lines += [f"temporalio.{module}:"]
        for name in found:
            last = next(version for version, names in reversed(answers) if name in names[module])
            lines += [f"  {json.dumps(name)}: " + ("~" if last == answers[-1][0] else last)]
    Path(__file__).parent.parent.joinpath("rules/api/names.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
