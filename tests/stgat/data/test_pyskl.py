"""pyskl's annotation files: what a recording's name and label say, and which files do not fit."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.pyskl import PYSKL
from stgat.data.sequences import Rejected, SkeletonSequence
from stgat.errors import DataError

FORM = PYSKL()


def keypoint(M: int = 1, T: int = 4, V: int = 25, C: int = 3, dtype: str = "f2") -> np.ndarray:
    return np.random.default_rng(M * T).normal(size=(M, T, V, C)).astype(dtype)


def annotation(frame_dir: str = "S001C002P003R004A005", label: object = 4, **changes: Any) -> dict[str, Any]:
    array = changes.get("keypoint", keypoint())
    frames = array.shape[1] if isinstance(array, np.ndarray) and array.ndim > 1 else 0
    return {"frame_dir": frame_dir, "label": label, "keypoint": array, "total_frames": frames} | changes


def write(path: Path, *annotations: object, protocol: int = 2) -> Path:
    """A file as pyskl's tools write it; mmcv's default is protocol 2."""
    names = [one.get("frame_dir") for one in annotations if isinstance(one, dict)]
    data = {"split": {"xsub_train": names[:1], "xsub_val": names[1:]}, "annotations": list(annotations)}
    path.write_bytes(pickle.dumps(data, protocol))
    return path


def read(source: Path) -> list[SkeletonSequence | Rejected]:
    return [found for shard in FORM.shards(source) for found in FORM.read(source, shard)]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_recordings_are_read_with_what_their_names_say(tmp_path: Path, protocol: int, dtype: str) -> None:
    two, one = keypoint(2, 5, dtype=dtype), keypoint(1, 3, dtype=dtype)
    source = write(
        tmp_path / "ntu60_3danno.pkl",
        annotation("S017C003P020R002A060", 59, keypoint=two),
        annotation("S001C001P001R001A001", np.int64(0), keypoint=one),
        protocol=protocol,
    )
    assert [shard.size for shard in FORM.shards(source)] == [2]
    first, second = FORM.sequences(source)
    assert (first.name, first.action) == ("S017C003P020R002A060", NTU_ACTIONS[59])
    assert (first.setup, first.camera, first.subject, first.replication) == (17, 3, 20, 2)
    assert (second.action, second.joints_m.shape) == (NTU_ACTIONS[0], (3, 1, 25, 3))
    assert first.joints_m.dtype == np.float32
    assert first.layout == "ntu25"
    assert_array_equal(first.joints_m, two.transpose(1, 0, 2, 3).astype(np.float32))
    assert_array_equal(first.timestamps_s, np.arange(5) / 30)


def test_a_second_person_who_is_never_there_is_left_out(tmp_path: Path) -> None:
    array = keypoint(2)
    array[1] = 0
    (found,) = FORM.sequences(write(tmp_path / "a.pkl", annotation(keypoint=array)))
    assert_array_equal(found.joints_m[:, 0], array[0].astype(np.float32))
    assert found.joints_m.shape[1] == 1


@pytest.mark.parametrize(("highest", "classes"), [(0, 60), (59, 60), (60, 120), (119, 120)])
def test_recordings_of_ntu_have_its_60_or_120_actions(tmp_path: Path, highest: int, classes: int) -> None:
    source = write(tmp_path / "a.pkl", annotation(f"S001C001P001R001A{highest + 1:03}", highest))
    assert FORM.label_names(source) == NTU_ACTIONS[:classes]
    assert next(iter(FORM.sequences(source))).action == NTU_ACTIONS[highest]


def test_recordings_of_other_names_have_their_labels_number(tmp_path: Path) -> None:
    source = write(tmp_path / "a.pkl", annotation("b-12", 11), annotation("b-2", 2))
    assert FORM.label_names(source) == tuple(map(str, range(12)))
    first, second = FORM.sequences(source)
    assert (first.action, first.subject, first.setup) == ("11", 0, 0)
    assert second.action == "2"


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    source = write(tmp_path / "a.pkl", annotation())
    assert [shard.size for shard in FORM.shards(source)] == [1]
    write(source, annotation(), annotation("S001C001P001R001A001", 0))
    assert [shard.size for shard in FORM.shards(source)] == [2]


NAN = keypoint()
NAN[0, 2, 7, 1] = np.nan
WRONG = [
    (7, "annotation 1", "has no 'frame_dir'"),
    ({"label": 4, "keypoint": keypoint()}, "annotation 1", "has no 'frame_dir'"),
    (annotation(frame_dir=b"S001"), "annotation 1", "'frame_dir' is bytes, not str"),
    (annotation("S001C001P001R001A001", 0), "S001C001P001R001A001", "comes a second time, as annotation 1"),
    (annotation(label=3), "S001C002P003R004A005", "label 3 is not the action A005 of its name"),
    (annotation(label=-1), "S001C002P003R004A005", "label -1 is not one of the 60 classes"),
    (annotation(label=10**9), "S001C002P003R004A005", "label 1000000000 is not one of the 60"),
    (annotation(label="4"), "S001C002P003R004A005", "'label' is str, not int"),
    (annotation(label=True), "S001C002P003R004A005", "'label' is bool, not int"),
    (annotation(keypoint=NAN), "S001C002P003R004A005", "frame 2 holds a coordinate that is no finite"),
    (annotation(keypoint=np.zeros((2, 4, 25, 3))), "S001C002P003R004A005", "nobody is seen in any frame"),
    (annotation(keypoint=keypoint(T=0)), "S001C002P003R004A005", "nobody is seen in any frame"),
    (annotation(keypoint=keypoint(V=20)), "S001C002P003R004A005", "expected joints (T, M, 25, 3), found"),
    (annotation(keypoint=np.zeros(3)), "S001C002P003R004A005", "should be (M, T, 25, 3), found (3,)"),
    (annotation(keypoint=[1.0]), "S001C002P003R004A005", "'keypoint' is list, not ndarray"),
    (annotation(total_frames=9), "S001C002P003R004A005", "'total_frames' is 9, 'keypoint' has 4"),
    (annotation(total_frames=[9]), "S001C002P003R004A005", "'total_frames' is list, not int"),
    (annotation(total_frames=np.zeros(2)), "S001C002P003R004A005", "'total_frames' is ndarray, not int"),
]


@pytest.mark.parametrize(("wrong", "name", "reason"), WRONG, ids=[reason for *_, reason in WRONG])
def test_an_annotation_that_cannot_be_used_is_rejected_and_the_others_read(
    tmp_path: Path, wrong: object, name: str, reason: str
) -> None:
    good = annotation("S001C001P001R001A001", 0)
    source = write(tmp_path / "a.pkl", good, wrong, annotation("S001C001P001R001A002", 1))
    first, rejected, last = read(source)
    assert isinstance(first, SkeletonSequence)
    assert isinstance(last, SkeletonSequence)
    assert isinstance(rejected, Rejected)
    assert rejected.name == name
    assert rejected.reason.startswith(f"{source}: {name}: ")
    assert reason in rejected.reason


TAKE = r"; take ntu60_3danno\.pkl or ntu120_3danno\.pkl$"
WRONG_FILES = [
    ({"annotations": [annotation(keypoint=keypoint(V=17, C=2))]},
     "holds 2-D COCO keypoints, which do not fit a network of 3-D joints"),
    ({"annotations": [annotation(keypoint=keypoint(V=13))]}, r"expected keypoints \(M, T, 25, 3\), found"),
    ({"annotations": [{"frame_dir": "a", "raw_file": "a.pkl"}]}, "its annotations hold no 'keypoint' arrays"),
    ({"annotations": []}, "holds no list of 'annotations'"),
    ({"annotations": {"a": 1}}, "holds no list of 'annotations'"),
    ([annotation()], "holds no list of 'annotations'"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), WRONG_FILES, ids=[message for _, message in WRONG_FILES])
def test_a_file_of_another_kind_is_refused_at_once_and_the_right_one_named(
    tmp_path: Path, data: object, message: str
) -> None:
    source = tmp_path / "ntu60_hrnet.pkl"
    source.write_bytes(pickle.dumps(data, 4))
    for ask in (FORM.shards, FORM.label_names):
        with pytest.raises(DataError, match=r"ntu60_hrnet\.pkl: " + message + ".*" + TAKE):
            ask(source)


def test_a_file_that_would_run_something_is_refused_and_does_not(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "was run"),)

    source = write(tmp_path / "a.pkl", annotation(), annotation(img_shape=Hostile()))
    with pytest.raises(DataError, match=r"a\.pkl: not a pickle of plain data: .*asks for \w+\.mkdir"):
        FORM.shards(source)
    assert not (tmp_path / "was run").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.pkl", tmp_path):
        with pytest.raises(DataError, match=r"no such file; give the \.pkl file itself"):
            FORM.shards(path)


ANY_VALUE = st.none() | st.booleans() | st.integers(-5, 130) | st.floats() | st.text(max_size=3) | hnp.arrays(
    st.sampled_from(["f2", "f4", "f8", "i4", "?"]), st.sampled_from([(), (2,), (1, 2, 25, 3), (2, 0, 25, 3)])
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    changes=st.dictionaries(
        st.sampled_from(["frame_dir", "label", "keypoint", "total_frames", "img_shape"]), ANY_VALUE
    )
)
def test_whatever_an_annotation_holds_it_is_read_or_rejected(tmp_path: Path, changes: dict[str, Any]) -> None:
    source = write(tmp_path / "a.pkl", annotation("S001C001P001R001A001", 0), annotation() | changes)
    first, second = read(source)
    assert isinstance(first, SkeletonSequence)
    if isinstance(second, SkeletonSequence):
        assert np.isfinite(second.joints_m).all()
        assert second.joints_m.any()
        assert second.action in FORM.label_names(source)
