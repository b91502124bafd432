"""`evaluate`, `ensemble` and `export` as somebody meets them: what they print, write and refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from app.cli import cli
from app.evaluating import distinct
from stgat.data.prepared import DATASET
from stgat.training.run_folder import BEST
from stgat.training.scores import load_scores
from stgat.training.train import train
from tests.stgat.training.prepared_sets import ACTIONS, config_for, small_set


def run(*arguments: object):
    return CliRunner().invoke(
        cli, [str(argument) for argument in arguments], prog_name="python main.py", env={"COLUMNS": "120"}
    )


def told(result) -> str:
    """The one sentence of a verb that failed."""
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared set in data/, and networks for two streams in joint/ and bone/."""
    folder = tmp_path_factory.mktemp("runs")
    small_set(folder / "data")
    for stream in ("joint", "bone"):
        config = config_for(
            folder / "data", name=stream, epochs=1, preprocessing={"num_frames": 8, "stream": stream}
        )
        train(config, folder=folder / stream)
    return folder


@pytest.fixture(scope="module")
def scores(runs: Path) -> list[Path]:
    result = run(
        "evaluate", runs / "joint" / BEST, runs / "bone" / BEST,
        "--data", runs / "data", "--split", "ucla-xview", "--device", "cpu",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return [runs / stream / "evaluation-ucla-xview-test" / "scores.npz" for stream in ("joint", "bone")]


def test_evaluate_prints_and_keeps_what_it_measured(tmp_path: Path, runs: Path) -> None:
    folder = tmp_path / "new" / "report"
    result = run(
        "evaluate", runs / "joint" / BEST, "--data", runs / "data", "--split", "ucla-xview",
        "--part", "validation", "--holdout-subjects", "1,3", "--output", folder, "--device", "cpu",
        "--batch-size", 3,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "joint on a small data set, ucla-xview, validation: 16 samples" in result.stderr
    assert f"Wrote {folder}" in result.stderr
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["part"], metrics["holdout_subjects"], metrics["samples"]) == ("validation", [1, 3], 16)
    for name, key in (("top-1", "top1"), ("top-5", "top5"), ("mean of the classes", "mean_class"),
                      ("calibration error (15 bins)", "calibration_error")):  # fmt: skip
        (line,) = [line for line in result.stdout.splitlines() if line.startswith(f"{name}  ")]
        assert line.split()[-2:] == [f"{metrics[key]:.2f}", "%"]
    assert f"{metrics['negative_log_likelihood']:.3f} nats" in result.stdout
    pair = metrics["most_confused"][0]
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [pair["truth"], pair["guess"], str(pair["times"]), str(pair["samples"])] in rows
    with (folder / "per_class.csv").open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == list(ACTIONS)
    with Image.open(folder / "confusion.png") as picture:
        assert min(picture.size) > 300
        assert len(picture.convert("RGB").getcolors(10**6) or []) > 20
    assert len(load_scores(folder / "scores.npz")) == 16


def test_without_output_the_report_lies_beside_the_checkpoint(runs: Path, scores: list[Path]) -> None:
    for path in scores:
        names = sorted(file.name for file in path.parent.iterdir())
        assert names == ["confusion.png", "metrics.json", "per_class.csv", "scores.npz"]
    metrics = json.loads((scores[1].parent / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["name"], metrics["stream"]) == ("bone", "bone")


def test_ensemble_shows_each_network_beside_all_of_them(tmp_path: Path, scores: list[Path]) -> None:
    out = tmp_path / "new" / "fused.npz"
    result = run("ensemble", *scores, "--weights", "1,0.5", "--output", out)
    assert result.exit_code == 0, result.output
    joint, bone = map(load_scores, scores)
    fused = load_scores(out)
    np.testing.assert_allclose(fused.scores, joint.scores + 0.5 * bone.scores, rtol=1e-5, atol=1e-6)
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()[1:]}
    for name, weight, stream in (("joint", ["1"], joint), ("bone", ["0.5"], bone), ("fused", [], fused)):
        figures = stream.metrics().values()
        assert rows[name] == [*weight, *(f"{value:.2f}" for value in figures)]
    told_of = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert told_of["top1"] == fused.metrics()["top1"]
    assert f"Wrote {out} and fused.json" in result.stderr
    plain = run("ensemble", *scores)
    assert plain.exit_code == 0
    assert "Wrote" not in plain.output


def test_ensemble_of_probabilities(tmp_path: Path, scores: list[Path]) -> None:
    out = tmp_path / "fused.npz"
    assert run("ensemble", *scores, "--probabilities", "--output", out).exit_code == 0
    expected = np.mean([load_scores(path).probabilities for path in scores], axis=0)
    np.testing.assert_allclose(load_scores(out).probabilities, expected, atol=1e-6)


def test_export_says_what_it_wrote_how_alike_and_how_fast(tmp_path: Path, runs: Path) -> None:
    out = tmp_path / "joint.onnx"
    result = run("export", runs / "joint" / BEST, out, "--format", "onnx", "--people", 1, "--batch", 2)
    assert result.exit_code == 0, result.output
    wrote, parity, latency = result.stderr.splitlines()
    assert wrote.startswith(f"Wrote {out}: joints (2, 3, 8, 25, 1) to 4 logits, ")
    assert parity.startswith("Parity: the logits differ by at most ")
    assert latency.startswith("Latency: ")
    assert "a batch of 2 with onnxruntime" in latency
    assert latency.endswith(" times as fast")


def test_failures_are_one_sentence(tmp_path: Path, runs: Path, scores: list[Path]) -> None:
    checkpoint, data = runs / "joint" / BEST, runs / "data"
    on_data = ("--data", data, "--split", "ucla-xview")
    assert "no such folder" in told(run("evaluate", checkpoint, "--data", tmp_path / "x", "--split", "all"))
    assert f"holds no {DATASET}" in told(run("evaluate", checkpoint, "--data", tmp_path, "--split", "all"))
    assert "did you mean ucla-xview?" in told(
        run("evaluate", checkpoint, "--data", data, "--split", "ucla-xveiw")
    )
    assert "--holdout-subjects" in told(run("evaluate", checkpoint, *on_data, "--part", "validation"))
    assert "cuda:77" in told(run("evaluate", checkpoint, *on_data, "--device", "cuda:77"))
    assert "no such model file" in told(run("evaluate", tmp_path / "x.safetensors", *on_data))
    file = tmp_path / "file"
    file.touch()
    assert "x.npz: no such file" in told(run("ensemble", scores[0], tmp_path / "x.npz"))
    assert "3 weights for 2 score files" in told(run("ensemble", *scores, "--weights", "1,1,1"))
    assert (
        f"{file / 'f.npz'}: cannot be written" in run("ensemble", *scores, "--output", file / "f.npz").stderr
    )
    assert "truncated, or not an STGAT Live checkpoint" in told(
        run("export", file, tmp_path / "x.onnx", "--format", "onnx")
    )
    assert "is a folder" in told(run("export", checkpoint, tmp_path, "--format", "onnx"))
    assert f"{file / 'x.onnx'}: cannot be written" in told(
        run("export", checkpoint, file / "x.onnx", "--format", "onnx")
    )


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path, runs: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = run(
        "evaluate", runs / "joint" / BEST, "--data", runs / "data", "--split", "ucla-xview",
        "--device", "cpu", "--output", file,
    )  # fmt: skip
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(f"Error: {file}: cannot be written to")


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate", "a.safetensors", "--split", "all"],
        ["evaluate", "a.safetensors", "--data", "x", "--split", "all", "--part", "tset"],
        ["evaluate", "a.safetensors", "--data", "x", "--split", "all", "--holdout-subjects", "1;2"],
        ["evaluate", "a/b.safetensors", "a/c.safetensors", "--data", "x", "--split", "all"],
        ["evaluate", "a.safetensors", "b.safetensors", "--data", "x", "--split", "all", "--output", "o"],
        ["ensemble"],
        ["ensemble", "a.npz", "--weights", "1,x"],
        ["ensemble", "a.npz", "--output", "fused.json"],
        ["export", "a.safetensors", "a.onnx"],
        ["export", "a.safetensors", "a.tflite", "--format", "tflite"],
        ["export", "a.safetensors", "a.onnx", "--format", "onnx", "--batch", "many"],
        ["export", "a.safetensors", "a.onnx", "--format", "onnx", "--people", "0"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_code_two(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/joint/e/scores.npz", "runs/bone/e/scores.npz"], ["joint", "bone"]),
        (["a.npz", "b.npz"], ["a.npz", "b.npz"]),
        (["x/a.npz", "x/y/b.npz"], ["a.npz", "y/b.npz"]),
        (["r/a/s.npz", "r/a/b/s.npz"], ["s.npz", "b/s.npz"]),
        (["r/a.npz"], ["r/a.npz"]),
        (["r/a.npz", "r/a.npz"], ["r/a.npz", "r/a.npz"]),
    ],
)
def test_paths_are_told_by_what_sets_them_apart(paths: list[str], names: list[str]) -> None:
    assert distinct([Path(path) for path in paths]) == names
