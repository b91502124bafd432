"""The gap between video and depth cameras: noise of a known size is found at that size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.recordings import SkeletonRecording, save_recording
from benchmarks.pose_gap import Gap, Motion, gap_table, jitter, main, recorded
from benchmarks.smoothing_lag import smoothing_lag
from tests.stgat.bodies import STANDING, waving

TIMES = np.arange(0.0, 10.0, 1 / 30)


def measured(joints: np.ndarray, **known: object) -> Gap:
    gap = Gap()
    gap.take(Motion(joints, TIMES[: len(joints)], **known))
    return gap


def standing(noise_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    rng = np.random.default_rng(0)
    return STANDING + rng.normal(0.0, 1.0, (len(TIMES), 25, 3)) * noise_m


def test_jitter_is_that_of_white_noise_whatever_slow_motion_it_rides_on() -> None:
    noise = np.random.default_rng(0).normal(0.0, 2.0, 3000)
    slow = 300 * np.sin(np.arange(3000) / 30)
    assert jitter(noise + slow) == pytest.approx(2.0, rel=0.05)
    assert jitter(slow) < 0.2


def test_noise_in_depth_is_found_in_depth() -> None:
    gap = measured(standing((0.0005, 0.0005, 0.003)))
    assert gap.median("jitter: hands x") < 0.8 < 1.5 < gap.median("jitter: hands z")
    assert gap.median("jitter: hands z to xy") > 3
    # The root is the middle of the hips: the noise of two joints, each of 3 mm.
    assert gap.median("jitter: root z") == pytest.approx(3 / np.sqrt(2), rel=0.25)


def test_slow_drift_shows_as_wander_and_not_as_jitter() -> None:
    joints = standing()
    joints[..., 2] += 0.03 * np.sin(2 * np.pi * 0.5 * TIMES)[:, None]
    gap = measured(joints)
    assert gap.median("wander: root z") > 8 > 1 > gap.median("jitter: root z")
    assert gap.median("wander: hands z") < 1  # moves with the root


def test_a_hand_that_waves_is_not_taken_for_noise() -> None:
    gap = measured(waving(TIMES, hz=1.0, speed_m_s=0.0))
    assert gap.median("wander: hands x") < 1  # of the other hand


def test_bones_that_change_their_length_are_found_in_percent() -> None:
    joints = standing()
    shin = joints[:, 14] - joints[:, 13]
    size = np.random.default_rng(1).normal(1.0, 0.04, len(TIMES))
    joints[:, 14] = joints[:, 13] + shin * size[:, None]
    gap = measured(joints)
    assert gap.figures["bone: leg std"][1] == pytest.approx(4.0, rel=0.1)
    assert gap.figures["bone: leg jitter"][1] == pytest.approx(4.0, rel=0.1)
    assert gap.median("bone: arm std") == pytest.approx(0.0, abs=1e-6)


def test_lost_frames_rate_and_unseen_limbs_come_from_the_recording(tmp_path: Path) -> None:
    joints = standing().astype(np.float32)[:, None]
    confidence = np.ones((len(TIMES), 1, 25), np.float32)
    confidence[:150, 0, [13, 14]] = 0.1
    joints[100:130], confidence[100:130] = np.nan, 0.0
    save_recording(tmp_path / "one.npz", SkeletonRecording(joints, confidence, TIMES))
    (motion,) = recorded(tmp_path / "one.npz")
    gap = Gap()
    gap.take(motion)
    assert gap.median("lost") == pytest.approx(10.0)
    assert gap.median("frames a second") == pytest.approx(30.0)
    left, right = gap.figures["unseen: leg"]
    assert (left, right) == pytest.approx((100 * 120 / 270, 0.0))


def test_somebody_seen_for_a_moment_says_nothing() -> None:
    assert measured(standing()[:20]).people == 0


def test_the_table_has_a_column_for_each_source_and_a_dash_for_what_is_not_known() -> None:
    table = gap_table({"video": measured(standing()), "other": Gap()})
    assert [column.header for column in table.columns[2:]] == ["video (1)", "other (0)"]
    assert set(table.columns[3].cells) == {"-"}


def test_a_missing_recording_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.npz"
    monkeypatch.setattr("sys.argv", ["pose_gap.py", str(missing)])
    assert main() == 1
    assert capsys.readouterr().err.startswith(f"Error: there is no recording {missing}")


def test_the_smoothing_delays_small_movements_more_than_large_ones() -> None:
    small, large = (smoothing_lag(2.0, amplitude_m, seconds=4.0) for amplitude_m in (0.05, 0.3))
    assert 5 < large[0] < small[0] < 150
    assert 0.5 < small[1] < large[1] < 1.1
