"""Pickles of plain containers and numpy arrays, read without the power to do anything else.

Python's own unpickler calls what the file tells it to call. Overriding its `find_class` is not enough where
numpy's types are let through: `numpy.dtype.__setstate__` believes the file about the type's flags, so that
numbers can be taken for pointers; and `pickle` allocates what an index or a length claims. Here the opcodes,
as `pickletools` splits them, are carried out by a machine that knows literals, lists, tuples, dicts and the
handful of calls an array is made of; those calls are recognised by their names and never made.

It reads what `pickle.dump` writes with protocols 2 to 5, whatever the version of numpy (1 or 2).
"""

from __future__ import annotations

import math
import mmap
import pickletools
import sys
import warnings
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from stgat.errors import DataError

#: What an array's pickle may name. numpy 2 moved its insides from `core` to `_core`.
_GLOBALS = {
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "_codecs encode": "encode",
    "__builtin__ bytes": "bytes",
    "builtins bytes": "bytes",
} | {
    f"numpy.{core}.{name}": name.rpartition(" ")[2]
    for core in ("core", "_core")
    for name in ("multiarray _reconstruct", "multiarray scalar", "numeric _frombuffer")
}

#: Numbers and truth values; other types (objects, records, text) are refused.
_TYPE_CODES = frozenset(("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"))

#: What the machine may take whatever the file's size, and how many times that size beyond; what the objects
#: of one byte's opcodes take in CPython, and all others besides their argument.
_MOST_ANYWAY, _MOST_TIMES = 2**20, 12
_COSTS = {
    "MARK": 72, "EMPTY_LIST": 72, "EMPTY_DICT": 80, "TUPLE": 64, "TUPLE1": 64, "TUPLE2": 72, "TUPLE3": 80,
    "MEMOIZE": 80, "BINPUT": 80, "LONG_BINPUT": 112, "SETITEM": 80, "SETITEMS": 24, "REDUCE": 112,
}  # fmt: skip
_COST = 8

#: A step takes over a microsecond. Files of arrays have a hundred bytes a step; small ones may have fewer.
_STEPS_ANYWAY, _BYTES_A_STEP = 300_000, 32

#: A plain type's state after its version and byte order: no sub-array, names or fields; size and alignment
#: as the code has them; no flags.
_PLAIN_STATE = (None, None, None, -1, -1, 0)


def load_arrays(path: Path) -> object:
    """What a pickle holds, if that is data and nothing else.

    Data are None, bool, int, float, str, bytes, list, tuple, dict (keys are text or numbers) and numpy arrays
    of numbers, read-only; numpy's scalars become Python's. Memory is up to three times the file's size where
    that is mostly arrays, a third of which are the file's own pages, which the system can take back.

    Raises DataError, with the place in the file, for whatever else it asks for (none of it is done), for what
    claims to be larger than the file, and for a file cut short.
    """
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise DataError(f"{path}: is empty")  # and cannot be mapped
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _run(content, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _run(content: mmap.mmap, path: Path) -> object:
    machine = _Machine(len(content))
    position = 0
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in the texts of protocol 0
            for opcode, argument, at in pickletools.genops(cast(IO[bytes], content)):
                position = at or 0
                machine.step(opcode.name, argument)
        return machine.result()
    except (ValueError, LookupError, TypeError, OverflowError, MemoryError) as error:
        # From pickletools for a file cut short, from the machine for what it does not admit.
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise DataError(f"{path}: not a pickle of plain data: near byte {position}: {reason}") from error


class _Part:
    """A part of an array's making. It may stand among the arguments of a call, never in the data."""


class _Global(_Part):
    def __init__(self, name: str) -> None:
        self.name = name


class _Type(_Part):
    """A numpy type; its byte order comes after its code, as its state."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "="

    def set_state(self, state: tuple[Any, ...]) -> None:
        match state:
            case (3, "<" | ">" | "=" | "|" as order, *rest) if tuple(rest) == _PLAIN_STATE:
                self.order = order
            case _:
                raise ValueError("a numpy type that is not a plain type of numbers")

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.code)


class _Array(_Part):
    """An array, which has nothing in it until its state comes."""

    def __init__(self, array: NDArray[Any] | None = None) -> None:
        self.array = array

    def set_state(self, state: tuple[Any, ...]) -> None:
        match state:
            case (1, shape, _Type() as kind, bool(is_fortran), content):
                self.array = _view(content, kind, shape, "F" if is_fortran else "C")
            case _:
                raise ValueError("an array whose state is not (1, shape, type, order, content)")


class _Arguments(_Part):
    """A tuple with a part of an array's making in it."""

    def __init__(self, items: tuple[Any, ...]) -> None:
        self.items = items


def _view(content: Any, kind: _Type, shape: Any, order: str) -> NDArray[Any]:
    """The array of that shape over the content's own bytes, nothing copied. Raises ValueError."""
    if not isinstance(content, bytes | bytearray):
        raise ValueError(f"an array whose content is {type(content).__name__}, not bytes")
    if (
        not isinstance(shape, tuple)
        or len(shape) > 32
        or not all(type(n) is int and 0 <= n < 2**63 for n in shape)
    ):
        raise ValueError("an array whose shape is no tuple of lengths")
    dtype = kind.dtype
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"an array whose shape does not fit its {len(content)} bytes")
    view = np.frombuffer(content, dtype) if content else np.empty(0, dtype)
    view.flags.writeable = False
    return view.reshape(shape, order="F" if order == "F" else "C")


class _Machine:
    """A stack machine for pickle's opcodes.

    Methods raise ValueError, LookupError or TypeError for what is not admitted.
    """

    def __init__(self, file_size: int) -> None:
        self._stack: list[Any] = []
        self._below_marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}  # a dict: whatever index the file claims, it costs one entry
        self._bytes_left = file_size  # that may still be made from text
        self._memory_left = _MOST_ANYWAY + _MOST_TIMES * file_size
        self._steps_left = _STEPS_ANYWAY + file_size // _BYTES_A_STEP

    def result(self) -> object:
        (value,) = self._stack
        return _data(value)

    def step(self, opcode: str, argument: Any) -> None:
        self._memory_left -= _COSTS.get(opcode, _COST) + (sys.getsizeof(argument) if argument else 0)
        self._steps_left -= 1
        if min(self._memory_left, self._steps_left) < 0:
            raise ValueError("would take many times the memory or time that so large a file may")
        stack = self._stack
        match opcode:
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "MEMOIZE":
                self._memo[len(self._memo)] = stack[-1]
            case "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = stack[-1]
            case (
                "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT"
                | "BINUNICODE" | "SHORT_BINUNICODE" | "BINUNICODE8"
                | "BINBYTES" | "SHORT_BINBYTES" | "BINBYTES8" | "BYTEARRAY8"
            ):  # fmt: skip
                stack.append(argument)
            case "MARK":
                self._below_marks.append(stack)
                self._stack = []
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE":
                stack.append(opcode == "NEWTRUE")
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                length = int(opcode[-1])
                items = [stack.pop() for _ in range(length)]
                stack.append(_tuple(items[::-1]))
            case "TUPLE":
                items = self._pop_to_mark()
                self._stack.append(_tuple(items))
            case "EMPTY_LIST":
                stack.append([])
            case "EMPTY_DICT":
                stack.append({})
            case "APPEND":
                self._extend([stack.pop()])
            case "APPENDS":
                self._extend(self._pop_to_mark())
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                self._update([key, value])
            case "SETITEMS":
                self._update(self._pop_to_mark())
            case "GLOBAL":
                stack.append(_global(argument))
            case "STACK_GLOBAL":
                name, module = stack.pop(), stack.pop()
                stack.append(_global(" ".join((module, name))))  # a TypeError where they are no text
            case "REDUCE":
                arguments, called = stack.pop(), stack.pop()
                stack.append(self._make(called, arguments))
            case "BUILD":
                state = stack.pop()
                _set_state(stack[-1], state)
            case "PROTO" | "FRAME" | "STOP":
                pass  # they tell a reader what to expect; pickletools stops by itself
            case _:
                raise ValueError(f"asks for {opcode}, which arrays and containers do not need")

    def _pop_to_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below_marks.pop()
        return items

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise TypeError(f"appends to a {type(target).__name__}")
        target.extend(map(_data, items))

    def _update(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise TypeError(f"sets an item of a {type(target).__name__}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Not a tuple: the hash of a deep one would exhaust the C stack.
            if not isinstance(key, str | int | float | bytes):
                raise TypeError(f"uses a {type(key).__name__} as the key of a dict")
            if isinstance(key, int) and not -(2**63) <= key < 2**63:
                raise ValueError("uses a huge number as the key of a dict")  # such can share one hash
            target[key] = _data(value)

    def _make(self, called: Any, arguments: Any) -> Any:
        """What a call would give, for the calls an array is made of."""
        if not isinstance(called, _Global):
            raise TypeError(f"calls a {type(called).__name__}")
        match called.name, _items(arguments):
            case "_reconstruct", (_Global(name="ndarray"), (0,), bytes()):
                return _Array()
            case "dtype", (str(code), bool() | int(), bool() | int()):
                if code not in _TYPE_CODES:
                    raise ValueError(f"asks for an array of type {code!r}; only numbers are read")
                return _Type(code)
            case "scalar", (_Type() as kind, content):
                return _view(content, kind, (), "C").item()
            case "_frombuffer", (content, _Type() as kind, shape, "C" | "F" as order):
                return _Array(_view(content, kind, shape, order))
            case "encode", (str(text), "latin1"):  # how protocol 2 writes bytes
                self._bytes_left -= len(text)
                if self._bytes_left < 0:
                    raise ValueError("claims more bytes than the file has")
                return text.encode("latin1")
            case "bytes", ():
                return b""
        raise ValueError(f"calls {called.name} in a way in which no array is made")


def _global(name: str) -> _Global:
    if name not in _GLOBALS:
        raise ValueError(f"asks for {name.replace(' ', '.')}; only numpy arrays and containers are read")
    return _Global(_GLOBALS[name])


def _set_state(target: Any, state: Any) -> None:
    if not isinstance(target, _Type | _Array):
        raise TypeError(f"sets the state of a {type(target).__name__}")
    target.set_state(_items(state))


def _items(arguments: Any) -> tuple[Any, ...]:
    items = arguments.items if isinstance(arguments, _Arguments) else arguments
    if not isinstance(items, tuple):
        raise TypeError(f"takes a {type(items).__name__} for arguments")
    return items


def _tuple(items: list[Any]) -> tuple[Any, ...] | _Arguments:
    made = tuple(
        item.array if isinstance(item, _Array) and item.array is not None else item for item in items
    )
    return _Arguments(made) if any(isinstance(item, _Part) for item in made) else made


def _data(item: Any) -> Any:
    """An item that goes into the data: an array as such, and no part of its making."""
    if isinstance(item, _Array) and item.array is not None:
        return item.array
    if isinstance(item, _Part):
        raise ValueError("puts a part of an array's making among the data")
    return item
