"""Runs many generated workflows in the sandbox, one after the other, and writes down what it said to each."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from temporalio import workflow
from temporalio.worker import Worker

from harness import core as stand_in

HARMFUL = {
    "os": "abort fork forkpty setsid sync wait pipe openpty setpgrp getlogin umask",
    "signal": "pause",
    "builtins": "input breakpoint",
    "getpass": "getpass unix_getpass win_getpass",
    "webbrowser": "main",
    "random": "main",
    "gettext": "main",
    "platform": "main",
    "getopt": "main",
    "sqlite3": "connect",
    "http.server": "test",
    "xmlrpc.server": "main",
}
"""Functions that would stop the process, wait, or leave something behind when they are called without arguments."""


def defuse() -> None:
    """Puts functions that do nothing in their place."""
    for module_name, names in HARMFUL.items():
        module = importlib.import_module(module_name)
        for name in names.split():
            if hasattr(module, name):
                setattr(module, name, lambda *_args, **_kwargs: None)


async def verdict(package: str) -> str:
    """What the sandbox says to one workflow."""
    said: list[str] = []
    warnings.showwarning = lambda message, *_rest: said.append(str(message))  # type: ignore[assignment]
    module = importlib.import_module(f"{package}.flow")
    core = stand_in.Core()
    stand_in.install(core)
    try:
        worker = Worker(stand_in.unconnected_client(), task_queue="example", workflows=[module.Flow])
    except Exception as error:
        return told(said, chain(error))
    running = asyncio.create_task(worker.run())
    name = workflow._Definition.must_from_class(module.Flow).name or "Flow"
    run = await stand_in.Driver(core, stand_in.Script(workflow_type=name)).drive()
    core.initiate_shutdown()
    worker_ended = asyncio.create_task(worker.shutdown())
    await asyncio.wait([running, worker_ended])
    exception = run.exception or {}
    return told(said, [f"{exception.get('type')}: {exception.get('message')}", exception.get("cause", "")])


def chain(error: BaseException | None) -> list[str]:
    """An exception and its causes, each as `Type: message`."""
    found = []
    while error is not None:
        found.append(f"{type(error).__name__}: {error}")
        error = error.__cause__
    return found


def told(said: list[str], errors: list[str]) -> str:
    """One word, and for `free` what happened instead."""
    if any(error.startswith("RestrictedWorkflowAccessError") for error in errors):
        return "restricted"
    if any("is non-deterministic, use workflow." in warning for warning in said):
        return "warned"
    return f"free: {errors[0]}"


async def main(listed: str, result: str) -> None:
    """Runs all packages that the file lists."""
    warnings.simplefilter("always")
    found: dict[str, Any] = {}
    for package in json.loads(Path(listed).read_text()):
        found[package] = await verdict(package)
    Path(result).write_text(json.dumps(found))
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    logging.disable()
    defuse()
    asyncio.run(main(*sys.argv[1:]))
