"""Workflows and activities that return what the agent's texts claim about them."""

import asyncio
import io
import logging
import random
import sqlite3
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    import passed_through

LIMIT = timedelta(seconds=20)
COUNTER = {"runs": 0}
STARTED = time.time()


@dataclass
class Point:
    x: int


@activity.defn
async def echo(value: Any) -> Any:
    return value


@activity.defn
async def fail(message: str) -> str:
    raise ValueError(message)


@activity.defn
async def fail_twice() -> int:
    attempt = activity.info().attempt
    if attempt < 3:
        raise ValueError("not yet")
    return attempt


@activity.defn
async def fail_for_good() -> None:
    raise ApplicationError("no", non_retryable=True)


@activity.defn
async def beat() -> None:
    while True:
        assert activity.heartbeat() is None
        await asyncio.sleep(0.1)


@activity.defn
async def never_beat() -> None:
    await asyncio.sleep(3)


@activity.defn
async def kind_of(value) -> str:
    return type(value).__name__


@activity.defn
async def kind_of_hinted(value: Point) -> str:
    return type(value).__name__


async def told(awaitable) -> str:
    """How what is awaited ends, as text."""
    try:
        await awaitable
    except BaseException as err:
        cause = getattr(err, "cause", None)
        return f"{type(err).__name__}({type(cause).__name__})" if cause else type(err).__name__
    return "returned"


@workflow.defn
class Timers:
    @workflow.run
    async def run(self) -> list[str]:
        await asyncio.sleep(3600)
        await workflow.sleep(timedelta(hours=1))
        return [await told(workflow.sleep("1 minute")), await told(asyncio.sleep("1"))]  # type: ignore


@workflow.defn
class Several:
    @workflow.run
    async def run(self) -> list[Any]:
        async def one(value: int) -> int:
            await asyncio.sleep(value)
            return value

        gathered = await asyncio.gather(one(2), one(1))
        completed = [await each for each in workflow.as_completed([one(2), one(1)])]
        done, pending = await workflow.wait([asyncio.create_task(one(1)), asyncio.create_task(one(1))])
        try:
            async for _ in workflow.as_completed([asyncio.create_task(one(1))]):  # type: ignore
                pass
        except TypeError:
            return [gathered, completed, type(done).__name__, len(pending), "TypeError"]
        return []


@workflow.defn
class Values:
    @workflow.run
    async def run(self) -> dict[str, Any]:
        now = workflow.now()
        return {
            "aware": now.tzinfo is not None,
            "time": abs(workflow.time() - now.timestamp()) < 1,
            "uuid4": str(workflow.uuid4()),
            "random": workflow.random().random(),
            "uuid5": str(uuid.uuid5(uuid.NAMESPACE_DNS, "a")),
            "seeded": random.Random(1).random(),
        }


@workflow.defn
class Restricted:
    @workflow.run
    async def run(self, what: str) -> str:
        calls = {
            "time.time": time.time,
            "time.sleep": lambda: time.sleep(0),
            "uuid.uuid4": uuid.uuid4,
            "random.random": random.random,
            "passed through": passed_through.read_clock,
            "get_event_loop().run_in_executor": lambda: asyncio.get_event_loop().run_in_executor(None, print),
        }
        try:
            calls[what]()
        except BaseException as err:
            return type(err).__name__
        return "returned"


@workflow.defn
class Unseen:
    @workflow.run
    async def run(self, what: str) -> str:
        calls = {
            "a value computed at import": lambda: STARTED,
            "datetime.fromtimestamp": lambda: datetime.fromtimestamp(0),
            "astimezone": lambda: workflow.now().astimezone(),
            "time.gmtime": time.gmtime,
            "a set's order": lambda: list({"a", "b"}),
            "id": lambda: id(self),
            "hash": lambda: hash("a"),
            "random.Random": random.Random,
            "random.SystemRandom": random.SystemRandom,
            "sqlite3": lambda: sqlite3.connect(":memory:").close(),
            "io.open": lambda: io.open("/dev/null").close(),
            "sys.argv": lambda: sys.argv,
            "logging": lambda: logging.getLogger(__name__).info("seen"),
        }
        calls[what]()
        return "returned"


@workflow.defn
class ToThread:
    @workflow.run
    async def run(self) -> str:
        return await told(asyncio.to_thread(print))


@workflow.defn
class Calls:
    @workflow.run
    async def run(self) -> list[str]:
        found = []
        for attempt in (
            lambda: workflow.execute_activity(echo, 1, 2, start_to_close_timeout=LIMIT),  # type: ignore
            lambda: workflow.execute_activity(echo, 1),
            lambda: workflow.execute_activity(echo, 1, schedule_to_close_timeout=LIMIT),
            lambda: workflow.execute_activity(echo, args=[1], start_to_close_timeout=LIMIT),
        ):
            try:
                found.append(await told(attempt()))
            except TypeError:
                found.append("TypeError")
        return found


@workflow.defn
class Raises:
    @workflow.run
    async def run(self, failure: bool) -> None:
        if failure:
            raise ApplicationError("failed")
        raise ValueError("failed")


@workflow.defn(failure_exception_types=[ValueError])
class RaisesListed:
    @workflow.run
    async def run(self) -> None:
        raise ValueError("failed")


@workflow.defn
class ActivityFailures:
    @workflow.run
    async def run(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        found["attempts"] = await workflow.execute_activity(fail_twice, start_to_close_timeout=LIMIT)
        found["default attempts"] = RetryPolicy().maximum_attempts
        found["non_retryable"] = await told(workflow.execute_activity(fail_for_good, start_to_close_timeout=LIMIT))
        try:
            await workflow.execute_activity(
                fail,
                "x",
                start_to_close_timeout=LIMIT,
                retry_policy=RetryPolicy(non_retryable_error_types=["ValueError"]),
            )
        except ValueError:
            found["caught"] = "ValueError"
        except ActivityError as err:
            found["caught"] = f"{type(err.cause).__name__} of type {err.cause.type}"  # type: ignore
        try:
            await workflow.execute_child_workflow(Raises.run, True)
        except ChildWorkflowError as err:
            found["child"] = type(err.cause).__name__
        return found


@workflow.defn
class Waits:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn
class Cancelled:
    """Told what cancelling raises, by what is awaited; ends as its argument says."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @workflow.query
    def result(self) -> list[str]:
        return self.found

    @workflow.run
    async def run(self, what: str, swallow: bool) -> str:
        awaited = {
            "sleep": lambda: asyncio.sleep(3600),
            "wait_condition": lambda: workflow.wait_condition(lambda: False),
            "activity": lambda: workflow.execute_activity(
                beat, start_to_close_timeout=timedelta(minutes=5), heartbeat_timeout=timedelta(seconds=2)
            ),
            "child": lambda: workflow.execute_child_workflow(Waits.run),
        }
        try:
            await awaited[what]()
        except BaseException as err:
            cause = getattr(err, "cause", None)
            self.found = [
                f"{type(err).__module__}.{type(err).__name__}",
                f"{type(cause).__module__}.{type(cause).__name__}" if cause else "",
                str(is_cancelled_exception(err)),
            ]
            self.found.append(await workflow.execute_activity(echo, "cleaned", start_to_close_timeout=LIMIT))
            if not swallow:
                raise
        return "completed"


@workflow.defn
class Heartbeats:
    """How an activity ends that its workflow cancels after a second."""

    @workflow.run
    async def run(self, heartbeat_seconds: int) -> str:
        handle = workflow.start_activity(
            beat,
            start_to_close_timeout=timedelta(seconds=8),
            heartbeat_timeout=timedelta(seconds=heartbeat_seconds) if heartbeat_seconds else None,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
        await asyncio.sleep(1)
        handle.cancel()
        try:
            await handle
        except ActivityError as err:
            return "told" if isinstance(err.cause, CancelledError) else type(err.cause).__name__
        return "returned"


@workflow.defn
class WaitFor:
    @workflow.run
    async def run(self) -> list[str]:
        return [
            await told(asyncio.wait_for(workflow.execute_activity(never_beat, start_to_close_timeout=LIMIT), 1)),
            await told(workflow.wait_condition(lambda: False, timeout=1)),
        ]


@workflow.defn
class ModuleState:
    @workflow.run
    async def run(self) -> list[int]:
        COUNTER["runs"] += 1
        passed_through.COUNTER["runs"] += 1
        return [COUNTER["runs"], passed_through.COUNTER["runs"]]


@workflow.defn
class EarlySignal:
    def __init__(self) -> None:
        self.order = ["init"]
        self.slow_finished = False

    @workflow.signal
    def note(self) -> None:
        self.order.append("signal")

    @workflow.signal
    async def slow(self) -> None:
        await asyncio.sleep(10)
        self.slow_finished = True

    @workflow.run
    async def run(self) -> list[Any]:
        self.order.append("run")
        finished = workflow.all_handlers_finished()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return [self.order, finished, self.slow_finished]


@workflow.defn
class Again:
    @workflow.run
    async def run(self, rounds: int) -> list[Any]:
        if rounds:
            try:
                result = workflow.continue_as_new(rounds - 1)  # type: ignore
            except workflow.ContinueAsNewError:
                raise
            return [result]
        return ["last"]


@workflow.defn
class Hints:
    @workflow.run
    async def run(self) -> list[str]:
        return [
            await workflow.execute_activity(each, Point(1), start_to_close_timeout=LIMIT)
            for each in (kind_of, kind_of_hinted)
        ]


ACTIVITIES = [echo, fail, fail_twice, fail_for_good, beat, never_beat, kind_of, kind_of_hinted]
WORKFLOWS = [
    Timers, Several, Values, Restricted, Unseen, ToThread, Calls, Raises, RaisesListed, ActivityFailures, Waits,
    Cancelled, Heartbeats, WaitFor, ModuleState, EarlySignal, Again, Hints,
]  # fmt: skip
