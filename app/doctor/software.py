"""Checks of Python, its packages and the model files."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

from app.doctor.check import REPOSITORY, SET_UP, Check, ProbeError, probe
from app.program import PACKAGED

OLDEST_PYTHON = (3, 11)
#: Each of these installs the same folder cv2; two of them overwrite one another's files.
OPENCV_DISTRIBUTIONS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
#: In the folder locks; the two builds of PyTorch are of one version.
LOCKS = ("application.txt", "torch.txt")
WEIGHTS = REPOSITORY / "weights" / "stgat-actions.safetensors"


def python_version(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Check:
    return Check(
        "Python",
        version[:2] >= OLDEST_PYTHON,
        True,
        f"{'.'.join(map(str, version))} ({sys.executable})",
        "install Python 3.11 or newer, then run `make clean setup`",
    )


def packages(folder: Path = REPOSITORY) -> Check:
    """Whether what requirements.txt names is installed, in the versions of the lock files."""
    if PACKAGED:
        return Check("packages", True, True, "packed into the program")
    wanted = locked(folder)
    missing, different = [], []
    for name in _requirements(folder / "requirements.txt"):
        installed = installed_version(name)
        if installed is None:
            missing.append(name)
        elif wanted.get(name, installed) != installed:
            different.append(f"{name} {installed} instead of {wanted[name]}")
    if missing:
        return Check("packages", False, True, f"not installed: {', '.join(missing)}", SET_UP)
    if different:
        return Check("packages", False, False, f"not the tested versions: {', '.join(different)}", SET_UP)
    return Check("packages", True, True, "all installed, in the tested versions")


def torch() -> Check:
    code = """
import torch
threads = torch.get_num_threads()
devices = [f"CPU, {threads} thread" + "s" * (threads > 1)]
devices += [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
if torch.backends.mps.is_available():
    devices.append("mps")
print(torch.__version__ + ", " + ", ".join(devices))
"""
    return _imported("PyTorch", code, SET_UP)


def mediapipe() -> Check:
    code = """
from mediapipe.tasks.python import vision
from importlib.metadata import version
vision.PoseLandmarker
print(version("mediapipe"))
"""
    check = _imported("MediaPipe", code, SET_UP)
    wanted = locked(REPOSITORY).get("mediapipe")
    if check.ok and wanted and check.detail != wanted:
        detail = f"{check.detail}, but the pose needs {wanted}"
        return Check(check.name, False, True, detail, SET_UP)
    return check


def pose_model() -> Check:
    code = """
import sys
from pose.models import PoseModelError, pose_model_path
try:
    print(pose_model_path())
except PoseModelError as error:
    sys.exit(str(error))
"""
    try:
        return Check("pose model", True, True, f"{probe(code)} (sha256 as expected)")
    except ProbeError as error:
        detail, _, remedy = str(error).partition(": ")
        if "fetch-pose-model" not in remedy:  # not the model, but what would load it
            detail, remedy = str(error), "run `make setup`, then `python main.py fetch-pose-model`"
        return Check("pose model", False, True, detail, remedy)


def action_model(path: Path = WEIGHTS) -> Check:
    remedy = f"run `git checkout {path.parent.name}`, or train a model: `python main.py train --help`"
    if not path.is_file():
        return Check("action model", False, True, f"there is no {path}", remedy)
    code = """
import sys
from pathlib import Path
from stgat.checkpoint import load_checkpoint
from stgat.errors import CheckpointError
try:
    print(len(load_checkpoint(Path(sys.argv[1])).metadata.labels))
except CheckpointError as error:
    sys.exit(str(error))
"""
    try:
        return Check("action model", True, True, f"{path}, {probe(code, str(path))} actions")
    except ProbeError as error:
        return Check("action model", False, True, str(error), remedy)


def opencv() -> Check:
    code = """
import cv2
names = [cv2.videoio_registry.getBackendName(b) for b in cv2.videoio_registry.getCameraBackends()
         if cv2.videoio_registry.hasBackend(b)]
print(cv2.__version__ + ", camera back ends: " + (", ".join(names) or "none"))
"""
    return _imported("OpenCV", code, SET_UP)


def one_opencv() -> Check:
    """Whether just one of the distributions that all install cv2 is there."""
    installed = [name for name in OPENCV_DISTRIBUTIONS if installed_version(name) is not None]
    others = [name for name in installed if name != "opencv-python-headless"]
    if not others:
        return Check("one OpenCV", True, False, ", ".join(installed) or "none installed")
    remedy = f"run `pip uninstall -y {' '.join(installed)}`, then `rm .venv/.installed` and `make setup`"
    return Check("one OpenCV", False, False, f"{', '.join(installed)} overwrite one another's files", remedy)


def pyav() -> Check:
    code = """
import av
missing = [name for name in ("h264", "libx264") if name not in av.codecs_available]
print(av.__version__ + (", without " + ", ".join(missing) if missing else ", reads and writes H.264"))
"""
    return _imported("PyAV", code, SET_UP)


def installed_version(distribution: str) -> str | None:
    """The version, less a local part such as +cpu; None where it is not installed."""
    try:
        return metadata.version(distribution).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None


def _imported(name: str, code: str, remedy: str) -> Check:
    try:
        return Check(name, True, True, probe(code))
    except ProbeError as error:
        return Check(name, False, True, f"cannot be loaded: {error}", remedy)


def locked(folder: Path = REPOSITORY) -> dict[str, str]:
    """name -> exact version, of all that the application needs: what `make setup` installs."""
    found = {}
    for name in LOCKS:
        for line in (folder / "locks" / name).read_text(encoding="utf-8").splitlines():
            if pinned := re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line):
                found[normalised(pinned[1])] = pinned[2]
    return found


def normalised(name: str) -> str:
    """A distribution's name as all its spellings are compared.

    >>> normalised("PyQt6_sip")
    'pyqt6-sip'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(path: Path) -> list[str]:
    """The names in a requirements file."""
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [normalised(re.split(r"[^A-Za-z0-9_.-]", line)[0]) for line in lines if line]
