"""Valid containers around an input, so that its changes reach what lies inside: archives, checksums, packing.

An input of several members is their texts with PART between them, each with its name in its first line.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

from tests.fuzzing.target import PART, write_whole

#: Between the arrays of an .npz that is itself a member.
ARRAY = b"\n--array--\n"
#: Before what a .mat file shall hold compressed.
COMPRESSED = b"COMPRESSED"
_MAT_HEADER = b"MATLAB 5.0 MAT-file".ljust(116) + b"\0" * 8 + struct.pack("<H", 0x0100) + b"IM"
_MAT_COMPRESSED = 15


def members(parts: dict[str, bytes], separator: bytes = PART) -> bytes:
    """The input that stands for these members."""
    return separator.join(name.encode() + b"\n" + content for name, content in parts.items())


def zipped(content: bytes, separator: bytes = PART) -> bytes:
    """An archive of the members; what is an archive already, or has no parts, stays as it is."""
    if content.startswith(b"PK") or separator not in content:
        return content
    archive_bytes = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if len(content) % 2 else zipfile.ZIP_STORED
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(archive_bytes, "w") as archive:
        for part in content.split(separator):
            name, _, inside = part.partition(b"\n")
            if name.endswith(b".npz"):
                inside = zipped(inside, ARRAY)
            info = zipfile.ZipInfo(name[:200].replace(b"\0", b"?").decode("latin-1") or "unnamed")
            info.compress_type = method
            archive.writestr(info, inside, compresslevel=1)
    return archive_bytes.getvalue()


def write_zipped(folder: Path, name: str, content: bytes) -> Path:
    return write_whole(folder, name, zipped(content))


def write_in_folder(folder: Path, name: str, content: bytes) -> Path:
    """One file of a data set that is a folder."""
    write_whole(folder, name, content)
    return folder


def write_zipped_in_folder(folder: Path, name: str, content: bytes) -> Path:
    return write_in_folder(folder, name, zipped(content))


def write_mat(folder: Path, name: str, content: bytes) -> Path:
    """A .mat file; what begins with COMPRESSED is put into one, compressed as MATLAB does."""
    if content.startswith(COMPRESSED):
        inside = zlib.compress(content.removeprefix(COMPRESSED), 1)
        content = _MAT_HEADER + struct.pack("<II", _MAT_COMPRESSED, len(inside)) + inside
    return write_in_folder(folder, name, content)


def write_prepared(folder: Path, name: str, content: bytes) -> Path:
    """A prepared data set: dataset.json, samples.csv and joints.npy, whose checksums are filled in."""
    info, samples, joints, *_ = [*content.split(PART), b"", b""]
    for word, part in ((b"@SAMPLES@", samples), (b"@JOINTS@", joints)):
        info = info.replace(word, hashlib.sha256(part).hexdigest().encode())
    for file, part in ((name, info), ("samples.csv", samples), ("joints.npy", joints)):
        write_whole(folder, file, part)
    return folder
