"""The live road, from a camera's picture to the label in the window, and what windowing takes.

    python benchmarks/performance_road.py [--source VIDEO] [--quick]

What `python main.py benchmark road` measures, on a video that everybody can get (benchmarks/people_video.py)
unless another is named; then a sliding window that keeps each frame's bones, in turns with one that is worked
out anew, and the share of the network's time that its stem has.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from app.benchmark.road import as_lines, measure
from app.errors import USER_ERRORS
from app.models import find_model
from app.sources import open_source
from app.window import SlidingWindow
from benchmarks.people_video import people_video
from stgat.checkpoint import Checkpoint, load_checkpoint
from stgat.motion import motion_m_s
from stgat.preprocessing import Preprocessing, window_joints
from stgat.retarget import unseen_limbs
from stgat.skeleton import Skeleton
from stgat.timing import in_turns, ratio

MODELS = ("stgat-actions", "stgat-actions-small")


def tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def demo_frames(count: int) -> list[Skeleton]:
    """One person of the demo, moment by moment."""
    with open_source("demo") as demo:
        demo.open()
        found = []
        for frame in demo.frames():
            found += (frame.skeletons or ())[:1]
            if len(found) == count:
                break
    return found


def windowing_rows(preprocessing: Preprocessing, rounds: int) -> list[str]:
    """What one frame costs: taking it in and making a window, kept bones against all anew."""
    people = demo_frames(150)
    kept = SlidingWindow(preprocessing)
    for skeleton in people:
        kept.add([skeleton], skeleton.timestamp_s)
    now_s = people[-1].timestamp_s
    inside = [one for one in people if one.timestamp_s >= now_s - preprocessing.window_s - 0.04]

    def by_keeping() -> None:
        kept.add([people[-1]], now_s)
        kept.people()

    def anew() -> None:
        joints = np.stack([one.joints_m for one in inside])
        unseen = unseen_limbs(np.stack([one.confidence for one in inside]))
        times = np.array([one.timestamp_s for one in inside])
        joints = window_joints(joints, times, preprocessing, now_s - preprocessing.window_s, now_s, unseen)
        motion_m_s(joints, preprocessing.window_s)

    times = in_turns({"anew": anew, "kept": by_keeping}, rounds, warm_up=5)
    middle, low, high = ratio(times["anew"], times["kept"])
    return [
        "| a window of one person, ms | all anew | bones kept | ratio |",
        "| --- | --- | --- | --- |",
        f"| {len(inside)} frames to {preprocessing.num_frames} | {times['anew'].milliseconds()} "
        f"| {times['kept'].milliseconds()} | {middle:.1f} ({low:.1f}-{high:.1f}) |",
    ]


def stem_row(name: str, checkpoint: Checkpoint, rounds: int) -> str:
    """How much of the network's time is its stem's."""
    config, frames = checkpoint.metadata.model, checkpoint.metadata.preprocessing.num_frames
    x = torch.zeros(1, config.in_channels, frames, 25, 1)
    model = checkpoint.model
    with torch.inference_mode():
        calls = {"network": lambda: model(x), "stem": lambda: model.stem(x[..., 0])}
        times = in_turns(calls, rounds)
    share = 100 / ratio(times["network"], times["stem"])[0]
    whole, stem = times["network"].milliseconds(), times["stem"].milliseconds()
    return f"| {name} | {whole} | {stem} | {share:.0f} % |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", help="a video of people; by default the demo of Sports2D")
    parser.add_argument("--quick", action="store_true", help="seconds only, to see that it runs")
    options = parser.parse_args()
    seconds, hours, at_most_s, rounds = (2.0, 0.01, 3.0, 3) if options.quick else (20.0, 1.0, 110.0, 200)
    models = [find_model(name) for name in MODELS]
    try:
        source = options.source or str(people_video())
        told = measure(models, source, seconds, (640, 480), hours, at_most_s, False, tell)
    except (*USER_ERRORS, RuntimeError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print("\n".join(as_lines(told)))
    torch.set_num_threads(1)
    checkpoints = {model.stem: load_checkpoint(model) for model in models}
    print()
    print("\n".join(windowing_rows(checkpoints[MODELS[0]].metadata.preprocessing, rounds)))
    print()
    print("| eager fp32, one thread, ms | network | stem | stem's share |")
    print("| --- | --- | --- | --- |")
    for name, checkpoint in checkpoints.items():
        print(stem_row(name, checkpoint, min(rounds, 40)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
