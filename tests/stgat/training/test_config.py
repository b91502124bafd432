"""What a training run is told, and how it says that it was told something wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stgat.errors import ConfigError
from stgat.training.config import PooledTrainConfig, PreparedTrainConfig
from stgat.training.load_config import load_config
from tests.hostile import assert_sentence

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
CONFIGURATIONS = [
    path for path in sorted((REPOSITORY / "configs").rglob("*.yaml")) if path.parent.name != "base"
]


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
        ("augment.tilt=3", "augment.tilt: unknown key; did you mean augment.tilt_deg?"),
        ("data.0.lables={a: b}", "data.0.lables: unknown key; did you mean data.0.labels?"),
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
        ("preprocessing.lookahead_s=2", "lookahead_s 2.0 is not within the window of 2.0 s"),
        ("augment.moment_share=0.5", "augment.moment_share: needs preprocessing.lookahead_s"),
        ("augment.joined_share=0.5", "augment.joined_share: needs idle"),
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


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for name in ("nowhere.yaml", "."):
        with pytest.raises(ConfigError, match="; name a YAML file, as in configs/"):
            load_config(tmp_path / name)


# Runs on a prepared data set

PREPARED = """
name: prepared
data: {path: data/nw-ucla, split: ucla-xview}
model: {blocks: [[8, 8, 1]]}
"""


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    path = tmp_path / "prepared.yaml"
    path.write_text(PREPARED)
    return path


def test_what_the_data_are_tells_which_run_it_is(path: Path, prepared: Path) -> None:
    assert isinstance(load_config(path), PooledTrainConfig)
    assert isinstance(load_config(prepared), PreparedTrainConfig)


def test_without_more_ado_a_prepared_run_changes_nothing_about_the_clips(prepared: Path) -> None:
    config = load_config(prepared)
    assert isinstance(config, PreparedTrainConfig)
    assert config.sampling == "clip"
    crop, *others = config.augment.model_dump().values()
    assert crop == (1.0, 1.0)
    assert not any(others)


def test_joints_stay_as_measured_whatever_else_is_said_of_them(prepared: Path) -> None:
    assert load_config(prepared).preprocessing.body == "as-measured"
    assert load_config(prepared, ["preprocessing.num_frames=32"]).preprocessing.body == "as-measured"
    assert load_config(prepared, ["preprocessing.body=one-body-1"]).preprocessing.body == "one-body-1"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["learning_rates=1"], "prepared.yaml: learning_rates: unknown key; did you mean learning_rate?"),
        (["data.spilt=x"], "data.spilt: unknown key; did you mean data.split?"),
        (
            ["data.holdout_subject=[1]"],
            "data.holdout_subject: unknown key; did you mean data.holdout_subjects",
        ),
        (["augment.turn=3"], "augment.turn: unknown key; did you mean augment.turn_deg?"),
        (
            ["preprocessing.normalisation=x"],
            "preprocessing.normalisation: unknown key; did you mean preprocessing.normalization?",
        ),
        (["model.head=3"], "model.head: unknown key"),
        (["data.residence=moon"], "data.residence: Input should be 'auto', 'device' or 'disk'"),
        (["milestones=[3]"], "milestones: needed with schedule: steps, and only there"),
        (["schedule=steps"], "milestones: needed with schedule: steps, and only there"),
        (["sampling=drawn", "drawn_frames=32"], "drawn_frames: 32 are too few to crop 64"),
        (["sampling=drawn", "augment.crop=[0.5, 1]"], "augment.crop: has no place beside sampling: drawn"),
        (["augment.crop=[0.9, 0.5]"], "augment: crop: expected 0.05 <= shortest <= longest <= 2, got 0.9"),
        (["augment.crop=[0, 1]"], "crop: expected 0.05 <= shortest"),
        (["augment.crop=[1, 3]"], "crop: expected 0.05 <= shortest"),
        (["augment.drop_joints=1"], "augment.drop_joints: Input should be less than 1"),
        (["devices=0"], "devices: Input should be greater than or equal to 1"),
        (["compile=maybe"], "compile: Input should be"),
    ],
    ids=str,
)
def test_a_wrong_setting_of_a_prepared_run_is_named(
    prepared: Path, overrides: list[str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(prepared, overrides)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_mistakes_are_all_told_a_line_each(prepared: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(prepared, ["epoch=3", "augment.turn=3", "seed=-1"])
    assert len(str(caught.value).splitlines()) == 3


# Files that build on others


def test_a_file_says_only_what_differs_from_its_base(tmp_path: Path, prepared: Path) -> None:
    (tmp_path / "more").mkdir()
    child = tmp_path / "more" / "bone.yaml"
    child.write_text(
        "base: ../prepared.yaml\nname: bone\npreprocessing: {stream: bone}\nmodel: {dropout: 0.5}\n"
    )
    config = load_config(child, ["model.num_heads=4"])
    assert (config.name, config.preprocessing.stream) == ("bone", "bone")
    assert (config.model.dropout, config.model.num_heads, config.model.blocks) == (0.5, 4, ((8, 8, 1),))
    assert isinstance(config, PreparedTrainConfig)
    assert config.data.split == "ucla-xview"


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("nowhere.yaml", "nowhere.yaml: No such file"),
        ("child.yaml", "child.yaml: base: 4 files deep; does one name itself?"),
        ("[1, 2]", "child.yaml: base: expected the name of a file"),
    ],
)
def test_a_base_that_is_none_is_named(tmp_path: Path, base: str, message: str) -> None:
    (tmp_path / "child.yaml").write_text(f"base: {base}\nname: x\n")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "child.yaml")
    assert message in str(caught.value)


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_the_configurations_that_come_with_the_project_are_in_order(path: Path) -> None:
    config = load_config(path)
    assert config.name == (f"authors-{path.stem}" if path.parent.name == "authors" else path.stem)


TABLE = """label,parts,ntu,data_set,action,sequences,note
sit,legs,,nw-ucla,sit down,1,
squat,legs,,utd-mhad,squat,1,
,,,utd-mhad,knock,1,
"""


def test_labels_come_from_a_table_beside_the_file_unless_a_data_set_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    lines = [line for line in YAML.splitlines() if "sit down: sit" not in line]
    path = tmp_path / "tiny.yaml"
    path.write_text("\n".join([*lines, "label_table: table.csv", "idle: {}"]))
    config = load_config(path)
    assert config.data[0].labels == {"sit down": "sit"}
    assert config.data[1].labels == {"squat": "squat", "stand to sit": "sit"}
    assert config.labels == ("sit", "squat", "idle")
    assert config.parts == {"sit": "legs", "squat": "legs"}


def test_a_part_of_the_body_that_is_not_known_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE.replace("legs", "wings"))
    path = tmp_path / "tiny.yaml"
    path.write_text(f"{YAML}\nlabel_table: table.csv\n")
    with pytest.raises(ConfigError, match=r"parts\.sit: Input should be 'hand', 'hands', 'legs'"):
        load_config(path)


def test_a_table_has_no_place_beside_one_prepared_data_set(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    path = tmp_path / "one.yaml"
    path.write_text(
        "name: one\ndata: {path: x, split: y}\nlabel_table: table.csv\nmodel: {blocks: [[8, 8, 1]]}\n"
    )
    with pytest.raises(ConfigError, match="label_table: expected the name of a CSV file, beside a list"):
        load_config(path)


def test_a_data_set_without_a_class_is_an_error(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.0\.labels: Dictionary should have at least 1 item"):
        load_config(path, ["data.0.labels={}"])


# Files from strangers


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch sprung']",
        "!!python/object/new:os.system ['touch sprung']",
        "!!python/object:pathlib.Path {}",
        "!!python/name:os.system",
        "!!python/module:os",
        '!!python/object/apply:builtins.exec [\'open("sprung", "w")\']',
        "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch sprung']",
        "!!str/../python x",
    ],
)
def test_promise_a_yaml_tag_runs_nothing(path: Path, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    for text in (tag, f"{YAML}\nname: {tag}\n", f"{YAML}\n? {tag}\n: 1\n"):
        path.write_text(text)
        with pytest.raises(ConfigError, match="not readable as YAML") as caught:
            load_config(path)
        assert_sentence(caught.value, path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


_LAUGHS = "\n".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(12))
_MERGES = "\n".join(f"m{n + 1}: &m{n + 1} {{<<: [{', '.join([f'*m{n}'] * 9)}]}}" for n in range(12))


@pytest.mark.parametrize(
    "text",
    [
        f"a0: &a0 [lol]\n{_LAUGHS}\n",
        f"m0: &m0 {{a: 1}}\n{_MERGES}\n",
        "a: &a [*a]\n",
        "[" * 60_000,
        "{a: " * 15_000,
        "- " * 30_000,
        "x" * 70_000,
        "a: 2026-13-41",
        "a: 1:99:99999999999999999999999999.5",
        "a: !!int x",
        "a: !!bool x",
        "a: !!timestamp x",
        "a: !!binary \xe9",
        "a: " + "9" * 5000,
        "a: \x00",
        "? [1, 2]\n: 3",
        "%YAML 9.9\n---\na: 1",
    ],
    ids=lambda text: text[:20],
)
def test_promise_yaml_that_multiplies_or_nests_without_end_is_one_sentence(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    for line in str(caught.value).splitlines():
        assert_sentence(line, path)


@pytest.mark.parametrize(
    "content", [b"\xff\xfea\x00:\x00", "name: ü".encode("latin-1"), b"\x80", b"\x1b[2J: 1"]
)
def test_a_wrong_encoding_is_one_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert_sentence(str(caught.value).splitlines()[0], path)


@pytest.mark.parametrize(
    "override",
    [
        "learning_rate=.inf", "weight_decay=.nan", "learning_rate=1e999",
        f"epochs={10**30}", f"seed={10**30}",
        f"batch_size={10**30}", "augment.window_s=[1.0, .inf]", "preprocessing.window_s=.nan",
        "name=\"a\\eb\"",
        "model.blocks=[[8192, 8192, 1], [8192, 8192, 1], [8192, 8192, 1]]",
    ],
)  # fmt: skip
def test_promise_numbers_that_are_none_are_named(path: Path, override: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(path, [override])
    assert_sentence(caught.value, path)


def test_promise_a_base_that_never_ends_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path.parent / "pipe")
    for name in ("pipe", "/dev/zero", "zero\\0byte", ".", "\\e[2J", "x" * 5000):
        for key in ("base", "label_table"):
            path.write_text(f'{YAML}\n{key}: "{name}"\n')
            with pytest.raises(ConfigError) as caught:
                load_config(path)
            assert str(path) in str(caught.value) and str(caught.value).isprintable()


def test_a_thousand_mistakes_are_not_all_told(path: Path) -> None:
    path.write_text(YAML + "".join(f"\nkey{n}: 1" for n in range(1000)))
    with pytest.raises(ConfigError, match="and 980 more"):
        load_config(path)
