"""One workflow, and later versions of it that `references/versioning.md` calls safe or breaking."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

LIMIT = timedelta(seconds=10)


@activity.defn
async def first(value: int) -> int:
    return value


@activity.defn
async def second(value: int) -> int:
    return value


async def call(name: str, value: int = 1) -> int:
    return await workflow.execute_activity(name, value, start_to_close_timeout=LIMIT)


@workflow.defn(name="Versioned")
class Recorded:
    @workflow.run
    async def run(self) -> None:
        await call("first")
        await asyncio.sleep(1)
        await call("second")


@workflow.defn(name="Versioned")
class OtherTimeoutsAndRetries:
    @workflow.run
    async def run(self) -> None:
        policy = RetryPolicy(maximum_attempts=3)
        await workflow.execute_activity("first", 1, schedule_to_close_timeout=LIMIT * 2, retry_policy=policy)
        await asyncio.sleep(1)
        await call("second")


@workflow.defn(name="Versioned")
class OtherArguments:
    @workflow.run
    async def run(self) -> None:
        await call("first", 99)
        await asyncio.sleep(1)
        await call("second", 99)


@workflow.defn(name="Versioned")
class OtherLoggingAndHandlers:
    @workflow.run
    async def run(self) -> None:
        workflow.logger.warning("more")
        await call("first")
        await asyncio.sleep(1)
        await call("second")

    @workflow.signal
    def added(self) -> None: ...

    @workflow.query
    def asked(self) -> int:
        return 1


@workflow.defn(name="Versioned")
class Patched:
    @workflow.run
    async def run(self) -> None:
        await call("second" if workflow.patched("other-first") else "first")
        await asyncio.sleep(1)
        await call("second")


@workflow.defn(name="Versioned")
class LongerTimer:
    @workflow.run
    async def run(self) -> None:
        await call("first")
        await asyncio.sleep(2)
        await call("second")


@workflow.defn(name="Versioned")
class Reordered:
    @workflow.run
    async def run(self) -> None:
        await call("first")
        await call("second")
        await asyncio.sleep(1)


@workflow.defn(name="Versioned")
class Renamed:
    @workflow.run
    async def run(self) -> None:
        await call("first_renamed")
        await asyncio.sleep(1)
        await call("second")


@workflow.defn(name="Versioned")
class ZeroTimer:
    @workflow.run
    async def run(self) -> None:
        await call("first")
        await asyncio.sleep(0)
        await call("second")


@workflow.defn(name="Versioned")
class Removed:
    @workflow.run
    async def run(self) -> None:
        await call("first")
        await call("second")


SAFE = [Recorded, OtherTimeoutsAndRetries, OtherArguments, OtherLoggingAndHandlers, Patched, LongerTimer]
BREAKING = [Reordered, Renamed, ZeroTimer, Removed]
