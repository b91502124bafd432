"""Skeletons, moment by moment, through a continual network: an answer at every frame of its own rate."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from app.decisions import Observation
from app.recognition import Observer
from app.window import PersonWindow
from stgat.checkpoint import Metadata
from stgat.continual.network import paces
from stgat.continual.recognizer import ContinualRecognizer, Stream
from stgat.motion import motion_m_s
from stgat.preprocessing import Preprocessing
from stgat.recognizer import Prediction, Recognizer
from stgat.retarget import body_scale, one_body, rest_limbs, unseen_limbs
from stgat.skeleton import FloatArray, Skeleton

#: As SlidingWindow: how long somebody must have been seen, and may be out of sight.
MIN_SPAN_S, FORGET_AFTER_S = 0.5, 1.0


def continual_interval(metadata: Metadata) -> float:
    """Seconds from one new answer of a continual network to the next: the strides leave frames out."""
    preprocessing = metadata.preprocessing
    return paces(metadata.model)[-1].stride * preprocessing.window_s / (preprocessing.num_frames - 1)


def make_observer(recognizer: Recognizer, interval_s: float | None = None) -> Observer | ContinualObserver:
    """What watches with a recognizer of either kind; interval_s is for windows alone."""
    if isinstance(recognizer, ContinualRecognizer):
        return ContinualObserver(recognizer)
    return Observer(recognizer, interval_s)


class ContinualObserver:
    """Observer for a continual network: steps through the frames of everybody in view as they come.

    A stream begins when somebody comes into view, and ends when they have been out of sight for
    FORGET_AFTER_S or time goes back. looked_at: the last window_s of everybody, as Observer has it.
    """

    def __init__(self, recognizer: ContinualRecognizer) -> None:
        self._recognizer = recognizer
        self._people: dict[int, _Person] = {}
        self._now_s = -math.inf
        self._changed = False
        self.looked_at: tuple[PersonWindow, ...] = ()

    def add(self, skeletons: Sequence[Skeleton], timestamp_s: float) -> None:
        """Take in who was seen at a moment, and step to it."""
        if timestamp_s < self._now_s:
            self._people.clear()
        self._now_s = timestamp_s
        for skeleton in skeletons:
            if not np.isfinite(skeleton.joints_m[0]).all():
                continue
            person = self._people.get(skeleton.person_id)
            if person is None or timestamp_s - person.seen_s > FORGET_AFTER_S:
                person = self._people[skeleton.person_id] = _Person(self._recognizer, timestamp_s)
            self._changed |= person.add(skeleton, timestamp_s)
        for person_id, person in list(self._people.items()):
            if timestamp_s - person.seen_s > FORGET_AFTER_S:
                del self._people[person_id]
                self._changed = True

    def observe(self) -> list[Observation] | None:
        """What is known of everybody at the newest moment; None where no network frame was due since."""
        if self._people and not self._changed:
            return None
        self._changed = False
        known = [
            (person_id, person, person.prediction)
            for person_id, person in sorted(self._people.items())
            if person.prediction is not None and person.seen_s - person.began_s >= MIN_SPAN_S
        ]
        self.looked_at = tuple(person.window(person_id) for person_id, person, _ in known)
        return [
            Observation(window.person_id, window.motion_m_s, prediction)
            for window, (_, _, prediction) in zip(self.looked_at, known, strict=True)
        ]


class _Person:
    """One person's stream, resampled to the network's rate: frame k is that of began_s + k * step_s."""

    def __init__(self, recognizer: ContinualRecognizer, began_s: float) -> None:
        self.began_s = self.seen_s = began_s
        self.prediction: Prediction | None = None
        self._stream: Stream = recognizer.begin()
        self._step_s = recognizer.step_s
        self._preprocessing = recognizer.metadata.preprocessing
        self._body = _Body(self._preprocessing)
        self._frames = 0
        self._before: FloatArray | None = None
        self._joints: deque[FloatArray] = deque(maxlen=self._preprocessing.num_frames)

    def add(self, skeleton: Skeleton, timestamp_s: float) -> bool:
        """Step through the network's frames up to this moment, between two poses; whether there was any."""
        now = self._body.put(skeleton, timestamp_s)
        before = now if self._before is None else self._before
        span, first = timestamp_s - self.seen_s, self._frames
        while (moment := self.began_s + self._frames * self._step_s) <= timestamp_s:
            share = (moment - self.seen_s) / span if span > 0 else 1.0
            joints = before + share * (now - before)
            self._joints.append(joints)
            self.prediction = self._stream.step(joints, moment)
            self._frames += 1
        self._before, self.seen_s = now, timestamp_s
        return self._frames > first

    def window(self, person_id: int) -> PersonWindow:
        """The last window_s; the first pose is held before it."""
        missing = self._preprocessing.num_frames - len(self._joints)
        joints = np.stack([self._joints[0]] * missing + list(self._joints))
        window_s = self._preprocessing.window_s
        motion = motion_m_s(joints, window_s)
        return PersonWindow(person_id, joints, motion, self.seen_s - window_s, self.seen_s)


class _Body:
    """Poses on the body that the network knows, from what has been seen in the last window_s."""

    def __init__(self, preprocessing: Preprocessing) -> None:
        self._preprocessing = preprocessing
        self._times: deque[float] = deque()
        self._scales: deque[float] = deque()
        self._confidence: deque[FloatArray] = deque()
        self._last: FloatArray | None = None

    def put(self, skeleton: Skeleton, timestamp_s: float) -> FloatArray:
        """(V, 3), no NaN: what is not known is where it was last, or on the root if never known."""
        self._remember(skeleton, timestamp_s)
        joints = skeleton.joints_m[None]
        if self._preprocessing.body == "one-body-1":
            joints = one_body(joints, self._preprocessing.layout)
            # The size of a person is the median of what was measured, not that of one frame.
            joints = joints + joints[:, :1] * (float(np.median(self._scales)) / self._scales[-1] - 1.0)
        if self._preprocessing.unseen_limbs == "rest-1":
            limbs = unseen_limbs(np.stack(self._confidence))
            joints = rest_limbs(joints, limbs) if limbs else joints
        last = np.broadcast_to(joints[0, :1], joints[0].shape) if self._last is None else self._last
        self._last = np.where(np.isfinite(joints[0]).all(axis=-1, keepdims=True), joints[0], last)
        return self._last

    def _remember(self, skeleton: Skeleton, timestamp_s: float) -> None:
        self._times.append(timestamp_s)
        self._scales.append(body_scale(np.asarray(skeleton.joints_m[None], np.float64)))
        self._confidence.append(skeleton.confidence)
        while self._times[0] < timestamp_s - self._preprocessing.window_s:
            for column in (self._times, self._scales, self._confidence):
                column.popleft()
