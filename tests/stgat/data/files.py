"""Small data sets in the real formats, written by the tests."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

#: Kinect v1's order -> UTD-MHAD's: head, shoulder centre, spine, hip centre, then the limbs.
TO_UTD = (3, 2, 1, 0, *range(4, 20))


def nw_ucla_file(joints_m: NDArray[np.float64]) -> bytes:
    """(T, 20, 3) as one recording of Northwestern-UCLA."""
    return json.dumps({"file_name": "a01_s01_e00_v01", "skeletons": joints_m.tolist()}).encode()


def utd_mhad_file(joints_m: NDArray[np.float64]) -> bytes:
    """(T, 20, 3) in Kinect v1's order as one recording of UTD-MHAD."""
    file = io.BytesIO()
    scipy.io.savemat(file, {"d_skel": joints_m[:, TO_UTD].transpose(1, 2, 0)})
    return file.getvalue()


def joint_rows(frames: NDArray[np.float64]) -> bytes:
    """(T, V, C) as text, one joint a line: MSR-Action3D with C = 4, GTU Action 3D with C = 3."""
    lines = (" ".join(f"{value:.6f}" for value in joint) for frame in frames for joint in frame)
    return ("\n".join(lines) + "\n").encode()


def utkinect_file(numbers: Sequence[int], joints_m: NDArray[np.float64]) -> bytes:
    """(T, 20, 3) and the frames' numbers as one recording of UTKinect-Action3D."""
    rows = zip(numbers, joints_m.reshape(len(joints_m), -1), strict=True)
    return "".join(f"{n}   {'  '.join(f'{v:.6f}' for v in row)}  \n" for n, row in rows).encode()


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
