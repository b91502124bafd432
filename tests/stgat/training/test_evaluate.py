"""Accuracy as one would count it by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stgat.data.labelled import LabelledSequence
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing, prepare_window
from stgat.retarget import one_body
from stgat.training.evaluate import Evaluation, evaluate, moment_spans, spans_for, window_spans
from tests.stgat.bodies import waving

#: Right at once, second guess, third guess, right at once.
BY_HAND = Evaluation(
    scores=np.log([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]]),
    labels=np.array([0, 1, 2, 2]),
    names=("a", "b", "c", "d"),
    label_names=("sit", "stand", "walk"),
    datasets=("nw", "nw", "utd", "utd"),
)


def test_top_k_is_what_one_counts() -> None:
    assert [BY_HAND.top(k) for k in (1, 2, 3, 5)] == [50.0, 75.0, 100.0, 100.0]
    assert [BY_HAND.top(k, "nw") for k in (1, 2)] == [50.0, 100.0]
    assert [BY_HAND.top(k, "utd") for k in (1, 2)] == [50.0, 50.0]


def test_mean_class_accuracy_gives_every_class_one_voice() -> None:
    assert BY_HAND.mean_class_accuracy() == pytest.approx(100 * (1 + 0 + 0.5) / 3)


def test_probabilities_are_the_softmax_after_the_temperature() -> None:
    np.testing.assert_allclose(BY_HAND.probabilities[0], [0.7, 0.2, 0.1])
    doubled = replace(BY_HAND, scores=2 * BY_HAND.scores, temperature=2.0)
    np.testing.assert_allclose(doubled.probabilities, BY_HAND.probabilities)
    large = replace(BY_HAND, scores=BY_HAND.scores + 1e4)
    np.testing.assert_allclose(large.probabilities, BY_HAND.probabilities, rtol=1e-6)
    assert doubled.guesses.tolist() == BY_HAND.guesses.tolist() == [0, 0, 0, 2]


def test_equal_scores_count_as_the_first_of_them() -> None:
    tied = replace(BY_HAND, scores=np.zeros((4, 3)), datasets=())
    assert tied.guesses.tolist() == [0, 0, 0, 0]
    assert (tied.top(1), tied.top(2), tied.top(3)) == (25.0, 50.0, 100.0)
    assert tied.metrics() == {"top1": 25.0, "top5": 100.0, "mean_class": 33.33}


def test_metrics_are_named_and_rounded() -> None:
    assert BY_HAND.metrics() == {
        "top1": 50.0, "top5": 100.0, "mean_class": 50.0, "top1 nw": 50.0, "top1 utd": 50.0,
    }  # fmt: skip


@given(
    start=st.floats(-10, 10),
    duration=st.floats(0.1, 30),
    window=st.floats(0.2, 5),
    stride=st.floats(0.1, 2),
)
def test_windows_cover_the_clip_in_steps_no_larger_than_the_stride(
    start: float, duration: float, window: float, stride: float
) -> None:
    end = start + duration
    spans = window_spans(start, end, window, stride)
    assert spans[0][0] <= start + 1e-9
    assert spans[-1][1] >= end - 1e-9
    starts = np.array([first for first, _ in spans])
    assert (np.diff(starts) <= stride + 1e-9).all()
    assert all(last - first == pytest.approx(window) for first, last in spans)
    if duration >= window:
        assert starts[0] >= start - 1e-9
        assert spans[-1][1] <= end + 1e-9
    else:
        ((first, last),) = spans
        assert (first + last) / 2 == pytest.approx((start + end) / 2)


@given(
    start=st.floats(-10, 10), duration=st.floats(0.05, 30), stride=st.floats(0.1, 2), ahead=st.floats(0, 1)
)
def test_moments_are_spread_over_the_clip_in_steps_no_larger_than_the_stride(
    start: float, duration: float, stride: float, ahead: float
) -> None:
    spans = moment_spans(ahead, start, start + duration, 2.0, stride)
    assert all(last - first == pytest.approx(2.0) for first, last in spans)
    moments = np.array([last - ahead for _, last in spans])
    assert moments.mean() == pytest.approx(start + duration / 2)
    step = duration / len(moments)
    assert step <= stride + 1e-5 and moments[0] - start == pytest.approx(step / 2)
    assert np.diff(moments) == pytest.approx(step)


def test_a_network_that_names_moments_is_judged_by_moments() -> None:
    whole, moments = Preprocessing(), Preprocessing(lookahead_s=0.5)
    assert spans_for(whole)(1.0, 2.0, 2.0, 0.5) == window_spans(1.0, 2.0, 2.0, 0.5)
    assert spans_for(moments)(1.0, 2.0, 2.0, 0.5) == [(-0.25, 1.75), (0.25, 2.25)]


def test_a_sequence_scores_the_mean_probability_of_its_windows() -> None:
    torch.manual_seed(0)
    model = STGAT(STGATConfig(num_classes=3, blocks=((8, 8, 1),)))
    preprocessing = Preprocessing(num_frames=8, window_s=1.0)
    sequences = []
    for number, duration in enumerate((0.6, 2.3, 1.4)):
        times = np.arange(0, duration, 1 / 15)
        sequences.append(LabelledSequence(str(number), "test", one_body(waving(times)), times, number))
    found = evaluate(model.train(), sequences, preprocessing, ("a", "b", "c"), stride_s=0.5, batch_size=2)
    assert not model.training
    for sequence, probabilities in zip(sequences, found.probabilities, strict=True):
        times = sequence.timestamps_s
        spans = window_spans(times[0], times[-1], 1.0, 0.5)
        windows = [prepare_window([(sequence.joints_m, times)], preprocessing, *span) for span in spans]
        with torch.no_grad():
            expected = [model(torch.from_numpy(window[None])).softmax(dim=1)[0].numpy() for window in windows]
        np.testing.assert_allclose(probabilities, np.mean(expected, axis=0), rtol=1e-4)
    assert found.labels.tolist() == [0, 1, 2]
