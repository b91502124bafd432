"""Movements that the shipped models do not know, for the pictures of the user's guide.

Written down like those of the demo (tools/make_demo.py); `rng` makes every take a little different, as two
takes of a person are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.recordings import SkeletonRecording, save_recording
from app.sources.recording import project
from tools.make_demo import IMAGE_SIZE, Pose, Script, animate, both_arms

Movement = Callable[[Script, np.random.Generator], None]


def star_jump(script: Script, rng: np.random.Generator) -> None:
    """Arms and legs apart, and together again; three times."""
    for _ in range(3):
        reach = rng.uniform(0.7, 1.0)
        legs: Pose = {
            "left thigh": (-0.45 * reach, -0.9, 0), "left shin": (-0.42 * reach, -0.9, 0.05),
            "right thigh": (0.45 * reach, -0.9, 0), "right shin": (0.42 * reach, -0.9, 0.05),
        }  # fmt: skip
        script.to(rng.uniform(0.3, 0.4), {**both_arms((-0.5, 0.9, 0), (-0.25, reach, 0)), **legs})
        script.to(rng.uniform(0.3, 0.4))


def arm_circles(script: Script, rng: np.random.Generator) -> None:
    """Both arms straight, around at the sides; twice."""
    sideways = rng.uniform(0.15, 0.35)
    for _ in range(2):
        for angle in np.linspace(0, 2 * np.pi, 9)[1:]:
            arm = (-sideways, -float(np.cos(angle)), -float(np.sin(angle)))
            script.to(rng.uniform(0.11, 0.15), both_arms(arm, arm))


def side_reach(script: Script, rng: np.random.Generator) -> None:
    """One arm over the head to the other side, the other hand low; three times."""
    lean = rng.uniform(0.3, 0.45)
    for _ in range(3):
        script.to(
            rng.uniform(0.4, 0.5),
            {
                "spine": (-lean, 1, 0), "head": (-lean, 0.9, -0.1), "shoulders": (1, 0.3, 0),
                "right arm": (-0.2, 1, -0.1), "right forearm": (-0.9, 0.6, -0.1),
                "left arm": (-0.3, -1, 0), "left forearm": (-0.1, -1, -0.1),
            },
        )  # fmt: skip
        script.to(rng.uniform(0.35, 0.45))


MOVEMENTS: dict[str, Movement] = {
    "star jump": star_jump,
    "arm circles": arm_circles,
    "side reach": side_reach,
}


def write_take(path: Path, movement: Movement, seed: int, times: int = 1) -> list[tuple[float, float]]:
    """A recording of the movement, `times` times with pauses; returns (start, end) of each in seconds."""
    rng = np.random.default_rng(seed)
    script, spans = Script(), []
    script.to(0.0)
    script.to(0.8)
    for _ in range(times):
        start = script.now
        movement(script, rng)
        spans.append((start, script.now))
        script.rest(1.5)
    joints, moments = animate(script, seed=seed)
    people = joints[:, None].astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_recording(
        path,
        SkeletonRecording(
            joints_m=people,
            confidence=np.ones(people.shape[:3], np.float32),
            timestamps_s=moments,
            image_joints=project(people, IMAGE_SIZE[0] / IMAGE_SIZE[1]),
            image_size=IMAGE_SIZE,
        ),
    )
    return spans
