"""UTKinect-Action3D: segments and whole recordings, the set's own slips, and what is said of damage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stgat.data.formats import FORMATS
from stgat.data.sequences import Rejected, SkeletonSequence
from stgat.data.utkinect import ACTIONS, Recording, read_recordings
from stgat.errors import DataError
from tests.stgat.data.files import utkinect_file, write_folder, write_zip

LABELS = b"""s01_e01
walk: 12 18
sitDown: 20 24\x20
push: 14 16

s01_e02
carry:  NaN NaN
throw: 90 99
"""
NUMBERS = [10, 12, 14, 16, 18, 20, 24]


def body(T: int = len(NUMBERS)) -> np.ndarray:
    return np.random.default_rng(T).normal(size=(T, 20, 3)).round(6)


def data_set(**changes: bytes) -> dict[str, bytes]:
    files = {
        "actionLabel": LABELS,
        "joints_s01_e01": utkinect_file(NUMBERS, body()),
        "joints_s01_e02": utkinect_file(NUMBERS, body()),
    }
    return {f"joints/{name}.txt": content for name, content in (files | changes).items()}


def read_all(source: Path) -> list[SkeletonSequence | Rejected]:
    form = FORMATS["utkinect"]
    return [item for shard in form.shards(source) for item in form.read(source, shard)]


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_each_labelled_segment_is_a_sequence_with_its_own_times(tmp_path: Path, write: object) -> None:
    source = write(tmp_path / "ut", data_set())  # type: ignore[operator]
    walk, sit, push, *rejected = read_all(source)
    assert isinstance(walk, SkeletonSequence) and isinstance(sit, SkeletonSequence)
    assert (walk.name, walk.action, walk.subject, walk.replication) == ("s01_e01_walk", "walk", 1, 1)
    assert walk.layout == "kinect-v1-20"
    assert_allclose(walk.joints_m[:, 0], body()[1:5], rtol=1e-6)
    assert_allclose(walk.timestamps_s, np.arange(4) / 30)
    assert_allclose(sit.timestamps_s, [0, 4 / 60])
    assert isinstance(push, SkeletonSequence) and push.name == "s01_e01_push"
    assert [item.name for item in rejected] == ["s01_e02_carry", "s01_e02_throw"]
    carry, throw = rejected
    assert isinstance(carry, Rejected) and isinstance(throw, Rejected)
    assert carry.reason.endswith("actionLabel.txt: line 7: s01_e02_carry: has no frames (NaN)")
    assert throw.reason.endswith("actionLabel.txt: line 8: s01_e02_throw: no frame was kept of 90 to 99")


def test_a_whole_recording_comes_with_its_segments_in_order_of_time(tmp_path: Path) -> None:
    first, second = read_recordings(write_folder(tmp_path / "ut", data_set()))
    assert (first.name, first.subject, first.replication) == ("s01_e01", 1, 1)
    assert first.frame_numbers.tolist() == NUMBERS
    assert_allclose(first.timestamps_s, (np.array(NUMBERS) - 10) / 60)
    assert_allclose(first.joints_m, body(), rtol=1e-6)
    found = [(s.action, s.start, s.stop, s.start_s * 60, s.end_s * 60) for s in first.segments]
    assert found == [
        ("walk", 1, 5, pytest.approx(2), pytest.approx(8)),
        ("push", 2, 4, pytest.approx(4), pytest.approx(6)),
        ("sitDown", 5, 7, pytest.approx(10), pytest.approx(14)),
    ]
    assert second.segments == ()


def test_frames_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    shuffled = utkinect_file([12, 10, 18, 14, 16], body(5))
    recording, _ = read_recordings(write_folder(tmp_path / "ut", data_set(joints_s01_e01=shuffled)))
    assert recording.frame_numbers.tolist() == [10, 12, 14, 16, 18]
    assert_allclose(recording.joints_m, body(5)[[1, 0, 3, 4, 2]], rtol=1e-6)


def test_of_two_people_in_one_frame_the_one_of_the_frame_before_stays(tmp_path: Path) -> None:
    person, passer_by = np.zeros((20, 3)), np.full((20, 3), 2.0)
    drift = np.full((20, 3), 0.01)
    rows = [person, passer_by, person + drift, person + 2 * drift, passer_by + drift]
    repeated = utkinect_file([10, 12, 12, 14, 14], np.stack(rows))
    recording, _ = read_recordings(write_folder(tmp_path / "ut", data_set(joints_s01_e01=repeated)))
    assert recording.frame_numbers.tolist() == [10, 12, 14]
    assert_allclose(recording.joints_m[:, 0, 0], [0, 0.01, 0.02], atol=1e-6)


def test_the_published_slip_of_a_label_is_mended_and_no_other_is(tmp_path: Path) -> None:
    numbers = list(range(2500, 3700, 4))
    content = utkinect_file(numbers, body(len(numbers)))
    for given, expected in ((b"2556 3622", (3556, 3622)), (b"2556 3618", (2556, 3618))):
        files = data_set(joints_s03_e01=content, actionLabel=b"s03_e01\npush: " + given)
        *_, recording = read_recordings(write_folder(tmp_path / given.decode(), files))
        (push,) = recording.segments
        assert (push.start_s * 60 + 2500, push.end_s * 60 + 2500) == pytest.approx(expected)


GOOD = utkinect_file(NUMBERS, body())
DAMAGE = [
    ({"joints_s01_e01": GOOD[:-30]}, r"joints/joints_s01_e01\.txt: line 7: expected 61 numbers, found \d+"),
    ({"joints_s01_e01": GOOD.replace(b"12  ", b"1x  ", 1)}, r"s01_e01\.txt: line 2: '1x' is no number"),
    ({"joints_s01_e01": utkinect_file(NUMBERS, body() * np.nan)}, r"e01\.txt: line 1: 'nan' is no number"),
    ({"joints_s01_e01": utkinect_file(NUMBERS, body() * 1e3)}, r"frame 0 holds the coordinate .* metres are"),
    ({"joints_s01_e01": GOOD.replace(b"12  ", b"12.5", 1)}, "its first column should hold frame numbers"),
    ({"joints_s01_e01": b" \n\n"}, r"joints_s01_e01\.txt: is empty"),
    ({"joints_s01_e01": b"\xff\xfe1"}, r"joints_s01_e01\.txt: is no text file"),
    ({"actionLabel": b"walk: 1 2"}, r"actionLabel\.txt: line 1: a recording like s01_e01 is expected first"),
    ({"actionLabel": b"s01_e01\nfly: 1 2"}, r"line 2: an action and two frame numbers are .* 'fly: 1 2'"),
    ({"actionLabel": b"s01_e01\nwalk 1 2"}, r"line 2: an action and two frame numbers are expected"),
    (
        {"actionLabel": b"s01_e01\nwalk: 9 2"},
        r"line 2: expected the first and the last frame of walk, .* 9 2",
    ),
    ({"actionLabel": b"s01_e01\nwalk: NaN 2"}, r"line 2: expected the first and the last frame of walk"),
    ({"actionLabel": b"s01_e01\nwalk: 1 2\nwalk: 3 4"}, r"line 3: walk comes a second time in s01_e01"),
    ({"actionLabel": b"s01_e01\n\ns01_e01"}, r"line 3: s01_e01 comes a second time"),
]


@pytest.mark.parametrize(("changes", "message"), DAMAGE)
def test_damage_is_named_with_its_place(tmp_path: Path, changes: dict[str, bytes], message: str) -> None:
    source = write_zip(tmp_path / "ut.zip", data_set(**changes))
    for read in (read_all, read_recordings):
        with pytest.raises(DataError, match=message) as caught:
            list(read(source))
        assert str(caught.value).startswith(f"{source}: ") and "\n" not in str(caught.value)


def test_another_data_set_is_told_from_this_one(tmp_path: Path) -> None:
    files = data_set()
    labels = files.pop("joints/actionLabel.txt")
    with pytest.raises(DataError, match=r"holds no actionLabel\.txt; is it UTKinect-Action3D"):
        FORMATS["utkinect"].shards(write_folder(tmp_path / "a", files))
    with pytest.raises(DataError, match=r"holds no file like joints_s01_e01\.txt; is it UTKinect-Action3D"):
        FORMATS["utkinect"].shards(write_folder(tmp_path / "b", {"actionLabel.txt": labels}))
    del files["joints/joints_s01_e02.txt"]
    with pytest.raises(DataError, match=r"holds no joints_s01_e02\.txt, which actionLabel\.txt speaks of"):
        FORMATS["utkinect"].shards(write_folder(tmp_path / "c", files | {"actionLabel.txt": labels}))


@pytest.fixture(scope="module")
def sequences(shared_dir: Path) -> list[SkeletonSequence]:
    found = read_all(shared_dir / "datasets" / "utkinect.zip")
    assert [item.name for item in found if isinstance(item, Rejected)] == ["s10_e02_carry"]
    return [item for item in found if isinstance(item, SkeletonSequence)]


@pytest.fixture(scope="module")
def recordings(shared_dir: Path) -> list[Recording]:
    return list(read_recordings(shared_dir / "datasets" / "utkinect.zip"))


@pytest.mark.shared
def test_it_has_its_published_size(sequences: list[SkeletonSequence], recordings: list[Recording]) -> None:
    assert (len(sequences), len(recordings)) == (199, 20)
    assert Counter(sequence.action for sequence in sequences) == dict.fromkeys(ACTIONS, 20) | {"carry": 19}
    assert {sequence.subject for sequence in sequences} == set(range(1, 11))
    assert sum(len(recording.segments) for recording in recordings) == 199
    for recording in recordings:
        assert (np.diff(recording.frame_numbers) > 0).all()
        assert max(segment.end_s - segment.start_s for segment in recording.segments) < 8


@pytest.mark.shared
def test_left_is_left_up_is_up_and_the_right_hand_pushes(sequences: list[SkeletonSequence]) -> None:
    middle = np.stack([np.median(s.joints_m[:, 0], axis=0) for s in sequences])
    assert (middle[:, 4, 0] < middle[:, 8, 0]).mean() > 0.98
    assert (middle[:, 3, 1] > middle[:, 0, 1]).all() and (middle[:, 0, 1] > middle[:, 15, 1]).mean() > 0.98
    assert (middle[:, 0, 2] > 0.5).all()
    assert 1.0 < np.median(np.linalg.norm(middle[:, 3] - middle[:, 15], axis=-1)) < 2.0  # metres
    pushes = [s.joints_m[:, 0] for s in sequences if s.action in ("push", "pull")]
    way = [np.linalg.norm(np.diff(j - j[:, :1], axis=0), axis=-1).sum(axis=0) for j in pushes]
    assert np.mean([joint[11] > joint[7] for joint in way]) > 0.95


@pytest.mark.shared
def test_the_clock_makes_people_walk_like_people(sequences: list[SkeletonSequence]) -> None:
    walks = [s for s in sequences if s.action == "walk"]
    ways = [np.linalg.norm((s.joints_m[-1] - s.joints_m[0])[0, 0, ::2]) for s in walks]
    speeds = [way / s.timestamps_s[-1] for way, s in zip(ways, walks, strict=True)]
    assert 0.5 < np.median(speeds) < 1.5  # m/s, start and stop included
    frames_per_second = [(len(s.timestamps_s) - 1) / s.timestamps_s[-1] for s in sequences]
    assert 12 < np.median(frames_per_second) < 20


def test_a_recording_comes_whole_with_what_it_is_cut_into(tmp_path: Path) -> None:
    form = FORMATS["utkinect"]
    labels = b"s01_e01\nwalk: 12 14\npush: 14 18\nsitDown: 24 24\n"
    (recording,) = form.untrimmed(write_folder(tmp_path / "ut", data_set(actionLabel=labels)))
    whole = recording.whole
    assert (whole.name, whole.action, whole.subject, len(whole.joints_m)) == ("s01_e01", "", 1, 7)
    assert sorted(recording.cuts) == [
        ("", 0, 1), ("", 5, 6), ("s01_e01_push", 2, 5), ("s01_e01_sitDown", 6, 7), ("s01_e01_walk", 1, 3),
    ]  # fmt: skip
    walk = next(item for item in form.read_all(tmp_path / "ut") if item.name == "s01_e01_walk")
    assert isinstance(walk, SkeletonSequence)
    assert_allclose(walk.joints_m, whole.joints_m[1:3])
