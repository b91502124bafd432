"""The prepared form: what is written is read again, and what is damaged is named."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from stgat.data.prepared import PreparedDataset, open_prepared, write_prepared
from stgat.data.sequences import SkeletonSequence
from stgat.errors import DataError

REPOSITORY = Path(__file__).resolve().parents[3]
LABELS = ("drink", "clap", "wave")


def sequence(number: int, T: int = 5, M: int = 1, V: int = 20) -> SkeletonSequence:
    return SkeletonSequence(
        name=f"sample {number}",
        joints_m=np.random.default_rng(number).normal(size=(T, M, V, 3)).astype(np.float32),
        timestamps_s=np.arange(T) / 30,
        layout="kinect-v1-20" if V == 20 else "ntu25",
        action=LABELS[number % 3],
        subject=number + 1,
        camera=number + 2,
        setup=number + 3,
        replication=number + 4,
    )


SEQUENCES = [sequence(0), sequence(1, T=3, M=2), sequence(2, T=1), sequence(3, T=7, M=3)]


@pytest.fixture
def dataset(tmp_path: Path) -> PreparedDataset:
    return write_prepared(tmp_path / "out", SEQUENCES, LABELS)


def test_samples_come_back_as_they_were_written(dataset: PreparedDataset) -> None:
    opened = open_prepared(dataset.folder, verify=True)
    assert len(opened) == len(opened.samples) == opened.info.num_samples == 4
    for index, written in enumerate(SEQUENCES):
        assert_array_equal(opened.sample(index), written.joints_m)
        assert opened.samples.names[index] == written.name
        assert LABELS[opened.samples.label[index]] == written.action
        assert (opened.samples.frames[index], opened.samples.people[index]) == written.joints_m.shape[:2]
        for column in ("subject", "camera", "setup", "replication"):
            assert getattr(opened.samples, column)[index] == getattr(written, column)
    assert_array_equal(opened.samples.first_frame, [0, 5, 11, 12])
    assert opened.samples.label.dtype == np.int64
    assert opened.joints.shape == (33, 20, 3)
    # Person by person: the second person of sample 1 starts T rows after the first.
    assert_array_equal(opened.joints[5 + 3], SEQUENCES[1].joints_m[0, 1])


def test_a_sample_is_the_callers_own_and_the_file_stays(dataset: PreparedDataset) -> None:
    for index in (0, 1):
        dataset.sample(index)[:] = 0
        assert_array_equal(dataset.sample(index), SEQUENCES[index].joints_m)
    assert not dataset.joints.flags.writeable
    with pytest.raises(IndexError):
        dataset.sample(4)


def edit_info(folder: Path, **changes: object) -> None:
    path = folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_table(folder: Path, old: str, new: str) -> None:
    """Change samples.csv and its checksum with it."""
    path = folder / "samples.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    edit_info(folder, samples_sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def damage_joints(folder: Path) -> None:
    content = bytearray((folder / "joints.npy").read_bytes())
    content[-5] ^= 1
    (folder / "joints.npy").write_bytes(content)


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda f: (f / "dataset.json").unlink(), "holds no dataset.json, so it is not a prepared data set or"),
    (lambda f: (f / "dataset.json").write_text("{"), r"dataset\.json: Invalid JSON.* with --restart"),
    (lambda f: edit_info(f, format_version=2), "version 2; this program reads version 1"),
    (lambda f: edit_info(f, layout="hand21"), "layout: 'hand21' is none of ntu25"),
    (lambda f: edit_info(f, colour="red"), r"dataset\.json: colour: Extra inputs"),
    (lambda f: edit_info(f, labels=["drink", "drink"]), "a label is there twice"),
    (lambda f: edit_info(f, labels=["drink", "clap"]), r"samples\.csv: line 4: the label is none of the cl"),
    (lambda f: edit_info(f, num_samples=5), r"samples\.csv: 4 samples, but dataset\.json counts 5"),
    (lambda f: edit_info(f, num_frames=34), r"joints\.npy: expected float32 \(34, 20, 3\), found float32"),
    (lambda f: edit_info(f, layout="ntu25"), r"joints\.npy: expected float32 \(33, 25, 3\), found float32"),
    (lambda f: (f / "samples.csv").unlink(), r"samples\.csv: No such file"),
    (lambda f: (f / "samples.csv").write_text("name"), r"samples\.csv: changed since it was prepared"),
    (lambda f: edit_table(f, "name,label", "label,name"), r"samples\.csv: line 1: expected name,label"),
    (lambda f: edit_table(f, "sample 1,1,", "sample 1,"), r"line 3: expected 9 columns, found 8"),
    (lambda f: edit_table(f, "sample 1,1,2", "sample 1,1,two"), "no whole number, 'two'"),
    (lambda f: edit_table(f, "sample 1,1,2", "sample 1,1,2.5"), "no whole number, '2.5'"),
    (lambda f: edit_table(f, "sample 2", 501 * "2"), "line 4: the name '2{40}' is no plain text or too long"),
    (lambda f: edit_table(f, "sample 2", "sample 0"), "line 4: the sample sample 0 is there twice"),
    (lambda f: edit_table(f, ",0,5,1", ",0,0,1"), "line 2: frames and people must be 1 or more"),
    (lambda f: edit_table(f, ",0,5,1", ",0,34,1"), r"line 2: its frames lie outside joints\.npy"),
    (lambda f: edit_table(f, ",0,5,1", ",-1,5,1"), r"line 2: its frames lie outside joints\.npy"),
    (lambda f: (f / "joints.npy").unlink(), r"joints\.npy: missing, cut short"),
    (lambda f: (f / "joints.npy").write_bytes(b"PK"), r"joints\.npy: missing, cut short or no array"),
    (
        lambda f: (f / "joints.npy").write_bytes((f / "joints.npy").read_bytes()[:-4]),
        r"joints\.npy: missing, cut short",
    ),
    (lambda f: np.save(f / "joints.npy", np.zeros((33, 20, 3))), "found float64"),
    (
        lambda f: np.save(f / "joints.npy", np.array([{}] * 3), allow_pickle=True),
        r"joints\.npy: expected float32 .* found object",
    ),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_damage_is_named_with_its_place_and_a_remedy(
    dataset: PreparedDataset, damage: Callable[[Path], object], message: str
) -> None:
    damage(dataset.folder)
    with pytest.raises(DataError, match=message) as caught:
        open_prepared(dataset.folder)
    assert str(caught.value).startswith(str(dataset.folder))
    assert "`prepare`" in str(caught.value)


def test_changed_joints_are_found_on_request(dataset: PreparedDataset) -> None:
    damage_joints(dataset.folder)
    open_prepared(dataset.folder)
    with pytest.raises(DataError, match=r"joints\.npy: does not match its checksum"):
        open_prepared(dataset.folder, verify=True)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no such folder; `prepare` makes one"):
        open_prepared(tmp_path / "nowhere")


def test_the_data_package_needs_no_torch() -> None:
    """Each worker of `prepare` imports it: torch would cost seconds and hundreds of megabytes a process."""
    code = "import sys, stgat.data.prepared, stgat.data.formats; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
