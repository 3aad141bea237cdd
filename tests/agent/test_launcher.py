"""The hook's launcher: hands the event over where there is a binary, and is silent in every other case."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import blocks

LAUNCHER = blocks.ROOT / "agents" / "hooks" / "launch.sh"
EVENT = json.dumps({"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": {"file_path": "/p/a.py"}})
ECHO = '#!/bin/sh\nprintf "%s|%s|" "$0" "$*"\ncat\n'
SYSTEM_PATH = "/usr/bin:/bin"


@pytest.fixture
def launch(tmp_path):
    def run(**environment) -> subprocess.CompletedProcess:
        environment = {"PATH": SYSTEM_PATH, "CLAUDE_PROJECT_DIR": str(tmp_path / "my project"), **environment}
        return subprocess.run(
            ["sh", LAUNCHER], input=EVENT, env=environment, capture_output=True, text=True, timeout=20
        )

    return run


def binary(path: Path, script: str = ECHO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


def assert_silent(done: subprocess.CompletedProcess):
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def assert_handed_to(done: subprocess.CompletedProcess, path: Path | str):
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}|hook|{EVENT}", "")


def test_silent_without_a_binary(launch):
    assert shutil.which("temporal-py-lint", path=SYSTEM_PATH) is None
    assert_silent(launch())


def test_from_the_path(launch, tmp_path):
    found = binary(tmp_path / "bin dir" / "temporal-py-lint")
    assert_handed_to(launch(PATH=f"{found.parent}:{SYSTEM_PATH}"), found)


def test_the_projects_environment_comes_before_the_path(launch, tmp_path):
    on_path = binary(tmp_path / "bin" / "temporal-py-lint")
    of_project = binary(tmp_path / "my project" / ".venv" / "bin" / "temporal-py-lint")
    assert_handed_to(launch(PATH=f"{on_path.parent}:{SYSTEM_PATH}"), of_project)


def test_the_active_environment_comes_first(launch, tmp_path):
    binary(tmp_path / "my project" / ".venv" / "bin" / "temporal-py-lint")
    active = binary(tmp_path / "active" / "bin" / "temporal-py-lint")
    assert_handed_to(launch(VIRTUAL_ENV=str(tmp_path / "active")), active)


def test_a_named_binary_is_the_only_one(launch, tmp_path):
    on_path = binary(tmp_path / "bin" / "temporal-py-lint")
    named = binary(tmp_path / "named")
    assert_handed_to(launch(TEMPORAL_PY_LINT=str(named)), named)
    assert_silent(launch(TEMPORAL_PY_LINT=str(tmp_path / "absent"), PATH=f"{on_path.parent}:{SYSTEM_PATH}"))


def test_switched_off(launch, tmp_path):
    on_path = binary(tmp_path / "bin" / "temporal-py-lint")
    assert_silent(launch(TEMPORAL_PY_LINT_HOOK="off", PATH=f"{on_path.parent}:{SYSTEM_PATH}"))


@pytest.mark.parametrize("script", ["#!/bin/sh\necho oops >&2\nexit 2\n", "#!/no/such/interpreter\n"])
def test_a_binary_that_fails_is_not_shown(launch, tmp_path, script):
    assert_silent(launch(TEMPORAL_PY_LINT=str(binary(tmp_path / "failing", script))))


def test_hooks_json_calls_it():
    hooks = json.loads((LAUNCHER.parent / "hooks.json").read_text())["hooks"]
    commands = [hook["command"] for event in hooks.values() for matcher in event for hook in matcher["hooks"]]
    assert set(commands) == {'sh "${CLAUDE_PLUGIN_ROOT}/hooks/launch.sh"'}
    assert LAUNCHER.stat().st_mode & 0o111
