"""Installed models: found by name or path, told of on the terminal, broken ones without a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app.cli import cli
from app.continual import continual_interval
from app.errors import ModelError
from app.model_tables import figures_text, models_view
from app.models import DEFAULT_MODEL, describe, find_model, list_models
from app.ui.texts import settings as words
from stgat.checkpoint import save_checkpoint
from stgat.continual.operations import operations_per_frame
from stgat.model import STGAT, STGATConfig
from tests.app.fakes import METADATA, tiny_checkpoint, tiny_recording
from tests.stgat.continual.checkpoints import continual_checkpoint


def run(*arguments: object, columns: int = 80):
    return CliRunner().invoke(
        cli,
        [str(argument) for argument in arguments],
        prog_name="python main.py",
        env={"COLUMNS": str(columns)},
    )


def rendered(folder: Path, width: int, **options: bool) -> str:
    console = Console(width=width, record=True, file=(folder / "terminal").open("w", encoding="utf-8"))
    console.print(models_view([describe(path) for path in sorted(folder.glob("*.safetensors"))], **options))
    console.file.close()
    return console.export_text()


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed models: a.safetensors, the default, and b.safetensors."""
    folder = tmp_path / "weights"
    folder.mkdir()
    tiny_checkpoint(folder / "a.safetensors")
    many = tuple(f"class {k} of many" for k in range(40))
    config = STGATConfig(num_classes=40, blocks=((8, 8, 1), (8, 16, 2)))
    figures = {"top1": 91.5, "top1 nw-ucla": 90.25, "calibration_error windows": 2.04}
    about = METADATA.model_copy(
        update={"name": "trained so", "model": config, "labels": many, "metrics": figures, "data": "x; y"}
    )
    save_checkpoint(folder / "b.safetensors", STGAT(config), about)
    monkeypatch.setattr("app.models.WEIGHTS", folder)
    monkeypatch.setattr("app.models.DEFAULT_MODEL", folder / "a.safetensors")
    return folder


def test_a_model_is_named_by_its_file_or_by_its_installed_name(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_model("b", weights) == find_model("b.safetensors", weights) == weights / "b.safetensors"
    assert find_model(str(weights / "a.safetensors"), weights) == weights / "a.safetensors"
    assert find_model("runs/none.safetensors", weights) == Path("runs/none.safetensors")  # told of on loading
    assert find_model(None) == weights / "a.safetensors"
    elsewhere = weights.parent
    tiny_checkpoint(elsewhere / "b.safetensors")
    monkeypatch.chdir(elsewhere)
    assert find_model("b.safetensors", weights) == Path("b.safetensors")


def test_an_unknown_name_lists_the_installed_ones(weights: Path) -> None:
    with pytest.raises(
        ModelError, match=r"^c: neither a model file nor an installed model; installed: a, b$"
    ):
        find_model("c", weights)
    with pytest.raises(ModelError, match=r"nowhere: no such folder of models"):
        find_model("c", weights / "nowhere")


def test_the_default_model_is_installed() -> None:
    model = describe(DEFAULT_MODEL)
    assert not model.error
    assert model.default
    assert model.name in [found.name for found in list_models()]


def test_sizes_are_those_of_the_network_itself(weights: Path) -> None:
    a, b = list_models()
    assert (a.name, a.default, b.name, b.default) == ("a", True, "b", False)
    assert a.parameters == sum(p.numel() for p in STGAT(METADATA.model).parameters())
    longer = METADATA.preprocessing.model_copy(update={"num_frames": 32})
    about = METADATA.model_copy(update={"preprocessing": longer})
    save_checkpoint(weights / "c.safetensors", STGAT(METADATA.model), about)
    assert describe(weights / "c.safetensors").flop == pytest.approx(2 * a.flop, rel=0.01)
    pair = METADATA.model_copy(update={"people": 2})
    save_checkpoint(weights / "d.safetensors", STGAT(METADATA.model), pair)
    assert describe(weights / "d.safetensors").flop == pytest.approx(2 * a.flop, rel=0.01)


def test_a_continual_model_is_counted_by_the_frame(weights: Path) -> None:
    checkpoint = continual_checkpoint()
    save_checkpoint(weights / "c.safetensors", checkpoint.model, checkpoint.metadata)
    model = describe(weights / "c.safetensors")
    assert model.flop == round(operations_per_frame(checkpoint.metadata.model))
    assert model.parameters == sum(p.numel() for p in checkpoint.model.parameters())
    facts = dict(words.facts(model, continual_interval(checkpoint.metadata)))
    assert facts["Operations"] == f"{model.flop / 1e6:.2g} million a step, 10 steps a second"
    assert facts["Answers"] == "2.5 a second"  # strides of four in all


@pytest.mark.parametrize("width", [80, 120])
def test_every_label_and_figure_is_printed_within_the_width(weights: Path, width: int) -> None:
    text = rendered(weights, width)
    assert max(len(line) for line in text.splitlines()) <= width
    for label in (*METADATA.labels, *(f"class {k} of many" for k in range(40))):
        assert text.count(f"{label} ") + text.count(f"{label}\n") >= 1, label
    row = next(line for line in text.splitlines() if line.split()[:1] == ["b"])
    assert row.split()[1] == "40"
    assert row.endswith("1 s      16      91.5 %")
    assert "trained as  trained so" in text
    assert "calibration error: windows 2.0 %" in text


def test_labels_can_be_left_out_and_are_not_repeated(weights: Path) -> None:
    assert "clapping" not in rendered(weights, 80, labels=False)
    tiny_checkpoint(weights / "again.safetensors")
    text = rendered(weights, 80)
    assert text.count("clapping") == 1
    assert "those of a" in text


def test_a_broken_file_is_told_of_beside_the_good_ones(weights: Path) -> None:
    whole = (weights / "a.safetensors").read_bytes()
    (weights / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (weights / "text.safetensors").write_text("no model")
    result = run("models", columns=200)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("cannot be used: truncated, or not an STGAT Live checkpoint") == 2
    assert "hand waving" in result.stdout
    listed = {model["name"]: model for model in json.loads(run("models", "--json").stdout)}
    assert set(listed) == {"a", "b", "cut", "text"}
    assert listed["cut"]["error"].startswith("truncated")
    assert "labels" not in listed["cut"]
    for arguments in (("cut",), ("a", "cut"), ("cut", "--json")):  # nobody asked for it above
        assert run("models", *arguments).exit_code == 1
    assert run("models", "a").exit_code == 0


def test_json_tells_what_the_tables_tell(weights: Path) -> None:
    a, b = json.loads(run("models", "--json").stdout)
    assert (a["name"], a["default"], a["labels"], a["window_s"]) == ("a", True, list(METADATA.labels), 1.0)
    assert b["metrics"] == {"top1": 91.5, "top1 nw-ucla": 90.25, "calibration_error windows": 2.04}
    assert b["parameters"] > a["parameters"] > 0
    assert b["flop_per_window"] > a["flop_per_window"] > 0


def test_folders_and_single_files_can_be_named(weights: Path) -> None:
    extra = weights.parent / "extra"
    extra.mkdir()
    tiny_checkpoint(extra / "mine.safetensors")

    def names(*arguments: object) -> list[str]:
        return [model["name"] for model in json.loads(run("models", "--json", *arguments).stdout)]

    assert names("--folder", extra) == ["a", "b", "mine"]
    assert names(extra / "mine.safetensors", "a") == ["a", "mine"]
    missing = run("models", "--folder", extra / "none")
    assert missing.exit_code == 1
    assert "none: no such folder of models" in missing.stderr


def test_no_model_at_all_is_one_sentence(weights: Path) -> None:
    for path in weights.glob("*.safetensors"):
        path.unlink()
    result = run("models", columns=300)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "holds no model (.safetensors)" in result.stderr


def test_the_verbs_take_an_installed_name(weights: Path, tmp_path: Path) -> None:
    recording = tiny_recording(tmp_path / "wave.npz", seconds=2.0)
    ran = run("replay", recording, "--headless", "--model", "a", "--device", "cpu")
    assert ran.exit_code == 0, ran.output
    assert '"hand waving"' in ran.stdout
    unknown = run("replay", recording, "--headless", "--model", "no-such-model")
    assert unknown.exit_code == 1
    assert unknown.stderr == (
        "Error: no-such-model: neither a model file nor an installed model; installed: a, b\n"
    )


def test_figures_are_words() -> None:
    assert figures_text({}) == ""
    assert figures_text({"top1 x": 90.0}) == "top-1: x 90.0 %"
    assert figures_text({"mean_class": 12.345, "negative_log_likelihood": 0.5}) == (
        "mean of the classes 12.3 %, negative log likelihood 0.5"
    )
