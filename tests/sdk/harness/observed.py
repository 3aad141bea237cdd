"""What was seen, in a form that is the same on every machine and every day: no addresses, times, paths, process ids."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

SDK = version("temporalio")
FOLDER = Path(__file__).resolve().parents[1] / "observed"
LONGEST_MESSAGE = 600

_REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"

_REPLACEMENTS = (
    (re.compile(r"0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(r"(?:/[\w.+@-]+)+/site-packages/"), ""),
    (re.compile(r"(?:/[\w.+@-]+)+/lib/python3\.\d+/"), ""),
    (re.compile(r"\.pyc?:\d+"), ".py"),
    (re.compile(r"line \d+"), "line …"),
    (re.compile(r"run-?id=?\s?[0-9a-f-]{36}"), "run id …"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:…"),
    (re.compile(r"name='Task-\d+'"), "name='Task-…'"),
)


def stable(text: str, folder: str = "") -> str:
    """The text without what differs from run to run."""
    if folder:
        text = text.replace(folder + "/", "").replace(folder, ".")
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def numbers(sdk: str) -> tuple[int, ...]:
    """A version as numbers, so that 1.9 comes before 1.18."""
    return tuple(int(part) for part in sdk.split(".") if part.isdigit())


def path() -> Path:
    """The file of the installed SDK."""
    return FOLDER / f"{SDK}.json"


def nearest() -> Path | None:
    """The file of the installed SDK, else of the last one before it: a new release is held against what came before."""
    earlier = [file for file in FOLDER.glob("*.json") if numbers(file.stem) <= numbers(SDK)]
    return max(earlier, key=lambda file: numbers(file.stem), default=None)


def read() -> dict[str, Any]:
    """What was observed earlier, by rule; empty where nothing was."""
    file = nearest()
    return json.loads(file.read_text()) if file else {}


def write(entries: Mapping[str, Any]) -> None:
    """Writes the file anew, sorted."""
    FOLDER.mkdir(exist_ok=True)
    path().write_text(json.dumps(dict(sorted(entries.items())), indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def is_newest() -> bool:
    """Whether the installed SDK is the newest supported one, which the tables describe, or newer still."""
    pinned = next(line for line in _REQUIREMENTS.read_text().split() if line.startswith("temporalio=="))
    return numbers(SDK) >= numbers(pinned.removeprefix("temporalio=="))
