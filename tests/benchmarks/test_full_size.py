"""The full-size benchmark at a thousandth of its size, and its arithmetic on steps made up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.full_size import main, on_prepared, residing
from benchmarks.generated_ntu import generate
from benchmarks.peak_memory import PeakMemory
from benchmarks.training_pace import Told, measure, summarise
from stgat.data.formats import FORMATS
from stgat.data.prepare import prepare
from stgat.data.splits import split
from stgat.errors import ConfigError
from stgat.training.config import PreparedTrainConfig
from stgat.training.train import Progress

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL = REPOSITORY / "configs/ntu60-xsub-joint-small.yaml"
TINY = [
    "model.blocks=[[8,8,4]]", "model.num_heads=2", "preprocessing.num_frames=8", "batch_size=4", "device=cpu",
]  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("raw"), num_samples=40, num_files=6)


@pytest.fixture(scope="module")
def prepared(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared")
    prepare(FORMATS["ntu60"], source, out)
    return out


@pytest.fixture
def config(prepared: Path) -> PreparedTrainConfig:
    return residing(on_prepared(SMALL, TINY), prepared, "device")


def test_forty_names_share_six_files_on_the_disk(source: Path) -> None:
    paths = list(source.iterdir())
    assert len(paths) == 40
    assert len({path.stat().st_ino for path in paths}) == 6


def test_what_is_made_up_reads_as_ntu_and_can_be_split_by_subject(source: Path, tmp_path: Path) -> None:
    dataset = prepare(FORMATS["ntu60"], source, tmp_path / "out").dataset
    assert dataset.info.num_samples == 40
    assert dataset.info.num_rejected == 0
    assert set(dataset.samples.people) == {1, 2}
    assert dataset.samples.frames.min() >= 30
    assert dataset.samples.frames.max() <= 180
    parts = split(dataset.samples, "ntu60-xsub")
    assert len(parts.train) + len(parts.test) == 40
    assert min(len(parts.train), len(parts.test)) >= 10


def reports(seconds: list[float], waits: list[float], batch_size: int) -> list[Told]:
    """What training tells after steps that take so long, of it waiting; the first begins at 100.

    A sample takes a quarter of its time on the processor.
    """
    told = []
    for step in range(1, len(seconds) + 1):
        elapsed, waited = sum(seconds[:step]), sum(waits[:step])
        progress = Progress(
            epoch=1, epochs=1, step=step, steps=50, loss=1.0, top1=1.0, learning_rate=0.1, seconds_left=0.0,
            samples_per_s=step * batch_size / elapsed, waiting=100 * waited / elapsed,
        )  # fmt: skip
        told.append(Told(100 + elapsed, 7 + elapsed / 4, progress))
    return told


def test_the_warm_up_counts_neither_for_the_pace_nor_for_the_waiting() -> None:
    # Of twenty steps the first two are slow and wait; the others take half a second, a tenth of it waiting.
    told = reports([9.0, 7.0] + 18 * [0.5], [8.0, 6.0] + 18 * [0.05], batch_size=8)
    pace = summarise(told, started=60.0, steps=20, batch_size=8)
    assert pace.ready_s == pytest.approx(40.0)
    assert pace.timed_steps == 18
    assert (pace.low, pace.samples_per_s, pace.high) == pytest.approx((16.0, 16.0, 16.0))
    assert pace.cpu_s_per_sample == pytest.approx(0.5 / 4 / 8)
    assert pace.waiting == pytest.approx(10.0)
    assert pace.hours == pytest.approx(120 * 40_091 / 16 / 3600)


def test_one_slow_step_moves_the_spread_but_not_the_median() -> None:
    told = reports([1.0] + 4 * [0.5] + 2 * [2.0] + 4 * [0.5], 11 * [0.0], batch_size=8)
    pace = summarise(told, started=99.0, steps=11, batch_size=8)
    assert pace.samples_per_s == pytest.approx(16.0)
    assert pace.low < 8.0 < pace.high


def test_it_takes_as_many_steps_as_asked_for(config: PreparedTrainConfig) -> None:
    pace = measure(config, steps=3)
    assert pace.timed_steps == 2  # the first is the warm-up
    assert 0 < pace.low <= pace.samples_per_s <= pace.high
    assert 0 <= pace.waiting <= 100
    assert pace.ready_s > 0


def test_more_steps_than_an_epoch_has_are_refused(config: PreparedTrainConfig) -> None:
    with pytest.raises(ConfigError, match=r"batches of 4: too few for 1000 steps; ask for fewer"):
        measure(config, steps=1000)


def test_a_single_report_is_too_few_to_tell_a_pace() -> None:
    with pytest.raises(ConfigError, match="too few to be timed"):
        summarise(reports([1.0], [0.0], 8), started=99.0, steps=1, batch_size=8)


def test_a_configuration_of_raw_data_is_refused() -> None:
    with pytest.raises(ConfigError, match="trains on raw data; give a configuration of NTU-60"):
        on_prepared(REPOSITORY / "configs/stgat-actions.yaml", [])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_memory_is_that_of_the_processes_begun_under_this_one() -> None:
    mine = np.ones(40_000_000)  # 320 MB of our own do not count
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'b = b\"1\" * 10**8; input()'])"
    with PeakMemory() as memory:
        child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while memory.own < 100_000_000 and time.monotonic() < deadline:
            time.sleep(0.05)
        child.communicate(b"\n")
    assert mine.nbytes > 300_000_000
    assert 100_000_000 <= memory.own <= memory.resident < 200_000_000


def test_one_command_tells_everything_and_leaves_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--samples", "40", "--files", "4", "--steps", "3", "--paper-steps", "0"]
    code = main([*arguments, "--folder", str(tmp_path), *TINY])
    told = capfd.readouterr()
    assert code == 0, told.err
    results = json.loads(told.out.splitlines()[-1])
    assert results["prepare"]["files"] == 40
    assert [training["residence"] for training in results["train"]] == ["device", "disk"]
    assert all(training["pace"]["samples_per_s"] > 0 for training in results["train"])
    assert "120 epochs, hours" in told.out
    assert list(tmp_path.iterdir()) == []


def test_too_many_steps_end_with_a_sentence_and_leave_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--samples", "40", "--files", "2", "--steps", "99", "--residence", "disk"]
    assert main([*arguments, "--folder", str(tmp_path), *TINY]) == 1
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("Error: an epoch has ")
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []
