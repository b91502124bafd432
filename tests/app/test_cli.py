"""The verbs: help with an example, exit codes, and errors in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from app.cli import cli, main
from app.errors import SourceError
from stgat.checkpoint import read_metadata
from stgat.streams import STREAMS
from tests.app.fakes import tiny_checkpoint, tiny_recording
from tests.app.recording_fakes import record
from tests.stgat.bodies import waving
from tests.stgat.data.files import nw_ucla_file, write_folder

REPOSITORY = Path(__file__).resolve().parents[2]
VERBS = {
    "app", "batch", "replay", "live", "pose", "train", "import-official", "doctor", "fetch-pose-model",
    "prepare", "inspect", "evaluate", "ensemble", "export", "models",
    "teach", "profiles", "remember", "benchmark", "soak",
}  # fmt: skip
HIDDEN = {"time-engines"}  # for the window


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_checkpoint(tmp_path / "tiny.safetensors"))


@pytest.fixture
def recording(tmp_path: Path) -> str:
    return str(tiny_recording(tmp_path / "wave.npz", seconds=2.0))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Calls that would have opened a window."""
    calls: list[tuple] = []
    monkeypatch.setattr("app.desktop.open_window", lambda *arguments, **_: calls.append(arguments) or 0)
    return calls


def run(*arguments: object):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="python main.py")


def told(result) -> str:
    """The one sentence of a verb that failed."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    (line,) = [line for line in result.stderr.splitlines() if line.strip()]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_the_verbs_are_the_promised_ones() -> None:
    assert set(typer.main.get_command(cli).commands) == VERBS | HIDDEN


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help_with_an_example(verb: str) -> None:
    result = run(verb, "--help")
    assert result.exit_code == 0
    assert f"Example: python main.py {verb}" in " ".join(result.stdout.split())


def test_help_breaks_its_lines_where_the_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    assert (
        "none of these the JSON lines go to the terminal's standard output." in run("replay", "--help").stdout
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-verb"],
        ["replay"],
        ["replay", "x.mp4", "--no-such-option"],
        ["replay", "x.mp4", "--headless", "--device", "tpu"],
        ["live", "--camera", "front"],
        ["live", "--camera", "-1"],
        ["pose", "x.mp4"],
        ["pose", "x.mp4", "x.csv"],
        ["app", "--quit-after", "-3"],
        ["import-official", "a.pth", "b.safetensors"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_code_two(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_failures_are_exit_code_one_and_one_line(tmp_path: Path, model: str, recording: str) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [")
    text = tmp_path / "text.mp4"
    text.write_text("not a video")
    headless = ("--headless", "--model", model, "--device", "cpu")
    assert "nowhere.mp4" in told(run("replay", tmp_path / "nowhere.mp4", *headless))
    assert "text.mp4" in told(run("replay", text, *headless))
    assert "nowhere.safetensors: no such model file" in told(
        run("replay", recording, "--headless", "--model", tmp_path / "nowhere.safetensors")
    )
    assert "choose another --output" in told(run("replay", recording, *headless, "--output", tmp_path))
    assert "would be overwritten" in told(run("replay", recording, *headless, "--output", recording))
    assert "nowhere.mp4" in told(run("pose", tmp_path / "nowhere.mp4", tmp_path / "out.npz"))
    assert "broken.yaml: not readable as YAML" in told(run("train", broken))
    assert "nowhere.pth: no such checkpoint file" in told(
        run("import-official", tmp_path / "nowhere.pth", tmp_path / "o.safetensors", "--labels", text)
    )
    assert "cuda:77" in told(run("replay", recording, "--headless", "--model", model, "--device", "cuda:77"))


def test_a_camera_that_is_not_there_is_told(model: str) -> None:
    result = run("live", "--camera", "77", "--model", model)
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "camera 77" in result.stderr.splitlines()[-1]


def test_debug_shows_where_an_error_came_from(tmp_path: Path) -> None:
    result = run("pose", tmp_path / "nowhere.mp4", tmp_path / "out.npz", "--debug")
    assert isinstance(result.exception, SourceError)


def test_replay_writes_json_lines_to_a_file_or_to_standard_output(
    tmp_path: Path, model: str, recording: str
) -> None:
    output = tmp_path / "out.jsonl"
    to_file = run("replay", recording, "--headless", "--model", model, "--output", output)
    to_stdout = run("replay", recording, "--headless", "--model", model)
    assert to_file.exit_code == to_stdout.exit_code == 0
    assert to_file.stdout == ""
    assert to_stdout.stdout == output.read_text()
    kinds = [json.loads(line)["type"] for line in to_stdout.stdout.splitlines()]
    assert (kinds[0], kinds[-1]) == ("header", "end")
    assert "hand waving" in to_file.stderr
    assert f"Wrote {output}" in " ".join(to_file.stderr.split())


def test_replay_without_headless_or_outputs_opens_the_window(windows: list, recording: str) -> None:
    result = run("replay", recording)
    assert result.exit_code == 0
    assert windows[0][0] == recording


def test_pose_writes_the_joints(tmp_path: Path, recording: str) -> None:
    output = tmp_path / "out.npz"
    result = run("pose", recording, output, "--one-body")
    assert result.exit_code == 0, result.output
    with np.load(output, allow_pickle=False) as arrays:
        assert arrays["joints_m"].shape == (40, 1, 25, 3)
        assert arrays["confidence"].shape == (40, 1, 25)
        assert arrays["timestamps_s"].shape == (40,)
    assert "40 frames, 1 person" in " ".join(result.stderr.split())


def test_train_makes_a_checkpoint_that_says_what_it_was_trained_on(tmp_path: Path) -> None:
    recordings = {
        f"a{action:02}_s{subject:02}_e00_v01.json": nw_ucla_file(
            waving(np.arange(15) / 15, hz=action / 10)[:, :20]
        )
        for action in (5, 6)
        for subject in (1, 2, 3)
    }
    folder = write_folder(tmp_path / "nw", recordings)
    config = tmp_path / "tiny.yaml"
    config.write_text(
        f"""
name: tiny
data:
  - {{format: nw-ucla, path: {folder}, test_subjects: [3], labels: {{sit down: sit, stand up: stand}}}}
preprocessing: {{num_frames: 8}}
model: {{blocks: [[8, 8, 1]]}}
precision: fp32
epochs: 5
"""
    )
    output = tmp_path / "runs" / "tiny"
    result = run("train", config, "epochs=1", "--output", output)
    assert result.exit_code == 0, result.output
    metadata = read_metadata(output / "best.safetensors")
    assert metadata.labels == ("sit", "stand")
    assert "4 training and 2 held-out sequences" in metadata.data
    assert "epoch   1/1" in result.stderr
    assert "test top1" in result.stderr


@pytest.mark.shared
def test_import_official_converts_a_checkpoint_of_the_authors(shared_dir: Path, tmp_path: Path) -> None:
    golden = load_file(shared_dir / "reference" / "stgat_ntu_small.safetensors")
    weights = {k.removeprefix("weights."): v for k, v in golden.items() if k.startswith("weights.")}
    save_file(weights, tmp_path / "theirs.safetensors")
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"action {k}\n" for k in range(10)))
    output = tmp_path / "ours.safetensors"
    result = run("import-official", tmp_path / "theirs.safetensors", output, "--labels", labels)
    assert result.exit_code == 0, result.output
    assert read_metadata(output).model.frame_weighting == "u_mod_w"
    assert read_metadata(output).preprocessing.stream == "joint"
    for stream in STREAMS:
        named = run(
            "import-official", tmp_path / "theirs.safetensors", output, "--labels", labels, "--stream", stream
        )
        assert named.exit_code == 0, named.output
        assert read_metadata(output).preprocessing.stream == stream
    labels.write_text("only one\n")
    assert "holds 1 names" in told(
        run("import-official", tmp_path / "theirs.safetensors", output, "--labels", labels)
    )


@pytest.mark.parametrize(
    ("arguments", "source"),
    [([], None), (["--source", "demo"], "demo"), (["app", "--source", "x.mp4"], "x.mp4")],
)
def test_a_bare_call_or_bare_options_mean_app(
    windows: list, arguments: list[str], source: str | None
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert [call[0] for call in windows] == [source]


def test_help_of_the_door_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


def test_the_exit_code_of_the_window_is_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.desktop.open_window", lambda *_, **__: 1)
    assert run("app").exit_code == 1


def in_a_fresh_process(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_command_line_starts_without_torch_qt_opencv_or_mediapipe() -> None:
    code = (
        "import sys, app.cli; "
        "print(sorted({'torch', 'PyQt6', 'cv2', 'mediapipe', 'scipy', 'av'} & set(sys.modules)))"
    )
    result = in_a_fresh_process("-c", code)
    assert result.stdout.strip() == "[]", result.stderr


def test_main_py_is_the_door() -> None:
    result = in_a_fresh_process("main.py", "pose", "nowhere.mp4", "out.npz")
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "nowhere.mp4" in line


def test_skeleton_only_without_a_recording_is_a_mistake_in_the_call() -> None:
    result = run("live", "--skeleton-only")
    assert result.exit_code == 2 and "--record" in result.stderr


def test_replay_says_what_is_missing_of_a_session(model: str, tmp_path: Path) -> None:
    folder = record(tmp_path, 30, skeleton_only=True)
    about = json.loads((folder / "session.json").read_text())
    (folder / "session.json").write_text(json.dumps(about | {"ended": False}))
    result = run("replay", folder, "--headless", "--model", model)
    assert result.exit_code == 0 and "it was cut off: 1.0 s of it are there" in " ".join(
        result.stderr.split()
    )
