"""How much of each video a skeleton is found in, by how many people, and what a frame costs.

    python benchmarks/pose_coverage.py DIR [--mirrored NAME ...] [--fov DEGREES]

reads every video of a folder and prints a table: the share of frames with somebody, with two people, with the
two people whom most frames show (each keeping one id), the number of ids given out, milliseconds a frame
(median and 95th percentile, decoding left out) and processor milliseconds a frame, which other programs do
not disturb.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pose.extractor import SkeletonExtractor

VIDEOS = {".mp4", ".avi", ".mkv", ".mov", ".webm"}


@dataclass
class Coverage:
    frames: int = 0
    with_person: int = 0
    with_two: int = 0
    ids: Counter[int] = field(default_factory=Counter)
    pairs: Counter[frozenset[int]] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    processor_ms: float = 0.0

    def row(self) -> str:
        n = max(self.frames, 1)
        same_two = max(self.pairs.values(), default=0)
        middle, late = np.percentile(self.milliseconds or [0.0], [50, 95])
        return (
            f"{self.frames:6d} {self.with_person / n:7.1%} {self.with_two / n:7.1%} {same_two / n:8.1%} "
            f"{len(self.ids):4d} {middle:6.1f} {late:6.1f} {self.processor_ms / n:7.1f}"
        )


def frames(path: Path) -> Iterator[tuple[np.ndarray, float]]:
    """RGB pictures, upright, and their times in seconds."""
    with av.open(path) as container:
        rate = container.streams.video[0].average_rate
        for index, frame in enumerate(container.decode(video=0)):
            time_s = frame.time if frame.time is not None else index / float(rate or 30)
            picture = frame.to_ndarray(format="rgb24")
            yield np.rot90(picture, round(frame.rotation / 90) % 4), time_s


def measure(path: Path, mirrored: bool, fov_deg: float) -> Coverage:
    coverage = Coverage()
    with SkeletonExtractor(horizontal_fov_deg=fov_deg) as extractor:
        for picture, time_s in frames(path):
            image = np.ascontiguousarray(picture[:, ::-1] if mirrored else picture)
            start, start_cpu = time.perf_counter(), time.process_time()
            skeletons = extractor.process(image, time_s)
            coverage.processor_ms += 1000 * (time.process_time() - start_cpu)
            coverage.milliseconds.append(1000 * (time.perf_counter() - start))
            ids = frozenset(skeleton.person_id for skeleton in skeletons)
            coverage.frames += 1
            coverage.with_person += bool(ids)
            coverage.ids.update(ids)
            if len(ids) >= 2:
                coverage.with_two += 1
                coverage.pairs[ids] += 1
    return coverage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mirrored", nargs="*", default=(), metavar="NAME", help="files to flip first")
    parser.add_argument("--fov", type=float, default=60.0, metavar="DEGREES")
    options = parser.parse_args()
    print(f"{'video':32s} {'frames':>6s} {'person':>7s} {'two':>7s} {'same two':>8s} {'ids':>4s} "
          f"{'ms p50':>6s} {'p95':>6s} {'cpu ms':>7s}")  # fmt: skip
    for path in sorted(options.folder.iterdir()):
        if path.suffix.lower() in VIDEOS:
            print(f"{path.name:32s} {measure(path, path.name in options.mirrored, options.fov).row()}")


if __name__ == "__main__":
    main()
