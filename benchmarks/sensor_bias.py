"""How far apart sensors see the same standing body: the lean of its bones, on the one body, seen from ahead.

    python benchmarks/sensor_bias.py configs/stgat-actions.yaml RECORDING.npz...

For each data set of the config, and for the skeleton recordings (`python main.py pose VIDEO OUT.npz`)
together: the median lean of some bones over the first frames of each sequence, in which people mostly stand,
towards (-) or away from (+) the camera, in degrees. An upright bone would show 0. The differences between the
columns are what `augment.bend_deg` has to cover.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rich.console import Console
from rich.table import Table

from app.errors import USER_ERRORS
from app.recordings import load_recording
from stgat.data.labelled import load_sequences
from stgat.normalize import normalize_upright
from stgat.retarget import one_body
from stgat.skeleton import FloatArray
from stgat.training.load_config import load_pooled_config

FIRST_FRAMES = 8
BONES = {
    "spine": (20, 0), "head": (3, 20), "left upper arm": (5, 4), "right upper arm": (9, 8),
    "left thigh": (13, 12), "right thigh": (17, 16), "left shin": (14, 13), "right shin": (18, 17),
    "left foot": (15, 14), "right foot": (19, 18),
}  # fmt: skip


def leans(joints_m: FloatArray) -> list[float]:
    """(T, 25, 3) on the one body -> the lean of each bone in degrees, the median over the first frames."""
    body = normalize_upright(joints_m[:FIRST_FRAMES, None])[:, 0]
    angles = []
    for child, parent in BONES.values():
        bone = body[:, child] - body[:, parent]
        angles.append(float(np.degrees(np.median(np.arctan2(bone[:, 2], np.abs(bone[:, 1]))))))
    return angles


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("recordings", type=Path, nargs="*")
    options = parser.parse_args()
    try:
        config = load_pooled_config(options.config)
        data = load_sequences(config.data, config.labels)
        recordings = [load_recording(path) for path in options.recordings]
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    columns: dict[str, list[list[float]]] = {}
    for sequence in (*data.train, *data.test):
        columns.setdefault(sequence.dataset, []).append(leans(sequence.joints_m))
    for recording in recordings:
        joints = recording.joints_m[:, 0]
        seen = joints[np.isfinite(joints[:, 0]).all(axis=1)]
        columns.setdefault("recordings", []).append(leans(one_body(seen)))
    table = Table("lean, degrees", *(f"{name} ({len(rows)})" for name, rows in columns.items()))
    medians = {name: np.nanmedian(np.array(rows), axis=0) for name, rows in columns.items()}
    for i, bone in enumerate(BONES):
        table.add_row(bone, *(f"{median[i]:+.0f}" for median in medians.values()))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
