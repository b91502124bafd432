"""Two processes train as one does, and end together."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from lightning_fabric import Fabric
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from stgat.errors import ConfigError, TrainingError
from stgat.training.distributed import (
    GlobalBatchNorm2d,
    one_fate,
    open_fabric,
    parting,
    share_batch_norm,
    total,
)
from stgat.training.train import train
from tests.stgat.training.prepared_sets import config_for, small_set

REPOSITORY = Path(__file__).resolve().parents[3]
TIMINGS = {"samples_per_s", "waiting_percent", "seconds"}
AUGMENT = {
    "crop": [0.6, 1.1],
    "turn_deg": 30,
    "scale": 0.1,
    "jitter": 0.02,
    "drop_joints": 0.1,
    "mirror": 0.5,
}


# Batch norm over all processes


def batches() -> torch.Tensor:
    """(2, N, C, T, V) what each of two processes gets: not alike, and far from zero."""
    x = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    return x * torch.tensor([1.0, 3.0])[:, None, None, None, None] + 30.0


def one_step(norm: nn.BatchNorm2d, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Output and gradients of a loss that weighs every output differently, and the statistics afterwards."""
    x = x.clone().requires_grad_()
    y = norm(x)
    loss = (y * torch.linspace(-1, 2, y[0].numel()).reshape(y[0].shape)).square().sum()
    loss.backward()
    parts = {"output": y, "input gradient": x.grad, "weight gradient": norm.weight.grad}
    parts |= {"bias gradient": norm.bias.grad, **dict(norm.named_buffers())}
    return {name: part.detach().contiguous() for name, part in parts.items() if part is not None}


def made(kind: type[nn.BatchNorm2d]) -> nn.BatchNorm2d:
    norm = kind(4)
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 2.0, 4))
        norm.bias.copy_(torch.linspace(-1.0, 1.0, 4))
    return norm


class ManyProcesses:
    """As much of a Fabric with two processes as `share_batch_norm` and `parting` look at."""

    world_size = 2
    device = torch.device("cpu")


@contextmanager
def connected(rank: int, folder: Path) -> Iterator[None]:
    """One of two processes, until it parts from the other."""
    store = torch.distributed.FileStore(str(folder / "store"), 2)
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    fabric: Any = ManyProcesses()
    with parting(fabric):
        yield


@contextmanager
def beside(process: Callable[[int, Path], None], folder: Path) -> Iterator[None]:
    """Run the second of two processes, while this one is the first."""
    other = multiprocessing.get_context("spawn").Process(target=process, args=(1, folder))
    other.start()
    yield
    other.join(60)
    assert other.exitcode == 0


def batch_norm_process(rank: int, folder: Path) -> None:
    """One of two processes; what it found goes to a file."""
    with connected(rank, folder):
        save_file(one_step(made(GlobalBatchNorm2d), batches()[rank]), folder / f"{rank}.safetensors")


def test_batch_norm_over_two_processes_is_batch_norm_of_the_joined_batch(tmp_path: Path) -> None:
    with beside(batch_norm_process, tmp_path):
        batch_norm_process(0, tmp_path)
    first, second = (load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1))
    whole = one_step(made(nn.BatchNorm2d), torch.cat(list(batches())))
    for name, expected in whole.items():
        if name in ("output", "input gradient"):
            found = torch.cat((first[name], second[name]))
        elif name.endswith("gradient"):
            found = first[name] + second[name]  # DDP adds these up itself
        else:
            torch.testing.assert_close(first[name], second[name], msg=name, rtol=0, atol=0)
            found = first[name]
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=2e-4, msg=lambda m, n=name: f"{n}: {m}")


def connection_threads() -> int:
    """How many threads of this process serve its connection to others."""
    names = (path / "comm" for path in Path("/proc/self/task").iterdir())
    return sum(name.read_text().startswith("pt_gloo") for name in names)


def training_process(rank: int, folder: Path) -> None:
    """One of two processes, in which a step of training ends with an error."""
    with pytest.raises(KeyError, match="this") as raised, connected(rank, folder):
        step_that_fails(DistributedDataParallel(nn.Linear(3, 4)))
    assert connection_threads() == 0, f"{raised} holds on to them"


def step_that_fails(network: nn.Module) -> None:
    network(torch.ones(2, 3)).sum().backward()
    assert connection_threads() > 0
    raise KeyError("this")


@pytest.mark.skipif(sys.platform != "linux", reason="reads the names of threads where Linux tells them")
def test_processes_that_part_leave_no_thread_waiting_for_the_interpreter(tmp_path: Path) -> None:
    """In an error's frames the network outlived the connection, and ended it under the lock: a deadlock."""
    with beside(training_process, tmp_path):
        training_process(0, tmp_path)


def test_batch_norm_in_evaluation_needs_no_other_process() -> None:
    x = batches()[0]
    norms = [made(kind).eval() for kind in (GlobalBatchNorm2d, nn.BatchNorm2d)]
    assert torch.equal(*(norm(x) for norm in norms))


def test_a_network_that_is_shared_keeps_its_parameters_and_their_names() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    before = dict(network.state_dict(keep_vars=True))
    fabric: Any = ManyProcesses()
    assert share_batch_norm(network, fabric) is network
    after = dict(network.state_dict(keep_vars=True))
    assert type(network[1]) is GlobalBatchNorm2d
    assert before.keys() == after.keys()
    assert all(before[name] is after[name] for name in before)


# How a run's processes are opened


def alone() -> Fabric:
    return open_fabric(config_for(Path("unused")), torch.device("cpu"))


def test_one_process_needs_nobody() -> None:
    fabric = alone()
    assert fabric.world_size == 1
    network = nn.Sequential(nn.BatchNorm2d(4))
    assert type(share_batch_norm(network, fabric)[0]) is nn.BatchNorm2d  # type: ignore[index]
    assert total(fabric, torch.tensor([2.0, 3.0])).tolist() == [2.0, 3.0]
    with one_fate(fabric):
        pass
    with pytest.raises(KeyError, match="this"), one_fate(fabric):
        raise KeyError("this")


@pytest.mark.parametrize("launched", [False, True], ids=["devices=3", "torchrun"])
def test_a_batch_that_cannot_be_shared_equally_is_refused(
    monkeypatch: pytest.MonkeyPatch, launched: bool
) -> None:
    if launched:
        monkeypatch.setenv("WORLD_SIZE", "3")
        monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    config = config_for(Path("unused"), devices=1 if launched else 3)
    with pytest.raises(ConfigError, match="batch_size: 8 cannot be shared equally by 3 processes"):
        open_fabric(config, torch.device("cpu"))


def test_processes_wait_for_hours_while_the_first_one_evaluates(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the default of half an hour, a run on a CPU ended in its last evaluation."""
    opened: dict[str, Any] = {}
    monkeypatch.setattr("stgat.training.distributed.DDPStrategy", lambda timeout: timeout)
    monkeypatch.setattr(Fabric, "__init__", lambda self, **options: opened.update(options))
    monkeypatch.setattr(Fabric, "launch", lambda self: None)
    open_fabric(config_for(Path("unused"), devices=2), torch.device("cpu"))
    assert opened["strategy"] > timedelta(days=1)
    open_fabric(config_for(Path("unused")), torch.device("cpu"))
    assert opened["strategy"] == "auto"


# Whole runs


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a prepared set, a configuration of a run on it, and that run by one process."""
    path = tmp_path_factory.mktemp("workplace")
    small_set(path / "set")
    config = config_for(path / "set", augment=AUGMENT, epochs=2, data={"holdout_subjects": [4]}, batch_size=6)
    (path / "tiny.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_unset=True)))
    train(config, folder=path / "one")
    return path


def run(workplace: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("LOCAL_RANK", "WORLD_SIZE", "RANK")}
    return subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=workplace,
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def assert_like_one(workplace: Path, name: str) -> None:
    """Weights, batch-norm statistics and figures are those of one process; fp32 adds up in another order."""
    for file in ("last.safetensors", "best.safetensors"):
        found, expected = (load_file(workplace / run / file) for run in (name, "one"))
        for key, value in expected.items():
            torch.testing.assert_close(
                found[key], value, rtol=1e-4, atol=1e-5, msg=lambda m, k=key: f"{k}: {m}"
            )
    found, expected = (
        [json.loads(line) for line in (workplace / run / "metrics.jsonl").read_text().splitlines()]
        for run in (name, "one")
    )
    assert len(found) == len(expected) == 2
    for line, wanted in zip(found, expected, strict=True):
        for key in wanted.keys() - TIMINGS:
            assert line[key] == pytest.approx(wanted[key], rel=1e-4), key
    assert len(list((workplace / name / "tensorboard").iterdir())) == 1


def test_two_processes_under_torchrun_train_as_one_does(workplace: Path) -> None:
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node", "2")
    done = run(workplace, *launcher, str(REPOSITORY / "main.py"), "train", "tiny.yaml", "--output", "two")
    assert done.returncode == 0, done.stderr
    assert_like_one(workplace, "two")
    assert done.stderr.count("epoch   2/2") == 1
    assert done.stderr.count("Wrote two/best.safetensors") == 1


def test_two_devices_train_as_one_does_and_end_together_where_one_cannot_go_on(workplace: Path) -> None:
    command = (str(REPOSITORY / "main.py"), "train", "tiny.yaml", "devices=2", "--output", "devices")
    done = run(workplace, *command)
    assert done.returncode == 0, done.stderr
    assert_like_one(workplace, "devices")
    # The folder now holds a run, which only the first of the processes finds out.
    again = run(workplace, *command)
    assert again.returncode == 1
    assert "devices: holds a run already" in again.stderr
    assert "Traceback" not in again.stderr


def test_fewer_samples_than_a_batch_needs_are_shared_equally_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_set(tmp_path / "set", subjects=1)  # 8 training clips
    config = config_for(tmp_path / "set", batch_size=9)

    class Three(ManyProcesses):
        world_size, is_global_zero = 3, True

    monkeypatch.setattr("stgat.training.train.open_fabric", lambda *_: Three())
    with pytest.raises(TrainingError, match="8 training samples make a batch that 3 processes cannot share"):
        train(config)
