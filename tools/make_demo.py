"""Makes the bundled demo: a person of the one body, animated by keyframes, as a skeleton recording.

    python tools/make_demo.py app/assets/demo.npz

No camera, no data set and no model is behind it: each movement is written down below as directions of
bones at moments, and forward kinematics with the bone lengths of stgat.retarget does the rest. What the
application says of it is the shipped model's own answer.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.recordings import SkeletonRecording, save_recording
from app.sources.recording import project
from stgat.skeleton import NTU_BONE_LENGTHS_M, FloatArray

FPS = 30.0
SEED = 7
IMAGE_SIZE = (1280, 720)
FLOOR_M = -0.98  # the camera stands about a metre high
STAND = np.array([0.0, 0.0, 3.4])  # metres from the camera

#: Which bones a name of the keyframes turns: child joints of the NTU layout.
PARTS = {
    "spine": (1, 20), "head": (2, 3), "hips": (16,), "shoulders": (8,),
    "left arm": (5,), "left forearm": (6, 7, 21, 22), "right arm": (9,), "right forearm": (10, 11, 23, 24),
    "left thigh": (13,), "left shin": (14,), "left foot": (15,),
    "right thigh": (17,), "right shin": (18,), "right foot": (19,),
}  # fmt: skip

#: x grows to the person's right, y up, z away from the camera, which the person faces.
REST = {
    "spine": (0, 1, 0), "head": (0, 1, -0.1), "hips": (1, 0, 0), "shoulders": (1, -0.12, 0),
    "left arm": (-0.15, -1, 0.05), "left forearm": (-0.08, -1, -0.15),
    "right arm": (0.15, -1, 0.05), "right forearm": (0.08, -1, -0.15),
    "left thigh": (-0.05, -1, 0), "left shin": (-0.02, -1, 0.05), "left foot": (-0.2, -0.25, -1),
    "right thigh": (0.05, -1, 0), "right shin": (0.02, -1, 0.05), "right foot": (0.2, -0.25, -1),
}  # fmt: skip

Pose = dict[str, tuple[float, float, float]]


@dataclass
class Script:
    """Keyframes: (moment in seconds, directions that differ from rest, step from the standing place)."""

    keys: list[tuple[float, Pose, tuple[float, float]]] = field(default_factory=list)
    now: float = 0.0

    def to(self, seconds: float, pose: Pose | None = None, step: tuple[float, float] = (0.0, 0.0)) -> None:
        """Reach a pose after so many seconds."""
        self.now += seconds
        self.keys.append((self.now, {**REST, **(pose or {})}, step))

    def rest(self, seconds: float = 1.5) -> None:
        """Back to standing, and stay."""
        self.to(0.5)
        self.to(seconds - 0.5)


def wave(script: Script, times: int = 5) -> None:
    up = {"right arm": (1, 0.05, -0.25)}
    for _ in range(times):
        script.to(0.28, {**up, "right forearm": (0.75, 1, -0.3)})
        script.to(0.28, {**up, "right forearm": (-0.45, 1, -0.3)})


def jog(script: Script, steps: int = 10) -> None:
    for step in range(steps):
        lead, other, side = ("left", "right", -1) if step % 2 == 0 else ("right", "left", 1)
        script.to(
            0.22,
            {
                f"{lead} thigh": (side * 0.05, -0.8, -0.6), f"{lead} shin": (side * 0.02, -0.85, 0.5),
                f"{lead} arm": (side * 0.2, -0.9, 0.45), f"{lead} forearm": (0, -0.1, -1),
                f"{other} arm": (-side * 0.2, -0.9, -0.35), f"{other} forearm": (0, 0.35, -0.95),
            },
        )  # fmt: skip


def curl(script: Script, times: int = 3) -> None:
    for _ in range(times):
        script.to(0.5, both_arms((-0.1, -0.8, -0.55), (-0.05, 0.85, -0.5)))
        script.to(0.5, both_arms((-0.12, -0.95, -0.2), (0, -0.95, -0.3)))


def both_arms(arm: tuple[float, float, float], forearm: tuple[float, float, float]) -> Pose:
    """A pose of both arms from that of the left."""
    return {
        "left arm": arm, "right arm": (-arm[0], *arm[1:]),
        "left forearm": forearm, "right forearm": (-forearm[0], *forearm[1:]),
    }  # fmt: skip


def box(script: Script, times: int = 4) -> None:
    guard: Pose = {
        "left arm": (-0.3, -0.9, -0.3), "left forearm": (0.15, 0.8, -0.6),
        "right arm": (0.3, -0.9, -0.3), "right forearm": (-0.15, 0.8, -0.6),
    }  # fmt: skip
    script.to(0.35, guard)
    for _ in range(times):
        script.to(0.2, {**guard, "right arm": (0.0, 0.0, -1), "right forearm": (-0.1, 0.05, -1)})
        script.to(0.2, guard)
        script.to(0.2, {**guard, "left arm": (0.0, 0.0, -1), "left forearm": (0.1, 0.05, -1)})
        script.to(0.2, guard)


SEATED: Pose = {
    "left thigh": (-0.15, -0.5, -0.85), "left shin": (-0.03, -0.97, 0.2),
    "right thigh": (0.15, -0.5, -0.85), "right shin": (0.03, -0.97, 0.2),
}  # fmt: skip
#: On the way, somebody leans forward and swings the arms back.
LEANING: Pose = {
    "spine": (0, 0.8, -0.6), "head": (0, 0.95, -0.35),
    "left thigh": (-0.1, -0.75, -0.65), "right thigh": (0.1, -0.75, -0.65),
    "left shin": (-0.03, -0.97, 0.2), "right shin": (0.03, -0.97, 0.2),
    "left arm": (-0.13, -0.9, 0.42), "left forearm": (-0.03, -0.97, 0.25),
    "right arm": (0.13, -0.9, 0.42), "right forearm": (0.03, -0.97, 0.25),
}  # fmt: skip


def sit_down(script: Script) -> None:
    script.to(0.4, LEANING, step=(0.0, 0.27))
    script.to(0.4, SEATED, step=(0.0, 0.45))


def stand_up(script: Script) -> None:
    script.to(0.4, LEANING, step=(0.0, 0.27))
    script.to(0.4)


def demo_script() -> Script:
    script = Script()
    script.to(0.0)
    script.rest(1.2)
    for movement in (wave, jog, curl, box):
        movement(script)
        script.rest(1.8)
    sit_down(script)
    script.to(1.8, SEATED, step=(0.0, 0.45))
    stand_up(script)
    script.rest(2.0)
    return script


def animate(script: Script, fps: float = FPS, seed: int = SEED) -> tuple[FloatArray, FloatArray]:
    """(T, 25, 3) joints in metres in camera space, and (T,) times."""
    times = np.arange(0.0, script.now, 1.0 / fps)
    moments = np.array([moment for moment, _, _ in script.keys])
    right = np.clip(np.searchsorted(moments, times, side="right"), 1, len(moments) - 1)
    share = np.clip((times - moments[right - 1]) / np.diff(moments)[right - 1], 0.0, 1.0)
    share = (share**2 * (3 - 2 * share))[:, None]  # slow in, slow out

    def between(values: list) -> FloatArray:
        array = np.array(values, dtype=np.float64)
        return array[right - 1] * (1 - share) + array[right] * share

    directions: dict[int, FloatArray] = {}
    sway = _sway(times, seed)
    for part, joints in PARTS.items():
        along = between([pose[part] for _, pose, _ in script.keys])
        along = along + sway[part]
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        directions |= dict.fromkeys(joints, along)
    # The other side of the hips and shoulders lies opposite.
    directions[12], directions[4] = directions[16] * [-1, 1, 1], directions[8] * [-1, 1, 1]

    body = np.zeros((len(times), 25, 3))
    for joint, parent, length in NTU_BONE_LENGTHS_M:
        body[:, joint] = body[:, parent] + length * directions[joint]
    # Somebody stands on their lower foot.
    body[:, :, 1] += FLOOR_M - body[:, (14, 15, 18, 19), 1].min(axis=1, keepdims=True)
    steps = between([(x, 0.0, z) for _, _, (x, z) in script.keys])
    return body + (STAND + steps)[:, None], times


def _sway(times: FloatArray, seed: int) -> dict[str, FloatArray]:
    """Nobody stands like a statue: a few slow waves in each direction."""
    rng = np.random.default_rng(seed)
    sway = {}
    for part in PARTS:
        amplitude = 0.004 if part in ("spine", "hips", "shoulders") or "thigh" in part else 0.02
        frequency, phase = rng.uniform(0.15, 0.6, 3), rng.uniform(0, 2 * np.pi, 3)
        sway[part] = amplitude * np.sin(2 * np.pi * frequency * times[:, None] + phase)
    return sway


def main() -> None:
    output = Path(sys.argv[1] if len(sys.argv) > 1 else "app/assets/demo.npz")
    joints, times = animate(demo_script())
    joints = joints[:, None].astype(np.float32)
    recording = SkeletonRecording(
        joints_m=joints,
        confidence=np.ones(joints.shape[:3], np.float32),
        timestamps_s=times,
        image_joints=project(joints, IMAGE_SIZE[0] / IMAGE_SIZE[1]),
        image_size=IMAGE_SIZE,
    )
    save_recording(output, recording)
    print(f"Wrote {output}: {len(times)} frames, {times[-1]:.1f} s")


if __name__ == "__main__":
    main()
