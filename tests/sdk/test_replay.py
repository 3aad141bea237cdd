"""What `fixtures/replay` says of changes is what replays of recorded histories show."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness import agreement, replaying
from harness.observed import SDK, numbers
from harness.server import SERVER, Unavailable

PROGRAMS = replaying.programs()
RECORDED: dict[str, Any] = {}


def recorded(program: replaying.Program) -> Any:
    """The program's histories, recorded once."""
    if program.name not in RECORDED:
        try:
            address = SERVER.address()
        except Unavailable as error:
            pytest.skip(str(error))
        RECORDED[program.name] = asyncio.run(replaying.recorded(program, address))
    return RECORDED[program.name]


@pytest.mark.parametrize(
    ("program", "pair"),
    [pytest.param(program, pair, id=f"{program.name}-{pair['name']}") for program in PROGRAMS for pair in program.pairs],
)
def test_replays_show_what_is_said(program: replaying.Program, pair: dict[str, Any]) -> None:
    seen = asyncio.run(replaying.replayed(program.after(pair), recorded(program)))
    shown = "unsafe" if seen.running else "closed" if seen.closed else "safe"
    # Whether data decide is more than replays show, and so is what cannot be told.
    said = {"depends": "unsafe"}.get(pair["is"], pair["is"])
    # What a replay compares grows with the SDK, and so does what it takes.
    if numbers(SDK) < numbers(pair.get("since", "0")):
        said = pair.get("older", "safe")
    if said == "unknown":
        return
    assert shown == said, seen.says


MENDED = [(program, pair) for program in PROGRAMS for pair in program.pairs if pair.get("mended")]


@pytest.mark.parametrize(
    ("program", "pair"), [pytest.param(program, pair, id=f"{program.name}-{pair['name']}-mended") for program, pair in MENDED]
)
def test_running_executions_survive_the_patches_that_are_offered(program: replaying.Program, pair: dict[str, Any]) -> None:
    linter = agreement.binary()
    if linter is None:
        pytest.fail("the linter is not built: `cargo build --release`, or TEMPORAL_PY_LINT names it", pytrace=False)
    text = replaying.mended(program, pair, linter)
    assert "workflow.patched(" in text
    seen = asyncio.run(replaying.replayed(text, recorded(program)))
    assert not seen.closed, f"{seen.says}\n{text}"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_program_replays_its_own_histories(program: replaying.Program) -> None:
    seen = asyncio.run(replaying.replayed(program.text, recorded(program)))
    assert not seen.closed, seen.says
