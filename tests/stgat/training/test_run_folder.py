"""A run on the disk: what is kept, what is refused, and what becomes of trouble with the disk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from stgat.checkpoint import load_checkpoint
from stgat.errors import TrainingError
from stgat.model import STGAT
from stgat.training.config import PreparedTrainConfig
from stgat.training.load_config import load_config
from stgat.training.optimization import make_optimizer
from stgat.training.run_folder import Place, RunFolder, environment
from stgat.training.train import train
from tests.hostile import assert_sentence
from tests.stgat.training.prepared_sets import config_for, small_set

CONFIG = config_for(Path("set"))


def network(config: PreparedTrainConfig = CONFIG) -> tuple[STGAT, STGAT, torch.optim.Optimizer]:
    """A network, its average and its optimiser after one step, so that there is a state to keep."""
    model = STGAT(config.network(4, "ntu25"))
    average = deepcopy(model)
    optimizer = make_optimizer(model, config)
    model(torch.randn(2, 3, 8, 25, 1)).square().sum().backward()
    optimizer.step()
    return model, average, optimizer


def begun(path: Path, config: PreparedTrainConfig = CONFIG) -> RunFolder:
    return RunFolder(path, config, resume=False)


def test_a_run_says_what_was_asked_for_and_where_it_ran(tmp_path: Path) -> None:
    begun(tmp_path / "runs" / "one")
    told = json.loads((tmp_path / "runs" / "one" / "environment.json").read_text())
    assert {"python", "packages", "system", "cpus", "gpus", "git_commit", "command", "started"} <= told.keys()
    assert told["packages"]["torch"] == torch.__version__
    assert load_config(tmp_path / "runs" / "one" / "config.yaml") == CONFIG


def test_the_commit_is_told_where_it_is_known() -> None:
    commit = environment()["git_commit"]
    assert commit is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", commit)


def test_the_configuration_that_is_kept_can_be_trained_again(tmp_path: Path) -> None:
    small_set(tmp_path / "set", layout="kinect-v1-20", subjects=1)
    config = config_for(tmp_path / "set", batch_size=4, epochs=1)
    first = train(config, folder=tmp_path / "first")
    kept = load_config(tmp_path / "first" / "config.yaml")
    assert isinstance(kept, PreparedTrainConfig)
    assert kept.preprocessing.layout == "kinect-v1-20"
    again = train(kept, folder=tmp_path / "again")
    assert again.sha256 == first.sha256
    assert kept == load_config(tmp_path / "again" / "config.yaml")


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    begun(tmp_path)
    with pytest.raises(TrainingError, match=r"holds a run already; go on with it by --resume.*--output"):
        begun(tmp_path)
    (tmp_path / "config.yaml").unlink()
    (tmp_path / "best.safetensors").touch()
    with pytest.raises(TrainingError, match="holds a run already"):
        begun(tmp_path)


def test_nothing_to_continue_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nowhere: holds no run to continue; without --resume one is beg"):
        RunFolder(tmp_path / "nowhere", CONFIG, resume=True)


@pytest.mark.parametrize("content", [b"name: [", b"\xff", b"just words"])
def test_a_configuration_that_is_none_is_said(tmp_path: Path, content: bytes) -> None:
    begun(tmp_path)
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(TrainingError, match=r"config\.yaml: not the configuration of a run") as caught:
        RunFolder(tmp_path, CONFIG, resume=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 4}, "was begun with epochs = 3, now it is 4"),
        ({"augment": {"jitter": 0.1}}, r"was begun with augment\.jitter = 0\.0, now it is 0\.1"),
        ({"data": {"holdout_subjects": [2]}}, r"begun with data\.holdout_subjects = \[\], now it is \[2\]"),
        (
            {"preprocessing": {"num_frames": 8, "stream": "bone"}},
            r"begun with preprocessing\.stream = 'joint'",
        ),
    ],
)
def test_what_was_changed_since_a_run_was_begun_is_named(tmp_path: Path, changes: dict, message: str) -> None:
    begun(tmp_path)
    with pytest.raises(TrainingError, match=message):
        RunFolder(tmp_path, config_for(Path("set"), **changes), resume=True)


def test_the_machine_may_be_another(tmp_path: Path) -> None:
    begun(tmp_path)
    changes = {"device": "auto", "devices": 2, "threads": 3, "compile": True, "data": {"residence": "disk"}}
    RunFolder(tmp_path, config_for(Path("set"), **changes), resume=True)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_state_comes_back_to_the_bit(tmp_path: Path, optimizer: str) -> None:
    config = config_for(Path("set"), optimizer=optimizer)
    run, saved, other = begun(tmp_path, config), network(config), network(config)
    place = Place(epoch=3, step=2, loss=0.1 + 0.2, right=7, seen=16, seconds=1.5, best=81.25, best_epoch=2)
    run.save_state(place, *saved)
    assert run.load_state(*other) == place
    for kept, found in zip(saved[:2], other[:2], strict=True):
        for name, value in kept.state_dict().items():
            assert torch.equal(found.state_dict()[name], value), name
    expected, found_state = (o.state_dict()["state"] for o in (saved[2], other[2]))
    assert expected.keys() == found_state.keys()
    assert expected
    for number, state in expected.items():
        for name, value in state.items():
            assert torch.equal(found_state[number][name], value), (number, name)


def test_a_run_that_saved_nothing_starts_at_its_beginning(tmp_path: Path) -> None:
    run, parts = begun(tmp_path), network()
    before = deepcopy(parts[0].state_dict())
    assert run.load_state(*parts) == Place()
    assert all(torch.equal(parts[0].state_dict()[name], value) for name, value in before.items())


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "words":
        path.write_text("these are words, not tensors")
    else:
        raise ValueError(how)


@pytest.mark.parametrize("how", ["cut short", "empty", "words"])
def test_a_damaged_state_is_named(tmp_path: Path, how: str) -> None:
    run, parts = begun(tmp_path), network()
    run.save_state(Place(), *parts)
    damage(tmp_path / "last.safetensors", how)
    with pytest.raises(TrainingError, match=r"last\.safetensors: cannot be continued from \(") as caught:
        run.load_state(*parts)
    assert "start the run anew" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_state_of_another_network_or_of_no_run_is_named(tmp_path: Path) -> None:
    run = begun(tmp_path)
    run.save_state(Place(), *network())
    wider = config_for(Path("set"), model={"blocks": [[16, 16, 2]], "num_heads": 2})
    with pytest.raises(TrainingError, match=r"last\.safetensors: cannot be continued from"):
        run.load_state(*network(wider))
    small_set(tmp_path / "set", subjects=1)
    train(config_for(tmp_path / "set", epochs=1), folder=tmp_path / "other")
    (tmp_path / "last.safetensors").write_bytes((tmp_path / "other" / "best.safetensors").read_bytes())
    with pytest.raises(TrainingError, match=r"cannot be continued from \(it is no state of a run\)"):
        run.load_state(*network())


def test_only_the_figures_of_epochs_that_are_over_are_kept(tmp_path: Path) -> None:
    run = begun(tmp_path)
    for epoch in (1, 2, 3):
        run.add_metrics({"epoch": epoch, "loss": 1 / epoch})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "lo')  # the power went
    run.keep_metrics(2)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5}]


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what the writers meet is what they meet on a full disk."""
    resource = pytest.importorskip("resource", reason="limits of this kind are of POSIX systems")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_the_state_that_was_saved_before_stays(tmp_path: Path) -> None:
    run, parts = begun(tmp_path), network()
    run.save_state(Place(epoch=1), *parts)
    before = (tmp_path / "last.safetensors").read_bytes()
    files = sorted(path.name for path in tmp_path.iterdir())
    with full_disk(10_000), pytest.raises(TrainingError) as caught:
        run.save_state(Place(epoch=2), *parts)
    assert re.search(r"last\.safetensors: cannot be written \(.*too large", str(caught.value))
    assert "what was saved before is still there" in str(caught.value)
    assert "--resume" in str(caught.value)
    assert (tmp_path / "last.safetensors").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert run.load_state(*parts).epoch == 1


def test_a_run_that_met_a_full_disk_goes_on_when_there_is_room(tmp_path: Path) -> None:
    small_set(tmp_path / "set", subjects=1)
    config = config_for(tmp_path / "set", epochs=2)
    expected = train(config, folder=tmp_path / "whole")
    with full_disk(50_000), pytest.raises(TrainingError, match=r"last\.safetensors: cannot be written"):
        train(config, folder=tmp_path / "run")
    assert train(config, folder=tmp_path / "run", resume=True).sha256 == expected.sha256


def test_the_best_checkpoint_and_the_figures_meet_a_full_disk_too(tmp_path: Path) -> None:
    small_set(tmp_path / "set", subjects=1)
    checkpoint = train(config_for(tmp_path / "set", epochs=1), folder=tmp_path / "run")
    run = RunFolder(tmp_path / "run", config_for(tmp_path / "set", epochs=1), resume=True)
    with full_disk(100), pytest.raises(TrainingError, match=r"best\.safetensors: cannot be written"):
        run.save_best(checkpoint.model, checkpoint.metadata)
    with full_disk(10), pytest.raises(TrainingError, match=r"metrics\.jsonl: cannot be written"):
        run.add_metrics({"epoch": 2})
    assert load_checkpoint(tmp_path / "run" / "best.safetensors").sha256 == checkpoint.sha256


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match=r"file/run: cannot be made \(Not a directory\)"):
        begun(tmp_path / "file" / "run")


def test_the_state_names_all_that_is_needed(tmp_path: Path) -> None:
    run, (model, average, optimizer) = begun(tmp_path), network()
    run.save_state(Place(), model, average, optimizer)
    with safe_open(tmp_path / "last.safetensors", framework="pt") as file:
        names = set(file.keys())
    of_networks = {f"{part}.{name}" for part in ("model", "average") for name in model.state_dict()}
    assert names == of_networks | {
        f"optimizer.{number}.momentum_buffer" for number in range(len(list(model.parameters())))
    }


def _rewritten(path: Path, change: Callable[[dict, dict], object]) -> None:
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        place = json.loads(file.metadata()["place"])
    change(tensors, place)
    save_file(tensors, path, metadata={"place": json.dumps(place)})


@pytest.mark.parametrize(
    "change",
    [
        lambda t, p: p.update(epoch="x"),
        lambda t, p: p.update(epoch=-1),
        lambda t, p: p.update(step=10**400),
        lambda t, p: p.update(surprise="\x1b[2J"),
        lambda t, p: t.update({"optimizer.99.momentum_buffer": torch.zeros(1)}),
        lambda t, p: t.update({"optimizer.x.momentum_buffer": torch.zeros(1)}),
        lambda t, p: t.update({"optimizer.0.momentum_buffer": torch.zeros(7, 7)}),
        lambda t, p: t.update({"model.\x1b[2J": torch.zeros(1)}),
        lambda t, p: t.pop("average.classifier.bias"),
    ],
)
def test_promise_a_state_that_fits_no_run_is_one_sentence(
    tmp_path: Path, change: Callable[[dict, dict], object]
) -> None:
    run, parts = begun(tmp_path), network()
    run.save_state(Place(), *parts)
    _rewritten(tmp_path / "last.safetensors", change)
    with pytest.raises(TrainingError, match="cannot be continued from") as caught:
        run.load_state(*parts)
    assert_sentence(caught.value, tmp_path / "last.safetensors")


def test_promise_a_configuration_with_tags_or_bombs_continues_no_run(tmp_path: Path) -> None:
    begun(tmp_path)
    for text in (
        "!!python/object/apply:os.getcwd []",
        "a: &a [1]\nb: [*a, *a]",
        "[" * 50_000,
        "a: 2026-13-41",
    ):
        (tmp_path / "config.yaml").write_text(text)
        with pytest.raises(TrainingError, match="not the configuration of a run") as caught:
            RunFolder(tmp_path, CONFIG, resume=True)
        assert_sentence(caught.value, tmp_path / "config.yaml")


def test_figures_that_are_no_text_do_not_end_a_run(tmp_path: Path) -> None:
    run = begun(tmp_path)
    (tmp_path / "metrics.jsonl").write_bytes(b'{"a": 1}\n\xff\n{"b": 2}\n')
    run.keep_metrics(1)
    assert (tmp_path / "metrics.jsonl").read_bytes() == b'{"a": 1}\n'
    (tmp_path / "metrics.jsonl").unlink()
    with pytest.raises(TrainingError, match=r"metrics\.jsonl: cannot be read"):
        run.keep_metrics(1)


def test_promise_labels_that_no_checkpoint_can_hold_are_said_before_the_training(tmp_path: Path) -> None:
    small_set(tmp_path / "set", subjects=1)
    told = json.loads((tmp_path / "set" / "dataset.json").read_text())
    told["labels"][0] = "\x1b[2J"
    (tmp_path / "set" / "dataset.json").write_text(json.dumps(told))
    with pytest.raises(TrainingError, match=r"labels\.0: .*cannot be shown"):
        train(config_for(tmp_path / "set", epochs=10**6), folder=tmp_path / "run")


def test_promise_what_a_killed_run_left_half_written_is_removed_when_it_goes_on(tmp_path: Path) -> None:
    begun(tmp_path / "run")
    whole = {path.name for path in (tmp_path / "run").iterdir()}
    for name in (".last.safetensors.tmp", ".best.safetensors.k2x9_a1b.part", ".metrics.jsonl.tmp"):
        (tmp_path / "run" / name).write_bytes(b"half")
    RunFolder(tmp_path / "run", CONFIG, resume=True)
    assert {path.name for path in (tmp_path / "run").iterdir()} == whole


def test_the_other_processes_of_a_run_remove_nothing_that_the_first_may_be_writing(tmp_path: Path) -> None:
    begun(tmp_path)
    writing = tmp_path / ".metrics.jsonl.tmp"
    writing.write_bytes(b"half")
    RunFolder(tmp_path, CONFIG, resume=True, reads_only=True)
    assert writing.exists()
