"""Small valid files of every form of data set, made here; none is anybody else's data."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from stgat.data.label_table import COLUMNS
from stgat.data.prepared import DATASET, JOINTS, SAMPLES, write_prepared
from stgat.data.recording_file import NUM_JOINTS
from stgat.data.sequences import SkeletonSequence
from stgat.skeleton import NTU25
from tests.fuzzing.packing import ARRAY, COMPRESSED, members, zipped
from tests.stgat.data.files import joint_rows, nw_ucla_file, utd_mhad_file, utkinect_file
from tests.stgat.ntu_files import ntu_file, walking

#: What a part's table speaks of: one row of joints.
ROW_BYTES, PART_BYTES = NUM_JOINTS * 3 * 4, NUM_JOINTS * 3 * 4 * 6
_DIGITS = 3  # of coordinates: an input is small


def _joints(T: int, V: int, seed: int = 0) -> NDArray[np.float64]:
    """(T, V, 3) somebody in front of the camera."""
    return np.random.default_rng(seed).uniform((-0.8, -0.8, 2.2), (0.8, 0.8, 3.8), (T, V, 3)).round(_DIGITS)


def _npy(array: NDArray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version, allow_pickle=False)
    return file.getvalue()


def _npz(arrays: dict[str, NDArray], separator: bytes | None = None) -> bytes:
    """An input that stands for an .npz file."""
    parts = {f"{name}.npy": _npy(array) for name, array in arrays.items()}
    return members(parts, separator) if separator else members(parts)


def skeleton() -> list[bytes]:
    crowd = [[(1, _short(0)), (2, _short(1))], [], [(1, _short(2)), (1, _short(3))]]
    windows = ntu_file([[(7, _short(0))]])
    return [ntu_file(walking(2), "\n"), ntu_file(crowd, "\n"), windows, windows.replace(b" ", b"  ")]


def _short(seed: int) -> list[list[object]]:
    return _joints(1, NUM_JOINTS, seed)[0].tolist()


def ntu_archive() -> list[bytes]:
    whole = {"S001C001P001R001A001.skeleton": skeleton()[0], "b/S001C001P001R001A002.skeleton": b"1\n0\n"}
    one = {"S017C003P040R002A060.skeleton": skeleton()[2], "notes.txt": b"text"}
    return [members(whole), zipped(members(whole)), zipped(members(whole) + b"\n"), zipped(members(one))]


def _recording_arrays(start_s: float = 0.0, T: int = 4, M: int = 1) -> dict[str, NDArray]:
    joints = np.stack([_joints(T, NUM_JOINTS, m) for m in range(M)], axis=1).astype(np.float32)
    return {
        "joints_m": joints,
        "confidence": np.ones((T, M, NUM_JOINTS), np.float32),
        "timestamps_s": start_s + np.arange(T) / 30,
    }


def recording() -> list[bytes]:
    arrays = _recording_arrays()
    image = np.full((3, 2, NUM_JOINTS, 2), 0.5, np.float32)
    more = _recording_arrays(T=3, M=2) | {"image_joints": image, "image_size": np.array([640, 480])}
    absent = _recording_arrays(T=3)
    absent["joints_m"][1] = np.nan
    return [_npz(arrays), _npz(more), _npz(absent), zipped(_npz(arrays))]


def session() -> list[bytes]:
    ids = {"person_ids": np.array([5])}
    events = [
        {"label": "clap", "start_s": 0.0, "end_s": 0.1, "person": 5},
        {"label": "", "start_s": 0.1, "end_s": 0.2, "person": 5},
    ]
    about = {
        "version": 1,
        "source": {"name": "camera"},
        "started_at": "2026-01-02T03:04:05+00:00",
        "fps": 30.0,
    }
    whole = {
        "day_s03/session.json": json.dumps(about).encode(),
        "day_s03/events.jsonl": b"".join(json.dumps(event).encode() + b"\n" for event in events),
        "day_s03/skeletons/part-0000.npz": _npz(_recording_arrays() | ids, ARRAY),
        "day_s03/skeletons/part-0001.npz": later_part(0.2),
    }
    return [members(whole), zipped(members(whole))]


def later_part(start_s: float) -> bytes:
    """A part of a session that begins then."""
    return _npz(_recording_arrays(start_s) | {"person_ids": np.array([5])}, ARRAY)


def ctrgcn() -> list[bytes]:
    x = np.zeros((1, 3, 150), np.float32)
    x[0, :2] = _joints(2, 50).reshape(2, 150)
    y = np.eye(60, dtype=np.float32)[:1]
    arrays = {"x_train": x, "y_train": y, "x_test": x.astype(np.float64), "y_test": y}
    return [_npz(arrays), zipped(_npz(arrays))]


def pyskl() -> list[bytes]:
    keypoint = _joints(2, NUM_JOINTS).astype(np.float16)[None]
    annotations = [
        {
            "frame_dir": f"S001C001P001R001A{action:03}",
            "label": action - 1,
            "total_frames": 2,
            "keypoint": keypoint,
        }
        for action in (1, 2)
    ]
    named = {"split": {"train": ["a"]}, "annotations": [{"frame_dir": "a", "label": 3, "keypoint": keypoint}]}
    whole = {"split": {"xsub_train": [annotations[0]["frame_dir"]]}, "annotations": annotations}
    return [*(pickle.dumps(whole, protocol) for protocol in (2, 4, 5)), pickle.dumps(named, 3)]


def kinetics() -> list[bytes]:
    person = {"pose": [0.25, 0.5] * 18, "score": [0.5] * 18}
    data = [{"frame_index": 1, "skeleton": [person]}, {"frame_index": 3, "skeleton": [person, person]}]
    clip = {"data": data, "label": "abseiling", "label_index": 0}
    label = {"a": {"has_skeleton": True, "label": "abseiling", "label_index": 0}}
    whole = {
        "kinetics_train/a.json": json.dumps(clip).encode(),
        "kinetics_val/b.json": json.dumps(clip | {"label": "climbing"}).encode(),
        "kinetics_train_label.json": json.dumps(label).encode(),
    }
    return [members(whole)]


def nw_ucla() -> list[bytes]:
    return [nw_ucla_file(_joints(2, 20)), json.dumps({"skeletons": [[[1, 2, 3]] * 20]}).encode()]


def utd_mhad() -> list[bytes]:
    whole = utd_mhad_file(_joints(2, 20))
    packed, old, integers = (io.BytesIO() for _ in range(3))
    array = _joints(2, 20).transpose(1, 2, 0)
    scipy.io.savemat(packed, {"d_skel": array}, do_compression=True)
    scipy.io.savemat(old, {"d_skel": array[:, :, 0]}, format="4")
    scipy.io.savemat(integers, {"d_skel": array.astype(np.int16), "note": "text", "cell": {"a": [1, 2]}})
    return [whole, packed.getvalue(), old.getvalue(), integers.getvalue(), COMPRESSED + whole[128:]]


def gtu() -> list[bytes]:
    return [joint_rows(_joints(1, NUM_JOINTS)), joint_rows(_joints(2, NUM_JOINTS)).replace(b"0000", b"")]


def msr_action3d() -> list[bytes]:
    frames = np.concatenate([_joints(4, 20), np.ones((4, 20, 1))], axis=-1)
    frames[1] = 0
    return [joint_rows(frames), joint_rows(frames[:1])]


def utkinect() -> list[bytes]:
    labels = b"s01_e01\nwalk: 2 4\nsitDown: 6 8\ncarry: NaN NaN\n"
    frames = utkinect_file([2, 4, 6, 8, 8], _joints(5, 20)).replace(b"000", b"")
    usable = labels.replace(b"carry: NaN NaN\n", b"")
    return [
        members({"actionLabel.txt": text, "joints/joints_s01_e01.txt": frames}) for text in (labels, usable)
    ]


def _table(rows: Iterable[Iterable[object]]) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def label_table() -> list[bytes]:
    rows = [
        ("clap", "arms", "A10", "gtu", "clapping", 12, '"hands, both"'),
        ("", "", "", "gtu", "walk", 3, ""),
    ]
    return [_table([COLUMNS, *rows])]


def missing_list() -> list[bytes]:
    return [b"Samples with missing skeletons:\n\nS001C002P005R002A008\nS001C002P006R001A008.skeleton\n"]


def prepared() -> list[bytes]:
    sequences = [
        SkeletonSequence(f"a{n}", _joints(2, NUM_JOINTS)[:, None].astype(np.float32), np.arange(2) / 30,
                         NTU25.name, "clap", subject=n, camera=n)
        for n in (1, 3)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        info = write_prepared(folder, sequences, ("clap", "walk")).info
        content = (folder / DATASET).read_bytes().replace(info.samples_sha256.encode(), b"@SAMPLES@")
        content = content.replace(info.joints_sha256.encode(), b"@JOINTS@").replace(b"generated", b"ntu60", 1)
        parts = [content, (folder / SAMPLES).read_bytes(), (folder / JOINTS).read_bytes()]
    return [b"\n--part--\n".join(parts)]


def plan() -> list[bytes]:
    digest = "0" * 64
    told = {
        "version": 1, "format": "ntu60", "source": "source", "num_files": 1, "num_bytes": 2, "modified_ns": 3,
        "missing_sha256": digest, "shards_sha256": digest,
    }  # fmt: skip
    return [json.dumps(told, indent=2).encode()]


def part_table() -> list[bytes]:
    return [_table([("a", "clap", 1, 1, 1, 1, 2, 1), ("b", "walk", 1, 1, 1, 1, 2, 2)])]


def scores() -> list[bytes]:
    from stgat.training.evaluate import Evaluation  # brings PyTorch
    from stgat.training.scores import save_scores

    result = Evaluation(
        scores=np.array([[0.5, 1.5], [2.0, 0.0]], np.float32),
        labels=np.array([1, 0]),
        names=("a", "b"),
        label_names=("clap", "walk"),
    )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "scores.npz"
        save_scores(path, result)
        content = path.read_bytes()
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    return [content, _npz(arrays)]
