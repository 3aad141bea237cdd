"""Runs one side of one proof, in a process of its own.

`python -m harness.child SPEC RESULT` reads what to do from one JSON file and writes what was seen to another.
It judges nothing.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import importlib.util
import inspect
import json
import logging
import os
import random
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

TICK_SECONDS = 0.01
CANCEL_AFTER_SECONDS = 0.1
EVICTION_FAILED = "running eviction job"


class Seen:
    """Warnings and log records, as they come."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        spec = importlib.util.find_spec("temporalio")
        self._sdk = next(iter(spec.submodule_search_locations or [folder])) if spec else folder
        self.warnings: list[dict[str, str]] = []
        self.written: list[str] = []
        self.eviction_failed = threading.Event()

    def install(self, level: int) -> None:
        """Starts listening, for log records of this level and above."""
        warnings.simplefilter("always")
        warnings.showwarning = self._warning  # type: ignore[assignment]
        logging.basicConfig(level=level, handlers=[_Listener(self)])

    def _warning(self, message: Any, category: type[Warning], filename: str, *_rest: Any) -> None:
        # Packages deprecate things of each other's; only what the example or the SDK says to the user counts.
        # `sys:1`, and files that the interpreter makes up (`<string>`), are the example's doing.
        told_to_user = not Path(filename).is_absolute() or filename.startswith((self._folder, self._sdk))
        # A coroutine that is dropped is reported where the collector happens to run.
        told_to_user = told_to_user or "was never awaited" in str(message)
        if told_to_user and not issubclass(category, ResourceWarning):
            seen = {"type": category.__name__, "message": str(message)}
            if seen not in self.warnings:
                self.warnings.append(seen)


class _Listener(logging.Handler):
    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if EVICTION_FAILED in message:
            self._seen.eviction_failed.set()
        # What the SDK logs about itself is not the example's; its loggers for workflows and activities are.
        if record.name in ("temporalio.workflow", "temporalio.activity") or not record.name.startswith("temporalio"):
            self._seen.written.append(message)


def raised(error: BaseException) -> dict[str, str]:
    """The exception as data; its first cause as `cause`."""
    seen = {"type": type(error).__name__, "message": str(error)}
    inner = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    if inner is not error:
        seen["cause"] = f"{type(inner).__name__}: {inner}"
    return seen


def workflow_classes(module: Any) -> list[type]:
    """The classes of the module that are workflows, in the order of their definition."""
    mine = [item for item in vars(module).values() if inspect.isclass(item) and item.__module__ == module.__name__]
    return [item for item in mine if "__temporal_workflow_definition" in vars(item)]


def activities(module: Any) -> dict[str, Callable[..., Any]]:
    """Name → activity of the module; methods by `Class.method`, bound to an instance where one can be made."""
    found: dict[str, Callable[..., Any]] = {}
    for name, item in vars(module).items():
        if getattr(item, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(item):
            methods = [key for key, value in vars(item).items() if hasattr(value, "__temporal_activity_definition")]
            if methods:
                try:
                    instance = item()
                except TypeError:
                    continue
                found.update({f"{name}.{method}": getattr(instance, method) for method in methods})
        elif hasattr(item, "__temporal_activity_definition"):
            found[name] = item
    return found


def named(found: Mapping[str, Any], wanted: str | None, what: str) -> Any:
    """The one that is asked for, else the last."""
    if wanted is None and found:
        return list(found.values())[-1]
    if wanted not in found:
        raise LookupError(f"the example has no {what} {wanted or ''}; it has: {', '.join(found) or 'none'}")
    return found[wanted]


def arguments(options: Mapping[str, Any], folder: str, url: str) -> list[Any]:
    """The arguments, with `{dir}` and `{url}` filled in."""

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{dir}", folder).replace("{url}", url)
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        return value

    return [fill(value) for value in options.get("args", [])]


def calls(listed: Sequence[Any]) -> list[dict[str, Any]]:
    """Signals, updates and queries in their long form."""
    return [{"name": item} if isinstance(item, str) else dict(item) for item in listed]


async def run_workflow(spec: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """Kinds `sandbox`, `replay`, and `silent` for a workflow."""
    from temporalio import workflow
    from temporalio.worker import UnsandboxedWorkflowRunner, Worker
    from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

    from harness import core as stand_in

    options = spec["with"]
    try:
        module = importlib.import_module(spec["module"])
    except Exception as error:
        return {"outcome": "import-failed", "exception": raised(error)}
    chosen = named({item.__name__: item for item in workflow_classes(module)}, options.get("workflow"), "workflow")
    definition = workflow._Definition.must_from_class(chosen)
    script = stand_in.Script(
        workflow_type=definition.name or chosen.__name__,
        args=arguments(options, spec["dir"], ""),
        signals=calls(options.get("signals", [])),
        updates=calls(options.get("updates", [])),
        queries=calls(options.get("queries", [])),
        cancel=options.get("cancel", False),
        evict=options.get("evict", False),
        activity_results=options.get("activity_results", {}),
        child_results=options.get("child_results", {}),
    )
    runner: Any = UnsandboxedWorkflowRunner()
    if options.get("sandboxed", True):
        restrictions = SandboxRestrictions.default.with_passthrough_modules(*options.get("passthrough", []))
        runner = SandboxedWorkflowRunner(restrictions=restrictions)
    core = stand_in.Core()
    stand_in.install(core)
    try:
        worker = Worker(
            stand_in.unconnected_client(),
            task_queue="example",
            workflows=[chosen],
            activities=list(activities(module).values()),
            activity_executor=ThreadPoolExecutor(2),
            workflow_runner=runner,
        )
    except Exception as error:
        return {"outcome": "rejected", "exception": raised(error)}
    driver = stand_in.Driver(core, script)
    running = asyncio.create_task(worker.run())
    if "history" in spec:
        driving = asyncio.create_task(driver.replay(spec["history"], spec["patches"]))
    else:
        driving = asyncio.create_task(driver.drive())
    watching = asyncio.create_task(_eviction_failed(seen))
    await asyncio.wait([running, driving, watching], return_when=asyncio.FIRST_COMPLETED)
    result = asdict(driver.run)
    if driving.done():
        driving.result()
    elif watching.done():
        result["outcome"] = "eviction-failed"
    else:
        running.result()
    return result


async def _eviction_failed(seen: Seen) -> None:
    while not seen.eviction_failed.is_set():
        await asyncio.sleep(TICK_SECONDS)


async def run_activity(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Kinds `blocking`, and `silent` for an activity."""
    from temporalio.testing import ActivityEnvironment

    options = spec["with"]
    url = ""
    if spec["kind"] == "blocking":
        from harness import slow

        url = slow.install(spec["dir"], options.get("slow_files", []))
    try:
        module = importlib.import_module(spec["module"])
    except Exception as error:
        return {"outcome": "import-failed", "exception": raised(error)}
    chosen = named(activities(module), options.get("activity"), "activity")
    environment = ActivityEnvironment()
    worst = 0.0
    waiting = True

    async def tick() -> None:
        nonlocal worst
        last = time.perf_counter()
        while waiting:
            await asyncio.sleep(TICK_SECONDS)
            now = time.perf_counter()
            worst = max(worst, now - last)
            last = now

    async def call() -> Any:
        values = typed(chosen, arguments(options, spec["dir"], url))
        if inspect.iscoroutinefunction(getattr(chosen, "__call__" if inspect.isclass(chosen) else "__func__", chosen)):
            return await environment.run(chosen, *values)
        return await asyncio.get_running_loop().run_in_executor(None, lambda: environment.run(chosen, *values))

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(TICK_SECONDS * 3)
    if options.get("cancel"):
        asyncio.get_running_loop().call_later(CANCEL_AFTER_SECONDS, environment.cancel)
    result: dict[str, Any] = {}
    try:
        result = {"outcome": "returned", "value": plain(await call())}
    except (Exception, asyncio.CancelledError) as error:
        result = {"outcome": "raised", "exception": raised(error)}
    await asyncio.sleep(TICK_SECONDS * 3)
    waiting = False
    await ticking
    return {**result, "stall_seconds": worst}


def typed(function: Callable[..., Any], values: list[Any]) -> list[Any]:
    """The arguments, decoded with the activity's type hints, as a worker does."""
    import temporalio.activity
    import temporalio.converter

    definition = temporalio.activity._Definition.from_callable(function)
    converter = temporalio.converter.DataConverter.default.payload_converter
    hints = definition.arg_types if definition else None
    if not values:
        return []
    hints = hints if hints and len(hints) == len(values) else None
    return list(converter.from_payloads(converter.to_payloads(values), hints))


def plain(value: Any) -> Any:
    """The value as JSON, or its `repr`."""
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return repr(value)


async def run_definition(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Kinds `import` and `definition`."""
    from harness import core as stand_in

    options = spec["with"]
    stand_in.install(stand_in.Core())
    try:
        module = importlib.import_module(spec["module"])
    except Exception as error:
        return {"outcome": "import-failed", "exception": raised(error)}
    try:
        if spec["kind"] == "definition":
            prepare(module, options.get("worker"))
        if options.get("call"):
            await call_function(getattr(module, options["call"]))
    except Exception as error:
        return {"outcome": "rejected", "exception": raised(error)}
    return {"outcome": "imported" if spec["kind"] == "import" else "accepted"}


def prepare(module: Any, worker: Any) -> None:
    """Does with the module's workflows and activities what a worker's start does."""
    from temporalio import workflow
    from temporalio.worker import Worker
    from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

    from harness import core as stand_in

    found = workflow_classes(module)
    for item in found:
        definition = workflow._Definition.must_from_class(item)
        if definition.sandboxed:
            SandboxedWorkflowRunner().prepare_workflow(definition)
    if worker:
        further = worker if isinstance(worker, Mapping) else {}
        Worker(
            stand_in.unconnected_client(),
            task_queue="example",
            workflows=found,
            activities=list(activities(module).values()),
            **further,
        )


async def call_function(function: Callable[[], Any]) -> None:
    """Calls a function of the example, with a client that never connects and workers that return at once."""
    import temporalio.client
    import temporalio.worker

    from harness import core as stand_in

    async def connect(*_args: Any, **_kwargs: Any) -> temporalio.client.Client:
        return stand_in.unconnected_client()

    async def run(_self: Any) -> None:
        return None

    temporalio.client.Client.connect = staticmethod(connect)  # type: ignore[method-assign]
    temporalio.worker.Worker.run = run  # type: ignore[method-assign]
    result = function()
    if inspect.isawaitable(result):
        await result


async def run(spec: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """Dispatches on the kind of proof."""
    if spec["kind"] in ("import", "definition"):
        return await run_definition(spec)
    if spec["kind"] == "server":
        from harness import on_server

        return await on_server.run(spec)
    if spec["kind"] == "blocking" or "activity" in spec["with"]:
        return await run_activity(spec)
    return await run_workflow(spec, seen)


async def run_and_leave(spec: Mapping[str, Any], seen: Seen, result_path: str) -> None:
    """Runs, writes the result, and ends the process at once: a loop with a stuck workflow cannot be closed."""
    result = await run(spec, seen)
    gc.collect()
    result["warnings"] = seen.warnings
    result["written"] = seen.written
    sys.stdout.flush()
    Path(result_path).write_text(json.dumps(result))
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    """Reads the specification, runs it, writes the result."""
    spec_path, result_path = sys.argv[1:]
    spec = json.loads(Path(spec_path).read_text())
    sys.argv = ["worker", *spec.get("argv", [])]
    sys.path.insert(0, spec["dir"])
    os.chdir(spec["dir"])
    seen = Seen(spec["dir"])
    seen.install(logging.INFO if spec["kind"] == "written" else logging.ERROR)
    if "random" in spec:
        random.seed(spec["random"])
    asyncio.run(run_and_leave(spec, seen, result_path))


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(3)
