"""The text of a raw NTU RGB+D file, read line by line: slow, strict, and exact about what is wrong where.

The form, as the data set's own reader (read_skeleton_file.m, Shahroudy et al., CVPR 2016) takes it:

    82                                    frames
    1                                     people in the frame, 0 to 6
    72057594037931648 0 1 1 1 1 0 ...     a person: the sensor's id, then nine words not used here
    25                                    joints
    0.2058097 0.1920515 3.810989 ...      a joint: x y z in metres, then nine words not used here
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from stgat.errors import DataError
from stgat.skeleton import NTU25, FloatArray

NUM_JOINTS = NTU25.num_joints
WORDS_PER_PERSON, WORDS_PER_JOINT = 10, 12
#: What a Kinect v2 can track at once.
MAX_PEOPLE = 6
#: Six people for ten seconds are under 6 MB, and nobody is recorded for longer.
MAX_BYTES = 16 * 2**20
#: Nearly an hour; the longest recording of the data set lasts ten seconds.
MAX_FRAMES = 100_000
#: The sensor sees as far as eight metres; a joint this far off is a number with a digit too many.
MAX_COORDINATE_M = 1000.0

_NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
#: Words that nobody uses are checked for their characters alone: enough to notice a damaged file.
_UNUSED = re.compile(rb"[-+.0-9eE]+|[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
_ID = re.compile(rb"[0-9]{1,20}")


@dataclass(frozen=True)
class Rows:
    """What a file says, one row for each person in each frame, in the file's order.

    ids: the sensor's, one a row. frames: each row's frame. joints_m: (rows, 25, 3) float32.
    """

    num_frames: int
    ids: list[int]
    frames: list[int]
    joints_m: FloatArray


def parse_coordinate(word: bytes) -> float | None:
    """The number a word stands for; None where it is no finite number or lies beyond all reason."""
    if len(word) > 64 or not _NUMBER.fullmatch(word):
        return None
    number = float(word)
    return number if abs(number) <= MAX_COORDINATE_M else None


def read_lines(content: bytes, where: str) -> Rows:
    """Read a whole file. where: its name in errors. Raises DataError that names the line."""
    return _LineReader(content, where).read()


class _LineReader:
    """Goes through a file once, line by line, and so never holds more than the file bears out."""

    def __init__(self, content: bytes, where: str) -> None:
        self._lines = io.BytesIO(content)
        self._where = where
        self._number = 0  # of the line last read, from 1
        self._ends = False  # whether that line is the end of the file, or reaches it without a newline

    def read(self) -> Rows:
        words = self._words()
        if not words:
            self._fail("the number of frames is expected, found nothing")
        num_frames = self._count(words, "the number of frames", 1, MAX_FRAMES)
        ids, frames = [], []
        people = []  # of (25, 3)
        for frame in range(num_frames):
            place = f"frame {frame + 1} of {num_frames}"
            for _ in range(self._count(self._next(place), "the number of people", 0, MAX_PEOPLE)):
                ids.append(self._person(place))
                frames.append(frame)
                self._count(self._next(place), "the number of joints", NUM_JOINTS, NUM_JOINTS)
                joints = [self._joint(place, joint) for joint in range(NUM_JOINTS)]
                people.append(np.array(joints, dtype=np.float32))
        rest = self._lines.read()
        if more := rest.lstrip():
            self._number += 1 + rest[: len(rest) - len(more)].count(b"\n")
            self._ends = b"\n" not in more
            self._fail(f"there is more after the last of the {num_frames} frames that line 1 announces")
        joints_m = np.stack(people) if people else np.zeros((0, NUM_JOINTS, 3), np.float32)
        return Rows(num_frames, ids, frames, joints_m)

    def _person(self, place: str) -> int:
        words = self._next(place)
        if len(words) != WORDS_PER_PERSON:
            self._fail(f"the {WORDS_PER_PERSON} words that begin a person are expected, found {len(words)}")
        if not _ID.fullmatch(words[0]):
            self._fail(f"the id of a person is expected, found {_show(words[0])}")
        self._check_unused(words[1:])
        return int(words[0])

    def _joint(self, place: str, joint: int) -> list[float]:
        words = self._next(place)
        if len(words) != WORDS_PER_JOINT:
            self._fail(f"the {WORDS_PER_JOINT} numbers of joint {joint + 1} are expected, found {len(words)}")
        position = []
        for axis, word in zip("xyz", words[:3], strict=True):
            number = parse_coordinate(word)
            if number is None:
                self._fail(
                    f"{axis} of joint {joint + 1} should be a number from {-MAX_COORDINATE_M:g} to "
                    f"{MAX_COORDINATE_M:g} (metres), found {_show(word)}"
                )
            position.append(number)
        self._check_unused(words[3:])
        return position

    def _check_unused(self, words: list[bytes]) -> None:
        for word in words:
            if not _UNUSED.fullmatch(word):
                self._fail(f"a number is expected, found {_show(word)}")

    def _count(self, words: list[bytes], what: str, least: int, most: int) -> int:
        text = b" ".join(words)
        if not text.isdigit() or len(text) > 18 or not least <= int(text) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            self._fail(f"{what} ({wanted}) is expected, found {_show(text)}")
        return int(text)

    def _next(self, place: str) -> list[bytes]:
        """The words of the next line; the end of the file is an error here."""
        words = self._words()
        if words is None:
            self._fail(f"the file ends in {place}")
        return words

    def _words(self) -> list[bytes] | None:
        """The words of the next line, or None at the end of the file."""
        self._number += 1
        line = self._lines.readline()
        self._ends = not line.endswith(b"\n")
        return line.split() if line else None

    def _fail(self, what: str) -> NoReturn:
        cause = "it was cut short" if self._ends else "the file is damaged"
        raise DataError(f"{self._where}: line {self._number}: {what}; {cause}, download it again")


def _show(word: bytes) -> str:
    """A word as it can stand in one line of an error."""
    text = ascii(word[:24].decode("latin-1"))
    return text if len(word) <= 24 else f"{text}..."
