"""Raw NTU RGB+D files for tests: written from joints, and read as plainly as can be.

The reader here goes word by word and takes the authors' choice of bodies from the page that states it; it
shares nothing with stgat.data.ntu.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

#: What follows a person's id, and what follows x y z: words that no reader uses.
PERSON_WORDS = "0 1 1 1 1 0 -0.1159187 0.1413209 2"
JOINT_WORDS = "276.0976 190.0662 1032.328 514.0889 -0.1705678 0.04232755 0.9718983 -0.1566168 2"

#: What ends each sentence about a damaged file.
AGAIN = "; (the file is damaged|it was cut short), download it again$"

#: One frame: the people in it, each an id and (25, 3) numbers or words.
Frame = Sequence[tuple[int, Sequence[Sequence[object]]]]


def ntu_lines(frames: Sequence[Frame]) -> list[str]:
    """The lines of a file that holds these frames."""
    lines = [str(len(frames))]
    for people in frames:
        lines.append(str(len(people)))
        for body_id, joints in people:
            lines += [f"{body_id} {PERSON_WORDS}", str(len(joints))]
            lines += [" ".join([*map(str, joint), JOINT_WORDS]) for joint in joints]
    return lines


def ntu_file(frames: Sequence[Frame], newline: str = "\r\n") -> bytes:
    return "".join(line + newline for line in ntu_lines(frames)).encode()


def rounded(joints_m: NDArray[np.float64]) -> list[list[str]]:
    """(25, 3) as the data set writes numbers, with seven digits."""
    return [[f"{number:.7G}" for number in joint] for joint in joints_m]


def read_bodies(text: str) -> dict[str, NDArray[np.float64]]:
    """Body id -> (T, 25, 3) metres, zeros where the body is absent; an id met twice in a frame counts up."""
    words = iter(text.split())
    frames = int(next(words))
    bodies: dict[str, NDArray[np.float64]] = {}
    for t in range(frames):
        here: set[str] = set()
        for _ in range(int(next(words))):
            body_id, joints = _read_body(words)
            while body_id in here:
                body_id = str(int(body_id) + 1)
            here.add(body_id)
            bodies.setdefault(body_id, np.zeros((frames, 25, 3)))[t] = joints
    return bodies


def _read_body(words: Iterator[str]) -> tuple[str, NDArray[np.float64]]:
    body_id, *_ = [next(words) for _ in range(10)]
    rows = [[next(words) for _ in range(12)] for _ in range(int(next(words)))]
    return body_id, np.array(rows, dtype=np.float64)[:, :3]


def choose_bodies(bodies: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The one or two bodies the authors keep, the one that moves most first: (T, M, 25, 3)."""
    people = list(bodies.values())
    if len(people) > 1:
        spread = [_spread(person) for person in people]
        order = np.argsort(spread)[::-1]
        people = [
            people[i] for i in order if spread[i] >= 0.85 * max(spread) or _is_upright(people[i])
        ][:2]  # fmt: skip
    return np.stack(people, axis=1)


def _present(person: NDArray[np.float64]) -> NDArray[np.float64]:
    return person[np.any(person != 0, axis=(1, 2))]


def _spread(person: NDArray[np.float64]) -> float:
    joints = _present(person)
    return float((joints - joints[:, :1]).reshape(-1, 3).std(axis=0).sum())


def _is_upright(person: NDArray[np.float64]) -> bool:
    width, height, _ = np.ptp(_present(person)[0], axis=0)
    return bool(0.8 * height > width)


def body(seed: int = 0, width: float = 0.4, moves: float = 1.0) -> np.ndarray:
    """(25, 3) somebody 1.7 m tall, 3 m away; the joints lie `moves` times as far from the hip."""
    joints = np.random.default_rng(seed).uniform(-0.5, 0.5, (25, 3)) * [width, 1.7, 0.3]
    joints[1:3, :2] = [[-width / 2, -0.85], [width / 2, 0.85]]
    return moves * (joints - joints[0]) + [0.2, 0.1, 3.0]


def walking(T: int = 4, seed: int = 0, body_id: int = 72057594037931648) -> list[Frame]:
    """One person, frame by frame."""
    return [[(body_id, rounded(body(seed + t)))] for t in range(T)]
