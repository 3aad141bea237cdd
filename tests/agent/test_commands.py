"""Every rule and every command line that the texts name exists in the binary."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

import blocks

README = blocks.ROOT / "README.md"
SPAN = re.compile(r"`([^`\n]+)`")
SHELL = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SAMPLE = """import time

from temporalio import workflow


@workflow.defn
class SampleWorkflow:
    @workflow.run
    async def run(self) -> float:
        return time.time()
"""
STAND_INS = {"CODE": "TPY101", "FILE:LINE": "sample.py:10", "PATHS": ".", "FILE": "agent.md"}


def claude_code_section() -> str:
    """README's section on Claude Code, without the heading."""
    parts = re.split(r"^## ", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = [part for part in parts if part.startswith("Claude Code")]
    assert len(found) == 1, "README needs one section `## Claude Code`"
    return found[0]


def texts() -> dict[str, str]:
    named = {text.stem: text.read_text(encoding="utf-8") for text in blocks.TEXTS}
    if README.exists() and "\n## Claude Code" in README.read_text(encoding="utf-8"):
        named["README"] = claude_code_section()
    return named


def command_lines() -> list[tuple[str, str]]:
    """Every `temporal-py-lint …` in a code span or shell block, with the text that has it."""
    found = set()
    for name, content in texts().items():
        spans = SPAN.findall(content)
        lines = [line.strip().removeprefix("$ ") for block in SHELL.findall(content) for line in block.splitlines()]
        found |= {(name, line) for line in (*spans, *lines) if line.startswith("temporal-py-lint ")}
    return sorted(found)


@pytest.fixture(scope="session")
def rules(linter) -> set[str]:
    done = subprocess.run([linter, "rules", "--output-format", "json"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    codes = set(re.findall(r'"(TPY\d{3})"', json.dumps(json.loads(done.stdout))))
    assert codes
    return codes


def test_there_are_command_lines():
    assert len(command_lines()) >= 5


@pytest.mark.parametrize("name", list(texts()))
def test_every_code_is_a_rule(name, rules):
    assert set(blocks.CODE.findall(texts()[name])) <= rules


def deployed(folder: Path) -> None:
    """Makes a folder a repository whose `origin/main` is what it holds."""
    git = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "1"], ["update-ref", "refs/remotes/origin/main", "HEAD"]):
        subprocess.run([*git, *words], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(("name", "line"), command_lines(), ids=lambda value: value)
def test_command_line_runs(name, line, linter, tmp_path: Path):
    (tmp_path / "sample.py").write_text(SAMPLE)
    (tmp_path / "agent.md").write_text(blocks.AGENT.read_text(encoding="utf-8"))
    deployed(tmp_path)
    words = [STAND_INS.get(word, word) for word in shlex.split(line, comments=True)[1:]]
    done = subprocess.run(
        [linter, *words],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path / "home")},
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (0, 1), f"{name}: {line}: exit status {done.returncode}: {done.stderr}"
