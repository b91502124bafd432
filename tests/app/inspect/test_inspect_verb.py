"""`inspect` as somebody meets it: tables, figure, animation, and what it says of trouble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from app.cli import cli
from app.inspect.figure import draw
from stgat.data.prepared import PreparedDataset, write_prepared
from stgat.data.sequences import SkeletonSequence
from tests.app.fakes import tiny_checkpoint
from tests.stgat.bodies import waving

LABELS = ("drink [b]water[/b]", "clap", "never done", "$x$ wave")


def sequence(number: int, subject: int, T: int, M: int = 1, name: str = "") -> SkeletonSequence:
    body, aside = waving(np.arange(T) / 30), np.array([1.0, 0.0, 0.0])
    joints = np.stack([body + m * aside for m in range(M)], axis=1).astype(np.float32)
    action = LABELS[(0, 1, 3)[number % 3]]
    return SkeletonSequence(
        name=name or f"S001P{number:03}",
        joints_m=joints,
        timestamps_s=np.arange(T) / 30,
        layout="ntu25",
        action=action,
        subject=subject,
        camera=1 + number % 2,
    )


@pytest.fixture
def dataset(tmp_path: Path) -> PreparedDataset:
    people = (1, 1, 2, 3, 7, 7, 0)
    sequences = [sequence(n, subject, T=10 + n, M=1 + n % 2) for n, subject in enumerate(people)]
    sequences.append(sequence(7, 2, T=4, name="train/--x y"))
    return write_prepared(tmp_path / "out", sequences, LABELS, title="Made up")


def run(*arguments: object):
    return CliRunner().invoke(
        cli, ["inspect", *map(str, arguments)], prog_name="python main.py", env={"COLUMNS": "100"}
    )


def told(result) -> str:
    """The one sentence of a verb that failed."""
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_a_data_set_is_told_in_numbers(dataset: PreparedDataset) -> None:
    result = run(dataset.folder)
    assert result.exit_code == 0, result.output
    facts = dict(line.split("  ", 1) for line in result.stdout.split("\n\n")[0].splitlines())
    facts = {name: value.strip() for name, value in facts.items()}
    assert facts["data set"] == "Made up"
    assert facts["layout"] == "ntu25, 25 joints"
    assert facts["samples"] == "8"
    assert facts["classes"] == "4, 3 of them with samples"
    assert facts["subjects"] == "5: 0-3 7"
    assert facts["cameras"] == "2: 1-2"
    assert "setups" not in facts
    assert facts["frames a sample"] == "4 to 16, median 12"
    assert facts["seconds a sample"] == "0.1 to 0.5, median 0.4"
    assert facts["people"] == "5 samples with one, 3 samples with 2"
    rows = [line.split() for line in result.stdout.split("\n\n")[1].splitlines()]
    assert rows[1] == ["0", "drink", "[b]water[/b]", "3", "10", "13", "16", "2"]
    assert rows[3] == ["2", "never", "done", "0"]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_figure_is_written_beside_the_tables(
    dataset: PreparedDataset, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"figure{suffix}"
    result = run(dataset.folder, "--output", path)
    assert result.exit_code == 0, result.output
    assert "never done" in result.stdout
    assert result.stderr.strip() == f"Wrote {path}"
    assert path.stat().st_size > 5000
    if suffix == ".png":
        with Image.open(path) as image:
            assert image.size[0] == 1440


def test_the_figure_shows_counts_lengths_and_who_did_what(dataset: PreparedDataset) -> None:
    counts, table, _bar, lengths = draw(dataset).axes
    assert [bar.get_width() for bar in counts.patches] == [3, 3, 0, 2]
    assert [tick.get_text() for tick in counts.get_yticklabels()] == list(LABELS)
    shown = table.images[0].get_array()
    assert shown.shape == (4, 5)
    assert shown.filled(0).sum() == 8
    assert shown[0, 1] == 1  # the first class by subject 1
    assert sum(bar.get_height() for bar in lengths.patches) == 8


def test_a_data_set_without_subjects_has_a_figure_too(tmp_path: Path) -> None:
    dataset = write_prepared(tmp_path / "out", [sequence(0, 0, T=5), sequence(1, 0, T=5)], LABELS)
    assert any("names no subjects" in text.get_text() for axes in draw(dataset).axes for text in axes.texts)
    assert "subjects  " not in run(dataset.folder).stdout.split("\n\n")[0]


@pytest.mark.parametrize("sample", ["S001P003", "3"])
def test_a_sample_is_animated_by_name_or_number(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(dataset.folder, "--sample", sample)
    assert result.exit_code == 0, result.output
    assert result.stderr.strip() == "Wrote S001P003.gif"
    with Image.open("S001P003.gif") as image:
        assert image.n_frames == 13


def test_a_name_that_no_file_can_have_becomes_one_that_it_can(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(dataset.folder, "--sample", "train/--x y").exit_code == 0
    assert Path("train_--x_y.gif").is_file()
    assert run(dataset.folder, "--sample", 1, "--output", "one.mp4").exit_code == 0
    assert Path("one.mp4").stat().st_size > 1000


def test_trouble_is_one_sentence(dataset: PreparedDataset, tmp_path: Path) -> None:
    folder = dataset.folder
    assert "has no sample 8; they are numbered 0 to 7" in told(run(folder, "--sample", "8"))
    assert "has no sample 's001p00'; near to it are S001P000, S001P001" in told(
        run(folder, "--sample", "s001p00")
    )
    assert "near to it are S001P0" in told(run(folder, "--sample", "S01P005"))
    assert "has no sample 'zzz'; the first is S001P000" in told(run(folder, "--sample", "zzz"))
    assert "should end in .gif or .mp4" in told(run(folder, "--sample", "0", "--output", tmp_path / "a.png"))
    assert "should end in .png or .svg" in told(run(folder, "--output", tmp_path / "a.gif"))
    assert "nowhere: no such folder" in told(run(tmp_path / "nowhere"))
    assert "is not a prepared data set or `prepare` did not finish" in told(run(tmp_path))
    text = tmp_path / "notes.txt"
    text.write_text("no data")
    assert "notes.txt: neither a prepared data set, which is a folder with dataset.json" in told(run(text))
    assert "a.png cannot be written" in told(run(folder, "--output", tmp_path / "no" / "a.png"))


def test_a_checkpoint_tells_what_it_is(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "tiny.safetensors")
    result = run(path)
    assert result.exit_code == 0, result.output
    for words in ("checkpoint ", "data licence ", "network ", "input: window s ", "ntu25", "hand waving"):
        assert words in result.stdout
    assert "--sample and --output are for prepared data sets" in told(run(path, "--sample", "0"))
    path.write_bytes(path.read_bytes()[:100])
    assert "truncated, or not an STGAT Live checkpoint" in told(run(path))
