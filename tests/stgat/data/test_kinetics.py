"""Kinetics-Skeleton: poses become joints as published, and what is wrong is named with its frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from stgat.data.kinetics import CLIPS_PER_SHARD, Kinetics
from stgat.data.sequences import Rejected, SkeletonSequence
from stgat.errors import DataError
from tests.stgat.data.files import write_folder, write_zip

KINETICS = Kinetics()


def person(seed: int, score: float = 0.5) -> dict[str, list[float]]:
    pose = np.random.default_rng(seed).uniform(0.01, 0.99, 36).round(3)
    return {"pose": pose.tolist(), "score": [score] * 18}


def frame(index: int, *people: Any) -> dict[str, Any]:
    return {"frame_index": index, "skeleton": list(people)}


def clip(*frames: Any, label: str = "abseiling") -> bytes:
    return json.dumps({"data": list(frames), "label": label, "label_index": 0}).encode()


def joints(person: dict[str, list[float]]) -> np.ndarray:
    """The person's joints, worked out one by one."""
    rows = []
    for joint in range(18):
        x, y, score = person["pose"][2 * joint], person["pose"][2 * joint + 1], person["score"][joint]
        rows.append([x - 0.5, 0.5 - y, score] if score else [0, 0, 0])
    return np.array(rows)


def read(source: Path) -> list[SkeletonSequence | Rejected]:
    return [found for shard in KINETICS.shards(source) for found in KINETICS.read(source, shard)]


def read_one(tmp_path: Path, content: bytes) -> SkeletonSequence | Rejected:
    (found,) = read(write_folder(tmp_path / "set", {"kinetics_train/a.json": content}))
    return found


LABELS = {
    "train": {"-x": (7, "zumba"), "y_": (0, "abseiling")},
    "val": {"z": (7, "zumba")},
}


def label_file(part: str) -> bytes:
    entries = LABELS[part].items()
    return json.dumps(
        {
            clip: {"has_skeleton": True, "label": label, "label_index": index}
            for clip, (index, label) in entries
        }
    ).encode()


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_clips_of_both_parts_are_read_with_their_labels(tmp_path: Path, write: Callable) -> None:
    source = write(
        tmp_path / "kinetics",
        {
            "kinetics-skeleton/kinetics_train/y_.json": clip(frame(1, person(1)), frame(2, person(2))),
            "kinetics-skeleton/kinetics_train/-x.json": clip(frame(1, person(3)), label="zumba"),
            "kinetics-skeleton/kinetics_val/z.json": clip(frame(1, person(4)), label="zumba"),
            "kinetics-skeleton/kinetics_train_label.json": label_file("train"),
            "kinetics-skeleton/kinetics_val_label.json": label_file("val"),
        },
    )
    assert KINETICS.label_names(source) == ("abseiling", "zumba")
    assert [shard.size for shard in KINETICS.shards(source)] == [3]
    found = {sequence.name: sequence for sequence in KINETICS.sequences(source)}
    assert {name: sequence.action for name, sequence in found.items()} == {
        "train/-x": "zumba", "train/y_": "abseiling", "val/z": "zumba",
    }  # fmt: skip
    sequence = found["train/y_"]
    assert sequence.layout == "openpose-18"
    assert sequence.joints_m.dtype == np.float32
    assert_allclose(sequence.joints_m[:, 0], [joints(person(1)), joints(person(2))], atol=1e-6)
    assert_allclose(sequence.timestamps_s, [0, 1 / 30])
    assert (sequence.subject, sequence.camera) == (0, 0)


def test_up_is_up_and_joints_without_a_score_are_zero(tmp_path: Path) -> None:
    standing = {"pose": [0.25, 0.125] + [0.75, 0.875] * 17, "score": [0.5] * 17 + [0.0]}
    found = read_one(tmp_path, clip(frame(1, standing)))
    assert isinstance(found, SkeletonSequence)
    assert_allclose(found.joints_m[0, 0, 0], [-0.25, 0.375, 0.5])
    assert_allclose(found.joints_m[0, 0, 16], [0.25, -0.375, 0.5])
    assert not found.joints_m[0, 0, 17].any()


def test_the_two_people_of_the_highest_score_are_kept_frame_by_frame(tmp_path: Path) -> None:
    low, middle, high, late = person(1, 0.2), person(2, 0.5), person(3, 0.9), person(4, 1.0)
    found = read_one(
        tmp_path,
        clip(frame(1, low, high, middle), frame(2, middle, low), frame(3, low, low, low, low, low, late)),
    )
    assert isinstance(found, SkeletonSequence)
    assert_allclose(found.joints_m[0], [joints(high), joints(middle)], atol=1e-6)
    assert_allclose(found.joints_m[1], [joints(middle), joints(low)], atol=1e-6)
    assert_allclose(found.joints_m[2], [joints(low), joints(low)], atol=1e-6)  # the sixth is not looked at


def test_frames_stand_where_their_index_says(tmp_path: Path) -> None:
    found = read_one(tmp_path, clip(frame(9, person(9)), frame(4, person(4)), frame(5), frame(7, person(7))))
    assert isinstance(found, SkeletonSequence)
    assert found.joints_m.shape == (6, 1, 18, 3)
    for index in (4, 7, 9):
        assert_allclose(found.joints_m[index - 4, 0], joints(person(index)), atol=1e-6)
    assert not found.joints_m[[1, 2, 4]].any()


def test_clips_are_divided_into_parts_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stgat.data.kinetics.CLIPS_PER_SHARD", 2)
    files = {f"kinetics_val/{name}.json": clip(frame(1, person(1))) for name in "abcde"}
    source = write_folder(tmp_path, files)
    assert [shard.size for shard in KINETICS.shards(source)] == [2, 2, 1]
    assert [found.name for found in read(source)] == [f"val/{name}" for name in "abcde"]
    assert CLIPS_PER_SHARD > 1


GOOD = person(1)
WRONG = [
    (b"{", "not readable as JSON"),
    (b"\xff\xfe", "not readable as JSON"),
    (b"[" * 100_000, "not readable as JSON"),
    (b"[]", "holds no JSON object"),
    (json.dumps({"data": [frame(1, GOOD)]}).encode(), "has no 'label'"),
    (json.dumps({"label": "a"}).encode(), "has no list 'data'"),
    (clip(), "holds no skeleton"),
    (clip(frame(1), frame(2)), "holds no skeleton"),
    (clip(frame(1, person(1, 0.0))), "nobody is seen in any frame"),
    (clip(frame(1, GOOD), 7), "frame 1 of 'data' has no 'frame_index' and 'skeleton'"),
    (clip({"frame_index": "1", "skeleton": []}), "frame 0 of 'data' has no 'frame_index'"),
    (clip(frame(3, GOOD), frame(3, GOOD)), "frame 3 comes twice"),
    (clip(frame(1, GOOD), frame(10**9, GOOD)), "claims frames 1 to 1000000000; it looks damaged"),
    (clip(frame(1, GOOD), frame(2, {"pose": GOOD["pose"]})), "frame 2: a person without a 'pose' of 36"),
    (clip(frame(1, GOOD | {"pose": GOOD["pose"][:34]})), "frame 1: a person without a 'pose' of 36"),
    (clip(frame(1, GOOD | {"score": ["1"] * 18})), "frame 1: 'score' is not made of"),
    (clip(frame(1, GOOD), frame(2, GOOD | {"score": [-0.5] * 18})), "frame 2: 'score' is not made of"),
    (clip(frame(1, GOOD), frame(5, GOOD | {"pose": [300.0] * 36})), "frame 5: 'pose' is not made of fract"),
    (clip(frame(1, GOOD | {"pose": [[0.1]] * 36})), "frame 1: 'pose' is not made of"),
    (clip(frame(1, GOOD | {"pose": [0.1] * 35 + [[]]})), "frame 1: 'pose' is not made of"),
    (clip(frame(1, GOOD | {"pose": [None] * 36})), "frame 1: 'pose' is not made of"),
    (clip(frame(1, GOOD), frame(2, GOOD | {"pose": [float("nan")] * 36})), "frame 2: 'pose' is not made of"),
    (clip(frame(1, GOOD | {"pose": [10**400] * 36})), "frame 1: 'pose' is not made of"),
]


@pytest.mark.parametrize(("content", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_a_clip_that_cannot_be_used_is_rejected_with_its_place(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    found = read_one(tmp_path, content)
    assert isinstance(found, Rejected)
    assert found.name == "train/a"
    assert found.reason.startswith(f"{tmp_path / 'set'}: kinetics_train/a.json: ")
    assert reason in found.reason
    assert "\n" not in found.reason


def test_a_source_without_clips_is_named(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "other", {"all_sqe/a01_s01_e00_v01.json": b"{}"})
    with pytest.raises(DataError, match="other: holds no folder kinetics_train or kinetics_val with clips"):
        KINETICS.shards(source)
    with pytest.raises(DataError, match="no such file or folder"):
        KINETICS.shards(tmp_path / "nowhere")


def test_without_label_files_only_the_clips_tell(tmp_path: Path) -> None:
    source = write_folder(tmp_path, {"kinetics_val/a.json": clip(frame(1, GOOD))})
    assert KINETICS.label_names(source) == ()


LABEL_ERRORS = [
    ({"a": {"label": "x", "label_index": 0}, "b": {"label": "y", "label_index": 0}}, "'b': class 0 is"),
    ({"a": {"label": "x", "label_index": 0}, "b": {"label": "x", "label_index": 1}}, "two class numbers"),
    ({"a": {"label": "x"}}, "'a': has no 'label' and 'label_index'"),
    ([1], "holds no JSON object"),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "message"), LABEL_ERRORS)
def test_label_files_that_contradict_themselves_are_refused(
    tmp_path: Path, labels: object, message: str
) -> None:
    source = write_folder(tmp_path, {"kinetics_val_label.json": json.dumps(labels).encode()})
    with pytest.raises(DataError, match=rf"kinetics_val_label\.json: .*{message}"):
        KINETICS.label_names(source)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@st.composite
def damaged_clips(draw: st.DrawFn) -> bytes:
    """A clip in which something somewhere is replaced, or whose text is cut."""
    record = json.loads(clip(frame(1, person(1), person(2)), frame(2, person(3))))
    place: Any = record
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or draw(st.booleans()):
            place[key] = draw(JSON)
            break
        place = place[key]
    text = json.dumps(record).encode()
    return text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=damaged_clips())
def test_a_damaged_clip_is_read_or_rejected(tmp_path: Path, content: bytes) -> None:
    found = read_one(tmp_path, content)
    if isinstance(found, SkeletonSequence):
        assert np.isfinite(found.joints_m).all()
        assert found.joints_m.any()
        assert 1 <= found.joints_m.shape[1] <= 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whoever_is_seen_is_where_the_file_says(tmp_path: Path, data: st.DataObject) -> None:
    """Against a reader that goes joint by joint: the same people in the same places."""
    scores = st.sampled_from([0.0, 0.1, 0.4, 0.8])
    frames = [
        frame(
            index, *(person(index * 10 + i, data.draw(scores)) for i in range(data.draw(st.integers(0, 6))))
        )
        for index in data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=4, unique=True))
    ]
    found = read_one(tmp_path, clip(*frames))
    first = min(one["frame_index"] for one in frames)
    expected = np.zeros((max(one["frame_index"] for one in frames) - first + 1, 2, 18, 3))
    for one in frames:
        ranked = sorted(one["skeleton"][:5], key=lambda who: -sum(who["score"]))
        for rank, who in enumerate(ranked[:2]):
            expected[one["frame_index"] - first, rank] = joints(who)
    if not expected.any():
        assert isinstance(found, Rejected)
    else:
        assert isinstance(found, SkeletonSequence)
        assert_allclose(found.joints_m, expected[:, : found.joints_m.shape[1]], atol=1e-6)
        assert not expected[:, found.joints_m.shape[1] :].any()
