"""The rules' files, as far as proofs need them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

KINDS = ("import", "definition", "sandbox", "replay", "blocking", "silent", "written", "server", "none")
KEYS = frozenset(
    """
    workflow activity args signals updates queries cancel evict activity_results child_results sandboxed passthrough
    module files slow_files env disk timezone same outcome worker call deadline timeout min_sdk max_sdk min_python max_python
    """.split()
)

ROOT = Path(__file__).resolve().parents[3]


def folder() -> Path:
    """Where the rules' files are; `TEMPORAL_PY_LINT_RULES` names another folder, for rules under way."""
    return Path(os.environ.get("TEMPORAL_PY_LINT_RULES", ROOT / "rules"))


@dataclasses.dataclass(frozen=True)
class Rule:
    """One rule and the claim that it makes."""

    code: str
    name: str
    path: Path
    kind: str
    bad: str
    good: str
    covers: tuple[str, ...]
    expect: str | None = None
    reason: str | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class MalformedRule(ValueError):
    """A rule's file that the harness cannot use."""


def load(path: Path) -> Rule:
    """Reads one rule's file; `MalformedRule` where its proof is not usable."""
    document = yaml.safe_load(path.read_text())
    try:
        docs, proof = document["docs"], document["proof"]
        rule = Rule(
            code=document["code"],
            name=path.stem,
            path=path,
            kind=proof["kind"],
            bad=docs["bad"],
            good=docs["good"],
            covers=tuple(document.get("covers", ())),
            expect=proof.get("expect"),
            reason=proof.get("reason"),
            options=proof.get("with") or {},
        )
    except (KeyError, TypeError) as error:
        raise MalformedRule(f"{path}: {error!r} is missing") from error
    for complaint in complaints(rule):
        raise MalformedRule(f"{path}: {complaint}")
    return rule


def complaints(rule: Rule) -> list[str]:
    """What is wrong with the proof's settings."""
    found = []
    if rule.kind not in KINDS:
        found.append(f"proof.kind {rule.kind!r} is none of {', '.join(KINDS)}")
    if rule.kind == "none" and not rule.reason:
        found.append("a proof of kind `none` needs a reason")
    if rule.kind in ("silent", "server") and set(rule.options.get("outcome", {})) != {"bad", "good"}:
        found.append(f"a proof of kind `{rule.kind}` needs `outcome: {{bad: …, good: …}}`")
    unknown = set(rule.options) - KEYS
    if unknown:
        found.append(f"unknown key in proof.with: {', '.join(sorted(unknown))}")
    return found


def load_all() -> list[Rule]:
    """Every rule, by code."""
    paths = [path for path in sorted(folder().rglob("*.yaml")) if path.parent.name != "api"]
    rules = sorted((load(path) for path in paths), key=lambda rule: rule.code)
    codes = [rule.code for rule in rules]
    twice = {code for code in codes if codes.count(code) > 1}
    if twice:
        raise MalformedRule(f"codes used twice: {', '.join(sorted(twice))}")
    return rules
