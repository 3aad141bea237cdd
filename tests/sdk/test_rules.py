"""Each rule's bad example misbehaves on the real SDK, and its good one does not, as was observed before."""

from __future__ import annotations

import json

import pytest

from conftest import Proofs
from harness import observed
from harness.rules import Rule


def test_claim_holds(rule: Rule, proofs: Proofs) -> None:
    verdict = proofs.verdict(rule)
    if "skipped" in verdict.entry:
        pytest.skip(verdict.entry["skipped"])
    if verdict.complaints:
        claims = "\n".join(f"  - {complaint}" for complaint in verdict.complaints)
        pytest.fail(
            f"{rule.code} {rule.name} is wrong about temporalio {observed.SDK}:\n{claims}\n{verdict.errors}",
            pytrace=False,
        )
    if "bad" in verdict.entry:
        print(f"{rule.code} {rule.name}, with temporalio {observed.SDK}:")
        print(f"  bad:  {verdict.entry['bad']['says']}\n  good: {verdict.entry['good']['says']}")


def test_observation_is_unchanged(rule: Rule, proofs: Proofs) -> None:
    verdict = proofs.verdict(rule)
    if proofs.update:
        pytest.skip("what was observed is being written anew")
    if verdict.missing:
        pytest.skip(verdict.missing)
    before = proofs.known.get(rule.code)
    recorded = getattr(observed.nearest(), "name", "no file")
    if before != verdict.entry:
        pytest.fail(
            f"{rule.code} {rule.name}: temporalio {observed.SDK} behaves otherwise than {recorded} says. "
            f"If the rule's page still tells the truth, `tests/sdk/run --update {rule.code}`.\n"
            f"before: {json.dumps(before, indent=2, ensure_ascii=False)}\n"
            f"now: {json.dumps(verdict.entry, indent=2, ensure_ascii=False)}",
            pytrace=False,
        )


def test_nothing_is_left_over(proofs: Proofs) -> None:
    """The file of observations has no rule that is no more."""
    from harness.rules import load_all

    left_over = set() if proofs.update else set(proofs.known) - {rule.code for rule in load_all()}
    assert not left_over, f"observed, but no longer a rule: {', '.join(sorted(left_over))}"
