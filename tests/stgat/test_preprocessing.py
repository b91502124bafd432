"""One road from skeletons to network input, for training and for the running application."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError

from app.window import SlidingWindow, network_input
from stgat.data.labelled import LabelledSequence
from stgat.preprocessing import Preprocessing, prepare_window, to_network, window_joints
from stgat.retarget import one_body, rest_limbs
from stgat.skeleton import Skeleton
from stgat.streams import STREAMS
from stgat.training.augment import training_window
from stgat.training.config import AugmentConfig
from tests.stgat.bodies import waving

#: Every random change of a training window switched off.
NO_CHANGE = AugmentConfig(
    window_s=(2.0, 2.0),
    tight_share=0.0,
    tilt_deg=0.0,
    yaw_deg=0.0,
    depth=(1.0, 1.0),
    jitter_m=0.0,
    drift_m=0.0,
    mirror=False,
)


def live_window(fps: float, preprocessing: Preprocessing, start_s: float = 0.0) -> np.ndarray:
    """What the application gives the network at the end of two seconds of waving, seen at a frame rate."""
    window = SlidingWindow(preprocessing)
    times = np.arange(0.0, 2.0 + 1e-6, 1 / fps)
    for time_s, joints in zip(times, waving(times), strict=True):
        window.add([Skeleton(joints, np.ones(25), 7, start_s + time_s)], start_s + time_s)
    return network_input(window.people(), preprocessing, 1)


@pytest.mark.parametrize("normalization", ["upright-1", "ntu-authors-1"])
@pytest.mark.parametrize("stream", STREAMS)
def test_live_and_evaluation_windows_of_one_motion_are_equal(normalization: str, stream: str) -> None:
    preprocessing = Preprocessing(normalization=normalization, stream=stream)
    times = np.arange(0.0, 2.0 + 1e-6, 1 / 30)
    expected = prepare_window([(waving(times), times)], preprocessing, 0.0, 2.0)
    assert_allclose(live_window(30.0, preprocessing), expected, atol=1e-6)


def test_a_training_window_without_its_random_changes_is_the_live_window() -> None:
    preprocessing = Preprocessing()
    times = np.arange(0.0, 2.0 + 1e-6, 1 / 30)
    sequence = LabelledSequence("waving", "test", one_body(waving(times)), times, label=0)
    rng = np.random.default_rng(0)
    trained, label = training_window(sequence, preprocessing, NO_CHANGE, np.array([0]), rng)
    assert label == 0
    # Training rebuilds a body that was rebuilt already, which moves its root by millimetres.
    assert np.abs(trained - live_window(30.0, preprocessing)).max() < 0.03


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_the_camera_rate_does_not_show_in_the_input(fps: float) -> None:
    preprocessing = Preprocessing()
    assert np.abs(live_window(fps, preprocessing) - live_window(30.0, preprocessing)).max() < 0.02


def test_when_the_window_was_does_not_show_in_the_input() -> None:
    preprocessing = Preprocessing()
    late = live_window(30.0, preprocessing, start_s=1000.0)
    assert_allclose(late, live_window(30.0, preprocessing), atol=1e-4)


def test_input_has_the_promised_axes() -> None:
    preprocessing = Preprocessing(num_frames=16, window_s=1.0)
    times = np.linspace(0, 1, 11)
    people = [(waving(times), times), (waving(times) + np.array([1, 0, 0]), times), (waving(times), times)]
    window = prepare_window(people, preprocessing, 0.0, 1.0)
    assert (window.shape, window.dtype) == ((3, 16, 25, 3), np.float32)
    assert window.flags.c_contiguous
    joints = np.random.default_rng(0).normal(size=(4, 2, 25, 3))
    network = to_network(joints, preprocessing.model_copy(update={"normalization": "ntu-authors-1"}))
    assert network.shape == (3, 4, 25, 2)
    assert_allclose(network[:, 0, 0, 0], 0, atol=1e-6)  # the first body's first root is the origin


def test_as_measured_keeps_the_body_that_was_measured() -> None:
    times = np.linspace(0, 2, 21)
    tall = 1.2 * waving(times)
    kept, rebuilt = (
        prepare_window([(tall, times)], Preprocessing(body=body, num_frames=21), 0.0, 2.0)
        for body in ("as-measured", "one-body-1")
    )
    shin_kept, shin_rebuilt = (np.linalg.norm(w[:, 0, 14, 0] - w[:, 0, 13, 0]) for w in (kept, rebuilt))
    assert shin_kept / shin_rebuilt == pytest.approx(
        np.linalg.norm(tall[0, 14] - tall[0, 13]) / 0.367, rel=1e-3
    )


def test_a_gap_in_what_was_seen_is_bridged_the_same_way() -> None:
    preprocessing = Preprocessing()
    times = np.arange(0.0, 2.0 + 1e-6, 1 / 30)
    holes = waving(times)
    holes[20:26] = np.nan
    kept = np.delete(np.arange(len(times)), np.s_[20:26])
    by_nan = prepare_window([(holes, times)], preprocessing, 0.0, 2.0)
    assert_array_equal(by_nan, prepare_window([(holes[kept], times[kept])], preprocessing, 0.0, 2.0))


def test_somebody_whose_root_is_never_known_is_refused() -> None:
    times = np.linspace(0, 1, 5)
    with pytest.raises(ValueError, match="root joint is not known"):
        prepare_window([(np.full((5, 25, 3), np.nan), times)], Preprocessing(), 0.0, 1.0)


def test_limbs_rest_only_where_the_checkpoint_was_trained_so() -> None:
    times = np.linspace(0, 2, 21)
    old, new = (Preprocessing(unseen_limbs=way, num_frames=21) for way in ("as-guessed", "rest-1"))
    assert Preprocessing() == Preprocessing.model_validate({"body": "one-body-1"})  # an older checkpoint's
    assert Preprocessing().unseen_limbs == "as-guessed"
    guessed, rested, seen = (
        window_joints(waving(times), times, preprocessing, 0.0, 2.0, limbs)
        for preprocessing, limbs in ((old, {"left arm"}), (new, {"left arm"}), (new, ()))
    )
    assert_array_equal(guessed, seen)
    assert_allclose(rested, rest_limbs(guessed, {"left arm"}), atol=1e-6)
    assert np.abs(rested - guessed).max() > 0.1


def test_resting_limbs_need_the_one_body() -> None:
    with pytest.raises(ValidationError, match="unseen_limbs rest-1 needs body one-body-1, not as-measured"):
        Preprocessing(unseen_limbs="rest-1", body="as-measured")


@pytest.mark.parametrize(
    "change", [{"window_s": 0}, {"num_frames": 2}, {"stream": "velocity"}, {"body": "two-body"}, {"fps": 30}]
)
def test_preprocessing_that_this_version_does_not_know_is_refused(change: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        Preprocessing(**change)
