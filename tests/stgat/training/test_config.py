"""What a training run is told, and how it says that it was told something wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from stgat.errors import ConfigError
from stgat.training.load_config import load_config

YAML = """
name: tiny
data:
  - format: nw-ucla
    path: data/nw-ucla.zip
    test_subjects: [8, 9]
    labels: {sit down: sit, stand up: stand, carry: sit}
  - format: utd-mhad
    path: data/utd-mhad.zip
    test_subjects: [2]
    labels: {squat: squat, stand to sit: sit}
model:
  blocks: [[8, 8, 1]]
"""
REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(YAML)
    return path


def test_a_file_is_read_with_defaults_for_the_rest(path: Path) -> None:
    config = load_config(path)
    assert config.name == "tiny"
    assert config.data[1].path == Path("data/utd-mhad.zip")
    assert config.preprocessing.window_s == 2.0
    assert config.epochs == 40


def test_labels_come_in_the_order_in_which_the_tables_first_name_them(path: Path) -> None:
    assert load_config(path).labels == ("sit", "stand", "squat")


def test_overrides_reach_every_place(path: Path) -> None:
    overrides = [
        "epochs=5",
        "data.1.path=else/where.zip",
        "model.blocks=[[16, 16, 1]]",
        "augment.mirror=false",
    ]
    config = load_config(path, overrides)
    assert config.epochs == 5
    assert config.data[1].path == Path("else/where.zip")
    assert config.model.blocks == ((16, 16, 1),)
    assert config.augment.mirror is False


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epoch=3", "tiny.yaml: epoch: unknown key; did you mean epochs?"),
        ("augment.tilt=3", "augment.tilt: unknown key; did you mean tilt_deg?"),
        ("data.0.lables={a: b}", "data.0.lables: unknown key; did you mean labels?"),
        ("zzz=1", "zzz: unknown key"),
        ("epochs=many", "epochs: Input should be a valid integer"),
        ("epochs=0", "epochs: Input should be greater than or equal to 1"),
        ("epochs", "'epochs': expected key=value"),
        ("epochs=[", "'epochs=[': not readable as YAML"),
        ("data.7.path=x", "'data.7.path=x': no such place in the configuration"),
        ("name.first=x", "'name.first=x': no such place in the configuration"),
        ("model.blocks=[[30, 30, 1]]", "model: blocks: the first width, 30, must be a multiple of 8"),
        ("model.num_heads=3", "model: blocks[0]: widths 8 and 8 must divide by 3 heads"),
        ("preprocessing.layout=kinect-v1-20", "networks are trained on layout ntu25, body one-body-1"),
        ("preprocessing.body=as-measured", "networks are trained on layout ntu25, body one-body-1"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(path, [override])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: [", "tiny.yaml: not readable as YAML"),
        (b"\xff\xfe", "tiny.yaml: not a text file"),
        (b"just words", "tiny.yaml: expected keys and values"),
        (b"", "tiny.yaml: expected keys and values"),
        (b"name: x\nmodel: {blocks: [[8, 8, 1]]}", "tiny.yaml: data: Field required"),
        (b"!!python/object/apply:os.getcwd []", "tiny.yaml: not readable as YAML"),
    ],
)
def test_a_file_that_is_none_is_named_in_one_line(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: No such file"):
        load_config(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("path", sorted((REPOSITORY / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_the_configurations_that_come_with_the_project_are_in_order(path: Path) -> None:
    load_config(path)
