"""Teaching from the terminal, from recordings to a session that names the action."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.recordings import SkeletonRecording, save_recording
from app.settings import VARIABLE
from app.teaching import find_profile
from stgat.checkpoint import save_checkpoint
from stgat.teaching.profiles import load_profile
from tests.stgat.bodies import LEFT_ELBOW, LEFT_FOREARM
from tests.stgat.teaching.acting import RIGHT_HIP, RIGHT_LEG, small_checkpoint, take


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with recordings arm0..2.npz and leg0..2.npz and a small model; the home is in it, too."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    for number in range(3):
        for name, part, centre in (("arm", LEFT_FOREARM, LEFT_ELBOW), ("leg", RIGHT_LEG, RIGHT_HIP)):
            one = take(part, centre, number)
            recording = SkeletonRecording(one.joints_m[:, None], one.confidence[:, None], one.timestamps_s)
            save_recording(tmp_path / f"{name}{number}.npz", recording)
    checkpoint = small_checkpoint()
    save_checkpoint(tmp_path / "model.safetensors", checkpoint.model, checkpoint.metadata)
    return tmp_path


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def teach(clips: Path, name: str, what: str, **options: int) -> str:
    files = [clips / f"{what}{number}.npz" for number in range(3)]
    return run("teach", "--name", name, "--model", clips / "model.safetensors", *files, **options)


def test_clips_teach_an_action_that_a_session_then_names(clips: Path) -> None:
    assert "3 of 3" in teach(clips, "swing an arm", "arm")
    told = teach(clips, "swing a leg", "leg")
    assert "swing an arm" in told and "swing a leg" in told and "no memory of its own" in told
    assert [(a.name, len(a.takes)) for a in load_profile(find_profile("my actions")).actions] == [
        ("swing an arm", 3),
        ("swing a leg", 3),
    ]
    lines = run(
        "replay", clips / "leg1.npz", "--headless", "--output", clips / "out.jsonl", "--device", "cpu",
        "--model", clips / "model.safetensors", "--profile", "my actions",
    )  # fmt: skip
    assert "out.jsonl" in lines and "swing a leg" in (clips / "out.jsonl").read_text()


def test_takes_are_kept_when_they_are_too_few_to_learn_from(clips: Path) -> None:
    told = run("teach", "--name", "jump", "--model", clips / "model.safetensors", clips / "arm0.npz", code=1)
    assert "1 takes; 3 are the least" in told
    assert len(load_profile(find_profile("my actions")).actions[0].takes) == 1


def test_a_name_the_model_has_is_refused_before_anything_is_posed(clips: Path) -> None:
    assert "knows an action" in teach(clips, "Walk", "arm", code=1)
    assert "No profiles yet" in run("profiles")


def test_profiles_are_listed_shown_checked_shared_and_removed(clips: Path) -> None:
    teach(clips, "swing an arm", "arm")
    assert "swing an arm (3)" in run("profiles")
    assert "arm2.npz" in run("profiles", "--show", "my actions")
    assert "3 of 3" in run("profiles", "--check", "my actions", "--model", clips / "model.safetensors")
    gift = clips / "gift.safetensors"
    run("profiles", "--export", "my actions", "--to", gift)
    assert "my actions 2" in run("profiles", "--import", gift)
    assert "3 recordings" in run("profiles", "--recordings", "my actions", "--to", clips / "takes")
    run("prepare", "recordings", clips / "takes", clips / "prepared")
    assert "swing an arm" in (clips / "prepared" / "samples.csv").read_text()
    run("profiles", "--remove", "my actions 2")
    assert "my actions 2" not in run("profiles")
    assert "no profile" in run("profiles", "--remove", "my actions 2", code=1)
    assert "profiles: my actions" in run("replay", "x.npz", "--profile", "yours", code=1)
