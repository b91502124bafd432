"""How late and how small pose/ shows a movement: the price of its smoothing.

    python benchmarks/smoothing_lag.py

A scripted hand swings from side to side, and is compared with what pose.extractor.SkeletonExtractor makes of
it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.console import Console
from rich.table import Table

from pose.extractor import SkeletonExtractor
from pose.landmarks import Landmark, Pose

#: Swings to measure: Hz, metres to either side, frames a second.
CASES = ((1.0, 0.05, 30.0), (1.0, 0.3, 30.0), (2.0, 0.05, 30.0), (2.0, 0.3, 30.0), (2.0, 0.3, 15.0))
_HAND = ("RIGHT_WRIST", "RIGHT_PINKY", "RIGHT_INDEX", "RIGHT_THUMB")
#: Metres below the hips of somebody upright, by a word in the landmark's name; the face is _FACE_M.
_BELOW_HIPS_M = {
    "SHOULDER": -0.5, "ELBOW": -0.25, "WRIST": 0.0, "THUMB": 0.05, "PINKY": 0.08, "HIP": 0.0, "KNEE": 0.4,
    "ANKLE": 0.8, "HEEL": 0.85, "FOOT_INDEX": 0.85, "INDEX": 0.08,
}  # fmt: skip
_FACE_M = -0.65


class SwingingArm:
    """An estimator that sees somebody upright whose right hand swings sideways, as a sine of time."""

    def __init__(self, hz: float, amplitude_m: float) -> None:
        self.hz, self.amplitude_m = hz, amplitude_m
        self.rest = np.zeros((len(Landmark), 3))
        for landmark in Landmark:
            below = next((m for word, m in _BELOW_HIPS_M.items() if word in landmark.name), _FACE_M)
            side = 0.2 * (("LEFT" in landmark.name) - ("RIGHT" in landmark.name))
            self.rest[landmark] = (side, below, 0.0)

    def estimate(self, image_rgb: object, timestamp_s: float) -> list[Pose]:
        world = self.rest.copy()
        hand = [Landmark[name] for name in _HAND]
        world[hand, 0] += self.amplitude_m * np.sin(2 * np.pi * self.hz * timestamp_s)
        return [Pose(world * 0.3 + (0.5, 0.5, 0.0), world, np.ones(len(world)))]

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing is held."""


def smoothing_lag(
    hz: float, amplitude_m: float, fps: float = 30.0, seconds: float = 8.0
) -> tuple[float, float]:
    """What pose/ makes of a hand that swings: its delay in ms and the share of the swing that is left.

    By the phase and size of the swing's own frequency in the answer, without the first second.
    """
    times = np.arange(0.0, seconds, 1 / fps)
    picture = np.zeros((480, 480, 3), np.uint8)
    with SkeletonExtractor(estimator=SwingingArm(hz, amplitude_m)) as extractor:
        seen = [extractor.process(picture, time_s)[0].joints_m for time_s in times.tolist()]
    kept = times >= 1.0
    x = np.array([(joints[10] - joints[8]) @ (-1.0, 0.0, 0.0) for joints in seen])[kept]
    size = np.median([np.linalg.norm(joints[9] - joints[8]) for joints in seen]) / 0.25
    turn = np.exp(-2j * np.pi * hz * times[kept])
    answer, given = (x - x.mean()) @ turn, amplitude_m * np.sin(2 * np.pi * hz * times[kept]) @ turn
    ratio = answer / given / size
    return float(-np.angle(ratio) / (2 * np.pi * hz) * 1e3), float(abs(ratio))


def lag_table(cases: Sequence[tuple[float, float, float]]) -> Table:
    """One row a case: Hz, metres to either side, frames a second."""
    table = Table(
        "a hand that swings, Hz", "to either side, m", "frames a second", "delay, ms", "swing left, %"
    )
    for hz, amplitude_m, fps in cases:
        delay, gain = smoothing_lag(hz, amplitude_m, fps)
        table.add_row(f"{hz:g}", f"{amplitude_m:g}", f"{fps:g}", f"{delay:.0f}", f"{100 * gain:.0f}")
    return table


def main() -> int:
    Console().print(lag_table(CASES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
