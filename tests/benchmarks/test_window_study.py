"""The study of windows, on a data set of a few seconds and a network of few channels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import window_study
from benchmarks.window_measure import Setting, looking, time_answers
from benchmarks.window_study import held_out, studies
from stgat.checkpoint import load_checkpoint
from stgat.data.utkinect import read_recordings
from stgat.recognizer import Recognizer
from stgat.training.load_config import load_config
from tests.app.fakes import body, tiny_checkpoint
from tests.stgat.data.files import utkinect_file, write_zip

SEGMENTS = "clapHands: 60 180\nwaveHands: 200 300\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config on UTKinect with two actions; subject 2 is held out."""
    frames = np.arange(100) * 4  # six seconds and a half at 15 frames a second
    joints = np.stack([body(0.3 * np.sin(n / 10))[:20] for n in frames])
    names = [f"s0{subject}_e0{take}" for subject in (1, 2, 3) for take in (1, 2)]
    files = {f"joints/joints_{name}.txt": utkinect_file(frames.tolist(), joints) for name in names}
    label_file = "".join(f"{name}\n{SEGMENTS}\n" for name in names).encode()
    source = write_zip(tmp_path / "utkinect.zip", {"joints/actionLabel.txt": label_file, **files})
    path = tmp_path / "tiny.yaml"
    path.write_text(
        f"""
name: tiny
data:
  - format: utkinect
    path: {source}
    test_subjects: [2, 3]
    labels: {{clapHands: clapping, waveHands: hand waving}}
model: {{blocks: [[8, 8, 1]]}}
"""
    )
    return path


def test_the_study_is_printed_drawn_and_kept(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    kept, figure = tmp_path / "study.json", tmp_path / "study.png"
    command = [str(model), str(config), "batch_size=8", "--quick", "--recordings", "2", "--rounds", "1"]
    assert window_study.main([*command, "--json", str(kept), "--figure", str(figure)]) == 0
    told = json.loads(kept.read_text())
    assert told["recordings"] == ["s02_e01", "s03_e01"]  # one a person first
    assert told["default"] == {"window_s": 1.0, "num_frames": 16, "stride_s": 0.0}
    varied = told["varied"]
    assert [point["value"] for point in varied["window_s"]] == [1.0, 2.0, 3.0]
    assert [point["value"] for point in varied["num_frames"]] == [12, 16, 24, 48]
    at_default = [p for points in varied.values() for p in points if p["value"] in (1.0, 16, 0.0)]
    assert len(at_default) == 3
    assert all(point | {"value": 0} == at_default[0] | {"value": 0} for point in at_default)
    # Hand waving is always said: of the one sequence kept of the eight, and of no clapping in the stream.
    assert at_default[0]["top1"] in (0.0, 100.0)
    assert at_default[0]["never_found"] == 0.5
    # Every frame of 15 a second, every other, and every sixth; the first half second is not answered.
    always, often, seldom = (point["answers_per_s"] for point in varied["stride_s"])
    assert always == pytest.approx(15.0, abs=1.5)
    assert often == pytest.approx(7.5, abs=1.0)
    assert seldom == pytest.approx(2.5, abs=0.5)
    for points in varied.values():
        for point in points:
            assert point["cost_ms_per_s"] == pytest.approx(point["answer_ms"] * point["answers_per_s"])
    printed = capsys.readouterr().out
    assert "16 *" in printed
    with Image.open(figure) as picture:
        assert picture.width > 800


def test_the_default_is_among_the_values_of_each_thing_varied() -> None:
    default = Setting(1.7, 20, 0.15)
    for name, values in studies(default).items():
        assert list(values) == sorted(values)
        assert values[getattr(default, name)] == default
        others = {"window_s", "num_frames", "stride_s"} - {name}
        assert all(getattr(s, other) == getattr(default, other) for s in values.values() for other in others)


def test_the_same_weights_look_through_another_window(config: Path, tmp_path: Path) -> None:
    checkpoint = load_checkpoint(tiny_checkpoint(tmp_path / "tiny.safetensors"))
    other = looking(checkpoint, Setting(2.5, 40, 0.1))
    assert other.model is checkpoint.model
    assert other.metadata.preprocessing.window_s == 2.5
    assert other.metadata.preprocessing.num_frames == 40
    assert checkpoint.metadata.preprocessing.window_s == 1.0
    (recording, *_), _ = held_out(load_config(config, []), 1)
    short, long = time_answers(
        [Recognizer(looking(checkpoint, Setting(1.0, frames, 0.1)), "cpu") for frames in (8, 512)],
        recording,
        5,
    )
    assert 0 < short < long


def test_recordings_of_those_held_out_alone(config: Path) -> None:
    found, labels = held_out(load_config(config, []), 3)
    assert [recording.name for recording in found] == ["s02_e01", "s03_e01", "s02_e02"]
    assert labels == {"clapHands": "clapping", "waveHands": "hand waving"}
    assert len(list(read_recordings(load_config(config, []).data[0].path))) == 6


def test_other_labels_are_an_error_in_a_sentence(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    text = config.read_text().replace("clapHands: clapping", "clapHands: applause")
    config.write_text(text)
    assert window_study.main([str(model), str(config)]) == 1
    assert "has other labels than" in capsys.readouterr().err
