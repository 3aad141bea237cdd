"""Finds what breaks Temporal workflows and activities written in Python, before they run.

The linter is a program. `temporal-py-lint` runs it, and so does `python -m temporal_py_lint`.
"""

from __future__ import annotations

from temporal_py_lint._program import find_program

__all__ = ["find_program"]
