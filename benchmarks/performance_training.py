"""How fast networks are trained, beside a plain way of doing it.

    python benchmarks/performance_training.py [--quick | --why] [--batch 64] [--plain-batch 8] [key=value ...]

Training: the paper's network on windows of 128 frames of two people, on made-up recordings in the shape of
NTU RGB+D (benchmarks/generated_ntu.py: one clip in five has two people). `train` with this project's recipe,
and the plain loop of benchmarks/plain_training.py, take turns in processes of their own; the first round
warms up. On the CPU the plain loop's batch is smaller, since in fp32 each sample of it needs half a gigabyte.
Then `train` alone with the small network. key=value changes the trainer's configuration, for instance
precision=fp32.

floor       operations of the forward and backward pass of one person (counted by PyTorch), for as many
            people as are computed, divided by the peak of a matrix product. CPU only.
CPU s       processor time a sample, all threads, of the process that trains.
waiting     share of the time in which the network waited for its batch.
hours       120 epochs of the 40,091 training samples of NTU-60 cross-subject.

Tables go to stdout; --quick measures nothing worth keeping. --why prints another table: the trainer with one
after another of what makes it fast, in turns as well.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.full_size import SMALL, on_prepared, prepare, residing
from benchmarks.generated_ntu import generate
from benchmarks.this_machine import flops, peak
from benchmarks.training_pace import EPOCHS, TRAINING_SAMPLES, measure
from benchmarks.training_turns import Role, Stretch, contest, ours, ours_giving_back, plain
from stgat.data.prepared import open_prepared
from stgat.data.splits import split_dataset
from stgat.device import choose_device
from stgat.model import STGAT
from stgat.timing import Times, ratio
from stgat.training.config import PreparedTrainConfig

FULL = Path(__file__).resolve().parents[1] / "configs/ntu60-xsub-joint.yaml"
NUM_FRAMES = 128
OURS, PLAIN = "`train`", "plain loop"
#: What makes the run so small that it is over in seconds.
QUICK = (
    "model.blocks=[[8,8,4]]",
    "model.num_heads=2",
    "preprocessing.num_frames=8",
    "device=cpu",
    "threads=1",
)


def seconds_a_sample(stretches: Sequence[Stretch]) -> Times:
    return Times(tuple(stretch.seconds / stretch.samples for stretch in stretches))


def cpu_s_a_sample(stretches: Sequence[Stretch]) -> float:
    return sum(one.cpu_s for one in stretches) / sum(one.samples for one in stretches)


def hours(samples_per_s: float) -> float:
    return EPOCHS * TRAINING_SAMPLES / samples_per_s / 3600


def operations_a_person(config: PreparedTrainConfig, num_classes: int) -> float:
    """Floating point operations of the forward and backward pass of one person's window."""
    network = STGAT(config.network(num_classes, "ntu25")).train()
    x = torch.randn(2, 3, config.preprocessing.num_frames, 25, 1)
    with FlopCounterMode(display=False) as counter:
        network(x).sum().backward()
    return counter.get_total_flops() / len(x)


def people_computed(config: PreparedTrainConfig, data: Path) -> float:
    """People of a clip that the trainer computes, in the mean; the one for all absent ones is not counted."""
    dataset = open_prepared(data)
    clips = split_dataset(dataset, config.data.split, ()).train
    return float(dataset.samples.people[clips].mean()) if config.absent_people == "once" else 2.0


def roles(config: PreparedTrainConfig, plain_batch: int, on_gpu: bool) -> dict[str, Role]:
    # On a GPU the trainer reports every ten steps.
    return {OURS: (ours, (config,)), PLAIN: (plain, (config, plain_batch, 10 if on_gpu else 1))}


def gains(config: PreparedTrainConfig) -> dict[str, Role]:
    """The trainer with one after another of what makes it fast on the CPU."""
    every = config.model_copy(update={"absent_people": "each"})
    return {
        "fp32, every person, memory given back": (
            ours_giving_back,
            (every.model_copy(update={"precision": "fp32"}),),
        ),
        "bf16": (ours_giving_back, (every,)),
        "and freed memory kept": (ours, (every,)),
        "and absent people once": (ours, (config,)),
    }


def gains_table(stretches: Mapping[str, Sequence[Stretch]]) -> list[str]:
    lines = [
        "| | samples/s | CPU s a sample | so many times as fast as the line above |",
        "| --- | --- | --- | --- |",
    ]
    above = None
    for name, of_one in stretches.items():
        times = seconds_a_sample(of_one)
        gain = "{:.2f} ({:.2f}-{:.2f})".format(*ratio(above, times)) if above else ""
        lines.append(f"| {name} | {1 / times.median:,.2f} | {cpu_s_a_sample(of_one):.3f} | {gain} |")
        above = times
    return lines


def training_table(
    stretches: Mapping[str, Sequence[Stretch]], described: Mapping[str, str], floors_s: Mapping[str, float]
) -> list[str]:
    """Markdown. floors_s: seconds a sample at least, where they are known."""
    lines = [
        "| | samples/s | CPU s a sample | waiting, % | floor, samples/s | of the floor's pace, % | hours |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    times = {name: seconds_a_sample(of_one) for name, of_one in stretches.items()}
    for name, of_one in stretches.items():
        pace = 1 / times[name].median
        waited = sum(one.waited_s for one in of_one) / sum(one.seconds for one in of_one)
        floor = floors_s.get(name)
        cells = (
            f"{name}, {described[name]}",
            f"{pace:,.2f}",
            f"{cpu_s_a_sample(of_one):.3f}",
            f"{100 * waited:.1f}",
            f"{1 / floor:,.2f}" if floor else "-",
            f"{100 * pace * floor:.0f}" if floor else "-",
            f"{hours(pace):,.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    middle, low, high = ratio(times[PLAIN], times[OURS])
    rounds = len(times[OURS].seconds)
    return [*lines, "", f"{OURS} is {middle:.1f} times as fast ({low:.1f} to {high:.1f} in {rounds} rounds)."]


def small_table(config: PreparedTrainConfig, steps: int) -> list[str]:
    pace = measure(config, steps)
    return [
        f"| {OURS} alone | samples/s | CPU s a sample | waiting, % | hours |",
        "| --- | --- | --- | --- | --- |",
        f"| small network, {config.preprocessing.num_frames} frames, batch {config.batch_size} "
        f"| {pace.samples_per_s:,.0f} | {pace.cpu_s_per_sample:.4f} | {pace.waiting:.1f} "
        f"| {pace.hours:,.1f} |",
    ]


def run(options: argparse.Namespace, scratch: Path) -> Iterator[str]:
    """All tables as lines of markdown, each when it is measured. Raises what its parts raise."""
    cores = os.cpu_count() or 1
    changes = [f"threads={cores}", f"batch_size={options.batch}", *options.overrides]
    changes += QUICK if options.quick else [f"preprocessing.num_frames={NUM_FRAMES}"]
    config = on_prepared(FULL, changes)
    on_gpu = choose_device(config.device).type == "cuda"
    # Half of the samples train; on a GPU ten steps make a turn.
    turns = (options.rounds + 3) * (10 if on_gpu else 1)
    num_samples = max(options.samples, 3 * turns * config.batch_size)
    source, data = generate(scratch, num_samples, options.files), scratch / "prepared"
    prepare(source, data)
    config = residing(config, data, "device")
    if options.why:
        yield from gains_table(contest(gains(config), options.rounds, options.at_most))
        return
    stretches = contest(roles(config, options.plain_batch, on_gpu), options.rounds, options.at_most)
    described = {
        OURS: f"{config.precision}, batch {config.batch_size}",
        PLAIN: f"fp32, batch {options.plain_batch}",
    }
    floors = {}
    if not on_gpu:
        torch.set_num_threads(config.threads)
        operations = operations_a_person(config, 60)
        own = torch.bfloat16 if config.precision == "bf16" else torch.float32
        floors = {
            OURS: people_computed(config, data) * operations / flops(peak(own)),
            PLAIN: 2 * operations / flops(peak(torch.float32)),
        }
    small = [f"threads={cores}", *options.overrides, *((*QUICK, "batch_size=4") if options.quick else ())]
    yield from training_table(stretches, described, floors)
    yield ""
    yield from small_table(residing(on_prepared(SMALL, small), data, "device"), options.small_steps)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    parser.add_argument("--quick", action="store_true", help="tiny networks and few files, for tests")
    parser.add_argument("--why", action="store_true", help="only what makes the trainer fast, each by each")
    parser.add_argument("--batch", type=int, help="of the trainer; 64 by default, with --why 8")
    parser.add_argument("--plain-batch", type=int, help="of the plain loop; 8 by default, on a GPU 64")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-most", type=float, default=100.0, help="seconds for the rounds; 3 are made")
    options = parser.parse_intermixed_args(arguments)
    options.samples, options.files, options.small_steps = (0, 6, 4) if options.quick else (3_000, 100, 20)
    options.batch = options.batch or (4 if options.quick else 8 if options.why else 64)
    options.plain_batch = options.plain_batch or (
        4 if options.quick else 64 if torch.cuda.is_available() else 8
    )
    if min(options.batch, options.plain_batch) < 2 or options.rounds < 1:
        parser.error("a batch needs 2 samples or more, and at least one round is needed")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        for line in run(options, Path(folder)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
