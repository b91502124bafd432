"""Finds one person, or two, in every picture of a video: each is followed by a landmarker of their own.

MediaPipe's own search for several people looks at the whole picture at once and misses the second person when
the two stand close or are small. A landmarker in video mode follows one person without searching; while one
is free, it looks at a part of the rest of the picture a few times a second (pose.search). Beside somebody
it does so while the next pictures are followed, which a search would otherwise hold up for more than its own
time; what it finds is taken up at a picture that the times alone decide, so the same pictures always give
the same people.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np

from pose import search
from pose.landmarker import VideoLandmarker
from pose.landmarks import Pose
from pose.search import Image, Sighting, Window

#: How much of its size a window grows by from one picture to the next. What a landmarker follows must be
#: about where it was in the picture before; a tenth is well within its reach.
_GROWTH = 0.04


class Landmarker(Protocol):
    """What follows one person; VideoLandmarker is one, a test's script another."""

    def look(self, image_rgb: Image, elapsed_s: float) -> Sighting | None: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


class _Slot:
    """A landmarker and the person it follows."""

    def __init__(self, landmarker: Landmarker) -> None:
        self.landmarker = landmarker
        self.looked_s = 0.0
        self.clear()

    def clear(self) -> None:
        self.pose: Pose | None = None  # where the person is now
        self.last: Pose | None = None  # where they were last, when they are out of sight
        self.window: Window | None = None  # the part of the picture the landmarker is given
        self.found_s = self.lost_s = -np.inf
        self.on_trial = False
        self.rounds: Iterator[Window] = iter(())

    def look(self, image: Image, window: Window, timestamp_s: float) -> tuple[Pose, bool] | None:
        """Who is in that part of the picture, and whether it looks like a person."""
        height, width = image.shape[:2]
        sighting = self.landmarker.look(window.crop(image), timestamp_s - self.looked_s)
        self.looked_s = timestamp_s
        if sighting is None:
            return None
        return window.to_picture(sighting.pose, width, height), search.is_plausible(sighting)

    def lose(self, timestamp_s: float) -> None:
        self.last, self.pose, self.lost_s = self.pose, None, timestamp_s


class _Search(NamedTuple):
    """A free landmarker's look at a part of a picture, under way."""

    slot: _Slot
    window: Window
    just_lost: bool
    others: list[Pose]  # who was followed in that picture
    began_s: float
    due_s: float  # it is taken up at the first picture from then on
    looking: Future[tuple[Pose, bool] | None]


class PoseEstimator:
    """Finds up to max_people people in the pictures of one video.

    model_path: the .task file (pose.models).
    search_interval_s: while somebody is in view, how often a free landmarker looks for somebody else.
    search_when_empty_s: the same, when nobody has been in view for `empty_after_s`; before, in every picture.
    search_after_loss_s: how long it looks in every picture for a person it has just lost.
    search_lag_s: so much later what was found beside somebody is followed; but not when just lost.
    trial_s: somebody found beside others is reported after being followed for so long: coats do not last.
    open_landmarker: makes a landmarker from the model file; tests give a script.

    Raises FileNotFoundError where there is no model file, and RuntimeError where MediaPipe cannot read it.
    """

    def __init__(
        self,
        model_path: Path,
        max_people: int = 2,
        search_interval_s: float = 0.25,
        search_when_empty_s: float = 0.1,
        empty_after_s: float = 1.0,
        search_after_loss_s: float = 0.5,
        search_lag_s: float = 0.1,
        trial_s: float = 0.2,
        open_landmarker: Callable[[Path], Landmarker] = VideoLandmarker,
    ) -> None:
        if max_people < 1:
            raise ValueError(f"max_people must be at least 1, not {max_people}")
        self._search_interval_s = search_interval_s
        self._search_when_empty_s, self._empty_after_s = search_when_empty_s, empty_after_s
        self._search_after_loss_s, self._search_lag_s = search_after_loss_s, search_lag_s
        self._trial_s = trial_s
        self._slots: list[_Slot] = []
        # Also runs at exit: MediaPipe must be closed before the interpreter takes its modules apart.
        self._helpers = ThreadPoolExecutor(max_people, thread_name_prefix="pose")
        self._finalizer = weakref.finalize(self, _close_all, self._slots, self._helpers)
        for _ in range(max_people):
            self._slots.append(_Slot(open_landmarker(model_path)))
        self._searching: _Search | None = None
        self._shape: tuple[int, ...] = ()
        self._searched_s = self._now_s = -np.inf
        self._empty_since_s: float | None = None

    def reset(self) -> None:
        """Forget everybody; timestamps may start anew."""
        self._drop_search()
        for slot in self._slots:
            if slot.pose is not None:
                slot.landmarker.forget()
            slot.clear()
            slot.looked_s = 0.0
        self._searched_s = self._now_s = -np.inf
        self._empty_since_s = None

    def estimate(self, image_rgb: Image, timestamp_s: float) -> list[Pose]:
        """The people in one picture, in no particular order.

        image_rgb: (H, W, 3) uint8 RGB. timestamp_s: grows from call to call; an earlier one starts afresh.
        """
        if timestamp_s < self._now_s:
            self.reset()
        self._now_s = timestamp_s
        if image_rgb.shape != self._shape:  # windows are pixels of one size of picture
            self._shape = image_rgb.shape
            self._drop_search()
            for slot in self._slots:
                slot.window, slot.rounds = search.whole(image_rgb.shape[1], image_rgb.shape[0]), iter(())
        if self._searching is not None and timestamp_s >= self._searching.due_s:
            self._take_up()
        self._follow_all(image_rgb, timestamp_s)
        self._part_doubles(image_rgb, timestamp_s)
        self._search(image_rgb, timestamp_s)
        return [slot.pose for slot in self._slots if slot.pose is not None and not slot.on_trial]

    def _follow_all(self, image: Image, timestamp_s: float) -> None:
        """Everybody at once, each in a thread: a landmarker keeps one core busy and knows of no other."""
        busy = [slot for slot in self._slots if slot.pose is not None]
        following = [self._helpers.submit(self._follow, slot, image, timestamp_s) for slot in busy[1:]]
        if busy:
            self._follow(busy[0], image, timestamp_s)
        for one in following:
            one.result()

    def _follow(self, slot: _Slot, image: Image, timestamp_s: float) -> None:
        height, width = image.shape[:2]
        assert slot.window is not None
        slot.window = slot.window.grown(width, height, _GROWTH)
        seen = slot.look(image, slot.window, timestamp_s)
        if seen is None:
            slot.lose(timestamp_s)
            return
        slot.pose, plausible = seen
        if slot.on_trial and not plausible:
            slot.landmarker.forget()
            slot.clear()
        elif timestamp_s - slot.found_s >= self._trial_s:
            slot.on_trial = False

    def _part_doubles(self, image: Image, timestamp_s: float) -> None:
        """Of two landmarkers that follow one person, the one that came later lets go."""
        aspect = image.shape[1] / image.shape[0]
        busy = sorted((s for s in self._slots if s.pose is not None), key=lambda s: s.found_s)
        for i, slot in enumerate(busy):
            for earlier in busy[:i]:
                if slot.pose and earlier.pose and search.is_same_person(slot.pose, earlier.pose, aspect):
                    slot.landmarker.forget()
                    if slot.on_trial:
                        slot.clear()
                    else:
                        slot.lose(timestamp_s)

    def _search(self, image: Image, timestamp_s: float) -> None:
        """Let one free landmarker look at one part of the picture, if it is time to."""
        slot = min((s for s in self._slots if s.pose is None), key=lambda s: -s.lost_s, default=None)
        others = [s.pose for s in self._slots if s.pose is not None]
        if slot is None or self._searching is not None:
            return
        height, width = image.shape[:2]
        just_lost = timestamp_s - slot.lost_s <= self._search_after_loss_s
        # A little less than the interval: times are rounded, and every third picture shall stay the third.
        interval_s = 0.999 * self._interval(bool(others), timestamp_s)
        if not just_lost and timestamp_s - self._searched_s < interval_s:
            return
        self._searched_s = timestamp_s
        if just_lost and slot.last is not None:
            window = search.around(slot.last, width, height)
        else:
            window = self._next_window(slot, others, width, height)
        painted = search.paint_over(image, others) if others else image
        looking = self._helpers.submit(slot.look, painted, window, timestamp_s)
        due_s = timestamp_s if just_lost else timestamp_s + 0.999 * self._search_lag_s
        self._searching = _Search(slot, window, just_lost, others, timestamp_s, due_s, looking)
        if not others:
            self._take_up()

    def _take_up(self) -> None:
        """Follow whom the search has found, if it is a person and somebody new; waits for its end."""
        assert self._searching is not None
        slot, window, just_lost, others, began_s, _, looking = self._searching
        self._searching = None
        seen = looking.result()
        if seen is None:
            return
        pose, plausible = seen
        height, width = self._shape[:2]
        if (
            not plausible
            or any(search.is_same_person(pose, other, width / height) for other in others)
            or search.is_remnant(pose, others, width, height)
        ):
            slot.landmarker.forget()
            return
        slot.on_trial = bool(others) and not just_lost
        slot.pose, slot.window, slot.found_s = pose, window, began_s

    def _drop_search(self) -> None:
        """Whatever is being found belongs to pictures that are over."""
        search_under_way, self._searching = self._searching, None
        if search_under_way is not None and search_under_way.looking.result() is not None:
            search_under_way.slot.landmarker.forget()

    def _interval(self, somebody: bool, timestamp_s: float) -> float:
        """Least time between two searches."""
        if somebody:
            self._empty_since_s = None
            return self._search_interval_s
        if self._empty_since_s is None:
            self._empty_since_s = timestamp_s
        return self._search_when_empty_s if timestamp_s - self._empty_since_s > self._empty_after_s else 0.0

    def _next_window(self, slot: _Slot, others: list[Pose], width: int, height: int) -> Window:
        window = next(slot.rounds, None)
        if window is None:
            slot.rounds = (
                search.windows_beside(others, width, height)
                if others
                else search.windows_when_empty(width, height)
            )
            window = next(slot.rounds)
        return window

    def close(self) -> None:
        """Free the landmarkers; may be called twice."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _close_all(slots: list[_Slot], helpers: ThreadPoolExecutor) -> None:
    helpers.shutdown()
    while slots:
        slots.pop().landmarker.close()
