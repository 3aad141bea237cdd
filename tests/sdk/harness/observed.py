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
    (re.compile(r"name='Task-\d+'"), "name='Task-…'"),
)


def stable(text: str, folder: str = "") -> str:
    """The text without what differs from run to run."""
    if folder:
        text = text.replace(folder + "/", "").replace(folder, ".")
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def path() -> Path:
    """The file of the installed SDK."""
    return FOLDER / f"{SDK}.json"


def read() -> dict[str, Any]:
    """What was observed earlier, by rule; empty where there is no file yet."""
    return json.loads(path().read_text()) if path().exists() else {}


def write(entries: Mapping[str, Any]) -> None:
    """Writes the file anew, sorted."""
    FOLDER.mkdir(exist_ok=True)
    path().write_text(json.dumps(dict(sorted(entries.items())), indent=2, ensure_ascii=False, sort_keys=True) + "\n")


def is_newest() -> bool:
    """Whether the installed SDK is the newest supported one, which the tables describe."""
    return f"temporalio=={SDK}" in _REQUIREMENTS.read_text().split()
