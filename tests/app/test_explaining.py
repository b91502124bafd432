"""Explanations: of the answer that was given, on demand, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from app.errors import SessionError
from app.explaining import Explainer, Explains, Explanation, explain
from app.pipeline import Session
from app.recognition import observe
from app.window import PersonWindow
from stgat.checkpoint import Checkpoint
from stgat.model import STGAT
from stgat.recognizer import Recognizer
from tests.app.fakes import METADATA, FakeExtractor, FakeRecognizer, ScriptedSource, body
from tests.app.test_pipeline import wait_until


def recognizer(people: int = 1) -> Recognizer:
    torch.manual_seed(0)
    metadata = METADATA.model_copy(update={"people": people})
    return Recognizer(Checkpoint(STGAT(METADATA.model), metadata), "cpu")


def window(person_id: int, reach: float = 0.3) -> PersonWindow:
    joints = np.stack([body(reach * np.sin(t / 3)) for t in range(16)])
    return PersonWindow(person_id, joints, 0.5, 4.0, 5.0)


def explanation(person_id: int = 1, blocks: int = 2) -> Explanation:
    rng = np.random.default_rng(person_id)
    joints, hops = rng.dirichlet(np.ones(25), blocks), rng.dirichlet(np.ones(9), blocks)
    return Explanation(person_id, "wave", 0.9, 2.0, joints, hops, np.full(25, 0.04), np.full(9, 1 / 9))


@pytest.fixture
def explainer(no_leaked_threads: None) -> Iterator[Explainer]:
    made = Explainer(interval_s=0.0)
    yield made
    assert made.close(5.0)


class Answering:
    """Answers as it is told, after `gate` is open; keeps who was asked for, and by which thread."""

    def __init__(self, answer: Callable[[int | None], Explanation | None]) -> None:
        self.answer, self.gate = answer, threading.Event()
        self.gate.set()
        self.asked: list[int | None] = []
        self.threads: set[threading.Thread] = set()

    def explain(self, person_id: int | None = None) -> Explanation | None:
        self.asked.append(person_id)
        self.threads.add(threading.current_thread())
        assert self.gate.wait(10)
        return self.answer(person_id)


def test_it_is_about_the_person_asked_for_and_the_answer_that_was_given() -> None:
    people, answers = [window(3), window(7, reach=0.0)], recognizer()
    for person_id, observation in zip((3, 7), observe(people, answers), strict=True):
        found = explain(people, answers, person_id)
        assert found is not None
        assert (found.person_id, found.end_s) == (person_id, 5.0)
        best = int(observation.prediction.probabilities.argmax())
        assert found.label == METADATA.labels[best]
        assert found.probability == pytest.approx(float(observation.prediction.probabilities[best]), rel=1e-5)
        assert found.joints.shape == (1, 25)
        assert found.hops.shape == (1, METADATA.model.num_heads + 1)
    assert explain(people, answers).person_id == 3
    assert explain(people, answers, 8) is None
    assert explain([], answers) is None


def test_of_a_network_for_two_each_person_has_their_own() -> None:
    people, answers = [window(3), window(7, reach=0.0), window(9)], recognizer(people=2)
    three, seven = (explain(people, answers, person_id) for person_id in (3, 7))
    assert three.label == seven.label
    assert np.abs(three.joints - seven.joints).max() > 1e-6
    assert explain(people, answers, 9) is None, "the network takes no notice of a third"


def test_emphasis_is_the_share_in_even_shares_of_one_block_or_the_mean_of_all() -> None:
    one = explanation()
    np.testing.assert_allclose(one.emphasis(1), one.joints[1] * 25)
    np.testing.assert_allclose(one.emphasis(), one.joints.mean(axis=0) * 25)
    np.testing.assert_allclose(one.distances(0), one.hops[0])
    assert one.distances().sum() == pytest.approx(1.0)


def test_a_session_explains_its_last_answer_from_any_thread_and_also_after_its_end() -> None:
    answers = recognizer()
    live = Session(ScriptedSource(90), FakeExtractor, lambda: answers, lossless=True)
    assert isinstance(live, Explains)
    assert live.explain() is None
    live.start()
    assert live.wait(30)
    found = live.explain(0)
    assert found is not None
    assert found.end_s == live.snapshot().decisions[0].timestamp_s
    assert live.explain(5) is None


def test_nothing_is_explained_that_nobody_asked_for() -> None:
    explained = []

    class Watched(FakeRecognizer):
        def explain(self, *arguments: object) -> None:
            explained.append(arguments)

    live = Session(ScriptedSource(60), FakeExtractor, Watched, lossless=True)
    live.start()
    assert live.wait(30)
    assert explained == []


def test_the_explainer_works_in_a_thread_of_its_own(explainer: Explainer) -> None:
    session = Answering(lambda person_id: explanation(person_id or 0))
    assert explainer.explanation is None
    explainer.ask(session, 4)
    assert wait_until(lambda: explainer.explanation is not None)
    assert explainer.explanation.person_id == 4
    assert threading.current_thread() not in session.threads
    explainer.ask(session, 5)
    assert wait_until(lambda: explainer.explanation.person_id == 5)
    assert len(session.threads) == 1


def test_of_wishes_that_come_meanwhile_the_newest_counts(explainer: Explainer) -> None:
    session = Answering(lambda person_id: explanation(person_id or 0))
    session.gate.clear()
    explainer.ask(session, 1)
    assert wait_until(lambda: session.asked == [1])
    for person_id in (2, 3, 4):
        explainer.ask(session, person_id)
    session.gate.set()
    assert wait_until(lambda: explainer.explanation is not None and explainer.explanation.person_id == 4)
    assert session.asked == [1, 4]


def test_what_was_forgotten_meanwhile_does_not_come_back(explainer: Explainer) -> None:
    session = Answering(lambda person_id: explanation(person_id or 0))
    session.gate.clear()
    explainer.ask(session, 1)
    assert wait_until(lambda: session.asked == [1])
    explainer.forget()
    session.gate.set()
    explainer.ask(Answering(lambda _: explanation(9)))
    assert wait_until(lambda: explainer.explanation is not None)
    assert explainer.explanation.person_id == 9


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SessionError("the graphics card was pulled"), "the graphics card was pulled"),
        (MemoryError("full"), "MemoryError: full"),
    ],
)
def test_a_failure_is_a_sentence_and_the_next_wish_is_served(explainer: Explainer, error, words) -> None:
    def fail(_: int | None) -> None:
        raise error

    explainer.ask(Answering(fail))
    assert wait_until(lambda: explainer.error != "")
    assert words in explainer.error
    explainer.ask(Answering(lambda _: explanation()))
    assert wait_until(lambda: explainer.explanation is not None)
    assert explainer.error == ""


def test_somebody_who_has_left_keeps_the_last_explanation(explainer: Explainer) -> None:
    explainer.ask(Answering(lambda _: explanation(1)))
    assert wait_until(lambda: explainer.explanation is not None and not explainer.busy)
    gone = Answering(lambda _: None)
    explainer.ask(gone, 1)
    assert wait_until(lambda: gone.asked == [1] and not explainer.busy)
    assert explainer.explanation.person_id == 1


def test_closing_ends_the_thread_at_once_and_no_wish_comes_after_it() -> None:
    idle = Explainer()
    assert idle.close()
    waiting = Explainer(interval_s=60.0)
    waiting.ask(Answering(lambda _: explanation()))
    assert wait_until(lambda: waiting.explanation is not None)
    assert waiting.close(5.0)
    late = Answering(lambda _: explanation())
    waiting.ask(late)
    assert late.asked == []
