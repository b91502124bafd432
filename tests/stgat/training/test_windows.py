"""Windows scored one by one: the same as `evaluate` averages, and those the application would meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from stgat.data.idle import moving as in_motion
from stgat.data.labelled import LabelledSequence
from stgat.labels import IDLE
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.retarget import one_body
from stgat.training.evaluate import evaluate, moment_spans
from stgat.training.windows import live_spans, score_live, score_windows, sequence_scores
from tests.stgat.bodies import waving

PREPROCESSING = Preprocessing(num_frames=8, window_s=1.0)


def sequences(frames: Sequence[int] = (10, 60, 90)) -> list[LabelledSequence]:
    return [
        LabelledSequence(f"s{i}", "nw-ucla", one_body(waving(np.arange(n) / 30)), np.arange(n) / 30, i % 2, i)
        for i, n in enumerate(frames)
    ]


@pytest.fixture
def model() -> STGAT:
    torch.manual_seed(0)
    return STGAT(STGATConfig(num_classes=2, blocks=((8, 8, 1),)))


def test_windows_average_to_what_evaluate_says(model: STGAT) -> None:
    found = score_windows(model, sequences(), PREPROCESSING, batch_size=3)
    assert not model.training
    assert found.owners.tolist() == [0] + 3 * [1] + 5 * [2]
    assert found.labels.tolist() == [0] + 3 * [1] + 5 * [0]
    probabilities, labels = sequence_scores(found)
    expected = evaluate(model, sequences(), PREPROCESSING, ("a", "b"))
    np.testing.assert_allclose(np.log(probabilities), expected.scores, atol=1e-5)
    assert labels.tolist() == expected.labels.tolist()


def test_some_sequences_can_be_chosen(model: STGAT) -> None:
    found = score_windows(model, sequences(), PREPROCESSING)
    chosen = found.of(np.array([True, False, True]))
    assert chosen.owners.tolist() == [0] + 5 * [2]
    np.testing.assert_array_equal(chosen.logits, found.logits[[0, 4, 5, 6, 7, 8]])
    probabilities, labels = sequence_scores(chosen)
    assert probabilities.shape == (2, 2)
    assert labels.tolist() == [0, 0]


def test_no_sequence_is_an_error(model: STGAT) -> None:
    with pytest.raises(ValueError, match="no sequence to score"):
        score_windows(model, [], PREPROCESSING)


@pytest.mark.parametrize(
    ("end_s", "ends"),
    [(2.0, [0.5, 1.0, 1.5, 2.0]), (1.9, [0.5, 1.0, 1.5]), (0.5, [0.5]), (0.3, [0.3])],
)
def test_live_windows_look_back_from_every_moment(end_s: float, ends: list[float]) -> None:
    spans = live_spans(10.0, 10.0 + end_s, window_s=2.0, stride_s=0.5)
    np.testing.assert_allclose([end - 10 for _, end in spans], ends)
    np.testing.assert_allclose([end - start for start, end in spans], 2.0)


def test_live_windows_see_no_more_than_was_seen_so_far(model: STGAT) -> None:
    whole = sequences([60])[0]
    changed = LabelledSequence("s", "nw-ucla", whole.joints_m.copy(), whole.timestamps_s, 0)
    changed.joints_m[31:] = whole.joints_m[:29]  # after the window that ends at 1.0 s
    early, later = (
        score_windows(model, [sequence], PREPROCESSING, live_spans).logits for sequence in (whole, changed)
    )
    np.testing.assert_allclose(early[:2], later[:2], atol=1e-6)
    assert np.abs(early[2] - later[2]).max() > 1e-4


def test_live_windows_of_a_network_that_names_moments_are_of_moments_in_motion(model: STGAT) -> None:
    times = np.arange(0, 4, 1 / 20)
    joints = one_body(waving(np.clip(times, 1.0, 3.0)))
    moving, idle = (LabelledSequence(str(k), "test", joints, times, k) for k in (0, 1))
    moments = PREPROCESSING.model_copy(update={"lookahead_s": 0.5})
    found = score_live(model, [moving, idle], moments, ("a", IDLE))
    begin_s, end_s = in_motion(joints, times)
    assert 0.8 < begin_s < 1.2 and 2.8 < end_s < 3.2
    spans = moment_spans(0.5, begin_s, end_s, PREPROCESSING.window_s, 0.5)
    assert found.owners.tolist() == [0] * len(spans) + [1] * 8  # of idle, all four seconds
    expected = score_windows(model, [moving], PREPROCESSING, lambda *_: spans)
    np.testing.assert_allclose(found.logits[: len(spans)], expected.logits, atol=1e-5)


def test_live_windows_of_another_network_look_back_from_any_moment(model: STGAT) -> None:
    found = score_live(model, sequences(), PREPROCESSING, ("a", "b"))
    expected = score_windows(model, sequences(), PREPROCESSING, live_spans)
    np.testing.assert_array_equal(found.logits, expected.logits)
