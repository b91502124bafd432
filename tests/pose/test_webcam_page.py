"""docs/webcam.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from pose.landmarks import Landmark
from pose.ntu_mapping import JOINT_WEIGHTS
from stgat.skeleton import NTU25

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webcam.md"
ROW = re.compile(r"^\| (?P<numbers>[\d, ]+) (?P<name>[a-z ]+) \| `(?P<formula>[^`]+)` \|", re.MULTILINE)


def unit(*names: str) -> np.ndarray:
    """The weights (33,) of the mean of some landmarks."""
    weights = np.zeros(len(Landmark))
    weights[[Landmark[name] for name in names]] = 1 / len(names)
    return weights


def symbols(side: str) -> dict[str, np.ndarray]:
    both = {
        "S": unit("LEFT_SHOULDER", "RIGHT_SHOULDER"),
        "H": unit("LEFT_HIP", "RIGHT_HIP"),
        "E": unit("LEFT_EAR", "RIGHT_EAR"),
        "Y": unit("LEFT_EYE", "RIGHT_EYE"),
        "M": unit("MOUTH_LEFT", "MOUTH_RIGHT"),
        "N": unit("NOSE"),
        "Kn2": unit(f"{side}_INDEX", f"{side}_PINKY"),
    }
    own = {"Sh": "SHOULDER", "El": "ELBOW", "Wr": "WRIST", "Th": "THUMB", "Hip": "HIP", "Kn": "KNEE",
           "An": "ANKLE", "He": "HEEL", "Toe": "FOOT_INDEX"}  # fmt: skip
    return both | {symbol: unit(f"{side}_{name}") for symbol, name in own.items()}


def rows() -> list[tuple[int, str, str, str]]:
    """(joint number, its name, side, formula) for each joint of the table."""
    found = []
    for row in ROW.finditer(PAGE.read_text(encoding="utf-8")):
        numbers = [int(number) for number in row["numbers"].split(",")]
        for number, side in zip(numbers, ("LEFT", "RIGHT"), strict=False):
            name = f"{side.lower()} {row['name']}" if len(numbers) == 2 else row["name"]
            found.append((number, name, side, row["formula"]))
    return found


def test_the_table_has_every_joint_once():
    assert sorted(number for number, *_ in rows()) == list(range(25))


@pytest.mark.parametrize(("number", "name", "side", "formula"), rows(), ids=lambda v: str(v))
def test_each_formula_of_the_table_is_the_codes(number, name, side, formula):
    assert NTU25.joints[number] == name
    weights = eval(formula, {"__builtins__": {}}, symbols(side))  # our own page, arithmetic alone
    np.testing.assert_allclose(weights, JOINT_WEIGHTS[number], atol=1e-12)


def test_the_picture_is_there():
    assert (PAGE.parent / "images" / "joints.png").stat().st_size > 50_000
