"""Which picture is seen when: with its own pose where that comes in time, and every one of them."""

from __future__ import annotations

import numpy as np
import pytest

from app.entities import Decision, State, VideoFrame
from app.playout import BACKLOG, GAP_S, PATIENCE_S, SPACING_S, Playout
from stgat.skeleton import Skeleton

FPS, LOOK_S = 30.0, 1 / 60


def frames(count: int) -> list[VideoFrame]:
    picture = np.zeros((2, 2, 3), np.uint8)
    return [VideoFrame(picture, number, number / FPS) for number in range(count)]


def pose(frame: VideoFrame) -> tuple[Skeleton, ...]:
    return (Skeleton(np.zeros((25, 3)), np.ones(25), 0, frame.timestamp_s),)


def played(poses_take_s: list[float]) -> dict[int, tuple[float, int | None]]:
    """What a window that looks sixty times a second sees: picture -> (when first, whose pose it has then).

    Pictures come at 30 a second. The pose works on one at a time, then on the newest there is.
    """
    taken = frames(len(poses_take_s))
    events = [(frame.timestamp_s, 0, frame.index) for frame in taken]
    free_s = 0.0
    for frame, takes_s in zip(taken, poses_take_s, strict=True):
        newer = frame.timestamp_s + 1 / FPS
        if free_s <= newer:  # otherwise the next picture has taken this one's place
            free_s = max(free_s, frame.timestamp_s) + takes_s
            events.append((free_s, 1, frame.index))
    end_s = max(at for at, *_ in events) + 0.3
    events += [(number * LOOK_S, 2, 0) for number in range(int(end_s / LOOK_S))]
    playout, seen = Playout(), {}
    for at, what, number in sorted(events):
        if what == 0:
            playout.captured(taken[number], at)
        elif what == 1:
            playout.posed(taken[number], pose(taken[number]), at)
        else:
            frame, skeletons = playout.seen(at)
            if frame is not None and frame.index not in seen:
                owner = round(skeletons[0].timestamp_s * FPS) if skeletons else None
                seen[frame.index] = at, owner
    return seen


def test_a_pose_in_time_is_seen_with_its_own_picture() -> None:
    seen = played([0.025] * 60)
    assert [owner for _, owner in seen.values()] == list(range(60))
    assert all(at - number / FPS < 0.025 + LOOK_S + 1e-9 for number, (at, _) in seen.items())


@pytest.mark.parametrize("takes_s", [0.05, 0.1, 0.4])
def test_no_picture_is_dropped_while_the_pose_is_slow(takes_s: float) -> None:
    seen = played([takes_s] * 60)
    assert min(seen) <= takes_s * FPS  # those before the first pose are old when it comes
    assert list(seen) == list(range(min(seen), 60))
    late = {number: at - number / FPS for number, (at, _) in seen.items() if number > 2 * takes_s * FPS + 2}
    assert max(late.values()) < PATIENCE_S + SPACING_S + LOOK_S


@pytest.mark.parametrize("seed", range(20))
def test_nor_while_it_stumbles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    takes = rng.choice([0.015, 0.03, 0.06, 0.12], 90, p=[0.4, 0.3, 0.2, 0.1]).tolist()
    seen = played(takes)
    assert list(seen) == list(range(min(seen), 90))
    owners = [owner for _, owner in seen.values()]
    assert all(owner is not None and owner <= number for number, owner in zip(seen, owners, strict=True))


def test_a_late_pose_is_put_on_the_picture_that_is_there() -> None:
    first, second = frames(2)
    playout = Playout()
    playout.captured(first, 0.0)
    playout.posed(first, pose(first), 0.02)
    assert playout.seen(0.03)[0] is first
    playout.captured(second, 0.033)
    assert playout.seen(0.08) == (first, playout.seen(0.08)[1])
    seen, skeletons = playout.seen(0.033 + PATIENCE_S)
    assert seen is second
    assert skeletons[0].timestamp_s == first.timestamp_s
    playout.posed(second, pose(second), 0.2)
    assert playout.seen(0.2)[1][0].timestamp_s == second.timestamp_s


def test_nothing_is_seen_before_the_first_pose_and_old_pictures_never() -> None:
    taken = frames(20)
    playout = Playout()
    for frame in taken:
        playout.captured(frame, frame.timestamp_s)
    assert playout.seen(10.0) == (None, ())
    playout.posed(taken[-1], (), 10.0)
    assert playout.seen(10.0)[0] is taken[-1]


def test_who_waits_without_limit_sees_no_picture_before_its_pose() -> None:
    first, second = frames(2)
    playout = Playout(float("inf"))
    playout.captured(first, 0.0)
    playout.captured(second, 0.0)
    playout.posed(first, pose(first), 0.1)
    assert playout.seen(100.0)[0] is first
    playout.posed(second, pose(second), 100.0)
    assert playout.seen(100.1)[0] is second


def test_a_backlog_is_let_through_and_the_end_is_seen_at_once() -> None:
    taken = frames(BACKLOG + 3)
    playout = Playout()
    for frame in taken:
        playout.captured(frame, 0.0)
        playout.posed(frame, (), 0.0)
    assert playout.seen(0.0)[0] is taken[3 - 1]
    playout.finish()
    assert playout.seen(0.0)[0] is taken[-1]


def said(frame: VideoFrame) -> tuple[Decision, ...]:
    return (Decision(0, frame.timestamp_s, frame.index, State.ACTION, "wave", 0.9, ()),)


def test_promise_nothing_from_before_a_gap_is_shown_after_it() -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    before, after, later = (
        VideoFrame(picture, n, at) for n, at in enumerate((0.0, GAP_S + 0.01, GAP_S + 0.1))
    )
    playout = Playout(gap_s=GAP_S)
    assert not playout.captured(before, 0.0)
    playout.posed(before, pose(before), 0.01)
    assert playout.seen(0.02)[1]
    assert playout.current(said(before)) == said(before)
    assert playout.captured(after, 1.0)
    assert playout.current(said(before)) == ()
    assert playout.seen(1.0 + PATIENCE_S) == (after, ())
    playout.posed(before, pose(before), 1.1)
    assert playout.seen(1.1) == (after, ()), "a pose that took so long is no news either"
    playout.posed(after, pose(after), 1.2)
    assert playout.seen(1.2)[1][0].timestamp_s == after.timestamp_s
    assert not playout.captured(later, 1.3)
    assert playout.current(said(after)) == said(after)
    assert playout.current(()) == ()


def test_a_file_may_have_gaps() -> None:
    first, second = frames(1)[0], VideoFrame(np.zeros((2, 2, 3), np.uint8), 1, 60.0)
    playout = Playout()
    playout.captured(first, 0.0)
    playout.posed(first, pose(first), 0.01)
    assert not playout.captured(second, 60.0)
    assert playout.current(said(first)) == said(first)
    assert playout.seen(60.0 + PATIENCE_S)[1]
