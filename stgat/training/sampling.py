"""Which frames of trimmed clips a network sees, and random changes to them, as batched tensor code.

All randomness of a batch is drawn at once from generators seeded by (seed, epoch, step), for the whole
batch of all processes: what a clip becomes does not depend on how many processes share the work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stgat.skeleton import Layout
from stgat.training.config import ClipAugmentConfig


@dataclass(frozen=True)
class Positions:
    """Where in its clip each frame of a window comes from.

    before, after: (N, T) frame numbers; share: (N, T) how much of the value is that of `after`.
    """

    before: Tensor
    after: Tensor
    share: Tensor

    def of(self, rows: slice) -> Positions:
        """The positions of some of the clips."""
        return Positions(self.before[rows], self.after[rows], self.share[rows])


def spread(lengths: Tensor, num_frames: int, start: Tensor, length: Tensor) -> Positions:
    """num_frames moments, evenly over [start, start + length] of each clip.

    lengths: (N,) frames of each clip. start, length: (N,) as shares of the clip; beyond its ends the first or
    last frame is held.
    """
    moments = torch.linspace(0.0, 1.0, num_frames, device=lengths.device)
    share = (start[:, None] + length[:, None] * moments).clamp(0.0, 1.0)  # (N, T)
    last = (lengths - 1)[:, None]
    exact = share * last
    before = exact.floor().long().clamp(max=last)
    return Positions(before, torch.minimum(before + 1, last), exact - before)


def drawn(lengths: Tensor, num_drawn: int, num_frames: int, generator: torch.Generator | None) -> Positions:
    """The authors' frames: num_drawn in order, then num_frames of those in a row.

    In training (with a generator) each frame is drawn at most ceil(num_drawn / length) times and the crop
    lies anywhere; in tests the frames are spread evenly and the crop is the middle one.
    """
    N = len(lengths)
    slack = num_drawn - num_frames
    if generator is None:
        even = torch.arange(num_drawn, device=lengths.device) * lengths[:, None] // num_drawn
        frames = even[:, slack // 2 : slack // 2 + num_frames]
    else:
        repeats = -(-num_drawn // lengths)  # (N,)
        slots = int((lengths * repeats).max())
        keys = torch.rand(N, slots, generator=generator).to(lengths.device)
        keys[torch.arange(slots, device=lengths.device) >= (lengths * repeats)[:, None]] = 2.0
        chosen = keys.topk(num_drawn, largest=False).indices // repeats[:, None]
        start = torch.randint(slack + 1, (N, 1), generator=generator).to(lengths.device)
        frames = chosen.sort(dim=1).values.gather(1, start + torch.arange(num_frames, device=lengths.device))
    return Positions(frames, frames, torch.zeros_like(frames, dtype=torch.float32))


class Augmentation:
    """The random changes of one batch of N clips, drawn when it is made.

    vertical: the axis (0, 1, 2) that points up in the normalised skeletons.
    """

    def __init__(
        self, config: ClipAugmentConfig, N: int, layout: Layout, vertical: int, generator: torch.Generator
    ) -> None:
        self._jitter = config.jitter
        length = _uniform(config.crop, (N,), generator)
        self.length = length
        self.start = (1.0 - length) * torch.rand(N, generator=generator)
        limits = torch.full((3,), config.tilt_deg)
        limits[vertical] = config.turn_deg
        angles = torch.deg2rad(limits) * _uniform((-1.0, 1.0), (N, 3), generator)
        size = 1.0 + config.scale * _uniform((-1.0, 1.0), (N, 1), generator)
        axes = 1.0 + config.scale / 2 * _uniform((-1.0, 1.0), (N, 3), generator)
        # Column c of the transform is what coordinate c becomes: first the sizes, then the turns.
        self.transform = rotation(angles, last=vertical) * (size * axes)[:, None, :]  # (N, 3, 3)
        self.kept = torch.rand(N, layout.num_joints, generator=generator) >= config.drop_joints
        self.mirrored = torch.rand(N, generator=generator) < config.mirror
        self._mirror = torch.from_numpy(layout.mirror())

    def apply(self, joints: Tensor, rows: slice, noise: torch.Generator) -> Tensor:
        """Change the clips `rows` of the batch: (n, T, M, V, 3) -> the same shape.

        noise: a generator on the joints' device, at the same state in every process.
        """
        mirrored = self.mirrored[rows].to(joints.device)
        if self.mirrored.any():  # whether they are depends on the batch alone, not on the process
            other = joints[..., self._mirror.to(joints.device), :] * joints.new_tensor([-1.0, 1.0, 1.0])
            joints = torch.where(mirrored[:, None, None, None, None], other, joints)
        transform = self.transform[rows].to(joints)
        joints = torch.einsum("ndc,ntmvc->ntmvd", transform, joints)
        if self._jitter:
            shape = (len(self.length), *joints.shape[1:])
            everyone = torch.randn(shape, generator=noise, device=joints.device, dtype=joints.dtype)
            present = joints.any(dim=-1).any(dim=-1)[..., None, None]  # (n, T, M, 1, 1)
            joints = joints + self._jitter * everyone[rows] * present  # who is absent stays all zeros
        return joints

    def lose_joints(self, inputs: Tensor, rows: slice) -> Tensor:
        """Network input (n, C, T, V, M) of the clips `rows` without the joints that are lost.

        After the stream is made: at a lost joint nothing is known, while the bones and motion of a joint that
        jumped to the origin would be the largest of all.
        """
        return inputs * self.kept[rows].to(inputs)[:, None, None, :, None]


def rotation(angles: Tensor, last: int) -> Tensor:
    """(N, 3) angles in radians about the axes -> (N, 3, 3) rotations, the one about `last` done last."""
    N = len(angles)
    total = torch.eye(3).repeat(N, 1, 1)
    for axis in sorted(range(3), key=lambda axis: axis == last):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn = torch.eye(3).repeat(N, 1, 1)
        cosine, sine = angles[:, axis].cos(), angles[:, axis].sin()
        turn[:, i, i] = turn[:, j, j] = cosine
        turn[:, i, j], turn[:, j, i] = -sine, sine
        total = turn @ total
    return total


def generators(device: torch.device, *key: int) -> tuple[torch.Generator, torch.Generator]:
    """A generator on the CPU and another on the device, both seeded by the key."""
    seeds = np.random.SeedSequence(key).generate_state(2, np.uint64)
    # Half of the range: torch takes signed 64-bit seeds.
    first, second = (int(seed >> np.uint64(1)) for seed in seeds)
    return torch.Generator().manual_seed(first), torch.Generator(device).manual_seed(second)


def _uniform(bounds: tuple[float, float], shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    low, high = bounds
    return low + (high - low) * torch.rand(shape, generator=generator)
