"""The application's own recordings as a data set: people, gaps, rates, names."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from stgat.data import npz_arrays, recording_file
from stgat.data.formats import FORMATS
from stgat.data.prepare import prepare
from stgat.data.recordings import Recordings
from stgat.data.sequences import SkeletonSequence
from stgat.errors import DataError
from tests.stgat.bodies import waving
from tests.stgat.data.files import write_folder, write_zip


def npz(joints_m: np.ndarray, timestamps_s: np.ndarray, **others: np.ndarray) -> bytes:
    """A recording of (T, M, 25, 3) as the application writes it."""
    file = io.BytesIO()
    confidence = np.ones(joints_m.shape[:3], np.float32)
    np.savez_compressed(
        file, joints_m=joints_m.astype(np.float32), confidence=confidence, timestamps_s=timestamps_s, **others
    )
    return file.getvalue()


def person(times: np.ndarray, x: float = 0.0) -> np.ndarray:
    """(T, 25, 3) somebody who waves at x, three metres away."""
    return waving(times) + np.array([x, 0, 0])


def parse(joints_m: np.ndarray, times: np.ndarray, name: str = "wave/s01_a.npz") -> SkeletonSequence:
    return Recordings().parse(name, npz(joints_m, times), name)


TIMES = np.arange(20) / 10 + 7.5


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_a_folder_is_an_action_and_the_name_may_say_who(tmp_path: Path, write: Callable) -> None:
    content = npz(person(TIMES)[:, None], TIMES)
    names = ("clap/s03_first.npz", "clap/take2_S11.npz", "wave/first.npz", "wave/s1st_as2.npz")
    source = write(tmp_path / "mine", dict.fromkeys(names, content) | {"notes.txt": b"mine"})
    found = list(FORMATS["recordings"].sequences(source))
    assert [(s.name, s.action, s.subject) for s in found] == [
        ("clap/s03_first", "clap", 3),
        ("clap/take2_S11", "clap", 11),
        ("wave/first", "wave", 0),
        ("wave/s1st_as2", "wave", 0),
    ]
    assert found[0].layout == "ntu25"


def test_the_frame_rate_becomes_thirty_and_the_clock_starts_at_zero() -> None:
    sequence = parse(person(TIMES)[:, None], TIMES)
    assert_allclose(sequence.timestamps_s, np.arange(58) / 30)
    assert sequence.joints_m.shape == (58, 1, 25, 3)
    assert_allclose(sequence.joints_m[::3, 0], person(TIMES), atol=1e-5)


def test_unknown_joints_are_interpolated() -> None:
    joints = person(TIMES)[:, None]
    holes = joints.copy()
    holes[4:7, 0, 7] = np.nan
    found = parse(holes, TIMES).joints_m[::3, 0, 7]
    expected = joints[3, 0, 7] + (joints[7, 0, 7] - joints[3, 0, 7]) * np.arange(1, 4)[:, None] / 4
    assert_allclose(found[4:7], expected, atol=1e-5)


def test_two_people_are_kept_the_one_most_seen_first() -> None:
    joints = np.full((20, 4, 25, 3), np.nan)
    joints[5:9, 0], joints[2:18, 1] = person(TIMES[5:9], -1), person(TIMES[2:18], 0)
    joints[4:16, 3] = person(TIMES[4:16], 1)
    sequence = parse(joints, TIMES)
    assert sequence.joints_m.shape == (46, 2, 25, 3)  # 1.5 s of the first person
    assert_allclose(sequence.joints_m[0, 0], person(TIMES[2:3], 0)[0], atol=1e-5)
    second = sequence.joints_m[:, 1].any(axis=(1, 2))
    assert np.flatnonzero(second).tolist() == list(range(6, 40))
    assert_allclose(sequence.joints_m[6, 1], person(TIMES[4:5], 1)[0], atol=1e-5)


def test_a_short_gap_is_bridged_and_a_long_one_is_an_absence() -> None:
    times = np.arange(60) / 10
    joints = np.full((60, 2, 25, 3), np.nan)
    joints[:, 0], joints[:, 1] = person(times), person(times, 1)
    joints[10:18, 1] = joints[30:50, 1] = np.nan
    there = parse(joints, times).joints_m.any(axis=(2, 3))
    assert there[:, 0].all()
    absent = np.flatnonzero(~there[:, 1])
    assert (absent[0], absent[-1]) == (29 * 3 + 1, 50 * 3 - 1) and len(absent) == 62


def test_somebody_seen_only_while_the_main_person_is_away_is_left_out() -> None:
    joints = np.full((20, 2, 25, 3), np.nan)
    joints[6:, 0], joints[:3, 1] = person(TIMES[6:]), person(TIMES[:3], 1)
    assert parse(joints, TIMES).joints_m.shape[1] == 1


ONE = person(TIMES)[:, None]
DAMAGE = [
    ("top.npz", npz(ONE, TIMES), "lies in no folder of an action; move it into one named after its action"),
    ("wave/a.npz", npz(ONE * np.nan, TIMES), "nobody is in it; record it again"),
    ("wave/a.npz", npz(ONE, TIMES * 1000), "lasts 1900 s, more than 300; cut it to the one action"),
    ("wave/a.npz", npz(ONE, TIMES[::-1]), "timestamps_s does not strictly increase"),
    ("wave/a.npz", npz(ONE[:, :, :20], TIMES), r"joints_m has the shape \(20, 1, 20, 3\)"),
    ("wave/a.npz", b"PK but no zip", "is not an .npz recording, or it is damaged"),
]


@pytest.mark.parametrize(("name", "content", "message"), DAMAGE)
def test_damage_is_named_with_its_place(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    source = write_folder(tmp_path / "mine", {name: content})
    with pytest.raises(DataError, match=message) as caught:
        list(FORMATS["recordings"].sequences(source))
    assert str(caught.value).startswith(f"{source}: {name}") and "\n" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(
    seen=st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=4),
    steps=st.lists(st.floats(0.01, 2.0), min_size=12, max_size=12),
)
def test_any_pattern_of_people_gives_finite_joints_or_one_sentence(
    seen: list[list[bool]], steps: list[float]
) -> None:
    times = np.cumsum(steps)
    joints = np.stack([person(times, x) for x in range(len(seen))], axis=1)
    joints[~np.array(seen).T] = np.nan
    if not np.any(seen):
        with pytest.raises(DataError, match="nobody is in it"):
            parse(joints, times)
        return
    sequence = parse(joints, times)
    there = sequence.joints_m.any(axis=(2, 3))
    assert np.isfinite(sequence.joints_m).all() and 1 <= sequence.joints_m.shape[1] <= 2
    assert there.any(axis=0).all() and there[0, 0] and there[-1, 0]
    main = np.array(seen)[np.argmax(np.sum(seen, axis=1))]
    span = times[main][-1] - times[main][0]
    assert sequence.timestamps_s[-1] == pytest.approx(span, abs=0.5 / 30 + 1e-6)


def test_recordings_can_be_prepared_for_training(tmp_path: Path) -> None:
    content = npz(ONE, TIMES)
    source = write_folder(tmp_path / "mine", {f"{a}/s0{n}.npz": content for a in "ab" for n in (1, 2)})
    dataset = prepare(FORMATS["recordings"], source, tmp_path / "out").dataset
    assert dataset.info.labels == ("a", "b")
    assert dataset.samples.names == ("a/s01", "a/s02", "b/s01", "b/s02")
    assert dataset.samples.subject.tolist() == [1, 2, 1, 2]
    assert_allclose(dataset.sample(0)[::3, 0], person(TIMES), atol=1e-5)


def test_promise_headers_are_read_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[bool] = []
    really = npz_arrays.npy.read_array_header_1_0

    def read(file: io.BytesIO, **options: int) -> object:
        locked.append(npz_arrays._ONE_PARSER.locked())
        return really(file, **options)

    monkeypatch.setattr(npz_arrays.npy, "read_array_header_1_0", read)
    times = np.arange(20) / 30
    recording_file.read_recording(io.BytesIO(npz(person(times)[:, None], times)), "a.npz")
    assert locked == [True] * 3
