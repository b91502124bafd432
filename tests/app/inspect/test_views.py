"""What an animated sample shows: everybody where they stand, in colours, names and views of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from app.errors import OutputError
from app.inspect.animation import gif_timing, save_animation
from app.inspect.text import write
from app.inspect.views import MUTED, PANEL, PANEL_SIZE, PEOPLE, Clip, pictures
from stgat.skeleton import KINECT_V1_20, NTU25, OPENPOSE18, Layout
from tests.stgat.bodies import waving

#: The left corner of each panel, and the rows the panels have.
FRONT, SIDE = slice(16, 16 + PANEL_SIZE), slice(32 + PANEL_SIZE, 32 + 2 * PANEL_SIZE)
ROWS = slice(64 + 30, 64 + PANEL_SIZE - 30)


def body(T: int = 6, x: float = 0.0, z: float = 3.0) -> np.ndarray:
    """(T, 25, 3) somebody who waves, at a place."""
    joints = waving(np.arange(T) / 30)
    return joints - joints[:1, :1] + (x, 0.0, z)


def clip(*people: np.ndarray, layout: Layout = NTU25, fps: float = 30.0) -> Clip:
    joints = np.stack(people, axis=1)[:, :, : layout.num_joints]
    return Clip(joints, layout, fps, "S001 · waving", "subject 1")


def painted(picture: np.ndarray, person: int, panel: slice = FRONT) -> np.ndarray:
    """(H, W) where a panel has exactly the colour of a person's left side."""
    return (picture[ROWS, panel] == PEOPLE[person]).all(axis=2)


def middle(mask: np.ndarray) -> tuple[float, float]:
    """Column and row, in the middle of what is set."""
    rows, columns = np.nonzero(mask)
    return columns.mean(), rows.mean()


@pytest.mark.parametrize("layout", [NTU25, KINECT_V1_20], ids=lambda layout: layout.name)
def test_a_person_is_seen_from_the_front_and_from_the_side(layout: Layout) -> None:
    shown = list(pictures(clip(body(), layout=layout)))
    assert len(shown) == 6
    for picture in shown:
        assert picture.dtype == np.uint8
        assert picture.shape == shown[0].shape
        assert not any(side % 2 for side in picture.shape[:2])  # H.264 asks for even sides
        assert painted(picture, 0, FRONT).sum() > 500
        assert painted(picture, 0, SIDE).sum() > 500
    assert (shown[0] != shown[3]).any()


def test_the_front_is_what_the_sensor_sees_and_the_side_has_the_sensor_on_its_left() -> None:
    """x grows to the left of the sensor's picture, z away from the sensor."""
    (picture, *_) = pictures(clip(body(x=-0.7, z=2.0), body(x=0.7, z=3.0)))
    assert middle(painted(picture, 0, FRONT))[0] > middle(painted(picture, 1, FRONT))[0] + 100
    assert middle(painted(picture, 0, SIDE))[0] < middle(painted(picture, 1, SIDE))[0] - 50
    # The left side of who faces the sensor, the bright one, is on the right.
    person = body()
    left, right = (person[:, [NTU25.joints.index(f"{side} hip")]] for side in ("left", "right"))
    assert (left[..., 0] < right[..., 0]).all()


def test_both_views_have_one_scale_and_up_is_up() -> None:
    """A square metre stays square: a bar as deep as it is high is so in the side view."""
    joints = np.tile((0.0, 0.0, 3.0), (2, 1, 25, 1))
    joints[:, 0, NTU25.joints.index("head")] = (0, 0.5, 3.5)  # a large dot, out of the way
    joints[:, 0, NTU25.joints.index("left hand tip")] = (0, 1.0, 3)
    joints[:, 0, NTU25.joints.index("left thumb")] = (0, 0, 4.0)
    (picture, *_) = pictures(Clip(joints, NTU25, 30.0, "bar"))
    panel = picture[64 : 64 + PANEL_SIZE, SIDE].astype(int)
    rows, columns = np.nonzero((np.abs(panel - PEOPLE[0]) < 40).all(axis=2))
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=4)
    assert np.ptp(rows) == pytest.approx(0.73 * PANEL_SIZE, abs=12)


def test_who_is_absent_is_not_drawn_and_who_is_near_covers_who_is_far() -> None:
    second = body(x=0.8)
    second[3:] = 0
    before, after = (list(pictures(clip(body(), second)))[t] for t in (0, 5))
    assert painted(before, 1).sum() > 500
    assert painted(after, 1).sum() == 0
    (picture, *_) = pictures(clip(body(z=2.0), body(z=4.0)))
    assert painted(picture, 0).sum() > 5 * painted(picture, 1).sum()
    assert all(picture.shape == before.shape for picture in pictures(clip(np.zeros((2, 25, 3)))))


def test_a_wild_frame_does_not_shrink_the_rest() -> None:
    calm = clip(body(T=60))
    wild = replace(calm, joints_m=calm.joints_m.copy())
    wild.joints_m[7, 0, 5] = (40.0, -90.0, 1e6)
    sizes = [painted(next(pictures(shown)), 0).sum() for shown in (calm, wild)]
    assert sizes[1] > 0.8 * sizes[0]


def test_a_pose_in_the_picture_has_one_view_and_no_joint_that_was_not_found() -> None:
    rng = np.random.default_rng(0)
    joints = np.concatenate([rng.uniform(-0.4, 0.4, (3, 2, 18, 2)), np.full((3, 2, 18, 1), 0.7)], axis=-1)
    everything = list(pictures(Clip(joints, OPENPOSE18, 30.0, "clip")))
    assert everything[0].shape[1] == 32 + PANEL_SIZE
    left_wrist = joints.copy()
    left_wrist[:, 1] = 0
    left_wrist[:, 0, :7] = left_wrist[:, 0, 8:] = 0
    (picture, *_) = pictures(Clip(left_wrist, OPENPOSE18, 30.0, "clip"))
    assert 10 < painted(picture, 0).sum() < 100  # one dot, no bone to a corner
    assert painted(picture, 1).sum() == 0


def test_names_of_people_close_together_do_not_cover_each_other() -> None:
    (apart, *_) = pictures(clip(body(x=-0.6), body(x=0.6)))
    (close, *_) = pictures(clip(body(x=0.0, z=3.0), body(x=0.02, z=3.05)))

    def near(picture):
        return [(np.abs(picture[64:, FRONT].astype(int) - PEOPLE[p]).max(axis=2) < 60) for p in (0, 1)]

    top = [int(np.nonzero(mask)[0].min()) for mask in near(close)]
    assert abs(top[0] - top[1]) >= 14
    top = [int(np.nonzero(mask)[0].min()) for mask in near(apart)]
    assert abs(top[0] - top[1]) <= 2


def test_words_fit_are_cut_and_may_leave_the_canvas() -> None:
    canvas = np.full((40, 100, 3), PANEL, np.uint8)
    write(canvas, "Größe 身長 is a very long title", (4, 4), 16, MUTED, 60)
    written = (canvas != PANEL).any(axis=2)
    assert written.any()
    assert not written[:, 66:].any()
    before = canvas.copy()
    write(canvas, "gone", (300, 10), 16, MUTED, 60)
    write(canvas, "gone", (-200, -50), 16, MUTED, 60)
    assert (canvas == before).all()
    write(canvas, "partly", (-10, 32), 16, MUTED, 60)
    assert (canvas != before).any()


@pytest.mark.parametrize("fps", [15.0, 24.0, 30.0, 60.0, 120.0])
def test_a_gif_takes_as_long_as_the_sample(fps: float) -> None:
    shown, durations_ms = gif_timing(90, fps)
    assert sum(durations_ms) == pytest.approx(90_000 / fps, abs=20)
    assert min(durations_ms) >= 20  # viewers slow down what is shorter
    assert len(shown) == len(durations_ms) == (90 if fps <= 50 else len(set(shown)))
    assert all(duration % 10 == 0 for duration in durations_ms)


def test_a_gif_moves_with_the_sample(tmp_path: Path) -> None:
    path = tmp_path / "wave.gif"
    save_animation(path, clip(body(T=12)))
    with Image.open(path) as image:
        assert image.n_frames == 12
        assert image.info["loop"] == 0
        assert image.size == (48 + 2 * PANEL_SIZE, 524)
        image.seek(6)
        colours = np.abs(np.asarray(image.convert("RGB"), int) - PEOPLE[0]).max(axis=2)
    assert (colours < 12).sum() > 800  # the palette keeps people's colours
    assert [file.name for file in tmp_path.iterdir()] == ["wave.gif"]


def test_a_sample_of_one_frame_is_a_gif_too(tmp_path: Path) -> None:
    save_animation(tmp_path / "one.gif", clip(body(T=1)))
    with Image.open(tmp_path / "one.gif") as image:
        assert getattr(image, "n_frames", 1) == 1


def test_a_video_has_the_samples_frames_and_speed(tmp_path: Path) -> None:
    path = tmp_path / "wave.mp4"
    save_animation(path, clip(body(T=15), fps=15.0))
    with av.open(str(path)) as video:
        times = [frame.time for frame in video.decode(video=0)]
    assert len(times) == 15
    assert times[-1] == pytest.approx(14 / 15, abs=0.01)


def test_an_ending_that_is_no_animation_and_a_folder_that_is_not_there_are_told(tmp_path: Path) -> None:
    for name in ("wave.png", "wave"):
        with pytest.raises(OutputError, match=r"should end in \.gif or \.mp4"):
            save_animation(tmp_path / name, clip(body()))
    for name in ("wave.gif", "wave.mp4"):
        with pytest.raises(OutputError, match=rf"nowhere/{name} cannot be written"):
            save_animation(tmp_path / "nowhere" / name, clip(body()))
