"""What a value that differs between two runs reaches, a workflow for each; the value comes from the environment.

Run as a program, it replays a history in a process of its own: `consequences.py WORKFLOW HISTORY`, where the
history's file is named by the workflow's id. It prints what the `Replayer` raises, or nothing.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio import activity, workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

LIMIT = timedelta(seconds=10)


def value() -> int:
    """1 when the history is made, 2 when it is replayed."""
    return int(os.environ.get("DIFFERING_VALUE", "1"))


@activity.defn
async def step(number: int) -> int:
    return number


@activity.defn(name="step-1")
async def step_one(number: int) -> int:
    return number


async def run_step(name: str = "step", number: int = 0, activity_id: "str | None" = None) -> int:
    return await workflow.execute_activity(name, number, activity_id=activity_id, start_to_close_timeout=LIMIT)


@workflow.defn(sandboxed=False)
class Child:
    @workflow.run
    async def run(self) -> None: ...


@workflow.defn(sandboxed=False)
class InBranch:
    @workflow.run
    async def run(self) -> None:
        if value() > 1:
            await run_step()
        await workflow.sleep(0.01)


@workflow.defn(sandboxed=False)
class InLoop:
    @workflow.run
    async def run(self) -> None:
        for _ in range(value()):
            await run_step()
        await workflow.sleep(0.01)


@workflow.defn(sandboxed=False)
class InActivityName:
    @workflow.run
    async def run(self) -> None:
        await run_step(f"step-{value()}")


@workflow.defn(sandboxed=False)
class InActivityId:
    @workflow.run
    async def run(self) -> None:
        await run_step(activity_id=f"step-{value()}")


@workflow.defn(sandboxed=False)
class InChildId:
    @workflow.run
    async def run(self) -> None:
        parent = workflow.info().workflow_id
        await workflow.execute_child_workflow(Child.run, id=f"{parent}-{value()}")


@workflow.defn(sandboxed=False)
class InState:
    def __init__(self) -> None:
        self.seen = 0

    @workflow.run
    async def run(self) -> None:
        self.seen = value()
        await run_step()

    @workflow.query
    def asked(self) -> int:
        return self.seen


@workflow.defn(sandboxed=False)
class InResult:
    @workflow.run
    async def run(self) -> int:
        await run_step()
        return value()


@workflow.defn(sandboxed=False)
class InTimer:
    @workflow.run
    async def run(self) -> None:
        await asyncio.sleep(value() / 100)
        await workflow.sleep(value() / 100)


@workflow.defn(sandboxed=False)
class InTimeout:
    @workflow.run
    async def run(self) -> None:
        try:
            await workflow.wait_condition(lambda: False, timeout=value() / 100)
        except asyncio.TimeoutError:
            await run_step()


@dataclass
class Order:
    number: int


@workflow.defn(sandboxed=False)
class InArgument:
    @workflow.run
    async def run(self) -> None:
        order = Order(value())
        await run_step(number=order.number)


@workflow.defn(sandboxed=False)
class InLogLine:
    @workflow.run
    async def run(self) -> None:
        workflow.logger.info("value %s", value())
        await run_step()


COMPARED = [InBranch, InLoop, InActivityName, InActivityId, InChildId]
NOT_COMPARED = [InState, InResult, InTimer, InTimeout, InArgument, InLogLine]
WORKFLOWS = [Child, *COMPARED, *NOT_COMPARED]
ACTIVITIES = [step, step_one]


async def replay(name: str, file: Path) -> None:
    chosen = [one for one in WORKFLOWS if one.__name__ == name]
    replayer = Replayer(workflows=[*chosen, Child])
    try:
        await replayer.replay_workflow(WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8")))
    except workflow.NondeterminismError as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(replay(sys.argv[1], Path(sys.argv[2])))
    sys.stdout.flush()
    # Threads of older SDKs can fail while the interpreter shuts down.
    os._exit(0)
