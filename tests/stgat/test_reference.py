"""The authors' checkpoints give the authors' numbers, and bad ones say what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from stgat.errors import OfficialCheckpointError
from stgat.model import STGATConfig
from stgat.reference import load_official, load_official_file

GOLDEN = ("stgat_ntu_small", "stgat_ntu_small_one_person", "stgat_kinetics_small")


def split(path: Path) -> tuple[dict[str, torch.Tensor], torch.Tensor, torch.Tensor]:
    content = load_file(path)
    weights = {k.removeprefix("weights."): v for k, v in content.items() if k.startswith("weights.")}
    return weights, content["input"], content["logits"]


@pytest.fixture
def golden(shared_dir: Path) -> dict[str, torch.Tensor]:
    return split(shared_dir / "reference" / "stgat_ntu_small.safetensors")[0]


@pytest.mark.shared
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_logits_are_reproduced(shared_dir: Path, name: str) -> None:
    weights, x, expected = split(shared_dir / "reference" / f"{name}.safetensors")
    model = load_official(weights)
    with torch.no_grad():
        logits = model(x)
    error = (logits - expected).norm() / expected.norm()
    assert error < 1e-4
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4 * expected.abs().max().item())


@pytest.mark.shared
def test_the_official_network_has_the_published_size(shared_dir: Path) -> None:
    shapes = json.loads((shared_dir / "reference" / "official_ntu60_state_dict.json").read_text())
    state = {f"module.{name}": torch.zeros(shape) for name, shape in shapes.items()}
    model = load_official(state)
    assert model.config == STGATConfig(num_classes=60, frame_weighting="u_mod_w")
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(5.61e6, rel=0.005)


@pytest.mark.shared
def test_strides_are_found_without_the_positional_tables(golden: dict) -> None:
    bare = {k: v for k, v in golden.items() if not k.endswith((".pe", ".atts", "num_batches_tracked"))}
    assert load_official(bare).config == load_official(golden).config
    with pytest.raises(OfficialCheckpointError, match="3 strides were given for 4 blocks"):
        load_official(bare, strides=[1, 2, 1])


@pytest.mark.shared
def test_every_missing_and_misshapen_parameter_is_named(golden: dict) -> None:
    broken = dict(golden)
    del broken["graph_layers.1.diff_net.bias"]
    del broken["diff_map3.1.running_mean"]
    broken["graph_layers.2.ff_nets.0.weight"] = torch.zeros(3, 3, 1, 1)
    with pytest.raises(OfficialCheckpointError) as caught:
        load_official(broken)
    message = str(caught.value)
    assert "graph_layers.1.diff_net.bias is missing" in message
    assert "diff_map3.1.running_mean is missing" in message
    assert "graph_layers.2.ff_nets.0.weight has shape [3, 3, 1, 1], expected [32, 32, 1, 1]" in message


@pytest.mark.parametrize("state", [{}, {"conv.weight": torch.zeros(2)}], ids=["empty", "foreign"])
def test_a_foreign_state_dict_is_refused(state: dict) -> None:
    with pytest.raises(OfficialCheckpointError, match=r"input_map\.0\.weight is missing"):
        load_official(state)


@pytest.mark.shared
@pytest.mark.parametrize("wrapped", [False, True])
def test_files_are_loaded_whatever_wraps_them(golden: dict, tmp_path: Path, wrapped: bool) -> None:
    path = tmp_path / "net.pth"
    torch.save({"state_dict": golden, "epoch": 3} if wrapped else golden, path)
    assert load_official_file(path).config.num_classes == 10
    save_file(golden, tmp_path / "net.safetensors")
    assert load_official_file(tmp_path / "net.safetensors").config.num_classes == 10


class Malicious:
    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("owned"),))


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Malicious()}, tmp_path / "evil.pth")
    with pytest.raises(OfficialCheckpointError, match=r"evil\.pth"):
        load_official_file(tmp_path / "evil.pth")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"], ids=["empty", "text"])
def test_files_that_are_no_checkpoint_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.pth"
    path.write_bytes(content)
    with pytest.raises(OfficialCheckpointError, match=r"bad\.pth"):
        load_official_file(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_official_file(tmp_path / "nowhere.pth")
