"""A run that was ended anywhere and continued gives what it would have given uninterrupted, to the bit."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from stgat.errors import TrainingStopped
from stgat.training import train as training
from stgat.training.config import PreparedTrainConfig
from stgat.training.progress import Progress
from stgat.training.run_folder import RunFolder
from stgat.training.train import train
from tests.stgat.power_cut import Disk, PowerCutError
from tests.stgat.training.prepared_sets import config_for, small_set

STEPS, EPOCHS = 4, 3  # 32 training clips of which 8 are held out or not, in batches of 8 or 6
TIMINGS = {"samples_per_s", "waiting_percent", "seconds"}

#: Everything random is on in each: dropout, augmentation, jitter.
RECIPES: dict[str, dict[str, Any]] = {
    "sgd, averaged, best on the validation part": {
        "optimizer": "sgd",
        "ema_decay": 0.9,
        "data": {"holdout_subjects": [4]},
        "batch_size": 6,
    },
    "adamw, last weights, drawn frames": {
        "optimizer": "adamw",
        "learning_rate": 0.002,
        "ema_decay": 0.0,
        "sampling": "drawn",
        "drawn_frames": 12,
    },
}


class KilledError(BaseException):
    """Stands for a kill: nothing in the program may catch it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_set(tmp_path_factory.mktemp("prepared") / "set").folder


@pytest.fixture(scope="module", params=RECIPES.values(), ids=RECIPES)
def config(request: pytest.FixtureRequest, folder: Path) -> PreparedTrainConfig:
    model = {"blocks": [[8, 8, 2]], "num_heads": 2, "dropout": 0.3}
    augment = {"turn_deg": 30, "scale": 0.1, "jitter": 0.02, "drop_joints": 0.1, "mirror": 0.5}
    if request.param.get("sampling") != "drawn":
        augment["crop"] = [0.6, 1.1]
    return config_for(folder, **request.param, model=model, augment=augment, epochs=EPOCHS)


@pytest.fixture(scope="module")
def uninterrupted(config: PreparedTrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "whole"
    train(config, folder=path)
    return path


def state(run: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with safe_open(run / "last.safetensors", framework="pt") as file:
        place = json.loads(file.metadata()["place"])
        return {name: file.get_tensor(name) for name in file.keys()}, place  # noqa: SIM118


def figures(run: Path) -> list[dict[str, float]]:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in TIMINGS} for line in lines]


def assert_same_run(run: Path, whole: Path) -> None:
    assert (run / "best.safetensors").read_bytes() == (whole / "best.safetensors").read_bytes()
    (tensors, place), (expected, expected_place) = state(run), state(whole)
    assert place | {"seconds": 0} == expected_place | {"seconds": 0}
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[name], expected[name]) for name in expected)
    assert figures(run) == figures(whole)


def interrupt_at(*moments: tuple[int, int], number: int = signal.SIGINT) -> Callable[[Progress], None]:
    """Ctrl-C, or another signal, when the run has told of these epochs and steps."""

    def report(progress: Progress) -> None:
        if (progress.epoch, progress.step) in moments:
            signal.raise_signal(number)

    return report


def run_until_done(config: PreparedTrainConfig, run: Path, report: Callable[[Progress], None]) -> list[str]:
    """Start, and continue as often as it is stopped; what each stop said."""
    said: list[str] = []
    while True:
        try:
            train(config, report, run, resume=bool(said))
        except TrainingStopped as stopped:
            said.append(str(stopped))
        else:
            return said


# Ctrl-C is noticed after the step that follows: (1, 3) stops after an epoch's last batch, before its end.
@pytest.mark.parametrize("moments", [[(1, 3)], [(1, STEPS), (2, 2), (3, 3)]], ids=str)
def test_stopped_by_ctrl_c_and_continued_is_the_same_run(
    config: PreparedTrainConfig, uninterrupted: Path, tmp_path: Path, moments: list[tuple[int, int]]
) -> None:
    run = tmp_path / "run"
    said = run_until_done(config, run, interrupt_at(*moments))
    assert len(said) == len(moments)
    epoch, step = moments[0]
    epoch, step = (epoch, step + 1) if step < STEPS else (epoch + 1, 1)
    assert said[0] == (
        f"stopped in epoch {epoch}, step {step} of {STEPS}; the same command with --resume goes on from there"
    )
    assert_same_run(run, uninterrupted)


def killing(monkeypatch: pytest.MonkeyPatch, save: int, after: bool) -> None:
    """The process dies at its save number `save`, just before or just after the file is there."""
    saves = 0
    really_save = RunFolder.save_state

    def save_state(self: RunFolder, *arguments: Any) -> None:
        nonlocal saves
        saves += 1
        if saves == save and not after:
            raise KilledError
        really_save(self, *arguments)
        if saves == save:
            raise KilledError

    monkeypatch.setattr(RunFolder, "save_state", save_state)


# With a save after every step, an epoch has five: one a step, and one at its end. The fifth comes after the
# epoch's line in metrics.jsonl and its best checkpoint are written: before it, both are of the future.
@pytest.mark.parametrize(("save", "after"), [(1, False), (5, False), (8, True)])
def test_promise_a_training_killed_at_a_save_and_continued_is_the_same_run(
    config: PreparedTrainConfig,
    uninterrupted: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save: int,
    after: bool,
) -> None:
    monkeypatch.setattr(training, "SAVE_EVERY_S", 0.0)
    with monkeypatch.context() as deadly:
        killing(deadly, save, after)
        with pytest.raises(KilledError):
            train(config, folder=tmp_path / "run")
    train(config, folder=tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", uninterrupted)


@pytest.mark.parametrize("new_names", [True, False], ids=["new names", "old names"])
def test_promise_a_power_cut_at_any_moment_of_train_loses_no_result(
    folder: Path, tmp_path: Path, new_names: bool
) -> None:
    config = config_for(folder, data={"holdout_subjects": [4]}, epochs=2)
    whole = tmp_path / "whole"
    whole.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, whole)
        train(config, folder=whole)
    assert disk.calls > 3 * 3 + 2 * 4  # the folder's three files; of each epoch its line and its state
    for cut_after in range(1 + new_names, disk.calls + 1, 4):
        run = tmp_path / str(cut_after)
        run.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            cut = Disk(patch, run, cut_after)
            with pytest.raises(PowerCutError):
                train(config, folder=run)
        cut.leave(new_names)
        train(config, folder=run, resume=(run / "config.yaml").exists())
        assert_same_run(run, whole)


def test_a_finished_run_that_is_resumed_stays_as_it_is(
    config: PreparedTrainConfig, tmp_path: Path, uninterrupted: Path
) -> None:
    run = tmp_path / "run"
    told: list[Progress] = []
    train(config, folder=run)
    train(config, told.append, run, resume=True)
    assert told == []
    assert_same_run(run, uninterrupted)


def test_a_run_may_go_on_with_other_machine_settings(
    config: PreparedTrainConfig, uninterrupted: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingStopped):
        train(config, interrupt_at((2, 1)), tmp_path / "run")
    data = config.data.model_copy(update={"residence": "disk"})
    train(config.model_copy(update={"data": data, "compile": False}), folder=tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", uninterrupted)


def test_the_checkpoint_is_that_of_the_best_epoch_on_the_validation_part(
    folder: Path, tmp_path: Path
) -> None:
    config = config_for(folder, data={"holdout_subjects": [4]}, batch_size=6, epochs=5, learning_rate=0.3)
    told: list[Progress] = []
    checkpoint = train(config, told.append, tmp_path / "run")
    scores = [p.validation["top1"] for p in told if p.epoch_done]
    best = scores.index(max(scores)) + 1
    assert best < len(scores)  # else it would prove nothing: the last would do as well
    assert checkpoint.metadata.metrics["validation top1"] == max(scores)
    assert {"top1", "validation mean_class"} <= checkpoint.metadata.metrics.keys()
    # The same run, ended after its best epoch: what it would have kept by then.
    with pytest.raises(TrainingStopped):
        train(config, interrupt_at((best, STEPS)), tmp_path / "part")
    kept, expected = (weights(tmp_path / run / "best.safetensors") for run in ("part", "run"))
    assert all(torch.equal(kept[name], expected[name]) for name in expected)


def test_without_a_folder_the_best_epoch_is_kept_too(
    config: PreparedTrainConfig, uninterrupted: Path
) -> None:
    model = train(config).model.state_dict()
    expected = weights(uninterrupted / "best.safetensors")
    assert all(torch.equal(model[name], expected[name]) for name in expected)


def weights(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_only_a_second_ctrl_c_ends_a_run_at_once(folder: Path, tmp_path: Path) -> None:
    def twice(progress: Progress) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(config_for(folder), twice, tmp_path / "run")
    assert not (tmp_path / "run" / "last.safetensors").exists()


def test_the_handlers_of_ctrl_c_are_given_back(folder: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    train(config_for(folder, epochs=1))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_termination_is_a_stop_too(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped, match="--resume"):
        train(config_for(folder), interrupt_at((1, 1), number=signal.SIGTERM), tmp_path / "run")
    assert state(tmp_path / "run")[1]["step"] == 2
