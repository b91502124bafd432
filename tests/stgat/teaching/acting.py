"""Takes to teach with: standing people who move one part of the body, each in their own way."""

from __future__ import annotations

import numpy as np
import torch

from stgat.checkpoint import Checkpoint, Metadata
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.teaching.profiles import Profile, Take
from tests.stgat.bodies import LEFT_ELBOW, LEFT_FOREARM, STANDING

RIGHT_LEG, RIGHT_HIP = (17, 18, 19), 16


def take(part: tuple[int, ...], centre: int, seed: int, seconds: float = 1.5, fps: float = 25.0) -> Take:
    """Somebody who swings a part of the body about a joint, at a speed and a width of their own."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * fps)) / fps
    angle = rng.uniform(0.7, 1.2) * np.sin(2 * np.pi * rng.uniform(0.8, 1.2) * times + rng.uniform(0, 1))
    joints = np.repeat(STANDING[None], len(times), axis=0)
    for joint in part:
        arm = STANDING[joint] - STANDING[centre]
        joints[:, joint, 1] = STANDING[centre, 1] + np.cos(angle) * arm[1] - np.sin(angle) * arm[2]
        joints[:, joint, 2] = STANDING[centre, 2] + np.sin(angle) * arm[1] + np.cos(angle) * arm[2]
    joints += rng.normal(0, 0.003, joints.shape)
    return Take(joints, np.ones(joints.shape[:2]), times, f"clip{seed}.mp4")


def profile(takes: int = 4) -> Profile:
    """Two actions that nobody could confuse."""
    made = Profile("tester")
    for number in range(takes):
        made = made.with_take("swing an arm", take(LEFT_FOREARM, LEFT_ELBOW, number))
        made = made.with_take("swing a leg", take(RIGHT_LEG, RIGHT_HIP, 100 + number))
    return made


def small_checkpoint(sha256: str = "", temperature: float = 0.8, **preprocessing: object) -> Checkpoint:
    """A network that was never trained, of three classes."""
    torch.manual_seed(1)
    config = STGATConfig(num_classes=3, blocks=((8, 8, 2), (8, 16, 1)))
    settings = {"num_frames": 12, "lookahead_s": 0.6, "unseen_limbs": "rest-1", **preprocessing}
    metadata = Metadata(
        name="untrained",
        model=config,
        preprocessing=Preprocessing(**settings),
        labels=("walk", "wave", "idle"),
        temperature=temperature,
    )
    return Checkpoint(STGAT(config).eval(), metadata, sha256)
