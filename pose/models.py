"""Where MediaPipe's pose model file comes from: made once from the models that an older MediaPipe wheel
carries.

MediaPipe wheels from 0.10.30 on hold no models, and the place the project's own documentation points to is
not a package index. The wheel of mediapipe 0.10.21 holds the same two networks (Apache-2.0) as plain
.tflite files; they become a .task bundle here. The networks are checked by sha256 before, and the bundle
after.

Run `python -m pose.models` to make the file, `python -m pose.models --wheel FILE` to make it offline.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

WHEEL_REQUIREMENT = "mediapipe==0.10.21"
WHEEL_NAME = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"

#: name in the wheel -> sha256
DETECTOR = (
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
)
LANDMARKS = (
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
)

MODEL_NAME = "pose_landmarker_full.task"
#: Where a packaged application carries the file.
PACKAGED_MODEL = Path(__file__).with_name(MODEL_NAME)
MODEL_SHA256 = "8e946062a7b7c7f21557ac6dc56c025fa8f887cfd6d3af87f6390fb746b8e2fe"

_ALIGNMENT = 4
_ZIP_HEADER_BYTES = 30  # of an entry, before its name
_PADDING_FIELD = 0xD935  # the extra field that Android's zipalign pads with

_HOW_TO_MAKE = (
    "make it with `python main.py fetch-pose-model` (downloads 36 MB once); offline, get the file "
    f"{WHEEL_NAME} from PyPI elsewhere and put it into that folder first, or pass it with --wheel FILE"
)


class PoseModelError(RuntimeError):
    """The pose model file cannot be had; the message is one sentence for the user."""


class PoseModelMissing(PoseModelError):  # noqa: N818 - a state to be told, not a mistake
    """There is no sound pose model file in the cache yet."""


def cache_dir() -> Path:
    """The folder for downloaded files: $STGAT_LIVE_CACHE, else the user's cache directory."""
    override = os.environ.get("STGAT_LIVE_CACHE")
    return Path(override).expanduser() if override else platformdirs.user_cache_path("stgat-live")


def pose_model_path() -> Path:
    """The pose model file in the cache, verified.

    Raises PoseModelMissing where it is absent or damaged; the message says where it should be and how to
    make it.
    """
    path = PACKAGED_MODEL if PACKAGED_MODEL.is_file() else cache_dir() / MODEL_NAME
    if not path.is_file():
        raise PoseModelMissing(f"the pose model is not at {path}: {_HOW_TO_MAKE}")
    if _sha256(path.read_bytes()) != MODEL_SHA256:
        raise PoseModelMissing(f"the pose model at {path} is damaged (its sha256 is wrong): {_HOW_TO_MAKE}")
    return path


def build_pose_model(wheel: Path | None = None, progress: Callable[[str], None] | None = None) -> Path:
    """Make the pose model file in the cache, or leave the sound one that is there, and return its path.

    wheel: the file of mediapipe 0.10.21 for any platform; None looks for it in the cache directory and
        downloads it with pip otherwise.
    progress: called with one line of text at each step.

    Raises PoseModelError where the wheel cannot be had, is not what it should be, or the cache cannot be
    written.
    """
    say = progress or (lambda _: None)
    if wheel is None:
        try:
            return pose_model_path()
        except PoseModelMissing:
            pass
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="building-") as scratch:
            if wheel is None:
                kept = folder / WHEEL_NAME
                wheel = kept if kept.is_file() else _download_wheel(Path(scratch), say)
            say(f"building {MODEL_NAME} from {wheel.name}")
            bundle = _bundle(_read_checked(wheel, *DETECTOR), _read_checked(wheel, *LANDMARKS))
            if _sha256(bundle) != MODEL_SHA256:
                raise PoseModelError(
                    f"the pose model built from {wheel} has an unexpected sha256: install the pinned "
                    "versions of mediapipe and flatbuffers (`make setup`) and build it again"
                )
            new = Path(scratch) / MODEL_NAME
            new.write_bytes(bundle)
            return new.replace(folder / MODEL_NAME)
    except OSError as error:
        raise PoseModelError(
            f"the pose model cannot be written to {folder} ({error.strerror or error}): make room there, or "
            "name another folder in the environment variable STGAT_LIVE_CACHE"
        ) from error


def _download_wheel(folder: Path, say: Callable[[str], None]) -> Path:
    say(f"downloading {WHEEL_REQUIREMENT} for its pose networks (36 MB)")
    # The platform is fixed: the wheel is only read as a zip, and one wheel serves every system.
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11",
        "--implementation=cp", "--abi=cp311", "--retries=2", f"--dest={folder}", WHEEL_REQUIREMENT,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("mediapipe-*.whl"))
    if done.returncode or not wheels:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or ["pip failed"]
        reason = lines[-1].removeprefix("ERROR:").strip()
        raise PoseModelError(
            f"{WHEEL_REQUIREMENT} could not be downloaded ({reason}): connect to the internet and try again, "
            f"or get {WHEEL_NAME} from PyPI elsewhere and pass it with --wheel FILE"
        )
    return wheels[0]


def _read_checked(wheel: Path, name: str, sha256: str) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(name)
    except OSError as error:
        reason = error.strerror or error
        raise PoseModelError(f"{wheel} cannot be read ({reason}): pass the path of {WHEEL_NAME}") from error
    except KeyError as error:
        raise PoseModelError(f"{wheel} does not contain {name}: pass the file {WHEEL_NAME}") from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise PoseModelError(f"{wheel} is not a whole wheel file: download {WHEEL_NAME} again") from error
    if _sha256(data) != sha256:
        raise PoseModelError(f"{name} in {wheel} has an unexpected sha256: pass the file {WHEEL_NAME}")
    return data


def _bundle(detector: bytes, landmarks: bytes) -> bytes:
    """A .task file: MediaPipe maps the networks straight out of the zip, so they lie stored and aligned."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in (
            ("pose_detector.tflite", detector),
            ("pose_landmarks_detector.tflite", _with_normalization(landmarks, mean=0.0, std=255.0)),
        ):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the same bytes on every system
            padding = -(buffer.tell() + _ZIP_HEADER_BYTES + len(name)) % _ALIGNMENT
            entry.extra = struct.pack("<HH", _PADDING_FIELD, padding) + bytes(padding)
            archive.writestr(entry, data)
    return buffer.getvalue()


def _with_normalization(tflite: bytes, mean: float, std: float) -> bytes:
    """The network with its input's normalisation, (pixel - mean) / std, written into its metadata.

    MediaPipe Tasks refuses a network without it; the older solutions API kept these numbers in its graphs.
    """
    # Imported late, here and below: this module also tells where the file is, which must not take long.
    import flatbuffers  # type: ignore[import-untyped]
    import numpy as np
    from mediapipe.tasks.metadata import schema_py_generated as tflite_schema

    model = tflite_schema.ModelT.InitFromPackedBuf(tflite, 0)
    buffer = tflite_schema.BufferT()
    buffer.data = np.frombuffer(_normalization_metadata(mean, std), np.uint8)
    model.buffers.append(buffer)
    entry = tflite_schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers) - 1
    model.metadata.append(entry)
    builder = flatbuffers.Builder(len(tflite))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _normalization_metadata(mean: float, std: float) -> bytes:
    import flatbuffers
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema

    options = metadata_schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = metadata_schema.ProcessUnitT()
    unit.optionsType = metadata_schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    tensor = metadata_schema.TensorMetadataT()
    tensor.processUnits = [unit]
    subgraph = metadata_schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [tensor]
    model = metadata_schema.ModelMetadataT()
    model.subgraphMetadata = [subgraph]
    builder = flatbuffers.Builder(256)
    builder.Finish(model.Pack(builder), b"M001")
    return bytes(builder.Output())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Make the model file and print one line; 0 when it is there, 1 with one line of reason when not."""
    parser = argparse.ArgumentParser(prog="python -m pose.models", description="Make the pose model file.")
    parser.add_argument("--wheel", type=Path, metavar="FILE", help=f"a local copy of {WHEEL_NAME}")
    wheel = parser.parse_args(arguments).wheel
    try:
        path = build_pose_model(wheel)
    except PoseModelError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"pose model: {path} ({path.stat().st_size:,} bytes)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
