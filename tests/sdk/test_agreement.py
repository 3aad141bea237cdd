"""Sandbox and linter say the same of generated workflows, but for differences that are written down with a reason."""

from __future__ import annotations

import dataclasses
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from harness import agreement
from harness.observed import SDK, is_newest

DIFFERENCES = Path(__file__).with_name("agreement-differences.yaml")


@dataclasses.dataclass(frozen=True)
class Difference:
    """Known disagreements: functions and styles by pattern, and who refuses."""

    targets: tuple[str, ...]
    styles: tuple[str, ...]
    refused_by: str
    """`linter` where the sandbox lets the call pass, `sandbox` where the linter is silent."""
    reason: str

    def covers(self, case: agreement.Case, refused_by: str) -> bool:
        """Whether the disagreement is one of these."""
        return (
            refused_by == self.refused_by
            and any(fnmatchcase(case.target, pattern) for pattern in self.targets)
            and any(fnmatchcase(case.style, pattern) for pattern in self.styles)
        )


def known_differences() -> list[Difference]:
    """What the file lists."""
    rows = yaml.safe_load(DIFFERENCES.read_text())
    return [Difference(tuple(row["targets"]), tuple(row["styles"]), row["refused-by"], row["reason"]) for row in rows]


@pytest.mark.skipif(not is_newest(), reason="the list of members is that of the newest SDK")
def test_sandbox_and_linter_agree(tmp_path: Path) -> None:
    program = agreement.binary()
    if program is None:
        pytest.fail("the linter is not built: `cargo build --release`, or TEMPORAL_PY_LINT names it", pytrace=False)
    cases = list(agreement.cases())
    assert len(cases) > 1000
    agreement.lay_out(cases, tmp_path)
    said = agreement.sandbox(cases, tmp_path)
    reported = agreement.lint(program, tmp_path)
    known = known_differences()
    met: set[Difference] = set()
    unknown: list[str] = []
    for case in cases:
        refused = not said[case.package].startswith("free")
        if refused == bool(reported.get(case.package)):
            continue
        refused_by = "sandbox" if refused else "linter"
        row = next((row for row in known if row.covers(case, refused_by)), None)
        if row:
            met.add(row)
        else:
            codes = ", ".join(sorted(set(reported.get(case.package, ())))) or "nothing"
            unknown.append(f"{case.target} ({case.style}): sandbox {said[case.package]}; linter {codes}")
    complaints = (
        [f"{len(unknown)} of {len(cases)} cases differ in a way that is not known:", *unknown] if unknown else []
    )
    complaints += [
        f"no longer different: {', '.join(row.targets)} ({', '.join(row.styles)}) refused by the {row.refused_by} alone"
        for row in known
        if row not in met
    ]
    if complaints:
        pytest.fail(f"temporalio {SDK}:\n" + "\n".join(complaints), pytrace=False)
