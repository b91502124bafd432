"""What of a take the network looks at: plain windows of it, and varied ones that stand for takes not
recorded.

Another performance is quicker or wider, by somebody who holds the back differently, seen from a little to the
side. Varying the windows of five takes so helps about as much as five more (docs/results.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from stgat.data.idle import moving
from stgat.model import STGAT, STGATConfig
from stgat.normalize import VERTICAL
from stgat.preprocessing import Preprocessing, to_network
from stgat.retarget import one_body, rest_limbs, unseen_limbs
from stgat.sampling import resample
from stgat.skeleton import FloatArray
from stgat.teaching.network import part_means
from stgat.teaching.profiles import Take
from stgat.training.augment import bend, distort, slower_camera, smooth, turn, wander
from stgat.training.config import AugmentConfig, BendConfig
from stgat.training.evaluate import spans_for

#: Plain and varied windows of a take, at most; and for a network of which each costs several times as much,
#: so that ten takes of five actions are learned in about ten seconds of one core with either.
WINDOWS, WINDOWS_OF_HEAVY = (6, 8), (4, 6)
#: Frames times channels of the last block from which a network counts as heavy.
_HEAVY = 4096
_STRIDE_S = 0.2
_FRAMES_PER_SECOND = 30.0
#: As many windows as one step of the network takes most quickly on a CPU, caches being what they are.
BATCH = 16

_VARIATION = AugmentConfig(
    frames_per_second=(12, 30),
    tilt_deg=4,
    depth=(0.6, 1.2),
    bend_deg=BendConfig(spine=5, head=6, arms=6, legs=6, feet=8),
    jitter_m=0.003,
    drift_m=0.01,
    root_drift_m=0.01,
    smooth_s=0.05,
)
_SPEED, _AMPLITUDE, _YAW_DEG, _SHIFT_S = (0.8, 1.25), (0.75, 1.2), 20.0, 0.15


def take_windows(
    take: Take,
    preprocessing: Preprocessing,
    people: int,
    rng: np.random.Generator,
    count: tuple[int, int] = WINDOWS,
) -> tuple[FloatArray, int]:
    """(n, C, T, V, M) network input, the plain windows first, and how many of them are plain.

    people: M; nobody else is there. count: of plain and varied windows, at most. The windows are those by
    which the network's own training judges a sequence (stgat.training.evaluate.spans_for), spread over the
    part of the take in which somebody moves.
    """
    plain, varied = count
    frames = max(8, round(take.duration_s * _FRAMES_PER_SECOND) + 1)
    # At even moments, and joints that were lost for a moment in their place again.
    joints = resample(take.joints_m, take.timestamps_s, frames, 0.0, take.duration_s).astype(np.float64)
    times = np.linspace(0.0, take.duration_s, frames)
    on_body = preprocessing.body == "one-body-1"
    resting = unseen_limbs(take.confidence) if preprocessing.unseen_limbs == "rest-1" else frozenset()
    if on_body:
        joints = one_body(joints)
    span = moving(joints, times)
    spans = spans_for(preprocessing)(*span, preprocessing.window_s, _STRIDE_S)
    chosen = [spans[i] for i in np.unique(np.linspace(0, len(spans) - 1, min(plain, len(spans))).round())
              .astype(int)]  # fmt: skip
    windows = []
    for number in range(len(chosen) + varied):
        if number < len(chosen):
            window = resample(joints, times, preprocessing.num_frames, *chosen[number])
            angle = 0.0
        else:
            window = _varied(joints, times, spans[rng.integers(len(spans))], preprocessing, rng)
            window = one_body(window) if on_body else window
            angle = np.deg2rad(rng.uniform(-_YAW_DEG, _YAW_DEG))
        if resting:
            window = rest_limbs(window, resting)
        everybody = np.zeros((len(window), people, *window.shape[1:]))
        everybody[:, 0] = window
        prepared = to_network(everybody, preprocessing)
        windows.append(turn(prepared, angle, VERTICAL[preprocessing.normalization]) if angle else prepared)
    return np.stack(windows).astype(np.float32), len(chosen)


def windows_for(config: STGATConfig, preprocessing: Preprocessing) -> tuple[int, int]:
    """How many plain and varied windows of each take such a network looks at."""
    heavy = preprocessing.num_frames * config.blocks[-1][1] > _HEAVY
    return WINDOWS_OF_HEAVY if heavy else WINDOWS


def _varied(
    joints: FloatArray,
    times: FloatArray,
    span: tuple[float, float],
    preprocessing: Preprocessing,
    rng: np.random.Generator,
) -> FloatArray:
    """(T, 25, 3) of a window as another performance, body and camera might have given it."""
    end_s = span[1] + rng.uniform(-_SHIFT_S, _SHIFT_S)
    length_s = (span[1] - span[0]) * rng.uniform(*_SPEED)
    seen, moments = slower_camera(joints, times, _VARIATION, rng)
    window = resample(seen, moments, preprocessing.num_frames, end_s - length_s, end_s).astype(np.float64)
    window = smooth(window, length_s / (len(window) - 1), _VARIATION, rng)
    if rng.random() < 0.5:
        middle = window.mean(axis=0)
        window = middle + (window - middle) * rng.uniform(*_AMPLITUDE)
    return wander(distort(bend(window, _VARIATION, rng), _VARIATION, rng), _VARIATION, rng)


@torch.inference_mode()
def look(
    model: STGAT, windows: FloatArray, looked: Callable[[int], None] = lambda count: None
) -> tuple[FloatArray, FloatArray]:
    """The base's logits (n, K) and `part_means` (n, D), float32, of windows (n, C, T, V, M).

    looked: told of how many windows were looked at after each batch.
    """
    device = next(model.parameters()).device
    logits, means = [], []
    for batch in _batches(windows):
        y = model.maps(torch.from_numpy(batch).to(device))
        logits.append(model.classifier(model.pool(y)).float().cpu())
        means.append(part_means(y).float().cpu())
        looked(sum(len(done) for done in means))
    return torch.cat(logits).numpy(), torch.cat(means).numpy()


def _batches(windows: FloatArray) -> Iterator[FloatArray]:
    for first in range(0, len(windows), BATCH):
        yield np.ascontiguousarray(windows[first : first + BATCH], dtype=np.float32)
