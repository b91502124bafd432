"""Small data sets in the real formats, written by the tests."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
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
