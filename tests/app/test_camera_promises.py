"""What is promised of cameras, on a thousand schedules of faults."""

from __future__ import annotations

import pytest

from tests.app.camera_road import Road

SEEDS, BATCHES = 1000, 10


@pytest.mark.parametrize("batch", range(BATCHES))
def test_promise_a_camera_with_any_faults_is_back_within_two_seconds_and_nothing_stale_is_said(
    batch: int,
) -> None:
    for seed in range(batch, SEEDS, BATCHES):
        road = Road(seed)
        try:
            road.run()
        except Exception as error:
            raise AssertionError(
                f"seed {seed} at {road.world.now_s:.2f} s of {road.faults}: {error}"
            ) from error
