"""What one answer costs: the network in full, as it is trained, and fused, on this machine.

    python benchmarks/performance_recognising.py [CHECKPOINT ...] [--threads 2] [--quick]

1. The paper's network (60 classes, 128 frames, 25 joints; random weights, its batch norms settled on random
   clips) on a window with room for two people: in full (benchmarks/plain_stgat.py), by stgat.model, and fused
   in fp32 and bf16, each called once a round. The floor is the operations of stgat.model for the people who
   are there, divided by the machine's measured peak in that precision.
2. Where the time of the fused network goes, by the kind of operation (torch.profiler).
3. The shipped networks, a window of one person.
4. Whether the answers are the same: NW-UCLA's held-out people, as `train` scores them, for the shipped
   networks and further CHECKPOINTs whose labels include NW-UCLA's. Needs data/nw-ucla.zip.
5. On an NVIDIA GPU, if there is one: a single window, and many at a time.

--quick: few rounds, and no 4.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from app.errors import USER_ERRORS
from benchmarks.cuda_recognising import rows as cuda_rows
from benchmarks.plain_stgat import plain
from benchmarks.this_machine import flops, peak
from stgat.checkpoint import Checkpoint, load_checkpoint
from stgat.data.labelled import LabelledSequence, load_sequences
from stgat.model import STGAT, WINDOW, STGATConfig
from stgat.recognizer import fuse
from stgat.skeleton import get_layout
from stgat.timing import in_turns, ratio
from stgat.training.evaluate import evaluate
from stgat.training.load_config import load_config

REPOSITORY = Path(__file__).resolve().parents[1]
SHIPPED = ("stgat-actions", "stgat-actions-small")
CONFIG = REPOSITORY / "configs/stgat-actions.yaml"
PAPER = STGATConfig(num_classes=60)
PAPER_FRAMES = 128
#: What the operators of the fused network do, but for aten::bmm, which does two things.
KINDS = {
    "aten::addmm_": "projection of the attention, feed-forward",
    "aten::mkldnn_convolution": "convolution over time",
    "aten::mm": "queries and keys",
    "aten::addmm": "stem, projections of residuals",
}


def random_clips(config: STGATConfig, N: int, T: int, M: int) -> Tensor:
    """(N, C, T, V, M), joints that wander."""
    shape = (N, config.in_channels, T, get_layout(config.layout).num_joints, M)
    return torch.randn(shape).cumsum(dim=2) / T**0.5


@torch.no_grad()
def settled(config: STGATConfig, frames: int) -> STGAT:
    """Random weights, and batch norms that have seen random clips, so that maps are of the usual size."""
    model = STGAT(config)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches
    for _ in range(2):
        model.train()(random_clips(config, 4, frames, 1))
    return model.eval()


def operations(config: STGATConfig, frames: int) -> int:
    """Of stgat.model for one person, a multiply-add counted as two."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        STGAT(config).eval()(random_clips(config, 1, frames, 1))
    return counter.get_total_flops()


def difference(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def print_row(cells: Iterable[str]) -> None:
    print(f"| {' | '.join(cells)} |")


def called(network: nn.Module, x: Tensor) -> Callable[[], Tensor]:
    return lambda: network(x)


def print_paper(peaks: dict[str, float], rounds: int) -> None:
    model = settled(PAPER, PAPER_FRAMES)
    floor = {name: operations(PAPER, PAPER_FRAMES) / found for name, found in peaks.items()}
    networks = {
        "in full, fp32": plain(model),
        "stgat.model, fp32": model,
        "fused, fp32": fuse(model),
        "fused, bf16": fuse(model, "bf16"),
    }
    two = random_clips(PAPER, 1, PAPER_FRAMES, 2)
    one = two.clone()
    one[..., 1] = 0
    cost = operations(PAPER, PAPER_FRAMES) / 1e9
    print(f"Network of the paper, {cost:.1f} GFLOP a person; {torch.get_num_threads()} threads.", end=" ")
    print(f"Floor of one person: {1e3 * floor['fp32']:.0f} ms in fp32, {1e3 * floor['bf16']:.0f} in bf16.\n")
    print(
        "| people | network | ms (80 % of calls) | times as fast as in full | of the floor | logits off by |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for people, x in ((1, one), (2, two)):
        times = in_turns({name: called(network, x) for name, network in networks.items()}, rounds)
        slow, expected = times["in full, fp32"], model(x)
        for name, network in networks.items():
            middle, low, high = ratio(slow, times[name])
            cells = [
                f"{people} of 2",
                name,
                times[name].milliseconds(),
                f"{middle:.2f} ({low:.2f}-{high:.2f})",
                f"{people * floor[name[-4:]] / times[name].median:.0%}",
                f"{difference(network(x), expected):.1e}",
            ]
            print_row(cells)
    print()
    print_kinds({name: networks[f"fused, {name}"] for name in peaks}, one)


def kind_of(operator: str, shapes: list[list[int]], tables: int) -> str:
    """tables: W * V, the columns of the scores."""
    if operator == "aten::bmm":
        return "scores" if shapes[1][-1] == tables else "attention taken"
    return KINDS.get(operator, "activations, sums, softmax, copies, and calls")


def print_kinds(networks: dict[str, nn.Module], x: Tensor, calls: int = 10) -> None:
    tables = WINDOW * x.shape[3]
    spent: dict[str, dict[str, float]] = {}
    for name, network in networks.items():
        network(x)
        with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiled:
            for _ in range(calls):
                network(x)
        for event in profiled.key_averages(group_by_input_shape=True):
            kind = kind_of(event.key, event.input_shapes, tables)
            of_kind = spent.setdefault(kind, dict.fromkeys(networks, 0.0))
            of_kind[name] += event.self_cpu_time_total / 1e3 / calls
    total = {name: sum(of_kind[name] for of_kind in spent.values()) for name in networks}
    print(
        "| fused, one person: where the time goes | " + " | ".join(f"{name}, ms" for name in networks) + " |"
    )
    print("| --- |" + " --- |" * len(networks))
    for kind, times in sorted(spent.items(), key=lambda item: -sum(item[1].values())):
        cells = [f"{times[name]:.1f} ({times[name] / total[name]:.0%})" for name in networks]
        print(f"| {kind} | " + " | ".join(cells) + " |")
    print()


def print_shipped(checkpoints: dict[str, Checkpoint], peaks: dict[str, float], rounds: int) -> None:
    print(
        "| one window | GFLOP | network | ms (80 % of calls) | times as fast as stgat.model | of the floor |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name, checkpoint in checkpoints.items():
        model, frames = checkpoint.model, checkpoint.metadata.preprocessing.num_frames
        cost = operations(model.config, frames)
        networks = {
            "stgat.model, fp32": model,
            "fused, fp32": fuse(model),
            "fused, bf16": fuse(model, "bf16"),
        }
        x = random_clips(model.config, 1, frames, 1)
        times = in_turns({road: called(network, x) for road, network in networks.items()}, 4 * rounds)
        for road, found in times.items():
            middle, low, high = ratio(times["stgat.model, fp32"], found)
            cells = [
                name,
                f"{cost / 1e9:.2f}",
                road,
                found.milliseconds(),
                f"{middle:.2f} ({low:.2f}-{high:.2f})",
                f"{cost / peaks[road[-4:]] / found.median:.0%}",
            ]
            print_row(cells)
    print()


def noted(network: nn.Module) -> list[Tensor]:
    """A list that gets the logits of every call."""
    logits: list[Tensor] = []
    network.register_forward_hook(lambda _module, _inputs, output: logits.append(output))
    return logits


def held_out(labels: tuple[str, ...]) -> tuple[LabelledSequence, ...]:
    """NW-UCLA's, as configs/stgat-actions.yaml names and divides them."""
    sources = [source for source in load_config(CONFIG).data if source.format == "nw-ucla"]
    return load_sequences(sources, labels).test


def print_answers(checkpoints: dict[str, Checkpoint]) -> None:
    print("| NW-UCLA, held-out people | windows | network | top-1 of sequences | named otherwise |", end="")
    print(" logits off by: all, worst window |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, checkpoint in checkpoints.items():
        labels, preprocessing = checkpoint.metadata.labels, checkpoint.metadata.preprocessing
        sequences = held_out(labels)
        networks = {
            "stgat.model, fp32": checkpoint.model,
            "fused, fp32": fuse(checkpoint.model),
            "fused, bf16": fuse(checkpoint.model, "bf16"),
        }
        logits = {road: noted(network) for road, network in networks.items()}
        found = {road: evaluate(net, sequences, preprocessing, labels) for road, net in networks.items()}  # type: ignore[arg-type]
        expected = torch.cat(logits["stgat.model, fp32"])
        guesses = found["stgat.model, fp32"].guesses
        for road, result in found.items():
            off = torch.cat(logits[road]) - expected
            worst = float((off.norm(dim=1) / expected.norm(dim=1)).max())
            cells = [
                name,
                f"{len(expected):,}",
                road,
                f"{result.top(1):.2f} % of {len(result)}",
                str((result.guesses != guesses).sum()),
                f"{float(off.norm() / expected.norm()):.1e}, {worst:.1e}",
            ]
            print_row(cells)
    print()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoints", nargs="*", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    rounds = 3 if options.quick else 20
    paths = [REPOSITORY / f"weights/{name}.safetensors" for name in SHIPPED] + options.checkpoints
    try:
        checkpoints = {path.stem: load_checkpoint(path) for path in paths}
        types = {"fp32": torch.float32, "bf16": torch.bfloat16}
        peaks = {name: flops(peak(dtype)) for name, dtype in types.items()}
        with torch.inference_mode():
            print_paper(peaks, rounds)
            print_shipped(checkpoints, peaks, rounds)
            if not options.quick:
                print_answers(checkpoints)
    except USER_ERRORS as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    if torch.cuda.is_available():
        print(
            f"| {torch.cuda.get_device_name()}, network of the paper, one person | windows | ms | windows/s |"
        )
        print("| --- | --- | --- | --- |")
        clip = random_clips(PAPER, 1, PAPER_FRAMES, 1)
        print("\n".join(cuda_rows(settled(PAPER, PAPER_FRAMES), clip, torch.device("cuda"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
