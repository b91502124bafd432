"""Figures as one would work them out by hand, and the files they are kept in."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stgat.training.confusion import draw
from stgat.training.evaluate import Evaluation
from stgat.training.report import (
    ClassResult,
    Confused,
    calibration_error,
    confusion_matrix,
    figures,
    most_confused,
    negative_log_likelihood,
    per_class,
    worst_classes,
    write_report,
)

NAMES = ("sit", "stand", "walk", "never")


def evaluation(truth: list[int], guessed: list[int], names: tuple[str, ...] = NAMES) -> Evaluation:
    return Evaluation(
        scores=np.eye(len(names), dtype=np.float32)[guessed],
        labels=np.array(truth),
        names=tuple(f"clip{i}" for i in range(len(truth))),
        label_names=names,
    )


#: sit: 3 of 4 right; stand: 1 of 3, twice taken for walk; walk: 0 of 2; never: no samples.
BY_HAND = evaluation([0, 0, 0, 0, 1, 1, 1, 2, 2], [0, 0, 0, 1, 1, 2, 2, 0, 1])


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    # Two bins: 0.9 said of two, one right; 0.6 said of two, both right.
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.4, 0.6]])
    right = np.array([True, False, True, True])
    assert calibration_error(probabilities, right) == pytest.approx(100 * (0.4 / 2 + 0.4 / 2))


def test_bins_are_closed_above() -> None:
    # 0.6 = 9/15 belongs to the bin that ends there, with 0.55: their errors cancel.
    probabilities = np.array([[0.6, 0.4], [0.55, 0.45]])
    found = calibration_error(probabilities, np.array([True, False]))
    assert found == pytest.approx(100 * abs(0.5 - 0.575))


@given(st.lists(st.tuples(st.floats(0.34, 1.0), st.booleans()), min_size=1, max_size=40))
def test_the_calibration_error_stays_between_the_mean_gap_and_100(said: list[tuple[float, bool]]) -> None:
    confidence = np.array([value for value, _ in said])
    probabilities = np.stack([confidence, (1 - confidence) / 2, (1 - confidence) / 2], axis=1)
    right = np.array([value for _, value in said])
    found = calibration_error(probabilities, right)
    assert 100 * abs(confidence.mean() - right.mean()) - 1e-6 <= found <= 100 + 1e-6


def test_the_likelihood_is_that_of_the_true_class_after_the_temperature() -> None:
    scores = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
    result = Evaluation(scores, np.array([0, 2]), ("a", "b"), ("x", "y", "z"))
    assert negative_log_likelihood(result) == pytest.approx((math.log(2) + math.log(10)) / 2)
    cooler = Evaluation(2 * scores, np.array([0, 2]), ("a", "b"), ("x", "y", "z"), temperature=2.0)
    assert negative_log_likelihood(cooler) == pytest.approx(negative_log_likelihood(result))
    sure = Evaluation(np.array([[1000.0, 0.0]], np.float32), np.array([1]), ("a",), ("x", "y"))
    assert negative_log_likelihood(sure) == pytest.approx(1000.0)


def test_rows_are_what_they_are_columns_what_they_were_taken_for() -> None:
    assert confusion_matrix(BY_HAND).tolist() == [[3, 1, 0, 0], [0, 1, 2, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_every_class_that_occurs_is_told() -> None:
    assert per_class(BY_HAND) == [
        ClassResult("sit", 4, 3, "stand"),
        ClassResult("stand", 3, 1, "walk"),
        ClassResult("walk", 2, 0, "sit"),
    ]
    assert [found.label for found in worst_classes(BY_HAND, 2)] == ["walk", "stand"]
    assert worst_classes(evaluation([0, 1], [0, 1])) == []
    assert per_class(evaluation([1], [1]))[0].most_often_taken_for == ""


def test_confused_pairs_come_most_often_first_and_never_with_themselves() -> None:
    pairs = most_confused(BY_HAND)
    assert pairs[0] == Confused("stand", "walk", 2, 3)
    assert {(pair.truth, pair.guess, pair.times) for pair in pairs[1:]} == {
        ("sit", "stand", 1), ("walk", "sit", 1), ("walk", "stand", 1),
    }  # fmt: skip
    assert len(most_confused(BY_HAND, 2)) == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_the_counts_agree_with_each_other(pairs: list[tuple[int, int]]) -> None:
    result = evaluation([truth for truth, _ in pairs], [guess for _, guess in pairs])
    matrix, classes = confusion_matrix(result), per_class(result)
    assert matrix.sum() == len(pairs) == sum(found.samples for found in classes)
    assert np.trace(matrix) == sum(found.right for found in classes)
    assert result.top(1) == pytest.approx(100 * np.trace(matrix) / len(pairs))
    assert result.mean_class_accuracy() == pytest.approx(np.mean([found.accuracy for found in classes]))
    assert sum(pair.times for pair in most_confused(result, 100)) == len(pairs) - np.trace(matrix)


def test_the_report_holds_what_was_measured(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "evaluation"
    paths = write_report(folder, BY_HAND, {"split": "ntu60-xsub", "part": "test"})
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in paths)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["split"] == "ntu60-xsub"
    assert (metrics["samples"], metrics["classes"]) == (9, 4)
    assert {key: metrics[key] for key in figures(BY_HAND)} == figures(BY_HAND)
    assert metrics["top1"] == 44.44
    assert metrics["most_confused"][0] == {"truth": "stand", "guess": "walk", "times": 2, "samples": 3}
    with (folder / "per_class.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "label": "sit", "samples": "4", "right": "3", "accuracy": "75.00", "most_often_taken_for": "stand",
    }  # fmt: skip
    assert len(rows) == 3


@pytest.mark.parametrize("num_classes", [1, 10, 60, 120])
def test_the_picture_can_be_read_whatever_the_number_of_classes(tmp_path: Path, num_classes: int) -> None:
    names = tuple(f"put something inside pocket {k}" if k % 3 else f"$x$ <b> {k}" for k in range(num_classes))
    truth = [k for k in range(num_classes) if k != 4] * 2
    guessed = [(k * 7) % num_classes if i % 3 == 0 else k for i, k in enumerate(truth)]
    result = evaluation(truth, guessed, names)
    write_report(tmp_path, result, {})
    with Image.open(tmp_path / "confusion.png") as picture:
        width, height = picture.size
        assert min(width, height) >= 400
        assert max(width, height) <= 6000
        colours = picture.convert("RGB").resize((200, 200)).getcolors(40_000)
    assert colours is not None
    assert len(colours) > 20
    axes = draw(confusion_matrix(result), names, "a title").axes[0]
    assert len(axes.get_yticklabels()) == num_classes
    assert axes.get_yticklabels()[0].get_text() == "$x$ <b> 0  0"


def test_the_picture_of_very_many_classes_stays_a_picture() -> None:
    names = tuple(f"class {k}" for k in range(1000))
    figure = draw(np.eye(1000, dtype=np.int64), names, "a title")
    assert figure.get_size_inches().max() < 40


def test_a_class_without_samples_is_no_class_that_is_always_wrong() -> None:
    axes = draw(confusion_matrix(BY_HAND), NAMES, "").axes[0]
    shown = axes.images[0].get_array()
    assert np.ma.getmaskarray(shown)[3].all()
    assert not np.ma.getmaskarray(shown)[:3].any()
    assert shown[0].tolist() == [75.0, 25.0, 0.0, 0.0]
