from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.recordings import SkeletonRecording, save_recording
from app.sources import RecordingSource, SourceError
from app.sources.recording import in_front_of_camera, project, studio


def person(frames: int = 5, people: int = 2) -> np.ndarray:
    """(T, M, 25, 3) people 2.5 m and more away, the second one absent at times."""
    rng = np.random.default_rng(5)
    joints = rng.uniform(-0.6, 0.6, (frames, people, 25, 3)).astype(np.float32)
    joints[..., 2] += 2.5
    joints[1:3, 1] = np.nan
    joints[0, 0, 7] = np.nan
    return joints


def saved(path: Path, **changes: object) -> Path:
    joints = person()
    values = {
        "joints_m": joints,
        "confidence": np.full(joints.shape[:3], 0.8, np.float32),
        "timestamps_s": np.array([7.0, 7.1, 7.2, 7.35, 7.4]),
    } | changes
    save_recording(path, SkeletonRecording(**values))  # type: ignore[arg-type]
    return path


def test_skeletons_come_with_the_frames(tmp_path: Path) -> None:
    with RecordingSource(saved(tmp_path / "a.npz")) as source:
        info = source.open()
        frames = list(source.frames())
    assert (info.name, info.frame_count, info.live) == ("a.npz", 5, False)
    assert info.fps == pytest.approx(10)
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], [0, 0.1, 0.2, 0.35, 0.4], atol=1e-9)
    assert [[s.person_id for s in frame.skeletons or ()] for frame in frames] == [
        [0, 1],
        [0],
        [0],
        [0, 1],
        [0, 1],
    ]
    first = frames[0].skeletons
    assert first is not None
    np.testing.assert_array_equal(first[0].joints_m, person()[0, 0])
    assert first[0].confidence[7] == 0 and first[0].confidence[6] == np.float32(0.8)
    assert first[0].image_joints is not None and np.isnan(first[0].image_joints[7]).all()
    assert all(s.timestamp_s == frame.timestamp_s for frame in frames for s in frame.skeletons or ())


def test_every_frame_is_a_picture_of_its_own_in_the_stated_size(tmp_path: Path) -> None:
    with RecordingSource(saved(tmp_path / "a.npz")) as source:
        info = source.open()
        images = [frame.image for frame in source.frames()]
    assert all(image.shape == (info.height, info.width, 3) for image in images)
    assert all(image.dtype == np.uint8 for image in images)
    images[0][:] = 0
    assert images[1].any()


def test_a_repeating_recording_goes_on_with_growing_times_until_interrupted(tmp_path: Path) -> None:
    with RecordingSource(saved(tmp_path / "a.npz"), repeat=True) as source:
        length = source.open().frame_count
        assert length is not None
        frames = []
        for frame in source.frames():
            frames.append(frame)
            if len(frames) == 3 * length:
                source.interrupt()
    assert [frame.index for frame in frames] == list(range(3 * length))
    assert (np.diff([frame.timestamp_s for frame in frames]) > 0).all()
    first, again = frames[1].skeletons, frames[length + 1].skeletons
    assert first and again
    np.testing.assert_array_equal(first[0].joints_m, again[0].joints_m)


def test_recorded_image_joints_are_used_as_they_are(tmp_path: Path) -> None:
    image_joints = np.random.default_rng(0).random((5, 2, 25, 2)).astype(np.float32)
    path = saved(tmp_path / "a.npz", image_joints=image_joints, image_size=(480, 640))
    with RecordingSource(path) as source:
        info = source.open()
        frame = next(source.frames())
    assert (info.width, info.height) == (480, 640)
    assert frame.skeletons is not None
    np.testing.assert_array_equal(frame.skeletons[1].image_joints, image_joints[0, 1])


def test_a_large_camera_picture_is_painted_smaller_in_its_shape(tmp_path: Path) -> None:
    with RecordingSource(saved(tmp_path / "a.npz", image_size=(3840, 2160))) as source:
        info = source.open()
    assert (info.width, info.height) == (1280, 720)


def test_projection_is_a_pinhole_of_sixty_degrees() -> None:
    edge = np.tan(np.radians(30.0))
    points = np.array(
        [[0, 0, 2], [-2 * edge, 0, 2], [2 * edge, 0, 2], [0, 2 * edge / 2, 2], [0, 0, 0.1], [np.nan] * 3],
        np.float32,
    )
    got = project(points, aspect=2.0)
    np.testing.assert_allclose(got[:4], [[0.5, 0.5], [1.0, 0.5], [0.0, 0.5], [0.5, 0.0]], atol=1e-6)
    assert np.isnan(got[4:]).all()


def test_people_around_the_origin_are_seen_from_afar() -> None:
    near = person() - np.array([0, 0, 2.5], np.float32)
    assert np.nanmin(in_front_of_camera(near)[..., 2]) > 2.0
    assert in_front_of_camera(person()) is not near
    np.testing.assert_array_equal(in_front_of_camera(person()), person())
    nobody = np.full((2, 1, 25, 3), np.nan, np.float32)
    assert np.isnan(in_front_of_camera(nobody)).all()


def test_interrupt_ends_frames(tmp_path: Path) -> None:
    with RecordingSource(saved(tmp_path / "a.npz")) as source:
        source.open()
        frames = source.frames()
        next(frames)
        source.interrupt()
        assert list(frames) == []


def test_files_that_are_no_recording_give_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "empty.npz").touch()
    for name, word in (("empty.npz", "empty"), ("missing.npz", "no file")):
        with pytest.raises(SourceError, match=word):
            RecordingSource(tmp_path / name).open()


def test_the_studio_is_dark_neutral_and_has_a_floor() -> None:
    image = studio(320, 180).astype(float)
    assert image.mean() < 70 and image.max() < 120
    assert np.abs(image[..., 0] - image[..., 2]).max() < 25
    wall, corner, floor = (image[round(180 * y), 160].mean() for y in (0.3, 0.67, 0.82))
    assert min(wall, floor) > corner + 10, "the wall and the floor are told apart"
