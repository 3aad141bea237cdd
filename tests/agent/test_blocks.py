"""The examples keep their promises, on the SDK that this Python has.

Right ones import, their workflows pass the sandbox's preparation, their activities run, their tests pass on real
servers, and the linter is silent. Wrong ones parse and get exactly the findings they name.
"""

import ast
import asyncio
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyflakes.api import check as pyflakes
from pyflakes.reporter import Reporter
from temporalio import workflow
from temporalio.testing import ActivityEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import blocks

BLOCKS = [block for text in blocks.TEXTS for block in blocks.parse(text)]
RIGHT = [block for block in BLOCKS if block.kind == "right"]
WRONG = [block for block in BLOCKS if block.kind == "wrong"]
by_name = {"ids": lambda block: block.name}


def write(block: blocks.Block, folder: Path) -> Path:
    """The block as a module; its lines have the numbers that they have in the text."""
    path = folder / f"{block.module}.py"
    path.write_text("\n" * (block.line - 1) + block.source, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    """A folder per text with its right examples, from which they can be imported."""
    folder = tmp_path_factory.mktemp("examples")
    for block in RIGHT:
        write(block, folder)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def test_there_are_examples():
    assert len(RIGHT) >= 10 and len(WRONG) >= 3
    assert len({block.module for block in BLOCKS}) == len(BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, **by_name)
def test_parses_without_undefined_names(block, tmp_path):
    path = write(block, tmp_path)
    ast.parse(block.source)
    if block.kind == "fragment":
        return
    with (tmp_path / "out").open("w+") as out:
        pyflakes(block.source, str(path), Reporter(out, out))
        out.seek(0)
        assert out.read() == ""


@pytest.mark.parametrize("block", RIGHT, **by_name)
def test_right_imports_and_passes_the_sandbox(block, modules):
    module = importlib.import_module(block.module)
    workflows = [value for value in own(module) if hasattr(value, "__temporal_workflow_definition")]

    async def prepare():
        for cls in workflows:
            SandboxedWorkflowRunner().prepare_workflow(workflow._Definition.must_from_class(cls))

    asyncio.run(prepare())


@pytest.mark.parametrize("block", RIGHT, **by_name)
def test_right_activities_run(block, modules):
    module = importlib.import_module(block.module)
    defined = {value.__name__ for value in own(module) if hasattr(value, "__temporal_activity_definition")}
    called = {call.partition("(")[0] for call in block.activities}
    assert called == defined, "the marker must call every activity of the block"
    for call in block.activities:
        name, _, arguments = call.partition("(")
        values = eval(f"({arguments.removesuffix(')')},)" if arguments != ")" else "()", vars(module))
        result = ActivityEnvironment().run(getattr(module, name), *values)
        if inspect.isawaitable(result):
            asyncio.run(awaited(result))


async def awaited(value):
    return await value


def own(module) -> list:
    """What the module defines itself."""
    return [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]


def test_right_tests_pass(modules):
    """Collected by name, so that a test that pytest does not find is missed, and run."""
    tests = [block for block in RIGHT if "\ndef test_" in block.source or "\nasync def test_" in block.source]
    assert tests
    plugin = modules / "servers.py"
    plugin.write_text("from conftest import *\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "servers", "--rootdir", modules]
    paths = [modules / f"{block.module}.py" for block in tests]
    listed = run_pytest([*command, "--collect-only", *paths], modules)
    for block in tests:
        for node in ast.parse(block.source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                assert f"{block.module}.py::{node.name}" in listed
    run_pytest([*command, *paths], modules)


def run_pytest(command, folder: Path) -> str:
    path = f"{folder}:{Path(__file__).parent}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def codes(findings: list[dict]) -> list[str]:
    return [f"{finding['code']} {Path(finding['filename']).name}:{finding['location']['row']}" for finding in findings]


def test_right_lints_clean(modules, lint):
    assert codes(lint(modules)) == []


@pytest.mark.parametrize("block", WRONG, **by_name)
def test_wrong_gets_its_codes(block, tmp_path, lint):
    findings = lint(write(block, tmp_path))
    assert {finding["code"] for finding in findings} == block.codes, json.dumps(findings, indent=1)
