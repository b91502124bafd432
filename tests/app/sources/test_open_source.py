from __future__ import annotations

from pathlib import Path

import pytest

from app.sources import CameraSource, FileSource, RecordingSource, SourceError, open_source


def test_specs_name_their_sources(tmp_path: Path) -> None:
    camera = open_source("camera:2")
    assert isinstance(camera, CameraSource) and camera.index == 2 and camera.spec == "camera:2"
    video = open_source(str(tmp_path / "a.mp4"))
    assert isinstance(video, FileSource) and not video.live
    assert isinstance(open_source("walk.NPZ"), RecordingSource)


@pytest.mark.parametrize(
    "spec",
    ["", "  ", "camera:", "camera", "camera:x", "camera:-1", "camera:1.5", "camera:10000", "rtsp://host/1"],
)
def test_a_spec_that_names_nothing_gives_one_clear_line(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert ": " in str(caught.value) and "\n" not in str(caught.value)


def test_the_demo_is_a_recording_by_the_name_of_demo() -> None:
    try:
        demo = open_source("demo")
    except SourceError as error:
        assert "demo.npz is missing" in str(error)
        return
    with demo as source:
        info = source.open()
        assert info.name == "Demo" and info.frame_count
        assert any(frame.skeletons for frame in source.frames())
