"""NTU RGB+D in shape: as many .skeleton files as wanted, few of them distinct, none of them real."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

#: Setups, cameras, subjects, replications and actions of NTU-60, as its file names count them.
NUMBERS = (17, 3, 40, 2, 60)
MOST_SAMPLES = int(np.prod(NUMBERS))


def write_recordings(folder: Path, num_files: int, rng: np.random.Generator) -> list[Path]:
    """Files like the data set's: seven digits a number, Windows line endings, people who sway on the spot."""
    numbers = rng.normal([256, 212, 960, 540, 0, 0, 0, 0], [50, 50, 200, 200, 0.5, 0.5, 0.5, 0.5], (1000, 8))
    # What follows x y z is read by nobody; it takes as long to skip when it repeats.
    rest = [" ".join(f"{number:.7G}" for number in row) + " 2" for row in numbers]
    lengths = np.clip(rng.lognormal(np.log(74), 0.4, num_files), 30, 180).astype(int)
    paths = []
    for number, T in enumerate(lengths):
        M = 2 if number % 5 == 4 else 1
        joints_m = _swaying(T, M, rng)
        lines = [str(T)]
        for t in range(T):
            lines.append(str(M))
            for m in range(M):
                lines += [f"{72057594037931000 + 101 * m} 0 1 1 1 1 0 -0.1159187 0.1413209 2", "25"]
                words = rng.integers(len(rest), size=25)
                lines += [
                    f"{x:.7G} {y:.7G} {z:.7G} {rest[i]}"
                    for (x, y, z), i in zip(joints_m[t, m].tolist(), words, strict=True)
                ]
        paths.append(folder / f"{number:05}.skeleton")
        paths[-1].write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    return paths


def _swaying(T: int, M: int, rng: np.random.Generator) -> np.ndarray:
    """(T, M, 25, 3) metres: bodies taller than wide, every joint on a path of its own, with sensor noise."""
    rest = rng.normal(0, (0.2, 0.5, 0.1), (M, 25, 3)) + rng.uniform((-1, -0.3, 2), (1, 0.3, 4), (M, 1, 3))
    turns_a_frame, phase = rng.uniform(0.005, 0.05, (M, 25, 3)), rng.uniform(0, 1, (M, 25, 3))
    swing = np.sin(2 * np.pi * (turns_a_frame * np.arange(T)[:, None, None, None] + phase))
    return rest + rng.uniform(0, 0.2, (M, 25, 3)) * swing + rng.normal(0, 0.005, (T, M, 25, 3))


def sample_names(count: int, rng: np.random.Generator) -> list[str]:
    """Distinct names out of all that NTU-60 could have; half of the subjects train in cross-subject."""
    picked = rng.choice(MOST_SAMPLES, count, replace=False)
    columns = np.stack(np.unravel_index(picked, NUMBERS), axis=1) + 1
    return ["S{:03}C{:03}P{:03}R{:03}A{:03}.skeleton".format(*row) for row in columns.tolist()]


def generate(scratch: Path, num_samples: int, num_files: int) -> Path:
    """A folder of num_samples names, linked to num_files distinct files beside it. Raises OSError."""
    rng = np.random.default_rng(0)
    distinct, folder = scratch / "distinct", scratch / "nturgb+d_skeletons"
    distinct.mkdir()
    folder.mkdir()
    paths = write_recordings(distinct, min(num_files, num_samples), rng)
    for number, name in enumerate(sample_names(num_samples, rng)):
        target = paths[number % len(paths)]
        try:
            os.link(target, folder / name)
        except OSError:  # a file system without hard links, or at their limit
            (folder / name).symlink_to(target)
    return folder
