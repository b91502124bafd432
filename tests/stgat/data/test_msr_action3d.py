"""MSR-Action3D: its order of joints, its empty frames, and what is said of damage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stgat.data.formats import FORMATS
from stgat.data.msr_action3d import ACTIONS
from stgat.data.sequences import Rejected, SkeletonSequence
from stgat.errors import DataError
from stgat.skeleton import KINECT_V1_20
from tests.stgat.data.files import joint_rows, write_folder, write_zip

NAME = "a07_s04_e02_skeleton3D.txt"
#: The set's joints in its own order, as its description numbers them.
THEIRS = (
    "left shoulder", "right shoulder", "shoulder centre", "spine", "left hip", "right hip", "hip centre",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hand", "right hand", "left knee",
    "right knee", "left ankle", "right ankle", "left foot", "right foot", "head",
)  # fmt: skip
READ = FORMATS["msr-action3d"].sequences


def frames(T: int = 6) -> np.ndarray:
    """(T, 20, 4) in the set's order: joint v at x = v + 1, confidence 1."""
    rows = np.random.default_rng(T).normal(size=(T, 20, 4)).round(6)
    rows[..., 0], rows[..., 3] = np.arange(20) + 1, 1
    return rows


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_a_recording_is_read_into_the_order_of_kinect_v1(tmp_path: Path, write: Callable) -> None:
    (sequence,) = READ(write(tmp_path / "msr", {f"Real3D/{NAME}": joint_rows(frames())}))
    assert (sequence.name, sequence.action) == ("a07_s04_e02", "draw X")
    assert (sequence.subject, sequence.replication, sequence.layout) == (4, 2, "kinect-v1-20")
    names = [THEIRS[round(x) - 1] for x in sequence.joints_m[0, 0, :, 0]]
    assert tuple(names) == KINECT_V1_20.joints
    assert_allclose(sequence.joints_m[:, 0, 3], frames()[:, 19, :3], rtol=1e-6)
    assert_allclose(sequence.timestamps_s, np.arange(6) / 15)


def test_frames_without_a_skeleton_are_left_out_and_the_times_show_it(tmp_path: Path) -> None:
    rows = frames(9)
    rows[[0, 4, 5]] = 0
    (sequence,) = READ(write_folder(tmp_path / "msr", {NAME: joint_rows(rows)}))
    assert_allclose(sequence.timestamps_s * 15, [0, 1, 2, 5, 6, 7])
    assert sequence.joints_m.any(axis=(1, 2, 3)).all()


def test_a_recording_with_more_than_a_third_empty_is_rejected(tmp_path: Path) -> None:
    rows = frames(9)
    rows[2:6] = 0
    with pytest.raises(DataError, match=rf"{NAME}: 4 of its 9 frames hold no skeleton, only zeros"):
        list(READ(write_folder(tmp_path / "msr", {NAME: joint_rows(rows)})))


GOOD = joint_rows(frames())
DAMAGE = [
    ("a21_s01_e01_skeleton3D.txt", GOOD, "with an action of 1 to 20 is expected"),
    ("walk_skeleton3D.txt", GOOD, r"a name like a01_s01_e01_skeleton3D\.txt"),
    (NAME, joint_rows(frames()[:, :19]), "holds 114 rows, not whole frames of 20 joints"),
    (NAME, joint_rows(frames()[..., :3]), "line 1: expected 4 numbers, found 3"),
    (NAME, b"\n" + GOOD[: GOOD.index(b"\n") - 12], "line 2: expected 4 numbers, found 3"),
    (NAME, GOOD.replace(b"1.000000", b"one", 1), "line 1: 'one' is no number"),
    (NAME, GOOD.replace(b"1.000000", b"inf", 1), "line 1: 'inf' is no number"),
    (NAME, joint_rows(frames() * 1000), r"frame 0 holds the coordinate 20000; metres are expected"),
    (NAME, joint_rows(frames() * 0), "6 of its 6 frames hold no skeleton"),
    (NAME, b"", "is empty"),
    (NAME, bytes(range(256)), "is no text file"),
]


@pytest.mark.parametrize(("name", "content", "message"), DAMAGE)
def test_damage_is_named_with_its_place(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    source = write_folder(tmp_path / "msr", {name: content})
    with pytest.raises(DataError, match=message) as caught:
        list(READ(source))
    assert str(caught.value).startswith(f"{source}: {name}: ") and "\n" not in str(caught.value)


#: What the literature leaves out of the 567 recordings.
LEFT_OUT = {
    "a07_s04_e01", "a13_s02_e02", "a13_s06_e01", "a13_s06_e02", "a13_s09_e02", "a20_s02_e01", "a20_s02_e02",
    "a20_s02_e03", "a20_s06_e01", "a20_s08_e02",
}  # fmt: skip


@pytest.fixture(scope="module")
def everything(shared_dir: Path) -> list[SkeletonSequence | Rejected]:
    form, source = FORMATS["msr-action3d"], shared_dir / "datasets" / "msr-action3d.zip"
    return [item for shard in form.shards(source) for item in form.read(source, shard)]


@pytest.fixture(scope="module")
def sequences(everything: list[SkeletonSequence | Rejected]) -> list[SkeletonSequence]:
    return [item for item in everything if isinstance(item, SkeletonSequence)]


@pytest.mark.shared
def test_what_is_left_is_the_557_of_the_literature(
    everything: list[SkeletonSequence | Rejected], sequences: list[SkeletonSequence]
) -> None:
    rejected = {item.name for item in everything if isinstance(item, Rejected)}
    assert rejected == {f"{name}_skeleton3D" for name in LEFT_OUT}
    assert len(sequences) == 557
    assert Counter(s.subject % 2 for s in sequences) == {1: 291, 0: 266}
    assert {sequence.action for sequence in sequences} == set(ACTIONS)


@pytest.mark.shared
def test_left_is_left_up_is_up_and_the_right_hand_acts(sequences: list[SkeletonSequence]) -> None:
    middle = np.stack([np.median(s.joints_m[:, 0], axis=0) for s in sequences])
    assert (middle[:, 4, 0] < middle[:, 8, 0]).mean() > 0.98
    assert (middle[:, 3, 1] > middle[:, 0, 1]).all() and (middle[:, 0, 1] > middle[:, 15, 1]).all()
    assert (middle[:, 0, 2] > 0.5).all()
    assert 1.0 < np.median(np.linalg.norm(middle[:, 3] - middle[:, 15], axis=-1)) < 2.0  # metres
    one_handed = [s.joints_m[:, 0] for s in sequences if s.action in ACTIONS[:9]]
    way = [np.linalg.norm(np.diff(j - j[:, :1], axis=0), axis=-1).sum(axis=0) for j in one_handed]
    assert len(way) == 246 and all(joint[11] > joint[7] for joint in way)
