from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import OutputError
from app.recordings import SkeletonRecording, load_recording, save_recording
from app.sources import SourceError


def arrays(frames: int = 6, people: int = 2, **changes: object) -> dict[str, object]:
    rng = np.random.default_rng(3)
    joints = rng.normal(0, 0.5, (frames, people, 25, 3)).astype(np.float32)
    joints[2:4, -1] = np.nan
    values = {
        "joints_m": joints,
        "confidence": rng.random((frames, people, 25)).astype(np.float32),
        "timestamps_s": np.arange(frames) / 10 + 3.0,
        "image_joints": rng.random((frames, people, 25, 2)).astype(np.float32),
        "image_size": np.array([640, 480]),
    } | changes
    return {name: value for name, value in values.items() if value is not None}


def packed(compressed: bool = True, **changes: object) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays(**changes))  # type: ignore[arg-type]
    return buffer.getvalue()


def test_a_recording_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    recording = SkeletonRecording(**arrays())  # type: ignore[arg-type]
    save_recording(tmp_path / "a.npz", recording)
    loaded = load_recording(tmp_path / "a.npz")
    for name in ("joints_m", "confidence", "timestamps_s", "image_joints"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(recording, name))
        assert getattr(loaded, name).dtype == getattr(recording, name).dtype
    assert loaded.image_size == (640, 480)
    assert (loaded.num_frames, loaded.num_people, loaded.fps) == (6, 2, pytest.approx(10))
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"], "no temporary file is left"


def test_optional_arrays_may_be_absent(tmp_path: Path) -> None:
    recording = SkeletonRecording(**arrays(image_joints=None, image_size=None))  # type: ignore[arg-type]
    save_recording(tmp_path / "a.npz", recording)
    loaded = load_recording(tmp_path / "a.npz")
    assert loaded.image_joints is None and loaded.image_size is None


def test_hours_with_nobody_in_view_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed, they would look like a bomb."""
    monkeypatch.setattr("stgat.data.npz_arrays.UNPACKED_ANYWAY", 100_000)
    joints = np.full((20_000, 1, 25, 3), np.nan, np.float32)
    joints[0] = 1.0
    recording = SkeletonRecording(joints, np.zeros((20_000, 1, 25)), np.arange(20_000) / 30)
    save_recording(tmp_path / "night.npz", recording)
    assert load_recording(tmp_path / "night.npz").num_frames == 20_000


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OutputError, match=r"a\.npz cannot be written \(No space left on device\): "):
        save_recording(path, SkeletonRecording(**arrays()))  # type: ignore[arg-type]
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="folder"):
        save_recording(tmp_path / "no" / "a.npz", SkeletonRecording(**arrays()))  # type: ignore[arg-type]


def test_unknown_confidence_becomes_zero() -> None:
    confidence = np.full((6, 2, 25), np.nan)
    assert (SkeletonRecording(**arrays(confidence=confidence)).confidence == 0).all()  # type: ignore[arg-type]


BAD = {
    "joints_m": [
        np.zeros((6, 2, 24, 3)), np.zeros((6, 25, 3)), np.zeros((0, 2, 25, 3)), np.zeros((6, 0, 25, 3)),
        np.zeros((6, 17, 25, 3)), np.full((6, 2, 25, 3), np.inf), np.full((6, 2, 25, 3), 2500.0),
        np.zeros((6, 2, 25, 3), complex), np.full((6, 2, 25, 3), "x"), None,
    ],
    "confidence": [
        np.zeros((6, 2, 24)), np.zeros((5, 2, 25)), np.full((6, 2, 25), 1.5), np.full((6, 2, 25), -1), None,
    ],
    "timestamps_s": [
        np.zeros(6), np.arange(6)[::-1], np.array([0, 1, 2, 3, 4, np.nan]), np.array([0, 1, 2, 3, 4, np.inf]),
        np.arange(7), np.arange(6)[:, None], np.arange(6) * 1e300, None,
    ],
    "image_joints": [np.zeros((6, 2, 25, 3)), np.full((6, 2, 25, 2), np.inf), np.full((6, 2, 25, 2), 1e30)],
    "image_size": [
        np.array([640]), np.array([0, 480]), np.array([-1, 480]), np.array([1e9, 2.0]), np.array(["a", "b"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_wrong_arrays_are_named_with_their_file(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "wrong.npz"
    path.write_bytes(packed(**{name: value}))
    with pytest.raises(SourceError) as caught:
        load_recording(path)
    message = str(caught.value)
    assert str(path) in message and name in message and "\n" not in message


def test_promise_pickles_in_a_recording_are_not_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "trap.npz"
    trap = np.empty((1,), object)
    trap[0] = Trap()
    buffer = io.BytesIO()
    np.savez(buffer, **(arrays() | {"joints_m": trap}))  # type: ignore[arg-type]
    path.write_bytes(buffer.getvalue())
    (tmp_path / "sprung").unlink(missing_ok=True)
    with pytest.raises(SourceError, match="joints_m"):
        load_recording(path)
    assert not (tmp_path / "sprung").exists()


def test_promise_a_zip_bomb_is_refused_by_its_declared_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stgat.data.recording_file.MAX_ARRAY_BYTES", 10_000)
    path = tmp_path / "bomb.npz"
    path.write_bytes(packed(joints_m=np.zeros((6, 2, 25, 3)), frames=6))
    load_recording(path)
    path.write_bytes(packed(joints_m=np.zeros((600, 2, 25, 3))))
    with pytest.raises(SourceError, match=r"joints_m would take 1 MB, too much"):
        load_recording(path)


def test_promise_a_header_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    """NumPy alone would ask for the memory first: 10^15 bytes from a file of a few hundred."""
    path = tmp_path / "promise.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays().items():
            buffer = io.BytesIO()
            np.save(buffer, array)  # type: ignore[arg-type]
            data = buffer.getvalue()
            if name == "joints_m":
                shape = b"(6, 2, 25, 3)"
                assert shape in data
                data = data.replace(shape + b", }" + b" " * 16, b"(99999999999, 2, 25, 3), }" + b" " * 6)
            archive.writestr(f"{name}.npy", data)
    with pytest.raises(SourceError, match="joints_m says it has the shape"):
        load_recording(path)


def test_files_that_are_no_recording_give_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(SourceError, match=r"text\.npz is not an \.npz recording"):
        load_recording(tmp_path / "text.npz")
    with pytest.raises(SourceError, match="there is no recording"):
        load_recording(tmp_path / "missing.npz")
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(SourceError, match="has no array joints_m or confidence or timestamps_s"):
        load_recording(tmp_path / "other.npz")


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.none() | st.floats(0, 1),
    compressed=st.booleans(),
)
def test_promise_a_damaged_recording_loads_or_gives_a_source_error(
    tmp_path: Path, hits: list[tuple[float, int]], cut: float | None, compressed: bool
) -> None:
    data = bytearray(_PLAIN if not compressed else _COMPRESSED)
    for place, value in hits:
        data[int(place * (len(data) - 1))] = value
    if cut is not None:
        del data[int(cut * len(data)) :]
    path = tmp_path / "damaged.npz"
    path.write_bytes(data)
    try:
        assert load_recording(path).num_frames >= 1
    except SourceError as error:
        assert "damaged.npz" in str(error)


_SMALL: dict[str, object] = {
    "frames": 1, "people": 1, "joints_m": np.zeros((1, 1, 25, 3), np.float32),
    "image_joints": None, "confidence": np.ones((1, 1, 25), np.float32),
}  # fmt: skip
_COMPRESSED, _PLAIN = packed(True, **_SMALL), packed(False, **_SMALL)
