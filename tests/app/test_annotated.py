"""With the real road on generated recordings; the model is made up."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import av
import pytest

from app import annotated, replay
from app.annotated import AnnotatedVideo
from app.errors import OutputError
from app.road import RecognizerLoader as Loader
from tests.app.fakes import FakeExtractor, tiny_checkpoint, tiny_recording, tiny_video

pytestmark = pytest.mark.usefixtures("no_leaked_threads")


@pytest.fixture(scope="module")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Loader:
    return Loader(tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny.safetensors"), "cpu")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tiny_recording(tmp_path / "wave.npz")


def finish(job: AnnotatedVideo) -> None:
    job._thread.join(20)
    assert not job.running


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_whole_file_becomes_a_video(loader: Loader, recording: Path, tmp_path: Path) -> None:
    place = tmp_path / "out.mp4"
    place.write_text("an older one")
    job = AnnotatedVideo(str(recording), place, loader)
    job.start()
    finish(job)
    assert (job.error, job.progress.frames, job.progress.of) == ("", 80, 80)
    with av.open(str(place)) as video:
        assert sum(1 for _ in video.decode(video=0)) == 80
    assert left_in(tmp_path) == ["out.mp4", "wave.npz"]


def test_cancelled_it_leaves_nothing_and_what_was_there_stays(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way = threading.Event()

    def slow() -> FakeExtractor:
        under_way.set()
        return FakeExtractor(0.05)

    monkeypatch.setattr("app.road.make_extractor", slow)
    film = tiny_video(tmp_path / "clip.mkv", frames=120)
    place = tmp_path / "out.mp4"
    place.write_text("an older one")
    job = AnnotatedVideo(str(film), place, loader)
    job.start()
    assert under_way.wait(20)
    assert job.cancel(2.0)
    assert (job.cancelled, job.error) == (True, "")
    assert place.read_text() == "an older one"
    assert left_in(tmp_path) == ["clip.mkv", "out.mp4"]


def test_cancelled_while_the_model_is_loading_nothing_begins(recording: Path, tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    class SlowLoader(Loader):
        def __call__(self):
            asked.set()
            go_on.wait(20)
            return super().__call__()

    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    job = AnnotatedVideo(str(recording), tmp_path / "out.mp4", SlowLoader(model, "cpu"))
    job.start()
    assert asked.wait(20)
    assert not job.cancel()
    go_on.set()
    finish(job)
    assert not job.progress.is_open
    assert not (tmp_path / "out.mp4").exists()


def test_a_disk_that_fills_up_is_told_with_the_users_own_name(
    loader: Loader, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FullDisk(replay.VideoWriter):
        def write(self, image, timestamp_s: float) -> None:
            if timestamp_s > 1:
                raise OutputError(f"{self._path} cannot be written (No space left on device)")
            super().write(image, timestamp_s)

    monkeypatch.setattr(replay, "VideoWriter", FullDisk)
    job = AnnotatedVideo(str(recording), tmp_path / "out.mp4", loader)
    job.start()
    finish(job)
    assert job.error == f"{tmp_path / 'out.mp4'} cannot be written (No space left on device)"
    assert left_in(tmp_path) == ["wave.npz"]


def test_a_folder_that_is_taken_away_meanwhile_is_told(
    loader: Loader, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(annotated.Path, "replace", refuse)
    job = AnnotatedVideo(str(recording), tmp_path / "out.mp4", loader)
    job.start()
    finish(job)
    assert "out.mp4 cannot be written (Read-only file system)" in job.error
    assert left_in(tmp_path) == ["wave.npz"]


def test_a_source_that_is_gone_is_told(loader: Loader, tmp_path: Path) -> None:
    job = AnnotatedVideo(str(tmp_path / "gone.mp4"), tmp_path / "out.mp4", loader)
    job.start()
    finish(job)
    assert "gone.mp4" in job.error
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("out.gif", r"videos are written as \.mp4, \.mkv"),
        ("nowhere/out.mp4", "no such folder"),
        ("wave.npz.mp4", ""),
    ],
)
def test_where_no_video_can_be_is_told_before_it_begins(
    loader: Loader, recording: Path, tmp_path: Path, name: str, why: str
) -> None:
    if not why:
        recording = recording.rename(tmp_path / name)
        why = "would be overwritten while it is read"
    with pytest.raises(OutputError, match=why):
        AnnotatedVideo(str(recording), tmp_path / name, loader).start()
