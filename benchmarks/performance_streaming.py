"""What an answer costs: a window of the windowed network against a frame of the continual one.

    python benchmarks/performance_streaming.py [--quick]

The same blocks both times, untrained: what is computed does not depend on the weights. Operations are those
of matrix products and convolutions for one person, a multiply-add counted as two: of a window as PyTorch's
FlopCounterMode has them, of a frame as stgat.continual.operations, the mean over the phases of the strides;
an answer changes when the last block steps, so the last column is for as many frames as the strides come to.
Times are of one thread, fp32, timed in turns: the windowed network on one window, as training has it
(stgat.model) and as the application does (fused), and a step of the continual one
(stgat.continual.stepping), the mean over 16 frames. Neither includes
the preparation of its input. The last table does: what recognition costs the application for each picture of
a camera of 30 a second with one person in view, from skeleton to probabilities (app.recognition.Observer
asked at every picture, and app.continual.ContinualObserver). --quick: few rounds, for tests.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from app.continual import ContinualObserver, make_observer
from app.recognition import Observer
from stgat.checkpoint import Checkpoint, Metadata
from stgat.continual.network import CausalSTGAT, paces
from stgat.continual.operations import operations_per_frame
from stgat.continual.recognizer import recognizer_of
from stgat.continual.stepping import Stepper
from stgat.model import PAPER_BLOCKS, STGAT, CausalConfig, STGATConfig
from stgat.networks import build
from stgat.preprocessing import Preprocessing
from stgat.recognizer import fuse
from stgat.skeleton import Skeleton
from stgat.timing import Times, in_turns, ratio

#: Frames over which every phase of strides and attention comes round as often as in the long run.
CYCLE = 16
#: How many pictures a second the camera gives, and how many are timed at once: a second's.
CAMERA_FPS = PICTURES = 30


@dataclass(frozen=True)
class Blocks:
    """Blocks, how many frames a window of them has, and after how many the attention is made anew."""

    name: str
    blocks: tuple[tuple[int, int, int], ...]
    num_frames: int
    refresh: int = 4

    @property
    def windowed(self) -> STGATConfig:
        return STGATConfig(num_classes=60, blocks=self.blocks)

    @property
    def continual(self) -> STGATConfig:
        T = self.num_frames
        causal = CausalConfig(memory=T, refresh=self.refresh, answer_over=T)
        return self.windowed.model_copy(update={"causal": causal})


NETWORKS = (
    Blocks("stgat-actions-small", ((24, 32, 2), (32, 64, 2), (64, 64, 1)), 24),
    Blocks("stgat-actions", ((48, 64, 2), (64, 128, 2), (128, 192, 1)), 48),
    Blocks("the paper's, NTU-60", PAPER_BLOCKS, 128),
)


def operations_per_window(network: Blocks) -> int:
    """Counted on the meta device, which has shapes and no numbers."""
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        STGAT(network.windowed).eval()(torch.zeros(1, 3, network.num_frames, 25, 1))
    return counter.get_total_flops()


def measure(network: Blocks, rounds: int) -> dict[str, Times]:
    """Seconds of a window in two ways, and of CYCLE frames."""
    windowed = STGAT(network.windowed).eval()
    fused = fuse(windowed)
    model = CausalSTGAT(network.continual).eval()
    stepper = Stepper(model)
    state = stepper.begin()
    rng = np.random.default_rng(0)
    frames = rng.normal(size=(network.num_frames, 1, 3, 25, 1)).astype(np.float32)
    window = torch.from_numpy(np.ascontiguousarray(frames.transpose(1, 2, 0, 3, 4)))
    for frame in np.resize(frames, (CYCLE * 8, *frames.shape[1:])):
        stepper.step(frame, state)

    def cycle() -> None:
        for frame in frames[:CYCLE]:
            stepper.step(frame, state)

    with torch.inference_mode():
        calls = {"eager": lambda: windowed(window), "fused": lambda: fused(window), "cycle": cycle}
        return in_turns(calls, rounds, at_most_s=20.0)


def observers(network: Blocks) -> dict[str, Observer | ContinualObserver]:
    """The application's, with untrained networks that look at two seconds."""
    made: dict[str, Observer | ContinualObserver] = {}
    for normalization, config in (("upright-1", network.windowed), ("upright-causal-1", network.continual)):
        told = {"normalization": normalization, "num_frames": network.num_frames, "window_s": 2.0}
        metadata = Metadata(
            name=network.name,
            model=config,
            preprocessing=Preprocessing.model_validate(told),
            labels=tuple(map(str, range(config.num_classes))),
        )
        checkpoint = Checkpoint(build(config).eval(), metadata)
        recognizer = recognizer_of(checkpoint, "cpu")
        made["steps" if config.causal else "windows"] = make_observer(recognizer, interval_s=0.0)
    return made


def measure_pictures(network: Blocks, rounds: int) -> dict[str, Times]:
    """Seconds of PICTURES pictures of a camera, from skeletons to what is said of them."""
    rng = np.random.default_rng(0)
    body = rng.normal(size=(25, 3)) + np.array([0.0, 0.0, 3.0])
    clocks = {"windows": 0, "steps": 0}

    def watch(name: str, observer: Observer | ContinualObserver) -> None:
        for _ in range(PICTURES):
            time_s = clocks[name] / CAMERA_FPS
            clocks[name] += 1
            joints = body + 0.1 * np.sin(6.0 * time_s + np.arange(25))[:, None]
            observer.add([Skeleton(joints.astype(np.float32), np.ones(25), 0, time_s)], time_s)
            observer.observe()

    calls = {name: partial(watch, name, observer) for name, observer in observers(network).items()}
    return in_turns(calls, rounds, warm_up=3, at_most_s=15.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    rounds = 3 if parser.parse_args().quick else 60
    torch.set_num_threads(1)
    print("| blocks | frames a window | MFLOP a window | MFLOP a frame | times fewer | a changed answer |")
    print("| --- | --- | --- | --- | --- | --- |")
    for network in NETWORKS:
        window, frame = operations_per_window(network), operations_per_frame(network.continual)
        stride = paces(network.continual)[-1].stride
        print(
            f"| {network.name} | {network.num_frames} | {window / 1e6:,.0f} | {frame / 1e6:,.1f} "
            f"| {window / frame:.0f} | {window / (stride * frame):.0f} |"
        )
    print()
    print("| one thread, fp32, one person | ms a window | ms a step | a second | times faster | than eager |")
    print("| --- | --- | --- | --- | --- | --- |")
    for network in NETWORKS:
        times = measure(network, rounds)
        step = Times(tuple(seconds / CYCLE for seconds in times["cycle"].seconds))
        middle, low, high = ratio(times["fused"], step)
        print(
            f"| {network.name} | {times['fused'].milliseconds()} | {1e3 * step.median:.2f} "
            f"| {1 / times['fused'].median:,.0f} windows, {1 / step.median:,.0f} steps "
            f"| {middle:.0f} ({low:.0f}-{high:.0f}) | {ratio(times['eager'], step)[0]:.0f} |"
        )
    print()
    print("| one thread, a camera's picture with one person | ms by windows | ms by steps | times less |")
    print("| --- | --- | --- | --- |")
    for network in NETWORKS[:2]:
        pictures = measure_pictures(network, rounds)
        each = {name: Times(tuple(s / PICTURES for s in t.seconds)) for name, t in pictures.items()}
        middle, low, high = ratio(each["windows"], each["steps"])
        print(
            f"| {network.name} | {each['windows'].milliseconds()} | {1e3 * each['steps'].median:.2f} "
            f"| {middle:.0f} ({low:.0f}-{high:.0f}) |"
        )


if __name__ == "__main__":
    main()
