from __future__ import annotations

import gc
import itertools
from pathlib import Path

import numpy as np
import pytest

from app.entities import VideoFrame
from app.soak.gauges import num_threads
from app.sources import FileSource, SourceError, SourceInfo
from app.sources.video_file import apply_display_matrix, check_readable
from tests.app.sources.conftest import MakeVideo

ONE = 1 << 16


def read(path: Path) -> tuple[SourceInfo, list[VideoFrame], FileSource]:
    with FileSource(path) as source:
        info = source.open()
        return info, list(source.frames()), source


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_timestamps_follow_the_files_own_rate(make_video: MakeVideo, fps: int) -> None:
    info, frames, source = read(make_video(fps=fps, frames=15))
    assert (info.fps, info.frame_count, info.live) == (fps, 15, False)
    assert [frame.index for frame in frames] == list(range(15))
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], np.arange(15) / fps, atol=1e-9)
    assert source.warning is None and not source.truncated


def test_pictures_are_contiguous_rgb_in_order(make_video: MakeVideo) -> None:
    _, frames, _ = read(make_video(codec="ffv1", name="clip.mkv", pixels="bgr0"))
    for frame in frames:
        assert frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous
        assert frame.image[-1, -1, 0] == 40 + frame.index * 7
        assert (frame.image[0, 0] == 255).all()


@pytest.mark.parametrize(
    ("codec", "name", "pixels"),
    [
        ("ffv1", "a.mkv", "gray"),
        ("ffv1", "b.mkv", "yuv444p10le"),
        ("ffv1", "c.mkv", "rgb48le"),
        ("ffv1", "d.mkv", "yuva420p"),
        ("mjpeg", "e.avi", "yuvj422p"),
        ("gif", "f.gif", "rgb8"),
    ],
)
def test_odd_pixel_formats_become_rgb(make_video: MakeVideo, codec: str, name: str, pixels: str) -> None:
    _, frames, _ = read(make_video(name, codec=codec, pixels=pixels))
    assert len(frames) == 12
    assert frames[0].image.shape == (48, 64, 3)
    assert abs(int(frames[0].image[-1, -1, 1]) - 40) < 20
    assert (frames[0].image[2, 2] > 220).all()


def test_odd_widths_are_not_sheared(make_video: MakeVideo) -> None:
    _, frames, _ = read(make_video("odd.mkv", codec="ffv1", pixels="bgr0", size=(61, 37)))
    assert frames[0].image.shape == (37, 61, 3)
    assert (frames[0].image[:9, :15] == 255).all() and (frames[0].image[10:] == 40).all()


@pytest.mark.parametrize(
    ("rotation", "corner"),
    [(90, (-1, 0)), (-90, (0, -1)), (180, (-1, -1)), (None, (0, 0))],
)
def test_phones_rotation_is_honoured(
    make_video: MakeVideo, rotation: int | None, corner: tuple[int, int]
) -> None:
    info, frames, _ = read(make_video(rotation=rotation))
    upright = (64, 48) if rotation in (180, None) else (48, 64)
    assert (info.width, info.height) == upright
    image = frames[0].image
    assert image.shape == (upright[1], upright[0], 3) and image.flags.c_contiguous
    dark = {(0, 0), (0, -1), (-1, 0), (-1, -1)} - {corner}
    assert image[corner].min() > 200
    assert all(image[other].max() < 100 for other in dark)


def test_a_flip_in_the_display_matrix_is_honoured(make_video: MakeVideo) -> None:
    _, frames, _ = read(make_video(hflip=True))
    assert frames[0].image[0, -1].min() > 200 and frames[0].image[0, 0].max() < 100


def test_display_matrix_acts_as_its_formula_says() -> None:
    """Every quarter turn and flip, against moving each pixel by (a x + c y, b x + d y)."""
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for a, b, c, d in [
        (1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1),
        (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, -1, 0), (0, -1, -1, 0),
    ]:  # fmt: skip
        moved = {(a * x + c * y, b * x + d * y): image[y, x] for y in range(2) for x in range(3)}
        left, top = min(x for x, _ in moved), min(y for _, y in moved)
        turned = apply_display_matrix(
            image, np.array([a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30], np.int32)
        )
        for (x, y), pixel in moved.items():
            np.testing.assert_array_equal(turned[y - top, x - left], pixel)


def test_plain_portrait_video(make_video: MakeVideo) -> None:
    info, frames, _ = read(make_video(size=(36, 64)))
    assert (info.width, info.height) == (36, 64) and frames[0].image.shape == (64, 36, 3)


def test_pixels_that_are_not_square_are_made_square(make_video: MakeVideo) -> None:
    path = make_video("anamorphic.mp4", options={"aspect": "1"})
    with FileSource(path) as source:
        assert source.open().width == 64  # the option says nothing of pixels: the control
    path = make_video("anamorphic.mp4", options={"x264-params": "sar=2/1"})
    info, frames, _ = read(path)
    assert (info.width, info.height) == (128, 48)
    assert frames[0].image.shape == (48, 128, 3)


def test_a_raw_stream_without_times_counts_by_its_stated_rate(make_video: MakeVideo) -> None:
    info, frames, _ = read(make_video("raw.h264", kind="h264", fps=10))
    assert info.fps == 10 and info.frame_count is None
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], np.arange(12) / 10, atol=1e-9)


def test_a_file_whose_rate_says_zero_still_gets_increasing_times(make_video: MakeVideo) -> None:
    path = make_video("clip.avi", codec="mjpeg", pixels="yuvj420p", fps=10)
    data = bytearray(path.read_bytes())
    rate = data.index(b"strh") + 8 + 24  # dwRate of the stream's header; over dwScale it is the fps
    period = data.index(b"avih") + 8  # dwMicroSecPerFrame of the file's header
    data[rate : rate + 4] = data[period : period + 4] = bytes(4)
    path.write_bytes(data)
    info, frames, _ = read(path)
    assert len(frames) == 12
    assert info.fps is None or 0.1 <= info.fps <= 1000
    assert (np.diff([frame.timestamp_s for frame in frames]) > 0).all()


def test_variable_rates_are_kept(make_video: MakeVideo) -> None:
    times_s = [0.0, 0.1, 0.15, 0.6, 1.6, 1.64]
    _, frames, _ = read(make_video("vfr.mkv", frames=6, fps=30, times_s=times_s, options={"bf": "0"}))
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], times_s, atol=2e-3)


@pytest.mark.parametrize("name", ["late.mkv", "late.flv", "late.mp4"])
def test_a_file_whose_pictures_begin_late_is_as_long_as_they_are_and_not_cut_short(
    make_video: MakeVideo, name: str
) -> None:
    path = make_video(name, frames=40, times_s=[3.0 + i / 10 for i in range(40)])
    info, frames, source = read(path)
    assert info.duration_s == pytest.approx(3.9, abs=0.25)
    assert frames[-1].timestamp_s == pytest.approx(3.9, abs=0.01)
    assert (source.warning, source.truncated) == (None, False)


@pytest.mark.parametrize("name", ["cut.mkv", "cut.avi", "cut.mp4"])
def test_a_truncated_file_gives_what_it_has_and_says_so(make_video: MakeVideo, name: str) -> None:
    codec = {"cut.avi": ("mjpeg", "yuvj420p")}.get(name, ("libx264", "yuv420p"))
    path = make_video(
        name,
        frames=60,
        size=(320, 240),
        codec=codec[0],
        pixels=codec[1],
        options={"g": "5", "bf": "0"},
        container_options={"movflags": "faststart"} if name.endswith("mp4") else None,
    )
    data = path.read_bytes()
    body = max(data.find(b"mdat"), 0)  # an MP4 keeps its index before it
    path.write_bytes(data[: body + (len(data) - body) // 2])
    _, frames, source = read(path)
    assert 5 <= len(frames) < 55
    assert (np.diff([frame.timestamp_s for frame in frames]) > 0).all()
    assert source.truncated
    assert source.warning is not None and name in source.warning and "cut short" in source.warning


def test_damage_in_the_middle_costs_only_some_pictures(make_video: MakeVideo) -> None:
    path = make_video("hit.avi", frames=40, codec="mjpeg", pixels="yuvj420p")
    data = bytearray(path.read_bytes())
    middle = data.index(b"00dc", len(data) // 2) + 8
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    _, frames, _ = read(path)
    assert 30 <= len(frames) <= 40
    assert frames[-1].timestamp_s > 3.5


def error_of(path: Path | str) -> str:
    with FileSource(path) as source, pytest.raises(SourceError) as caught:
        source.open()
    message = str(caught.value)
    assert "\n" not in message and str(path) in message
    assert ":" in message.replace(str(path), ""), "what to do comes after a colon"
    return message


def test_files_that_are_no_video_give_one_clear_line(tmp_path: Path, make_video: MakeVideo) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("not a film\n" * 100)
    assert "not a video" in error_of(text)

    prose = tmp_path / "notes.txt"  # FFmpeg would render it as a terminal's picture
    prose.write_text("not a film\n" * 100)
    assert "not a video" in error_of(prose)

    playlist = tmp_path / "list.m3u8"  # FFmpeg would go and fetch it
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    )
    assert "not a video" in error_of(playlist)

    (tmp_path / "empty.mp4").touch()
    assert "empty" in error_of(tmp_path / "empty.mp4")
    assert "folder" in error_of(tmp_path)
    assert "no file" in error_of(tmp_path / "missing.mp4")

    head = tmp_path / "head.mp4"
    head.write_bytes(make_video(frames=30).read_bytes()[:200])
    assert "cut short" in error_of(head)


def test_sound_without_pictures_gives_one_clear_line(tmp_path: Path) -> None:
    import wave

    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        file.writeframes(bytes(16000))
    assert "no pictures" in error_of(path)


def test_a_file_that_may_not_be_read_gives_one_clear_line(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video()

    def refuse(*_: object) -> None:  # the suite may run as root, whom no permission stops
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="permissions"):
        check_readable(path)


def test_a_name_that_no_file_can_have_gives_one_clear_line() -> None:
    with pytest.raises(SourceError):
        check_readable(Path("bad\0name.mp4"))
    with pytest.raises(SourceError):
        check_readable(Path("x" * 5000 + ".mp4"))


def test_absurd_picture_sizes_are_refused_before_memory_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "wide.y4m"
    path.write_bytes(b"YUV4MPEG2 W20000 H16 F25:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + bytes(20000 * 24)) * 2)
    assert "20000 x 16" in error_of(path)


def test_a_video_without_one_whole_picture_gives_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "short.y4m"
    path.write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(100))
    assert "not one picture" in error_of(path) or "not a video" in error_of(path)


def test_interrupt_ends_frames_and_holds_until_close(make_video: MakeVideo) -> None:
    source = FileSource(make_video(frames=30))
    source.open()
    frames = source.frames()
    next(frames)
    source.interrupt()
    assert list(frames) == []
    with pytest.raises(SourceError, match="closed before"):
        source.open()
    source.close()
    source.close()
    source.open()
    assert len(list(source.frames())) == 30
    source.close()


def test_frames_before_open_is_a_programming_error(make_video: MakeVideo) -> None:
    with pytest.raises(RuntimeError, match="open"):
        next(FileSource(make_video()).frames())


@pytest.mark.shared
def test_every_real_clip_is_read_whole_at_its_own_rate(shared_dir: Path) -> None:
    clips = sorted(path for path in (shared_dir / "clips").iterdir() if path.suffix in (".mp4", ".avi"))
    assert clips
    for clip in clips:
        with FileSource(clip) as source:
            info = source.open()
            times_s = [frame.timestamp_s for frame in source.frames()]
            assert info.fps is not None and len(times_s) == info.frame_count, clip
            np.testing.assert_allclose(np.diff(times_s), 1 / info.fps, atol=2e-3, err_msg=str(clip))
            assert source.warning is None


def test_promise_a_picture_leaves_no_thread_and_nothing_for_the_collector(make_video: MakeVideo) -> None:
    """Each picture once began two threads, which went when the collector came round, as did the picture."""
    with FileSource(make_video(frames=60)) as source:
        source.open()
        frames = source.frames()
        list(itertools.islice(frames, 10))  # the decoder has its threads by then
        gc.collect()
        gc.disable()
        try:
            before, threads = len(gc.get_objects()), num_threads()
            for _ in itertools.islice(frames, 40):
                assert num_threads() <= threads
            assert len(gc.get_objects()) < before + 20
        finally:
            gc.enable()
