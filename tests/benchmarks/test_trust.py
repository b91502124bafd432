"""The benchmarks of calibration and of the reject, on a small data set and a network of few channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from benchmarks import calibration, held_out, open_set, sensor_bias
from stgat.checkpoint import Metadata, load_checkpoint, read_metadata, save_checkpoint
from stgat.data.gtu import ACTIONS as ACTIONS_OF_GTU
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.training.load_config import load_config
from tests.stgat.bodies import waving
from tests.stgat.data.files import joint_rows, nw_ucla_file, write_folder

LABELS = ("pick up", "walk", "sit", "stand")
ACTIONS = ("01", "03", "04", "05", "06")  # NW-UCLA's own numbers; 03 is "drop trash"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config on five actions of four people, 3 and 4 held out, "drop trash" left out of the labels."""
    folder = tmp_path_factory.mktemp("data")
    recordings = {
        f"a{action}_s{subject:02}_e00_v01.json": nw_ucla_file(
            waving(np.arange(24) / 15, hz=int(action) / 10, speed_m_s=0.1 * subject)[:, :20]
        )
        for action in ACTIONS
        for subject in (1, 2, 3, 4)
    }
    write_folder(folder / "nw", recordings)
    path = folder / "tiny.yaml"
    path.write_text(
        f"""
name: tiny
data:
  - format: nw-ucla
    path: {folder / "nw"}
    test_subjects: [3, 4]
    labels: {{pick up with one hand: pick up, walk around: walk, sit down: sit, stand up: stand}}
model: {{blocks: [[8, 8, 1]]}}
"""
    )
    return path


def checkpoint(path: Path, labels: tuple[str, ...] = LABELS, temperature: float = 1.0) -> Path:
    config = STGATConfig(num_classes=len(labels), blocks=((8, 8, 1),))
    torch.manual_seed(0)
    model = STGAT(config)
    torch.nn.init.normal_(model.classifier.weight, std=20.0)
    metadata = Metadata(
        name="tiny",
        model=config,
        preprocessing=Preprocessing(num_frames=8, window_s=1.0),
        labels=labels,
        temperature=temperature,
        metrics={"top1": 25.0},
    )
    save_checkpoint(path, model, metadata)
    return path


def test_calibration_prints_and_draws_and_leaves_the_checkpoint_alone(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, figure = checkpoint(tmp_path / "tiny.safetensors"), tmp_path / "reliability.png"
    before = model.read_bytes()
    assert calibration.main([str(model), str(config), "--figure", str(figure)]) == 0
    printed = capsys.readouterr().out
    assert "8 sequences" in printed  # four actions of two held-out people
    assert "temperature" in printed
    with Image.open(figure) as picture:
        assert picture.width > picture.height > 400
    assert model.read_bytes() == before


def test_of_live_windows_no_error_of_whole_sequences_is_told(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = checkpoint(tmp_path / "tiny.safetensors")
    assert calibration.main([str(model), str(config), "--live"]) == 0
    printed = capsys.readouterr().out
    assert "24 windows" in printed  # of 1.53 s each: ends at 0.5, 1.0 and 1.5 s
    assert "sequences" not in printed


def test_writing_changes_the_temperature_and_no_weight(tmp_path: Path, config: Path) -> None:
    model = checkpoint(tmp_path / "tiny.safetensors", temperature=7.0)
    weights, metadata = load_file(model), read_metadata(model)
    assert calibration.main([str(model), str(config), "batch_size=8", "--live", "--write"]) == 0
    changed = load_checkpoint(model)
    for name, weight in load_file(model).items():
        torch.testing.assert_close(weight, weights[name], rtol=0, atol=0)
    assert changed.metadata.temperature not in (1.0, 7.0)
    assert set(changed.metadata.metrics) == {"top1", calibration.METRIC}
    same = {"temperature", "metrics"}
    assert changed.metadata.model_dump(exclude=same) == metadata.model_dump(exclude=same)
    # The temperature that is there already has no say in the next one.
    assert calibration.main([str(model), str(config), "--live", "--write"]) == 0
    assert read_metadata(model).temperature == changed.metadata.temperature


@pytest.mark.parametrize("benchmark", [calibration, open_set])
def test_what_cannot_be_measured_is_one_sentence(
    tmp_path: Path, config: Path, benchmark, capsys: pytest.CaptureFixture[str]
) -> None:
    model = checkpoint(tmp_path / "tiny.safetensors", labels=("other", "names"))
    for arguments in ([tmp_path / "none.safetensors", config], [model, config], [model, config, "data=x"]):
        assert benchmark.main([str(argument) for argument in arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith("Error: ")
        assert error.count("\n") == 1


def test_one_held_out_person_cannot_judge_a_temperature(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = checkpoint(tmp_path / "tiny.safetensors")
    assert calibration.main([str(model), str(config), "data.0.test_subjects=[4]"]) == 1
    assert "two people or more are needed" in capsys.readouterr().err


def test_unknown_are_what_the_table_leaves_out_and_what_the_checkpoint_lacks(config: Path) -> None:
    run = load_config(config)
    known, unknown = open_set.known_and_unknown(run, ("stand", "pick up", "walk"))
    assert {name: len(of) for name, of in unknown.items()} == {"class sit": 2, "nw-ucla: drop trash": 2}
    assert {sequence.subject for of in unknown.values() for sequence in of} == {3, 4}
    # Numbered as the checkpoint does, not as the config.
    assert {(sequence.name[:3], sequence.label) for sequence in known} == {("a06", 0), ("a01", 1), ("a04", 2)}
    assert {sequence.subject for sequence in known} == {3, 4}


def test_where_nobody_knows_who_is_who_everybodys_unknown_action_counts(tmp_path: Path, config: Path) -> None:
    walk = joint_rows(waving(np.arange(30) / 30)[:, :20])
    names = [f"{action}/movement{take}.txt" for action in (1, 2) for take in (1, 2, 3)]
    files = write_folder(tmp_path / "gtu", dict.fromkeys(names, walk))
    run, (first, second) = load_config(config), tuple(ACTIONS_OF_GTU.values())[:2]
    gtu = run.data[0].model_copy(
        update={"format": "gtu", "path": files, "test_subjects": (), "labels": {first: "walk"}}
    )
    found = open_set.left_out((*run.data, gtu))
    assert {name: len(of) for name, of in found.items()} == {
        f"gtu: {second}": 3,
        "nw-ucla: drop trash": 2,
    }


def test_open_set_prints_every_unknown_action_and_draws(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = checkpoint(tmp_path / "tiny.safetensors", labels=("stand", "pick up", "walk"))
    figure = tmp_path / "risk.png"
    assert open_set.main([str(model), str(config), "--live", "--figure", str(figure)]) == 0
    printed = capsys.readouterr().out
    assert "6 held-out sequences" in printed
    for word in ("max probability", "margin", "energy", "oracle", "AUROC", "drop", "class sit"):
        assert word in printed
    with Image.open(figure) as picture:
        assert min(picture.size) > 400


@pytest.mark.parametrize("benchmark", [held_out, sensor_bias])
def test_a_run_on_a_prepared_data_set_is_refused_in_one_sentence(
    tmp_path: Path, benchmark, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = [str(checkpoint(tmp_path / "tiny.safetensors"))] if benchmark is held_out else []
    prepared = Path(__file__).resolve().parents[2] / "configs/nw-ucla-joint.yaml"
    monkeypatch.setattr("sys.argv", ["benchmark", *model, str(prepared)])
    assert benchmark.main() == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: ")
    assert "several raw ones" in error
    assert error.count("\n") == 1
