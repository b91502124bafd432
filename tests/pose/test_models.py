from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from mediapipe.tasks.metadata import schema_py_generated as tflite_schema

from pose import models
from pose.models import PoseModelError, PoseModelMissing, build_pose_model, pose_model_path


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("STGAT_LIVE_CACHE", str(folder))
    return folder


@pytest.fixture
def offline(monkeypatch) -> None:
    """pip finds nothing: no index, no folder of wheels, no configuration."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def small_wheel(pose_model, tmp_path, monkeypatch) -> Path:
    """A wheel with a real network in both places (the detector's), and sums that fit it."""
    with zipfile.ZipFile(pose_model) as archive:
        network = archive.read("pose_detector.tflite")
    wheel = tmp_path / "small.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(models.DETECTOR[0], network)
        archive.writestr(models.LANDMARKS[0], network)
    monkeypatch.setattr(models, "LANDMARKS", (models.LANDMARKS[0], models.DETECTOR[1]))
    monkeypatch.setattr(models, "MODEL_SHA256", models._sha256(models._bundle(network, network)))
    return wheel


def test_a_missing_model_says_where_it_should_be_and_how_to_make_it(cache):
    with pytest.raises(PoseModelMissing) as error:
        pose_model_path()
    assert str(cache / models.MODEL_NAME) in str(error.value)
    assert "python main.py fetch-pose-model" in str(error.value)
    assert "--wheel FILE" in str(error.value)


def test_a_damaged_model_is_named_as_such(cache):
    cache.mkdir()
    (cache / models.MODEL_NAME).write_bytes(b"half a download")
    with pytest.raises(PoseModelMissing, match=r"pose_landmarker_full\.task is damaged"):
        pose_model_path()


def test_the_made_file_holds_both_networks_stored_aligned_and_with_their_normalisation(pose_model):
    expected = {"pose_detector.tflite": (127.5, 127.5), "pose_landmarks_detector.tflite": (0.0, 255.0)}
    data = pose_model.read_bytes()
    with zipfile.ZipFile(pose_model) as archive:
        assert {entry.filename for entry in archive.infolist()} == set(expected)
        for entry in archive.infolist():
            network = archive.read(entry)
            assert entry.compress_type == zipfile.ZIP_STORED
            assert data.index(network) % 4 == 0
            assert normalisation(network) == expected[entry.filename]


def normalisation(network: bytes) -> tuple[float, float]:
    model = tflite_schema.ModelT.InitFromPackedBuf(network, 0)
    (entry,) = (entry for entry in model.metadata if entry.name == b"TFLITE_METADATA")
    packed = bytes(model.buffers[entry.buffer].data)
    metadata = metadata_schema.ModelMetadataT.InitFromObj(
        metadata_schema.ModelMetadata.GetRootAsModelMetadata(packed, 0)
    )
    options = metadata.subgraphMetadata[0].inputTensorMetadata[0].processUnits[0].options
    return float(options.mean[0]), float(options.std[0])


def test_building_is_repeatable_atomic_and_heals_a_damaged_file(cache, small_wheel):
    lines: list[str] = []
    path = build_pose_model(small_wheel, progress=lines.append)
    first = path.read_bytes()
    assert lines == ["building pose_landmarker_full.task from small.whl"]
    path.write_bytes(first[:1000])
    assert build_pose_model(small_wheel).read_bytes() == first
    assert pose_model_path() == path
    assert [p.name for p in cache.iterdir()] == [models.MODEL_NAME]


def test_a_wheel_put_into_the_cache_serves_offline(cache, small_wheel, offline):
    cache.mkdir()
    small_wheel.rename(cache / models.WHEEL_NAME)
    assert build_pose_model().is_file()


def test_a_sound_model_is_not_made_again(cache, small_wheel, offline):
    path = build_pose_model(small_wheel)
    before = path.stat().st_mtime_ns
    assert build_pose_model() == path
    assert path.stat().st_mtime_ns == before


def test_offline_the_command_prints_one_line_with_the_remedy_and_fails(cache, offline, capsys):
    assert models.main([]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "connect to the internet" in captured.err
    assert "--wheel FILE" in captured.err


def test_the_command_prints_where_the_model_is(cache, small_wheel, capsys):
    assert models.main(["--wheel", str(small_wheel)]) == 0
    assert str(cache / models.MODEL_NAME) in capsys.readouterr().out


def test_wrong_wheels_are_told_apart(cache, tmp_path):
    absent, broken, foreign, altered = (tmp_path / n for n in ("absent", "broken", "foreign", "altered"))
    broken.write_bytes(b"PK but not a zip")
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("other/file.txt", "")
    with zipfile.ZipFile(altered, "w") as archive:
        archive.writestr(models.DETECTOR[0], b"changed")
    for wheel, message in (
        (absent, "cannot be read"),
        (tmp_path, "cannot be read"),
        (broken, "not a whole wheel"),
        (foreign, "does not contain"),
        (altered, "unexpected sha256"),
    ):
        with pytest.raises(PoseModelError, match=message) as error:
            build_pose_model(wheel)
        assert str(wheel) in str(error.value)
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch, small_wheel):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STGAT_LIVE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(PoseModelError, match="STGAT_LIVE_CACHE"):
        build_pose_model(small_wheel)
