"""Which rule answers for each member that the sandbox restricts.

It reads the same tables as the linter: `rules/api/effects.yaml` says what a call does, `rules/api/sandbox.yaml` what is
restricted beyond that, and the rules say which effects they forbid. Conditions on arguments (`when`) are not looked at.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import yaml

from harness.rules import ROOT, folder

RESTRICTED = "restricted"
"""The effect of a member that only the sandbox's table knows."""


def tables() -> tuple[dict[str, str], set[str], set[str]]:
    """Pattern → effect; the sandbox's patterns; what these leave out."""
    api = folder() / "api"
    groups = yaml.safe_load((api / "effects.yaml").read_text())["effects"]
    effects = {symbol: group["effect"] for group in groups if "effect" in group for symbol in group["symbols"]}
    sandbox = yaml.safe_load((api / "sandbox.yaml").read_text())
    return effects, {member["symbol"] for member in sandbox["members"]}, set(sandbox.get("excluded", ()))


def most_specific(symbol: str, patterns: Iterable[str]) -> str | None:
    """The pattern that names the symbol most closely."""
    known = set(patterns)
    if symbol in known:
        return symbol
    parts = symbol.split(".")
    wider = (".".join(parts[:length]) + ".*" for length in range(len(parts) - 1, 0, -1))
    return next((pattern for pattern in wider if pattern in known), None)


def rule_by_effect() -> dict[str, str]:
    """Effect → code of the rule that forbids it in workflows."""
    found = {}
    for path in sorted(folder().rglob("*.yaml")):
        check = yaml.safe_load(path.read_text()).get("check") or {} if path.parent.name != "api" else {}
        for effect in check.get("forbidden-effect", {}).get("effects", ()):
            found[effect] = yaml.safe_load(path.read_text())["code"]
    return found


def answers(members: Iterable[str]) -> dict[str, str | None]:
    """Member → code of the rule that reports it; `None` where none does."""
    effects, sandbox, excluded = tables()
    rules = rule_by_effect()

    def answer(member: str) -> str | None:
        pattern = most_specific(member, effects)
        if pattern:
            return rules.get(effects[pattern])
        known = most_specific(member, sandbox)
        return rules.get(RESTRICTED) if known and member not in excluded else None

    return {member: answer(member) for member in members}


def of_the_sdk() -> dict[str, str]:
    """Member → `import`, `runtime` or `warn`, as the installed SDK refuses it."""
    script = ROOT / "scripts" / "sandbox_table.py"
    listed = subprocess.run([sys.executable, str(script), "--list"], capture_output=True, text=True, check=True).stdout
    return dict(line.split("\t") for line in listed.splitlines())


def patterns_of_the_sdk() -> dict[str, Any]:
    """`rules/api/sandbox.yaml` as it would be for the installed SDK."""
    script = ROOT / "scripts" / "sandbox_table.py"
    table = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True).stdout
    loaded: dict[str, Any] = yaml.safe_load(table)
    return loaded
