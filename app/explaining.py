"""Why did it say that: what the network looked at for its last answer about a person, worked out on demand.

Nothing of this runs unless somebody asks. A session that can answer is an `Explains`; an `Explainer` asks it
in a thread of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.errors import USER_ERRORS, ModelError
from app.recognition import in_groups
from app.window import PersonWindow, network_input
from stgat.skeleton import FloatArray

if TYPE_CHECKING:
    from stgat.recognizer import Recognizer

log = logging.getLogger(__name__)

#: Least time between two explanations: more cannot be read, and recognition needs the machine.
INTERVAL_S = 0.4


@dataclass(frozen=True)
class Explanation:
    """What the network looked at in one window of one person; see stgat.attention for what is counted.

    label, probability: the network's own answer for this window alone, before decisions smooth it in time.
    end_s: of the window, in the source's time.
    joints: (B, V) each block's shares by joint, of the layout's joints. hops: (B, D) by distance in bones.
    even_joints: (V,), even_hops: (D,), the shares of a network that looks evenly.
    """

    person_id: int
    label: str
    probability: float
    end_s: float
    joints: FloatArray
    hops: FloatArray
    even_joints: FloatArray
    even_hops: FloatArray

    def emphasis(self, block: int | None = None) -> FloatArray:
        """(V,) how many times its even share each joint got: in one block, or in the mean of all."""
        joints = self.joints.mean(axis=0) if block is None else self.joints[block]
        return joints / self.even_joints

    def distances(self, block: int | None = None) -> FloatArray:
        """(D,) shares by distance, of one block or the mean of all."""
        return self.hops.mean(axis=0) if block is None else self.hops[block]


@runtime_checkable
class Explains(Protocol):
    """A session that can say what the network looked at."""

    def explain(self, person_id: int | None = None) -> Explanation | None:
        """For the last answer about this person; None for the first one in view.

        Takes as long as an answer: for any thread but Qt's. None where there is no answer about them (yet).
        """


def explain(
    people: Sequence[PersonWindow], recognizer: Recognizer, person_id: int | None = None
) -> Explanation | None:
    """What `recognizer` looks at in the windows of one moment; None where the person is not in them.

    Nor is one of whom a network for so many people at once has taken no notice.
    """
    metadata = recognizer.metadata
    if metadata.model.causal is not None:
        raise ModelError(f"{metadata.name} is a continual network; only windowed ones can be explained")
    for group in in_groups(people, metadata):
        for m, person in enumerate(group[: metadata.people]):
            if person_id is None or person.person_id == person_id:
                window = network_input(group, metadata.preprocessing, metadata.people)
                prediction, attention = recognizer.explain(window, (person.start_s, person.end_s))
                best = int(prediction.probabilities.argmax())
                return Explanation(
                    person.person_id,
                    prediction.labels[best],
                    float(prediction.probabilities[best]),
                    person.end_s,
                    attention.joints[:, m],
                    attention.hops[:, m],
                    attention.even_joints,
                    attention.even_hops,
                )
    return None


class Explainer:
    """Asks for explanations in a thread of its own, of wishes that come meanwhile the newest.

    explanation: the newest one; None before the first. error: a sentence for the user where the last wish
    failed, else empty. Both may be read from any thread. The thread starts with the first wish, and ends with
    `close`, after which there are no more wishes.
    """

    def __init__(self, interval_s: float = INTERVAL_S) -> None:
        self.explanation: Explanation | None = None
        self.error = ""
        self._interval_s = interval_s
        self._changed = threading.Condition()
        self._wish: tuple[Explains, int | None] | None = None
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether a wish is waiting."""
        return self._wish is not None

    def ask(self, session: Explains, person_id: int | None = None) -> None:
        """Explain the last answer about this person, soon; returns at once."""
        with self._changed:
            if self._closing:
                return
            self._wish = (session, person_id)
            self._changed.notify()
            if self._thread is None:
                # Daemon: a network that takes long must not keep the application from ending.
                self._thread = threading.Thread(target=self._run, name="explainer", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Drop the wish and what was found out, as when the session changes."""
        with self._changed:
            self._wish, self.explanation, self.error = None, None, ""

    def close(self, timeout_s: float = 1.0) -> bool:
        """End the thread, waiting at most timeout_s; False if it has not ended by then."""
        with self._changed:
            self._closing, self._wish = True, None
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._wish is not None)
                if self._closing:
                    return
                wish = self._wish
            assert wish is not None
            began = time.monotonic()
            explanation, error = self._explained(*wish)
            with self._changed:
                if self._wish is wish:
                    self._wish = None
                elif self._wish is None or self._wish[0] is not wish[0]:
                    continue  # forgotten meanwhile, or of a session that is over
                if explanation is not None or error:
                    self.explanation, self.error = explanation or self.explanation, error
                # A machine that is slow at it shall not be kept busy with it alone.
                pause_s = max(self._interval_s, time.monotonic() - began)
                self._changed.wait_for(lambda: self._closing, pause_s)

    @staticmethod
    def _explained(session: Explains, person_id: int | None) -> tuple[Explanation | None, str]:
        try:
            return session.explain(person_id), ""
        except USER_ERRORS as error:
            return None, str(error)
        except Exception as error:  # whatever a device throws: a view must not end a session
            log.exception("no explanation")
            return None, f"The explanation failed ({type(error).__name__}: {error})"
