"""A few of the schedules that docs/campaigns/workers.md reports on."""

from __future__ import annotations

import pytest

from tests.app.worker_faults import report, run_schedule


@pytest.mark.parametrize("seed", [3, 5])
def test_promise_whatever_befalls_the_workers_what_is_promised_holds(seed: int) -> None:
    outcome = run_schedule(seed)
    assert outcome.faults
    assert outcome.broken == []
    assert "promises broken | 0" in report([outcome], "one schedule")
