"""Score files come back as they were, and are fused by name, not by place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from stgat.errors import DataError
from stgat.training.ensemble import describe, fuse, fuse_files
from stgat.training.evaluate import Evaluation
from stgat.training.scores import load_scores, save_scores

NAMES = ("S001", "S002", "S003", "S004")
LABEL_NAMES = ("sit", "wave, both hands", "走る")


def stream(seed: int = 0) -> Evaluation:
    rng = np.random.default_rng(seed)
    return Evaluation(
        scores=rng.normal(size=(4, 3)).astype(np.float32),
        labels=np.array([0, 1, 2, 1]),
        names=NAMES,
        label_names=LABEL_NAMES,
    )


def permuted(result: Evaluation, order: list[int]) -> Evaluation:
    names = tuple(result.names[i] for i in order)
    return replace(result, scores=result.scores[order], labels=result.labels[order], names=names)


def written(path: Path, result: Evaluation) -> Path:
    save_scores(path, result)
    return path


def test_a_score_file_comes_back_as_it_was(tmp_path: Path) -> None:
    result = stream()
    found = load_scores(written(tmp_path / "a.npz", result))
    np.testing.assert_array_equal(found.scores, result.scores)
    np.testing.assert_array_equal(found.labels, result.labels)
    assert (found.names, found.label_names) == (result.names, result.label_names)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["label_names", "labels", "names", "scores"]
        assert file["scores"].dtype == np.float32


def test_many_long_names_of_few_classes_come_back(tmp_path: Path) -> None:
    """They shrink to a hundredth, and such a file was taken for one that unpacks to too much."""
    names = tuple(f"{i:0300}" for i in range(8_000))
    scores = np.zeros((len(names), 2), np.float32)
    result = Evaluation(scores, np.zeros(len(names), np.int64), names, ("sit", "walk"))
    assert load_scores(written(tmp_path / "a.npz", result)).names == names


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    scores=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.integers(1, 5)),
        elements=st.floats(-1e3, 1e3, width=32),
    )
)
def test_one_network_fused_is_itself(tmp_path: Path, scores: np.ndarray) -> None:
    N, K = scores.shape
    result = Evaluation(
        scores, np.arange(N) % K, tuple(map(str, range(N))), tuple(f"class {k}" for k in range(K))
    )
    path = written(tmp_path / "one.npz", result)
    fused = fuse_files([path]).fused
    np.testing.assert_array_equal(fused.scores, scores)
    assert fused.metrics() == result.metrics()
    likelier = fuse_files([path], probabilities=True).fused.probabilities
    np.testing.assert_allclose(likelier, result.probabilities, atol=1e-5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(order=st.permutations(range(4)), probabilities=st.booleans())
def test_the_order_of_the_samples_in_a_file_does_not_matter(
    tmp_path: Path, order: list[int], probabilities: bool
) -> None:
    first = written(tmp_path / "first.npz", stream(1))
    straight = written(tmp_path / "straight.npz", stream(2))
    mixed = written(tmp_path / "mixed.npz", permuted(stream(2), order))
    expected = fuse_files([first, straight], (1.0, 0.3), probabilities).fused
    found = fuse_files([first, mixed], (1.0, 0.3), probabilities).fused
    assert found.names == NAMES
    np.testing.assert_array_equal(found.scores, expected.scores)
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_scores_are_added_by_weight(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{seed}.npz", stream(seed)) for seed in range(3)]
    fused = fuse_files(paths, (1.0, 0.5, 0.0)).fused
    np.testing.assert_allclose(fused.scores, stream(0).scores + 0.5 * stream(1).scores, rtol=1e-6)
    equal = fuse_files(paths).fused
    np.testing.assert_allclose(equal.scores, sum(stream(seed).scores for seed in range(3)), rtol=1e-5)


def test_added_probabilities_are_the_weighted_mean_of_the_softmaxes() -> None:
    # A network with large logits outvotes the other by logits, and does not by probabilities.
    loud = replace(stream(), scores=np.array([[90.0, 80.0, 0.0]] * 4, np.float32))
    calm = replace(stream(), scores=np.log(np.array([[0.1, 0.8, 0.1]] * 4, np.float32)))
    fused = fuse((loud, calm), (1.0, 3.0), probabilities=True)
    expected = (loud.probabilities + 3 * calm.probabilities) / 4
    np.testing.assert_allclose(fused.probabilities, expected, atol=1e-6)
    assert fused.guesses.tolist() == [1] * 4
    assert fuse((loud, calm), (1.0, 3.0)).guesses.tolist() == [0] * 4


def test_a_fusion_is_told_with_what_went_into_it(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{seed}.npz", stream(seed)) for seed in range(2)]
    fusion = fuse_files(paths, (1.0, 0.5))
    told = describe(fusion)
    assert (told["added"], told["samples"], told["top1"]) == ("logits", 4, fusion.fused.metrics()["top1"])
    streams = told["streams"]
    assert isinstance(streams, list)
    assert [(s["scores"], s["weight"], s["top1"]) for s in streams] == [
        (str(path), weight, stream(seed).metrics()["top1"])
        for seed, (path, weight) in enumerate(zip(paths, (1.0, 0.5), strict=True))
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"label_names": ("sit", "jump", "走る")},
            "was made with other labels than .*class 1 is 'jump' against 'wave, both hands' "
            r"\(3 classes against 3\)",
        ),
        (
            {"names": ("S001", "X", "S003", "Y")},
            "lacks 2 samples, the first of them S002, of .*a.npz; evaluate both on the same part",
        ),
        (
            {"labels": np.array([0, 1, 0, 2])},
            "2 of 4 samples are of another class than in .*a.npz; S003 is 'sit' here and '走る' there",
        ),
    ],
)
def test_files_that_do_not_belong_together_are_told(tmp_path: Path, change: dict, told: str) -> None:
    first = written(tmp_path / "a.npz", stream())
    other = written(tmp_path / "b.npz", replace(stream(), **change))
    with pytest.raises(DataError, match=f"b.npz: {told}"):
        fuse_files([first, other])


def test_missing_and_surplus_samples_are_counted(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.npz", stream())
    part = written(tmp_path / "part.npz", permuted(stream(), [0, 2, 3]))
    with pytest.raises(DataError, match=r"part.npz: lacks the sample S002 of .*whole.npz"):
        fuse_files([whole, part])
    with pytest.raises(DataError, match=r"whole.npz: holds the sample S002 not in .*part.npz"):
        fuse_files([part, whole])


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ((1.0,), "1 weights for 2 score files; give one a file"),
        ((1.0, -1.0), "weights 1,-1: none may be negative"),
        ((0.0, 0.0), "weights 0,0: .* one must be above 0"),
        ((1.0, float("nan")), "weights 1,nan"),
    ],
)
def test_weights_of_no_use_are_refused(weights: tuple[float, ...], told: str) -> None:
    with pytest.raises(DataError, match=told):
        fuse((stream(0), stream(1)), weights)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scores": None}, "holds no scores, so it is not the scores of a network"),
        ({"scores": np.zeros((4, 2), np.float32)}, "scores are not 4 x 3 of float32"),
        ({"scores": np.zeros((4, 3))}, "scores are not 4 x 3 of float32"),
        ({"scores": np.full((4, 3), np.nan, np.float32)}, "a score of S001 is no number"),
        ({"labels": np.array([0, 1, 2, 3])}, "S004 is of class 3, but there are 3"),
        ({"labels": np.array([0.0, 1, 2, 1])}, "cut short, or not .* \\(labels holds float64"),
        ({"labels": np.array([0, 1])}, "labels are not 4 whole numbers"),
        ({"names": np.arange(4)}, "cut short, or not .* \\(names holds int64, not texts"),
        ({"names": np.array(["S001", "S002", "S001", "S004"])}, "names holds 'S001' twice"),
        ({"label_names": np.array(["sit", "sit", "walk"])}, "label_names holds 'sit' twice"),
        ({"label_names": np.array([["sit", "a", "b"]])}, "label_names is no such list"),
    ],
)
def test_a_file_that_holds_something_else_is_told(tmp_path: Path, change: dict, told: str) -> None:
    result = stream()
    arrays = {
        "names": np.array(result.names),
        "labels": result.labels,
        "label_names": np.array(result.label_names),
        "scores": result.scores,
    } | change
    np.savez(tmp_path / "x.npz", **{name: value for name, value in arrays.items() if value is not None})
    with pytest.raises(DataError, match=f"x.npz: {told}"):
        load_scores(tmp_path / "x.npz")


def test_damaged_and_foreign_files_are_told(tmp_path: Path) -> None:
    path = written(tmp_path / "cut.npz", stream())
    path.write_bytes(path.read_bytes()[:300])
    text = tmp_path / "text.npz"
    text.write_text("scores")
    array = tmp_path / "array.npz"
    with array.open("wb") as file:
        np.save(file, np.zeros(3))
    pickled = tmp_path / "pickled.npz"
    np.savez(
        pickled,
        names=np.array([{}], object),
        labels=np.zeros(1, int),
        label_names=np.array(["a"]),
        scores=np.zeros((1, 1), np.float32),
    )
    for damaged, told in (
        (path, "cut short, or not the scores"),
        (text, "cut short, or not the scores"),
        (array, "cut short, or not the scores"),
        (pickled, "cut short, or not the scores .*names holds object, not texts"),
        (tmp_path / "nowhere.npz", "no such file; `evaluate` writes such files"),
    ):
        with pytest.raises(DataError, match=f"{damaged.name}: {told}"):
            load_scores(damaged)
