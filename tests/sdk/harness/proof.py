"""Runs the two sides of a rule's proof and says whether they show what the rule claims."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.observed import SDK, numbers, stable
from harness.rules import Rule
from harness.server import SERVER, Unavailable

HARNESS = Path(__file__).resolve().parents[1]
DEFAULT_TIMEOUT_SECONDS = 20
STALL_SECONDS = 0.3
"""A ticker held up for this long counts as stalled: three fifths of what slow things take."""
PAIRS_BAD = 8
"""Pairs of processes in which a bad example may differ: a set of few strings can have the same order twice."""
PAIRS_GOOD = 2
RAISES = frozenset({"task-failed", "failed", "rejected", "import-failed", "hangs", "raised"})
ENDS_WELL = frozenset({"completed", "continued-as-new"})
TIME_ZONES = ("Etc/GMT+12", "Etc/GMT-14")
"""26 hours apart, so that not even the local date is ever the same."""

Side = dict[str, Any]


@dataclasses.dataclass
class Verdict:
    """What was observed of a rule, and in which ways that is not what the rule claims."""

    entry: dict[str, Any]
    complaints: list[str]
    errors: str = ""
    """What the children wrote to standard error, for the person who reads a failure."""
    missing: str = ""
    """Why this machine cannot run the proof. What other machines saw stands."""


def check(rule: Rule) -> Verdict:
    """Runs the proof of one rule."""
    if rule.kind == "none":
        return Verdict({"kind": "none", "reason": rule.reason}, [])
    outside = outside_range(rule.options)
    if outside:
        return Verdict({"kind": rule.kind, "skipped": outside}, [])
    with tempfile.TemporaryDirectory(prefix="proof-") as scratch:
        try:
            return _PROOFS[rule.kind](Runner(rule, Path(scratch).resolve()))
        except Unavailable as error:
            return Verdict({"kind": rule.kind, "skipped": str(error)}, [], missing=str(error))


def outside_range(options: Mapping[str, Any]) -> str | None:
    """Why the claim does not hold for this SDK or Python."""
    python = ".".join(str(part) for part in sys.version_info[:2])
    for key, mine, what in (("sdk", SDK, "temporalio"), ("python", python, "Python")):
        if f"min_{key}" in options and numbers(mine) < numbers(str(options[f"min_{key}"])):
            return f"needs {what} {options[f'min_{key}']}"
        if f"max_{key}" in options and numbers(mine) > numbers(str(options[f"max_{key}"])):
            return f"only up to {what} {options[f'max_{key}']}"
    return None


def of_side(value: Any, side: str) -> Any:
    """The side's own value, where there is one for each."""
    return value[side] if isinstance(value, Mapping) and set(value) == {"bad", "good"} else value


def options_of(rule: Rule, side: str) -> dict[str, Any]:
    """The settings as they are for one side."""
    return {key: of_side(value, side) for key, value in rule.options.items()}


class Runner:
    """Starts the processes of one proof."""

    def __init__(self, rule: Rule, scratch: Path) -> None:
        self.rule = rule
        self._scratch = scratch
        self._started = 0
        self.errors: list[str] = []

    def run(self, side: str, *, place: int = 0, env: Mapping[str, str] | None = None, **further: Any) -> Side:
        """Runs `bad` or `good`; `place` tells the two processes of a replay apart."""
        options = options_of(self.rule, side)
        self._started += 1
        folder = self._scratch / f"{side}-{self._started}"
        module = options.get("module", "example")
        self._lay_out(folder, side, module, place)
        spec = {"kind": self.rule.kind, "module": module, "dir": str(folder), "with": dict(options), **further}
        spec_path, result_path = folder.with_suffix(".spec.json"), folder.with_suffix(".result.json")
        spec_path.write_text(json.dumps(spec))
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "harness.child", str(spec_path), str(result_path)],
                env=self._environment(options, place, env or {}),
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=options.get("timeout", DEFAULT_TIMEOUT_SECONDS),
            )
        except subprocess.TimeoutExpired:
            return {"outcome": "hangs", "warnings": []}
        self.errors.append(ended.stderr[-4000:])
        printed = ended.stdout.splitlines()
        if not result_path.exists():
            return {
                "outcome": "crashed",
                "warnings": [],
                "exception": {"type": "exit", "message": str(ended.returncode)},
            }
        result = json.loads(result_path.read_text())
        result["written"] = printed + result.get("written", [])
        return self._stable(result, str(folder))

    def _lay_out(self, folder: Path, side: str, module: str, place: int) -> None:
        files = {module.replace(".", "/") + ".py": getattr(self.rule, side)}
        options = options_of(self.rule, side)
        files |= {path: of_side(content, side) for path, content in options.get("files", {}).items()}
        for path, contents in options.get("disk", {}).items():
            files[path] = contents[place]
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
            for package in target.relative_to(folder).parents:
                if path.endswith(".py") and str(package) != ".":
                    (folder / package / "__init__.py").touch()

    @staticmethod
    def _environment(options: Mapping[str, Any], place: int, further: Mapping[str, str]) -> dict[str, str]:
        settings = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        settings |= {"PYTHONPATH": str(HARNESS), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "1", "TZ": "UTC"}
        for name, value in options.get("env", {}).items():
            settings[name] = str(value[place] if isinstance(value, list) else value)
        return settings | dict(further)

    @staticmethod
    def _stable(result: Side, folder: str) -> Side:
        def clean(value: Any) -> Any:
            if isinstance(value, str):
                return stable(value, folder)
            if isinstance(value, list):
                return [clean(item) for item in value]
            if isinstance(value, dict):
                return {key: clean(item) for key, item in value.items()}
            return value

        history = result.pop("history", None)
        cleaned = clean({key: value for key, value in result.items() if key != "commands"})
        return {**cleaned, "commands": result.get("commands"), "history": history}

    def verdict(self, bad: Side, good: Side, complaints: list[str]) -> Verdict:
        """Puts together what was seen, and holds it against `expect`."""
        expect = self.rule.expect
        if expect and expect not in json.dumps(bad, ensure_ascii=False) and expect not in json.dumps(bad):
            complaints.append(f"the bad example does not show {expect!r}, but: {bad['says']}")
        return Verdict(
            {"kind": self.rule.kind, "bad": bad, "good": good}, complaints, "\n".join(filter(None, self.errors))
        )


def line(exception: Mapping[str, str] | None) -> str:
    """An exception on one line."""
    if not exception:
        return ""
    return f"{exception['type']}: {exception['message']}" if exception["message"] else exception["type"]


def entry(side: Side, says: str = "", *, value: bool = False) -> Side:
    """One side as it is written down."""
    told: Side = {"outcome": side["outcome"]}
    if side.get("exception"):
        told["exception"] = line(side["exception"])
        if side["exception"].get("cause"):
            told["cause"] = side["exception"]["cause"]
    if side["warnings"]:
        told["warnings"] = [line(warning) for warning in side["warnings"]]
    for key in ("queries", "updates"):
        if side.get(key):
            told[key] = side[key]
    if value and side["outcome"] in ("completed", "returned"):
        told["value"] = side.get("value")
    told["says"] = says or sentence(told)
    return told


def sentence(told: Mapping[str, Any]) -> str:
    """What happened, for a reader of the rule's page."""
    exception = told.get("exception", "")
    says = {
        "import-failed": f"importing the module raises {exception}",
        "rejected": f"the worker does not start: {told.get('cause') or exception}",
        "task-failed": f"the workflow task fails, and is retried forever: {exception}",
        "failed": f"the workflow fails: {exception}",
        "raised": f"the activity raises {exception}",
        "hangs": "nothing goes on: the process hangs",
        "crashed": f"the process ends: {exception}",
        "completed": "the workflow completes",
        "cancelled": "the workflow ends as cancelled",
        "continued-as-new": "the workflow continues as new",
        "running": "the workflow waits and never ends",
        "terminated": "the workflow is terminated",
        "timed-out": "the workflow times out",
        "retried": f"the activity is tried again and again: {exception}",
        "evicted": "the worker can evict the workflow",
        "eviction-failed": "the worker cannot evict the workflow, and its slot stays taken",
        "returned": "the activity returns",
        "imported": "the module is imported",
        "accepted": "the worker starts",
    }[told["outcome"]]
    if "value" in told:
        says += f" with {json.dumps(told['value'], ensure_ascii=False)}"
    if told.get("warnings"):
        says += f", and warns: {told['warnings'][0]}"
    return says


def ends_well(side: Side) -> list[str]:
    """What there is to say against a good example that is to run to its end."""
    complaints = []
    if side["outcome"] not in ENDS_WELL | {"imported", "accepted", "returned"}:
        complaints.append(f"the good example goes wrong: {entry(side)['says']}")
    elif side["warnings"]:
        complaints.append(f"the good example warns: {line(side['warnings'][0])}")
    return complaints


def misbehaves(runner: Runner) -> Verdict:
    """Kinds `import`, `definition` and `sandbox`."""
    bad, good = runner.run("bad"), runner.run("good")
    wrong = RAISES - {"import-failed"} if runner.rule.kind == "sandbox" else RAISES
    complaints = ends_well(good)
    if bad["outcome"] not in wrong and not bad["warnings"]:
        complaints.append(f"the bad example does no harm: {entry(bad)['says']}")
    if bad["outcome"] == "hangs" and not runner.rule.expect:
        complaints.append("the bad example hangs; `expect: hangs` says so if that is the claim")
    return runner.verdict(entry(bad), entry(good), complaints)


def replays(runner: Runner) -> Verdict:
    """Kind `replay`."""
    complaints = []
    difference, first = compare(runner, "bad", PAIRS_BAD)
    if first["outcome"] in RAISES | {"crashed"}:
        complaints.append(f"the bad example does not get as far as being replayed: {entry(first)['says']}")
    elif not difference:
        complaints.append("the bad example sends the same commands in both processes")
    says = f"on replay the commands differ: {difference}" if difference else ""
    bad = entry(first, says)
    unlike, first = compare(runner, "good", PAIRS_GOOD)
    complaints += ends_well(first)
    if unlike:
        complaints.append(f"the good example differs on replay: {unlike}")
    return runner.verdict(bad, entry(first, "" if unlike else "on replay the commands are the same"), complaints)


def compare(runner: Runner, side: str, pairs: int) -> tuple[str | None, Side]:
    """Runs the workflow and replays it elsewhere; the first difference, and the first run."""
    difference, first = None, None
    for pair in range(pairs):
        original = runner.run(side, place=0, **surroundings(runner.rule, pair, 0))
        first = first or original
        if original["outcome"] in RAISES | {"crashed"}:
            return None, original
        sent = [command for batch in original["commands"] for command in batch]
        patches = [command["patch_id"] for command in sent if command["command"] == "set_patch_marker"]
        further = surroundings(runner.rule, pair, 1)
        again = runner.run(side, place=1, history=original["history"], patches=patches, **further)
        difference = difference_between(original, again)
        if difference:
            return difference, original
    return None, first or {}


def surroundings(rule: Rule, pair: int, place: int) -> dict[str, Any]:
    """What differs between the two processes of a pair; the clock, the process id and the folder always do."""
    same = set(rule.options.get("same", ()))
    number = pair * 2 + place + 1
    zones = rule.options.get("timezone", TIME_ZONES)
    env = {
        "PYTHONHASHSEED": str(1 if "hash" in same else number),
        "TZ": zones[0 if "timezone" in same else place],
    }
    if "env" not in same:
        env |= {"USER": f"user{place}", "HOME": f"/home/user{place}", "HOSTNAME": f"host{place}"}
    return {"env": env, "random": 1 if "random" in same else number, "argv": [f"--worker={place}"]}


def difference_between(original: Side, again: Side) -> str | None:
    """The first difference in commands, without values: they are other ones each time."""
    if again["outcome"] in ("hangs", "crashed", "rejected", "import-failed"):
        return entry(again)["says"]
    for ours, theirs in zip(original["commands"], again["commands"], strict=False):
        for one, other in zip(ours, theirs, strict=False):
            if one["command"] != other["command"]:
                return f"{subject(one)} in one, {subject(other)} in the other"
            if one != other:
                fields = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
                return f"{subject(one)}: {', '.join(fields)}"
        if len(ours) != len(theirs):
            longer = max(ours, theirs, key=len)
            return f"{subject(longer[min(len(ours), len(theirs))])} in one of them only"
    if again["outcome"] == "task-failed" and original["outcome"] != "task-failed":
        return f"the workflow task fails: {line(again['exception'])}"
    if len(original["commands"]) != len(again["commands"]):
        return "the workflow ends at another point"
    return None


def subject(command: Mapping[str, Any]) -> str:
    """A command's kind, and what it is about."""
    about = command.get("activity_type") or command.get("workflow_type") or command.get("signal_name")
    return f"{command['command']} {about}" if about else str(command["command"])


def blocks(runner: Runner) -> Verdict:
    """Kind `blocking`."""
    bad, good = runner.run("bad"), runner.run("good")
    complaints = [
        f"the {name} example goes wrong: {entry(side)['says']}"
        for name, side in (("bad", bad), ("good", good))
        if side["outcome"] != "returned"
    ]
    stalls = {
        "bad": "the event loop stands still while the activity waits",
        "good": "the event loop goes on while the activity waits",
    }
    if bad.get("stall_seconds", 0) < STALL_SECONDS:
        complaints.append(f"the bad example holds the loop up for {bad.get('stall_seconds', 0):.2f} s only")
    if good.get("stall_seconds", 0) >= STALL_SECONDS:
        complaints.append(f"the good example holds the loop up for {good['stall_seconds']:.2f} s")
    told = [{**entry(side), "stalls": side.get("stall_seconds", 0) >= STALL_SECONDS} for side in (bad, good)]
    for side in told:
        if side["outcome"] == "returned":
            side["says"] = stalls["bad" if side["stalls"] else "good"]
    return runner.verdict(told[0], told[1], complaints)


def silent(runner: Runner) -> Verdict:
    """Kind `silent`."""
    return ends_as_said(runner)


def on_server(runner: Runner) -> Verdict:
    """Kind `server`."""
    return ends_as_said(runner, address=SERVER.address())


def ends_as_said(runner: Runner, **further: Any) -> Verdict:
    """Each side ends with its `outcome`."""
    complaints = []
    told: dict[str, Side] = {}
    for name in ("bad", "good"):
        side = runner.run(name, **further)
        told[name] = entry(side, value=True)
        if "call" in runner.rule.options:
            told[name]["says"] = told[name]["says"].replace("the activity", "the function", 1)
        wanted = runner.rule.options["outcome"][name]
        if not matches(wanted, side):
            complaints.append(f"the {name} example is to end with {json.dumps(wanted)}, but: {told[name]['says']}")
    return runner.verdict(told["bad"], told["good"], complaints)


def written(runner: Runner) -> Verdict:
    """Kind `written`: the workflow runs, and is replayed in another process; what counts is what the replay writes."""
    complaints = []
    told: dict[str, Side] = {}
    for name in ("bad", "good"):
        original = runner.run(name)
        complaints += [f"the {name} example goes wrong: {entry(original)['says']}"] if ends_well(original) else []
        again = runner.run(name, place=1, history=original["history"], patches=[])
        lines = again.get("written") or []
        says = f"a replay writes again: {lines[0]}" if lines else "a replay writes nothing"
        told[name] = {**entry(again, says), "written": lines}
        if not original.get("written"):
            complaints.append(f"the {name} example writes nothing when it runs first")
    if not told["bad"]["written"]:
        complaints.append("a replay of the bad example writes nothing")
    if told["good"]["written"]:
        complaints.append(f"a replay of the good example writes: {told['good']['written'][0]}")
    return runner.verdict(told["bad"], told["good"], complaints)


def matches(wanted: Any, side: Side) -> bool:
    """Whether the side ended as it is wanted to."""
    word, value = next(iter(wanted.items())) if isinstance(wanted, Mapping) else (wanted, ...)
    if word != side["outcome"]:
        return False
    if value is ...:
        return True
    if word in ("completed", "returned"):
        return bool(side.get("value") == value)
    return value in line(side.get("exception")) or value in (side.get("exception") or {}).get("cause", "")


_PROOFS = {
    "import": misbehaves,
    "definition": misbehaves,
    "sandbox": misbehaves,
    "replay": replays,
    "blocking": blocks,
    "silent": silent,
    "written": written,
    "server": on_server,
}
