"""Skeletons as a camera delivers them through a continual network: rates, gaps, people who come and go."""

from __future__ import annotations

import numpy as np
import pytest

from app.continual import ContinualObserver, make_observer
from app.decisions import Observation
from app.errors import ModelError
from app.explaining import explain
from app.recognition import Observer
from stgat.continual.recognizer import ContinualRecognizer
from stgat.motion import motion_m_s
from stgat.retarget import one_body
from stgat.skeleton import Skeleton
from tests.app.fakes import FakeRecognizer
from tests.stgat.bodies import waving
from tests.stgat.continual.checkpoints import continual_checkpoint


@pytest.fixture(scope="module")
def recognizer() -> ContinualRecognizer:
    return ContinualRecognizer(continual_checkpoint())


def show(observer: ContinualObserver, times: np.ndarray, ids: tuple[int, ...] = (0,)) -> list[Observation]:
    """Somebody waves at these moments; the last that is said."""
    said: list[Observation] = []
    for time_s, joints in zip(times.tolist(), waving(times).astype(np.float32), strict=True):
        observer.add([Skeleton(joints, np.ones(25), i, time_s) for i in ids], time_s)
        said = observer.observe() or said
    return said


def test_it_is_the_network_stepped_at_its_own_rate(recognizer: ContinualRecognizer) -> None:
    times = np.arange(0, 1.9 + 1e-9, 0.1)
    (said,) = show(ContinualObserver(recognizer), times)
    stream = recognizer.begin()
    joints = one_body(waving(times))
    for time_s, frame in zip(times.tolist(), joints, strict=True):
        expected = stream.step(frame, time_s)
    assert expected is not None
    np.testing.assert_allclose(said.prediction.probabilities, expected.probabilities, atol=1e-3)
    held = np.concatenate((joints[:1], joints))
    assert said.motion_m_s == pytest.approx(motion_m_s(held, 2.0), rel=0.02)


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
def test_the_cameras_rate_changes_little(recognizer: ContinualRecognizer, fps: int) -> None:
    (expected,) = show(ContinualObserver(recognizer), np.arange(0, 3.55, 0.1))
    (said,) = show(ContinualObserver(recognizer), np.arange(0, 3.55, 1 / fps))
    np.testing.assert_allclose(said.prediction.probabilities, expected.prediction.probabilities, atol=0.03)


def test_an_answer_is_due_when_the_network_took_a_frame(recognizer: ContinualRecognizer) -> None:
    observer = ContinualObserver(recognizer)
    answered = []
    for frame, joints in enumerate(waving(np.arange(60) / 30)):
        observer.add([Skeleton(joints, np.ones(25), 0, frame / 30)], frame / 30)
        answered.append(observer.observe())
    due = [frame for frame, said in enumerate(answered) if said is not None]
    assert due[:3] == [0, 3, 6]  # ten network frames a second, 30 of the camera
    told = [frame for frame in due if answered[frame]]
    assert told[0] == 15  # half a second of them is known


def test_people_have_streams_of_their_own_and_leave(recognizer: ContinualRecognizer) -> None:
    observer = ContinualObserver(recognizer)
    show(observer, np.arange(0, 1.0, 0.1), (0, 3))
    both = show(observer, np.arange(1.0, 1.5, 0.1), (0, 3))
    assert [observation.person_id for observation in both] == [0, 3]
    np.testing.assert_array_equal(both[0].prediction.probabilities, both[1].prediction.probabilities)
    (left,) = show(observer, np.arange(1.5, 2.6, 0.1), (3,))
    assert left.person_id == 3
    assert [person.person_id for person in observer.looked_at] == [3]
    observer.add([], 5.0)
    assert observer.observe() == []
    assert observer.observe() == []  # nobody is an answer at every moment


@pytest.mark.parametrize("told", [True, False], ids=["seen to be away", "camera lost"])
def test_promise_whoever_was_away_for_long_begins_anew(recognizer: ContinualRecognizer, told: bool) -> None:
    observer = ContinualObserver(recognizer)
    show(observer, np.arange(0, 3.0, 0.1))
    if told:
        observer.add([], 4.5)
    (again,) = show(observer, np.arange(5.0, 6.95, 0.1))
    (fresh,) = show(ContinualObserver(recognizer), np.arange(5.0, 6.95, 0.1))
    np.testing.assert_array_equal(again.prediction.probabilities, fresh.prediction.probabilities)


def test_where_time_goes_back_all_begins_anew(recognizer: ContinualRecognizer) -> None:
    observer = ContinualObserver(recognizer)
    show(observer, np.arange(50, 53, 0.1))
    (again,) = show(observer, np.arange(0, 1.95, 0.1))
    (fresh,) = show(ContinualObserver(recognizer), np.arange(0, 1.95, 0.1))
    np.testing.assert_array_equal(again.prediction.probabilities, fresh.prediction.probabilities)


def test_a_short_gap_is_bridged(recognizer: ContinualRecognizer) -> None:
    times = np.arange(0, 3.0, 0.1)
    (whole,) = show(ContinualObserver(recognizer), times)
    (bridged,) = show(ContinualObserver(recognizer), times[(times < 1.15) | (times > 1.35)])
    np.testing.assert_allclose(bridged.prediction.probabilities, whole.prediction.probabilities, atol=0.02)


def test_unknown_joints_stay_where_they_were(recognizer: ContinualRecognizer) -> None:
    observer = ContinualObserver(recognizer)
    show(observer, np.arange(0, 1.0, 0.1))
    for time_s in np.arange(1.0, 2.0, 0.1):
        joints = waving(np.array([time_s]))[0]
        joints[[6, 7]] = np.nan
        observer.add([Skeleton(joints, np.ones(25), 0, time_s)], time_s)
    (said,) = observer.observe() or []
    (window,) = observer.looked_at
    assert np.isfinite(window.joints_m).all() and np.isfinite(said.prediction.probabilities).all()
    np.testing.assert_allclose(window.joints_m[-1, 6], window.joints_m[-10, 6])


def test_each_kind_of_network_has_its_observer(recognizer: ContinualRecognizer) -> None:
    assert isinstance(make_observer(recognizer, 0.3), ContinualObserver)
    assert isinstance(make_observer(FakeRecognizer(), 0.3), Observer)


def test_what_cannot_be_explained_is_said(recognizer: ContinualRecognizer) -> None:
    observer = ContinualObserver(recognizer)
    show(observer, np.arange(0, 1.0, 0.1))
    with pytest.raises(ModelError, match="continual is a continual network; only windowed ones"):
        explain(observer.looked_at, recognizer)
