"""Files made to do harm, one kind a test: each is refused with a sentence, in little time and memory.

That nothing is run, and what else is promised, tests.fuzzing.target.run sees to.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fuzzing import data_seeds
from tests.fuzzing.packing import members, zipped
from tests.fuzzing.target import PART, run
from tests.fuzzing.targets import TARGETS

LARGE = 100 * 2**20


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str, bytes, str], None]:
    def check(target: str, content: bytes, message: str) -> None:
        outcome = run(TARGETS[target], content, tmp_path, measure=True)
        assert re.search(message, outcome.error), outcome

    return check


class _Calls:
    """Pickles to a call."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


RECONSTRUCT, SCALAR = np.zeros(1).__reduce__()[0], np.float64(1).__reduce__()[0]
_SYSTEM = _Calls(os.system, "exit 1")
#: A tensor as torch.save pickles it, but for what its storage's type is called.
_STORAGE = (
    b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagecposix\nsystem\nX\x01\0\0\x000X\x03\0\0\0cpu"
    b"K\x01tQK\0K\x01\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR."
)
PICKLES = {
    "os.system": pickle.dumps(_SYSTEM),
    "eval": pickle.dumps(_Calls(eval, "__import__('os').system('exit 1')")),
    "exec of protocol 0": b"c__builtin__\nexec\n(S'import os'\ntR.",
    "nested in the annotations": pickle.dumps({"annotations": [{"label": [0, (_SYSTEM,)]}]}),
    "as a key": pickle.dumps({_SYSTEM: 1}),
    "in the place of an array": pickle.dumps({"annotations": [{"keypoint": _SYSTEM}]}),
    "in an array's making": pickle.dumps(_Calls(RECONSTRUCT, np.ndarray, (0,), _SYSTEM)),
    "in an array of objects": pickle.dumps(np.array([_SYSTEM, None], object)),
    "as the type of a scalar": pickle.dumps(_Calls(SCALAR, _SYSTEM, b"1234")),
    "as a storage of torch": _STORAGE,
    "as a class with NEWOBJ": b"\x80\x04\x8c\x02os\x8c\x06_wrap_\x93)\x81.",
    "by a name with dots": b"\x80\x04\x8c\x05numpy\x8c\x17ndarray.__init_subclass__\x93)R.",
    "as a state that is set": b"\x80\x04cnumpy\nndarray\n)\x81}X\x0c\0\0\0__setstate__cposix\nsystem\nsb.",
    "by an import hidden in INST": b"(S'exit 1'\niposix\nsystem\n.",
}  # fmt: skip


@pytest.mark.parametrize("kind", PICKLES)
def test_promise_a_malicious_pickle_runs_nothing(refused: Callable, kind: str) -> None:
    refused("pyskl", PICKLES[kind], "not a pickle of plain data: near byte")


@pytest.mark.parametrize("target", ["recordings", "ctrgcn", "scores"])
def test_promise_a_pickle_within_an_npz_is_not_opened(refused: Callable, target: str) -> None:
    array = io.BytesIO()
    np.lib.format.write_array(array, np.array([_SYSTEM], object), allow_pickle=True)
    for name, content in _arrays(target).items():
        changed = _arrays(target) | {name: array.getvalue()}
        assert content != array.getvalue()
        refused(target, members(changed), f"{name.removesuffix('.npy')}.* holds object, not")


def _arrays(target: str) -> dict[str, bytes]:
    """The members of a seed."""
    seed = {"recordings": data_seeds.recording, "ctrgcn": data_seeds.ctrgcn, "scores": data_seeds.scores}[
        target
    ]
    plain = next(content for content in seed() if PART in content)
    parts = (part.partition(b"\n") for part in plain.split(PART))
    return {name.decode(): content for name, _, content in parts}


def _npy(shape: tuple[int, ...], kind: str, content: bytes = b"") -> bytes:
    """An array that claims this shape."""
    file = io.BytesIO()
    np.lib.format.write_array_header_2_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


@pytest.mark.parametrize(
    ("target", "name", "shape", "kind", "message"),
    [
        ("recordings", "joints_m", (LARGE // 300, 1, 25, 3), "<f4", "joints_m would take 105 MB, too much"),
        ("recordings", "image_joints", (LARGE // 200, 1, 25, 2), "<f4", "image_joints would take 105 MB"),
        ("ctrgcn", "x_train", (1, LARGE // 600, 150), "<f4", "x_train.*claims .* bytes a row"),
        ("scores", "names", (LARGE // 40,), "<U10", "names would take 105 MB, too much"),
    ],
)
def test_promise_a_zip_bomb_is_not_unpacked(
    refused: Callable, target: str, name: str, shape: tuple[int, ...], kind: str, message: str
) -> None:
    bomb = _npy(shape, kind, bytes(int(np.prod(shape)) * np.dtype(kind).itemsize))
    refused(target, _deflated(_arrays(target) | {f"{name}.npy": bomb}), message)


def _deflated(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert len(file.getvalue()) < 2**20
    return file.getvalue()


def test_promise_a_bomb_among_the_files_of_a_data_set_is_not_unpacked(refused: Callable) -> None:
    text = b"1\n0\n" + b" " * (50 * 2**20)
    refused(
        "ntu60", _deflated({"S001C001P001R001A001.skeleton": text}), "claims 52428804 bytes in an archive of"
    )
    session = dict(part.split(b"\n", 1) for part in data_seeds.session()[0].split(PART))
    large = bytes(LARGE // 4)
    arrays = {"joints_m.npy": _npy((len(large) // 300, 1, 25, 3), "<f4", large[: len(large) // 300 * 300])}
    bomb = _deflated(arrays | {"confidence.npy": b"", "timestamps_s.npy": b""})
    parts = {f"day_s03/skeletons/part-{number:04}.npz": bomb for number in range(20)}
    whole = {name.decode(): content for name, content in session.items() if not name.endswith(b".npz")}
    refused("sessions", _deflated(whole | parts), "events.jsonl: line 1: person 5 is not seen")


def test_promise_an_archive_that_lies_about_a_members_size_is_not_unpacked(refused: Callable) -> None:
    """Its 100 MB are called 100 bytes: what is unpacked ends there, and fails its checksum."""
    bomb = _deflated({"S001C001P001R001A001.skeleton": bytes(LARGE)})
    lying = bomb.replace(struct.pack("<I", LARGE), struct.pack("<I", 100))
    assert lying != bomb
    refused("ntu60", lying, "damaged or cannot be unpacked")


def test_promise_a_compressed_mat_file_is_not_unpacked_without_end(refused: Callable) -> None:
    packed = zlib.compress(bytes(LARGE), 1)
    seed = data_seeds.utd_mhad()[0]
    refused(
        "utd-mhad",
        seed[:128] + struct.pack("<II", 15, len(packed)) + packed,
        "unpacks to many times its size",
    )


@pytest.mark.parametrize("claim", ["frames", "people", "joints"])
def test_promise_a_skeleton_file_that_claims_a_thousand_million_is_refused(
    refused: Callable, claim: str
) -> None:
    lines = data_seeds.skeleton()[0].split(b"\n")
    line = {"frames": 0, "people": 1, "joints": 3}[claim]
    lines[line] = b"1000000000"
    refused("skeleton", b"\n".join(lines), f"line {line + 1}: the number of {claim} .* found '1000000000'")
    refused(
        "skeleton",
        b"100000\n" + b"0\n" * 10,
        "line 12: the file ends in frame 11 of 100000; it was cut short",
    )


@pytest.mark.parametrize("target", ["recordings", "ctrgcn", "scores"])
@pytest.mark.parametrize("shape", [(10**15,), (10**9, 10**9, 10**9), (2**63, 0), (-1,), (10**30,)])
def test_promise_the_shape_in_a_header_is_not_believed(
    refused: Callable, target: str, shape: tuple[int, ...]
) -> None:
    for name, content in _arrays(target).items():
        kind = re.search(rb"'descr': '([^']+)'", content)
        assert kind
        changed = _arrays(target) | {name: _npy(shape, kind[1].decode(), b"1234")}
        refused(target, members(changed), name.removesuffix(".npy"))


@pytest.mark.parametrize("target", ["recordings", "ctrgcn", "scores"])
def test_promise_the_length_of_a_header_is_not_believed(refused: Callable, target: str) -> None:
    for name in _arrays(target):
        long = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{" * 100_000
        refused(target, members(_arrays(target) | {name: long}), name.removesuffix(".npy"))


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("target", "content", "message"),
    [
        ("nw-ucla", DEEP, "not readable as JSON"),
        ("nw-ucla", b'{"skeletons": ' + DEEP + b"}", "not readable as JSON"),
        ("kinetics", members({"kinetics_val/a.json": b'{"a":' * 100_000, "b": b""}), "not readable as JSON"),
        (
            "kinetics",
            members({"kinetics_val/a.json": b"{}", "kinetics_val_label.json": DEEP}),
            "readable as JSON",
        ),
        (
            "sessions",
            members({"x/session.json": DEEP, "x/events.jsonl": b""}),
            "does not describe a recorded",
        ),
        (
            "sessions",
            members({"x/session.json": b'{"version": 1}', "x/events.jsonl": DEEP + b"\n"}),
            "line 1: no action",
        ),
        ("prepared", PART.join([DEEP, b"", b""]), "dataset.json: "),
        ("plan", DEEP, "plan.json: damaged"),
    ],
)
def test_promise_json_nested_a_hundred_thousand_deep_is_refused(
    refused: Callable, target: str, content: bytes, message: str
) -> None:
    refused(target, content, message)


@pytest.mark.parametrize("piece", [b"[[[[]]]],", b'{"a":{}},', b'"\xc4\x80",', b"1e1,", b"257,"])
def test_promise_json_of_many_small_things_takes_little_memory(refused: Callable, piece: bytes) -> None:
    text = b'{"skeletons": [' + piece * (4 * 2**20 // len(piece)) + b"0]}"
    refused("nw-ucla", text, "a01_s01_e00_v01.json: ")
    refused("kinetics", zipped(members({"kinetics_val/a.json": text, "b": b""})), r"a\.json")


@pytest.mark.parametrize("piece", [b"]", b"(", b"]\x94"])
def test_promise_a_pickle_of_many_small_things_takes_little_memory(refused: Callable, piece: bytes) -> None:
    refused("pyskl", b"\x80\x04(" + piece * (3 * 2**19 // len(piece)) + b"l.", "many times the memory")


def test_promise_keys_of_one_hash_cost_no_time(refused: Callable) -> None:
    """Python's whole numbers that differ by 2^61 - 1 share a hash: a dict of many takes quadratic time."""
    keys = {number * (2**61 - 1): None for number in range(2000)}
    refused("pyskl", pickle.dumps(keys), "a huge number as the key of a dict")


@pytest.mark.parametrize(
    ("target", "piece"),
    [("gtu", b"ab\n"), ("gtu", b"\n"), ("gtu", b"0 0 0\n"), ("msr-action3d", b"1 2 3 4\n"),
     ("skeleton", b"0\n"), ("missing-list", b"  \n"), ("label-table", b",,,,,,\n"), ("part-table", b",\n")],
)  # fmt: skip
def test_promise_texts_of_many_short_lines_take_little_memory(
    tmp_path: Path, target: str, piece: bytes
) -> None:
    run(TARGETS[target], piece * (2**20 // len(piece)), tmp_path, measure=True)


def test_promise_a_session_that_claims_thirty_years_is_not_filled_up(tmp_path: Path) -> None:
    """Two parts, 30 years apart: what lies between is nobody's, and takes no memory."""
    parts = dict(part.split(b"\n", 1) for part in data_seeds.session()[0].split(PART))
    later = data_seeds.later_part(1e9)
    parts[b"day_s03/skeletons/part-0001.npz"] = later
    event = {"label": "clap", "start_s": 0.0, "end_s": 9e8, "person": 5}
    parts[b"day_s03/events.jsonl"] += json.dumps(event).encode() + b"\n"
    whole = {name.decode(): content for name, content in parts.items()}
    run(TARGETS["sessions"], members(whole), tmp_path, measure=True)
