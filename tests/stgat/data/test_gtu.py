"""GTU Action 3D: what its folders are, and what is said of damage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from stgat.data.formats import FORMATS
from stgat.data.gtu import ACTIONS
from stgat.data.sequences import SkeletonSequence
from stgat.errors import DataError
from tests.stgat.data.files import joint_rows, write_folder, write_zip

READ = FORMATS["gtu"].sequences


def body(T: int = 5) -> np.ndarray:
    return np.random.default_rng(T).normal(size=(T, 25, 3)).round(6)


@pytest.mark.parametrize("write", [write_folder, write_zip], ids=["folder", "zip"])
def test_the_folder_is_the_class(tmp_path: Path, write: Callable) -> None:
    rows = joint_rows(body()).replace(b"\n", b"\r\n")
    first, second = READ(write(tmp_path / "gtu", {"GTU/1/movement7.txt": rows, "GTU/10/movement7.txt": rows}))
    assert (first.name, first.action) == ("class01_movement7", "opening and closing the arms")
    assert (second.name, second.action) == ("class10_movement7", "left-hand waving")
    assert (first.subject, first.replication, first.layout) == (0, 7, "ntu25")
    assert_allclose(first.joints_m[:, 0], body(), rtol=1e-6)
    assert_allclose(first.timestamps_s, np.arange(5) / 15)


DAMAGE = [
    ("15/movement1.txt", joint_rows(body()), "a class of 1 to 14 is expected"),
    ("movement1.txt", joint_rows(body()), "a class of 1 to 14 is expected"),
    ("1/move1.txt", joint_rows(body()), r"a name like 1/movement1\.txt"),
    ("1/movement1.txt", joint_rows(body()[:, :24]), "holds 120 rows, not whole frames of 25 joints"),
    ("1/movement1.txt", joint_rows(body()).replace(b" ", b",", 1), "line 1: expected 3 numbers, found 2"),
    ("1/movement1.txt", joint_rows(body()) + b"1 2 x\n", "line 126: 'x' is no number"),
    ("1/movement1.txt", joint_rows(body() * np.nan), "line 1: 'nan' is no number"),
    ("1/movement1.txt", joint_rows(body() * 1e4), "frame 0 holds the coordinate .*; metres are expected"),
    ("1/movement1.txt", b"\n", "is empty"),
]


@pytest.mark.parametrize(("name", "content", "message"), DAMAGE)
def test_damage_is_named_with_its_place(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    source = write_folder(tmp_path / "gtu", {name: content})
    with pytest.raises(DataError, match=message) as caught:
        list(READ(source))
    assert str(caught.value).startswith(f"{source}: {name}: ") and "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def sequences(shared_dir: Path) -> list[SkeletonSequence]:
    return list(READ(shared_dir / "datasets" / "gtu-action3d.zip"))


def ranges(sequences: list[SkeletonSequence], action: str) -> np.ndarray:
    """(V, 3) how far each joint moves relative to the hips, the median of an action's recordings."""
    found = [s.joints_m[:, 0] for s in sequences if s.action == action]
    return np.median([np.ptp(joints - joints[:, :1], axis=0) for joints in found], axis=0)


@pytest.mark.shared
def test_it_has_its_published_sizes(sequences: list[SkeletonSequence]) -> None:
    assert len(sequences) == len({sequence.name for sequence in sequences}) == 508
    counts = Counter(sequence.action for sequence in sequences)
    assert set(counts) == set(ACTIONS.values())
    # As the authors list them; they have the two waves (38 and 40 here) the other way round.
    assert counts["opening and closing the arms"] == counts["lower back"] == 37
    assert (counts["waist stretch"], counts["walking"], counts["neck relaxation"]) == (42, 32, 49)
    assert counts["right leg bend"] + counts["left leg bend"] == 25 + 27
    assert counts["right-left step"] == counts["sitting and applauding"] == 39
    assert (counts["crouching"], counts["eight-step motion"]) == (38, 26)


@pytest.mark.shared
def test_the_actions_are_what_their_names_say(sequences: list[SkeletonSequence]) -> None:
    left_hand, right_hand, left_foot, right_foot, head, neck = 7, 11, 15, 19, 3, 20
    opened = ranges(sequences, "opening and closing the arms")
    assert opened[[left_hand, right_hand], 0].min() > 0.3
    for action, moves, rests in (
        ("right-hand waving", right_hand, left_hand),
        ("left-hand waving", left_hand, right_hand),
        ("right leg bend", right_foot, left_foot),
        ("left leg bend", left_foot, right_foot),
    ):
        way = np.linalg.norm(ranges(sequences, action), axis=-1)
        assert way[moves] > 3 * way[rests], action
    stretch, nod = ranges(sequences, "waist stretch"), ranges(sequences, "neck relaxation")
    assert stretch[neck, 0] > 0.3  # the trunk goes sideways,
    assert nod[head, 0] > 2 * nod[neck, 0]  # or mostly the head
    legs = {
        action: np.median([np.ptp(s.joints_m[:, 0, 0], axis=0) for s in sequences if s.action == action], 0)
        for action in ("walking", "eight-step motion", "crouching")
    }
    assert {action: int(np.argmax(way)) for action, way in legs.items()} == {
        "walking": 2, "eight-step motion": 0, "crouching": 1,
    }  # fmt: skip


@pytest.mark.shared
def test_left_is_left_up_is_up_and_right_comes_first(sequences: list[SkeletonSequence]) -> None:
    middle = np.stack([np.median(s.joints_m[:, 0], axis=0) for s in sequences])
    assert (middle[:, 4, 0] < middle[:, 8, 0]).all() and (middle[:, 12, 0] < middle[:, 16, 0]).all()
    assert (middle[:, 3, 1] > middle[:, 0, 1]).all() and (middle[:, 0, 1] > middle[:, 15, 1]).all()
    assert (middle[:, 0, 2] > 0.5).all()
    assert 1.0 < np.median(np.linalg.norm(middle[:, 3] - middle[:, 15], axis=-1)) < 2.0  # metres
    for steps in (s.joints_m[:, 0] for s in sequences if s.action == "right-left step"):
        left, right = (np.linalg.norm(steps[:, v] - steps[:3, v].mean(axis=0), axis=-1) for v in (14, 18))
        first = int(np.argmax(np.maximum(left, right) > 0.12))
        assert right[first] > left[first]


@pytest.mark.shared
def test_the_clock_makes_squats_human(sequences: list[SkeletonSequence]) -> None:
    seconds = []
    for squats in (s for s in sequences if s.action == "crouching"):
        height = squats.joints_m[:, 0, 0, 1]
        low = height < (height.max() + height.min()) / 2
        seconds.append(squats.timestamps_s[-1] / max(int((np.diff(low.astype(int)) == 1).sum()), 1))
    assert 0.9 < np.median(seconds) < 3.0
