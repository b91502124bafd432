"""Pickles of arrays: data come back as they were, and nothing that a file asks for beyond data is done."""

from __future__ import annotations

import collections
import datetime
import io
import os
import pickle
import pickletools
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stgat.data.unpickle import load_arrays
from stgat.errors import DataError

PROTOCOLS = (2, 3, 4, 5)


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], object]:
    path = tmp_path_factory.mktemp("pickles") / "data.pkl"

    def from_bytes(content: bytes) -> object:
        path.write_bytes(content)
        return load_arrays(path)

    return from_bytes


def assert_same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        assert found == expected or (found != found and expected != expected)


NUMBERS = st.sampled_from(["?", "<i1", "<i8", ">i4", "<u2", "<f2", "<f4", ">f8", "<f8"]).map(np.dtype)
ARRAYS = NUMBERS.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LITERALS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT | st.binary(max_size=300)
)
DATA = st.recursive(
    LITERALS | ARRAYS | ARRAYS.map(np.asfortranarray) | ARRAYS.map(lambda array: array.T),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(TEXT | st.integers(-(2**63), 2**63 - 1), inner, max_size=4)
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(data=DATA, protocol=st.sampled_from(PROTOCOLS))
def test_data_come_back_as_they_were(load: Callable, data: object, protocol: int) -> None:
    assert_same(load(pickle.dumps(data, protocol)), data)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_scalars_of_numpy_become_pythons_and_shared_objects_stay_shared(
    load: Callable, protocol: int
) -> None:
    array = np.arange(3.0)
    label, score, same, again = load(pickle.dumps([np.int64(7), np.float32(0.5), array, array], protocol))
    assert (type(label), label, type(score), score) == (int, 7, float, 0.5)
    assert same is again


def test_arrays_are_read_only_and_share_one_copy_of_the_content(load: Callable) -> None:
    array = load(pickle.dumps(np.zeros((50, 50)), 4))
    assert not array.flags.writeable
    assert not array.flags.owndata


def test_names_of_numpy_1_and_numpy_2_are_read(load: Callable) -> None:
    array = np.arange(6.0).reshape(2, 3)
    for protocol in PROTOCOLS:
        content = pickle.dumps(array, protocol)
        assert_same(load(_as_numpy_1(content)), array)
        assert_same(load(content), array)


def _as_numpy_1(content: bytes) -> bytes:
    """The same pickle with the module names of numpy 1, whose frames and texts are a byte shorter."""
    for name in (b"numpy._core.multiarray", b"numpy._core.numeric"):
        short = name.replace(b"_core", b"core")
        content = content.replace(b"\x8c" + bytes([len(name)]) + name, b"\x8c" + bytes([len(short)]) + short)
        content = content.replace(b"c" + name + b"\n", b"c" + short + b"\n")
    without_frames = io.BytesIO()
    for _, position, end in _opcodes(content):
        if content[position : position + 1] != b"\x95":
            without_frames.write(content[position:end])
    return without_frames.getvalue()


def _opcodes(content: bytes) -> list[tuple[str, int, int]]:
    """Name, start and end of each opcode; the frames' own lengths are not looked at."""
    found = [(opcode.name, at or 0) for opcode, _, at in pickletools.genops(content)]
    ends = [at for _, at in found[1:]] + [len(content)]
    return [(name, at, end) for (name, at), end in zip(found, ends, strict=True)]


# --- what is refused ---


class Calls:
    """Pickles to a call of `function`."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


class WithState:
    """Pickles to a call, then a state for what it gives."""

    def __init__(self, function: Callable, arguments: tuple, state: object) -> None:
        self.call = function, arguments, state

    def __reduce__(self) -> tuple:
        return self.call


def _leave_a_mark() -> None:
    _MARKS.append("run")


_MARKS: list[str] = []
RECONSTRUCT = np.zeros(1).__reduce__()[0]
FLOAT = np.dtype("f4")


HOSTILE = {
    "a function of the test": Calls(_leave_a_mark),
    "os.system": Calls(os.system, "exit 7"),
    "builtins.eval": Calls(eval, "1/0"),
    "getattr": Calls(getattr, "", "join"),
    "a call in the arguments of a call": Calls(RECONSTRUCT, np.ndarray, (0,), Calls(_leave_a_mark)),
    "a call in a list": [1, [Calls(_leave_a_mark)]],
    "a class as data": [np.ndarray],
    "a type as data": [FLOAT],
    "the function of arrays as data": {"f": RECONSTRUCT},
    "a subclass of arrays": np.ma.masked_array([1.0, 2.0], [True, False]),
    "a set": {1, 2},
    "a complex number": 1j,
    "a date": datetime.date(2020, 1, 1),
    "an ordered dict": collections.OrderedDict(a=1),
    "an array of objects": np.array([Calls(_leave_a_mark), None], dtype=object),
    "an array of texts": np.array(["a", "b"]),
    "an array of records": np.zeros(2, dtype=[("a", "f4"), ("b", "O")]),
    "a type with an object's flags": WithState(
        np.dtype, ("f8", False, True), (3, "<", None, None, None, -1, -1, 63)
    ),
    "a type with another size": WithState(
        np.dtype, ("f8", False, True), (3, "<", None, None, None, 10**6, -1, 0)
    ),
    "an array shorter than its shape": WithState(
        RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (10**9,), FLOAT, False, b"1234")
    ),
    "an array of a huge shape": Calls(RECONSTRUCT, np.ndarray, (10**12,), b"d"),
    "an array with a huge empty shape": WithState(
        RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (10**18, 10**18, 0), FLOAT, False, b"")
    ),
    "an array with a negative length": WithState(
        RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (-1, -1), FLOAT, False, b"1234")
    ),
    "an array over a list of objects": WithState(
        RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, (2,), FLOAT, False, [None, None])
    ),
    "an array without content": Calls(RECONSTRUCT, np.ndarray, (0,), b"b"),
    "a dict with deep keys": {(1, (2, (3,))): 4},
}  # fmt: skip


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("case", HOSTILE)
def test_promise_what_is_no_plain_data_is_refused_and_never_run(
    load: Callable, case: str, protocol: int
) -> None:
    content = pickle.dumps(HOSTILE[case], protocol)
    with pytest.raises(
        DataError, match=r"data\.pkl: not a pickle of plain data: near byte \d+: \w+"
    ) as caught:
        load(content)
    assert "\n" not in str(caught.value)
    assert not _MARKS


def test_the_marking_function_would_have_run() -> None:
    """The other half of the test above: Python's unpickler does run it."""
    try:
        pickle.loads(pickle.dumps(Calls(_leave_a_mark)))  # noqa: S301 - the test's own pickle
        assert _MARKS
    finally:
        _MARKS.clear()


def test_the_name_that_was_asked_for_is_told(load: Callable) -> None:
    with pytest.raises(DataError, match=r"byte \d+: asks for (posix|nt)\.system; only numpy arrays and cont"):
        load(pickle.dumps(Calls(os.system, "true")))
    with pytest.raises(DataError, match="array of type 'O8'; only numbers are read"):
        load(pickle.dumps(np.array([None]), 4))


def _proto(body: bytes) -> bytes:
    return b"\x80\x04" + body + b"."


RAW = {
    "an opcode of classes": (_proto(b"(ios\nsystem\n"), "asks for INST"),
    "an object by its id": (_proto(b"]Q"), "asks for BINPERSID"),
    "an extension": (_proto(b"\x82\x01"), "asks for EXT1"),
    "a class called with NEWOBJ": (_proto(b"cnumpy\nndarray\n)\x81"), "asks for NEWOBJ"),
    "a global whose name is dotted": (_proto(b"cnumpy\nndarray.__init__\n"), r"asks for numpy\.ndarray\."),
    "a state for a function": (_proto(b"cnumpy\nndarray\n}b"), "sets the state of a _Global"),
    "a state for a list": (_proto(b"]}b"), "sets the state of a list"),
    "a call of a list": (_proto(b"])R"), "calls a list"),
    "an item for a number": (_proto(b"K\x01K\x02a"), "appends to a int"),
    "a pair for a list": (_proto(b"]K\x01K\x02s"), "sets an item of a list"),
    "half a pair": (_proto(b"}(K\x01u"), "shorter than"),
    "a memory that nobody wrote": (_proto(b"h\x07"), "7"),
    "nothing": (_proto(b""), "values"),
    "two things": (_proto(b"]]"), "values"),
    "no end": (b"\x80\x04]", "pickle exhausted before seeing STOP"),
    "an unknown opcode": (_proto(b"\xff"), "unknown"),
    "text": (b"hello there", "near byte 0"),
    "a text of protocol 0 with an odd escape": (_proto(b"S'\\ '\n"), "asks for STRING"),
    "a name that is a number": (_proto(b"K\x01K\x02\x93"), "expected str instance, int found"),
    "texts that are copied again and again": (
        _proto(b"c_codecs\nencode\n\x94X\xe8\x03\0\0" + b"a" * 1000 + b"\x8c\x06latin1\x86\x94]"
               + b"h\x00h\x01Ra" * 5),
        "claims more bytes than the file has",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RAW)
def test_opcodes_that_data_do_not_need_are_refused(load: Callable, case: str) -> None:
    content, message = RAW[case]
    with pytest.raises(DataError, match=message):
        load(content)


CLAIMS = {
    "BINBYTES8": b"\x8e" + struct.pack("<Q", 2**33) + b"abc",
    "BINUNICODE8": b"\x8d" + struct.pack("<Q", 2**33) + b"abc",
    "BYTEARRAY8": b"\x96" + struct.pack("<Q", 2**33) + b"abc",
    "BINBYTES8 beyond all machines": b"\x8e" + struct.pack("<Q", 2**63 - 1) + b"abc",
    "BINUNICODE": b"X" + struct.pack("<I", 2**32 - 1) + b"abc",
    "FRAME": b"\x95" + struct.pack("<Q", 2**40) + b"]",
    "LONG4": b"\x8b" + struct.pack("<i", 2**31 - 1) + b"abc",
    "LONG_BINPUT": b"]r" + struct.pack("<I", 2**32 - 1),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_promise_a_claim_beyond_the_files_size_costs_no_memory(load: Callable, case: str) -> None:
    content = _proto(CLAIMS[case])
    tracemalloc.start()
    try:
        if case in ("LONG_BINPUT", "FRAME"):  # an index and a hint; what matters is that they cost nothing
            assert load(content) == []
        else:
            with pytest.raises(DataError, match=r"near byte \d: "):
                load(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_depth_does_not_exhaust_the_stack(load: Callable) -> None:
    deep = load(_proto(b"]" * 10_000 + b"a" * 9_999))
    assert isinstance(deep, list)
    with pytest.raises(DataError, match="uses a tuple as the key"):
        load(_proto(b"})" + b"\x85" * 10_000 + b"K\x01s"))
    with pytest.raises(DataError, match="many times the memory"):
        load(_proto(b"]" * 100_000 + b"a" * 99_999))
    with pytest.raises(DataError):
        load(_proto(b"cnumpy\nndarray\n" + b"\x85" * 100_000))


def test_a_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.pkl: cannot be read \(No such file"):
        load_arrays(tmp_path / "nowhere.pkl")
    (tmp_path / "empty.pkl").touch()
    with pytest.raises(DataError, match=r"empty\.pkl: is empty"):
        load_arrays(tmp_path / "empty.pkl")


SAMPLES = [
    pickle.dumps(
        {
            "split": {"xsub_train": ["S001C001P001R001A001"]},
            "annotations": [
                {"frame_dir": "a", "label": np.int64(0), "keypoint": np.ones((1, 2, 3, 3))},
                {"frame_dir": "b", "label": 3, "keypoint": np.ones((1, 2, 3, 3), ">f2"), "shape": (1, 2)},
            ],
        },
        protocol,
    )
    for protocol in PROTOCOLS
]  # fmt: skip


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_promise_a_damaged_pickle_gives_data_or_a_data_error(load: Callable, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 6))
        content[at : at + length] = data.draw(st.binary(max_size=6))
        if not content:
            content += b"."
    try:
        found = load(bytes(content))
    except DataError as error:
        assert "\n" not in str(error)
    else:
        _assert_plain(found, set())


def _assert_plain(item: object, seen: set[int]) -> None:
    if id(item) in seen:  # a pickle may hold a list that holds itself
        return
    seen.add(id(item))
    if isinstance(item, dict):
        for key, value in item.items():
            _assert_plain(key, seen)
            _assert_plain(value, seen)
    elif isinstance(item, list | tuple):
        for part in item:
            _assert_plain(part, seen)
    elif isinstance(item, np.ndarray):
        assert item.dtype.kind in "biuf"
        assert not item.dtype.hasobject
    else:
        assert item is None or isinstance(item, bool | int | float | str | bytes | bytearray)
