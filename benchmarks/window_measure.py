"""What a window length, a T and a stride come to: the measuring of benchmarks/window_study.py."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from rich.console import Console
from rich.progress import track

from app.decisions import DecisionSettings
from app.recognition import observe
from app.streaming import Score, Watched, decide, score, total, watch
from app.window import SlidingWindow
from stgat.checkpoint import Checkpoint
from stgat.data.labelled import LabelledSequence
from stgat.data.utkinect import Recording
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Recognizer
from stgat.retarget import one_body
from stgat.skeleton import KINECT_V1_20, FloatArray, Skeleton
from stgat.training.evaluate import evaluate

#: Of the camera that answers are timed for.
CAMERA_FPS = 30


@dataclass(frozen=True)
class Setting:
    """One way to look at the same motion: a window of window_s, num_frames in it, every stride_s."""

    window_s: float
    num_frames: int
    stride_s: float


@dataclass(frozen=True)
class Figures:
    """What a setting came to.

    top1: percent of the held-out sequences. frame_accuracy, f1, never_found: shares. delay_s: None where no
    action was found. answer_ms: of one thread. answers_per_s: of a second of the recordings.
    """

    top1: float
    frame_accuracy: float
    f1: float
    delay_s: float | None
    never_found: float
    answer_ms: float
    answers_per_s: float

    @property
    def cost_ms_per_s(self) -> float:
        """Milliseconds of one thread for a second of video."""
        return self.answer_ms * self.answers_per_s

    def told(self) -> dict[str, float | None]:
        """All by name."""
        return {**asdict(self), "cost_ms_per_s": self.cost_ms_per_s}


def looking(checkpoint: Checkpoint, setting: Setting) -> Checkpoint:
    """The same weights with another window and another T."""
    told = checkpoint.metadata.preprocessing.model_dump()
    told |= {"window_s": setting.window_s, "num_frames": setting.num_frames}
    changed = {"preprocessing": Preprocessing.model_validate(told)}
    return replace(checkpoint, metadata=checkpoint.metadata.model_copy(update=changed))


def skeletons(recording: Recording, timestamps_s: FloatArray) -> list[Skeleton]:
    """The person of a recording on NTU's joints, as if seen at these moments."""
    joints = one_body(recording.joints_m, KINECT_V1_20.name)
    times = timestamps_s.tolist()
    return [Skeleton(pose, np.ones(len(pose)), 0, time_s) for pose, time_s in zip(joints, times, strict=True)]


def stream(watched: Sequence[Watched], settings: DecisionSettings) -> tuple[Score, float]:
    """What is said of the recordings, and how many answers a second of them takes."""
    moments = sum(len(one.moments) for one in watched)
    return (
        total([score(one, decide(one, settings)) for one in watched]),
        moments / sum(one.duration_s for one in watched),
    )


def time_answers(recognizers: Sequence[Recognizer], recording: Recording, rounds: int) -> list[float]:
    """Median milliseconds of processor time that each takes from one person's full window to probabilities.

    One after the other in every round, so that what else the machine does falls on all alike. Processor time
    of this thread, which waits for no other program; so torch is to have one thread.
    """
    longest_s = max(recognizer.metadata.preprocessing.window_s for recognizer in recognizers)
    # Should the recording be shorter, its last pose is held, as a window would.
    seen = skeletons(recording, np.arange(len(recording.joints_m)) / CAMERA_FPS)
    moments = np.arange(round(longest_s * CAMERA_FPS) + 2) / CAMERA_FPS
    windows = [SlidingWindow(recognizer.metadata.preprocessing) for recognizer in recognizers]
    for index, now_s in enumerate(moments.tolist()):
        for window in windows:
            window.add([replace(seen[min(index, len(seen) - 1)], timestamp_s=now_s)], now_s)
    taken: list[list[float]] = [[] for _ in recognizers]
    for turn in range(rounds + 1):
        for times, window, recognizer in zip(taken, windows, recognizers, strict=True):
            before = time.thread_time()
            observe(window.people(), recognizer)
            if turn:  # the first is slower, once
                times.append(1e3 * (time.thread_time() - before))
    return [statistics.median(times) for times in taken]


def measure(
    checkpoint: Checkpoint,
    settings: Sequence[Setting],
    default: Setting,
    sequences: Sequence[LabelledSequence],
    recordings: Sequence[Recording],
    labels: Mapping[str, str],
    rounds: int,
) -> dict[Setting, Figures]:
    """Figures of each setting, of which the default is one.

    default: as the checkpoint and the application have it. labels: the recordings' actions -> the
    checkpoint's. rounds: how often an answer is timed.
    """
    networks = {replace(setting, stride_s=default.stride_s): Recognizer(looking(checkpoint, setting), "cpu")
                for setting in settings}  # fmt: skip
    answer_ms = dict(zip(networks, time_answers([*networks.values()], recordings[0], rounds), strict=True))
    top1: dict[Setting, float] = {}
    found = {}
    console = Console(stderr=True)
    for setting in track(settings, "Measuring", console=console):
        network = replace(setting, stride_s=default.stride_s)
        recognizer = networks[network]
        if network not in top1:
            preprocessing = recognizer.metadata.preprocessing
            evaluation = evaluate(checkpoint.model, sequences, preprocessing, checkpoint.metadata.labels)
            top1[network] = evaluation.top(1)
        watched = [watch(recording, recognizer, labels, setting.stride_s) for recording in recordings]
        decision = DecisionSettings()
        if checkpoint.metadata.preprocessing.lookahead_s is None:  # else the lag is that, at any window
            lag_s = decision.lag_s * setting.window_s / default.window_s
            decision = DecisionSettings(lag_s=lag_s)
        scored, answers_per_s = stream(watched, decision)
        figures = scored.figures()
        found[setting] = Figures(
            top1=top1[network],
            frame_accuracy=figures["frame_accuracy"] or 0.0,
            f1=figures["f1@0.5"] or 0.0,
            delay_s=figures["median_delay_s"],
            never_found=figures["never_found"] or 0.0,
            answer_ms=answer_ms[network],
            answers_per_s=answers_per_s,
        )
    return found
