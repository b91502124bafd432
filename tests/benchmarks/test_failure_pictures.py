"""Pictures of failures: whose they are, what their curves show, and that they are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.decisions import Decider, DecisionSettings, Observation
from app.road import RecognizerLoader
from benchmarks.failure_pictures import Moment, at_rest, main, play, recordings, smoothed
from stgat.recognizer import Prediction
from tests.app.fakes import tiny_checkpoint, tiny_recording

LABELS = tuple("abcdefghi")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings of a clip whose action the tiny checkpoint knows and tells wrongly, of one it tells right,
    and of one it has no label for."""
    poses = tmp_path / "poses"
    poses.mkdir()
    for name in ("clap", "wave_right", "bow"):
        tiny_recording(poses / f"{name}.npz")
    return poses


def test_only_what_is_told_wrongly_is_drawn_unless_all_is_wanted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, pictures = tiny_checkpoint(tmp_path / "tiny.safetensors"), tmp_path / "pictures"
    command = [str(folder), "--model", str(model), "--output", str(pictures)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "clap.mp4: “hand waving” said; right would be “clapping”" in printed
    assert "bow.mp4: the model does not know bow" in printed
    assert "1 of 2 actions are the top event" in printed
    assert [path.name for path in pictures.iterdir()] == ["clap-clapping.png"]
    with Image.open(pictures / "clap-clapping.png") as picture:
        assert picture.width == 900
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 50
    assert main([*command, "--all"]) == 0
    assert "wave_right.mp4: hand waving, which is right" in capsys.readouterr().out
    assert sorted(path.name for path in pictures.iterdir()) == [
        "clap-clapping.png",
        "wave_right-hand-waving.png",
    ]


def test_a_folder_without_recordings_is_an_error_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    assert main([str(tmp_path), "--model", str(model), "--output", str(tmp_path / "out")]) == 1
    assert "holds no recording of a known clip" in capsys.readouterr().err


def test_recordings_are_found_by_their_clips_names(folder: Path) -> None:
    assert recordings(folder) == {
        "clap.mp4": folder / "clap.npz",
        "wave_right.mp4": folder / "wave_right.npz",
        "bow.mp4": folder / "bow.npz",
    }


def test_curves_are_those_that_decided() -> None:
    """Against the application's own: the five likeliest that a decision tells."""
    rng = np.random.default_rng(0)
    decider, moments = Decider(), []
    for index in range(80):
        time_s = 0.1 * index + 0.02 * rng.random()
        motion = 0.0 if 30 <= index < 50 else 0.5  # longer than idle_after_s
        prediction = Prediction(rng.dirichlet(np.ones(9)), LABELS, 0.0, time_s - 2, time_s)
        observation = Observation(0, motion, prediction)
        (decision,), _ = decider.update([observation], time_s, index)
        moments.append(Moment(time_s, observation, decision))
    curves = smoothed(moments, DecisionSettings().smoothing_s)
    resting = [at_rest(moment.decision) for moment in moments]
    assert 5 < sum(resting) < 20
    assert np.isnan(curves).all(axis=1).tolist() == resting
    for moment, row in zip(moments, curves, strict=True):
        if not at_rest(moment.decision):
            told = [row[LABELS.index(label)] for label, _ in moment.decision.top]
            assert told == pytest.approx([probability for _, probability in moment.decision.top])


def test_somebody_at_rest_is_said_nothing_of_but_thought_of(folder: Path, tmp_path: Path) -> None:
    loader = RecognizerLoader(tiny_checkpoint(tmp_path / "tiny.safetensors"), "cpu")
    witness = play(folder / "clap.npz", loader)
    failure = witness.failure("clap.mp4", "clapping", DecisionSettings())
    assert list(failure.curves) == ["clapping", "hand waving"]
    for label, expected in (("clapping", 1 / (1 + np.e**3)), ("hand waving", 1 / (1 + np.e**-3))):
        said, thought = failure.curves[label], failure.at_rest[label]
        assert (np.isnan(said) != np.isnan(thought)).all()
        np.testing.assert_allclose(said[~np.isnan(said)], expected, rtol=1e-5)
        np.testing.assert_allclose(thought[~np.isnan(thought)], expected, rtol=1e-5)
    # They wave for two seconds and stand still for two.
    resting = failure.times_s[np.isnan(failure.curves["clapping"])]
    assert len(resting)
    assert resting.min() > 2.0
