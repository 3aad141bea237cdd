"""Workflows with the symptoms of `references/troubleshooting.md`, and with the handlers of `references/messages.md`."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

LIMIT = timedelta(seconds=2)


@dataclass
class Point:
    x: int


@activity.defn
async def take_point(point: Point) -> int:
    return point.x


@activity.defn
async def hang() -> None:
    await asyncio.sleep(30)


@workflow.defn
class ReadsClock:
    @workflow.run
    async def run(self) -> None:
        time.time()


@workflow.defn
class Spins:
    @workflow.run
    async def run(self) -> None:
        while True:
            pass


@workflow.defn
class WithoutTimeout:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(take_point, Point(1))


@workflow.defn
class TakesPoint:
    @workflow.run
    async def run(self, point: Point) -> int:
        return point.x


@workflow.defn
class SendsNumberForPoint:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("take_point", 5, schedule_to_close_timeout=LIMIT)


@workflow.defn
class CallsUnregistered:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("unregistered", schedule_to_close_timeout=LIMIT)


@workflow.defn
class WithoutHeartbeat:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            hang, schedule_to_close_timeout=timedelta(seconds=3), heartbeat_timeout=timedelta(seconds=1)
        )


@workflow.defn
class AsksActivity:
    @workflow.run
    async def run(self) -> None:
        activity.info()


@workflow.defn
class Handlers:
    def __init__(self) -> None:
        self.done = False

    @workflow.run
    async def run(self) -> bool:
        await workflow.wait_condition(lambda: self.done)
        return bool(workflow.info().is_continue_as_new_suggested)

    @workflow.signal
    def finish(self) -> None:
        self.done = True

    @workflow.signal
    def fail_signal(self) -> None:
        raise ApplicationError("failed")

    @workflow.update
    def fail_update(self) -> None:
        raise ApplicationError("failed")

    @workflow.update
    def raise_in_update(self) -> None:
        raise ValueError("failed")

    @workflow.update
    async def slow(self) -> None:
        await asyncio.sleep(60)

    @workflow.update
    def guarded(self, value: int) -> int:
        return value

    @guarded.validator
    def check_guarded(self, value: int) -> None:
        if value < 0:
            raise ApplicationError("negative")


ACTIVITIES = [take_point, hang]
WORKFLOWS = [
    ReadsClock, Spins, WithoutTimeout, TakesPoint, SendsNumberForPoint, CallsUnregistered, WithoutHeartbeat,
    AsksActivity, Handlers,
]  # fmt: skip
