from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.playhead import SHORTEST_LOOP_S, Playhead


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def head(clock: Clock, **changes: object) -> Playhead:
    made = Playhead(clock)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("rate", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_time_passes_at_the_rate(rate: float) -> None:
    clock = Clock()
    playhead = head(clock, rate=rate)
    clock.now += 1.5
    playhead.advance(60.0, True, False)
    assert playhead.at_s == pytest.approx(1.5 * rate)


@pytest.mark.parametrize("reason", ["paused", "standing", "nothing known"])
def test_time_that_did_not_count_is_not_made_up_for(reason: str) -> None:
    clock = Clock()
    playhead = head(clock, paused=reason == "paused")
    clock.now += 5
    playhead.advance(None if reason == "nothing known" else 9.0, False, reason == "standing")
    assert playhead.at_s == 0
    playhead.paused = False
    clock.now += 1
    playhead.advance(9.0, False, False)
    assert playhead.at_s == pytest.approx(1.0)


def test_it_waits_where_the_known_ends_and_is_paused_where_the_file_does() -> None:
    clock = Clock()
    playhead = head(clock)
    clock.now += 5
    playhead.advance(2.0, False, False)
    assert (playhead.at_s, playhead.paused) == (2.0, False)
    clock.now += 5
    playhead.advance(4.0, True, False)
    assert (playhead.at_s, playhead.paused) == (4.0, True)


def test_nonsense_does_not_move_it() -> None:
    playhead = head(Clock(), at_s=3.0)
    playhead.jump(math.nan, 60.0)
    assert (playhead.at_s, playhead.jumps) == (3.0, 0)


@given(
    st.lists(
        st.one_of(
            st.floats(0, 3).map(lambda s: ("wait", s)),
            st.floats(-5, 99).map(lambda s: ("jump", s)),
            st.tuples(st.floats(-1, 99), st.floats(-1, 99)).map(lambda ab: ("loop", ab)),
            st.sampled_from([("loop", None), ("paused", True), ("paused", False), ("rate", 4.0)]),
        )
    )
)
def test_whatever_is_done_it_is_in_the_file_and_a_wait_is_no_spin(moves) -> None:
    clock, end_s = Clock(), 30.0
    playhead = head(clock)
    for name, value in moves:
        if name == "wait":
            clock.now += value
        elif name == "jump":
            playhead.jump(value, end_s)
        else:
            setattr(playhead, name, value)
        playhead.advance(end_s, True, False)
        assert 0 <= playhead.at_s <= end_s
        jumps = playhead.jumps
        playhead.advance(end_s, True, False)
        assert playhead.jumps == jumps  # at one moment it jumps once at most
        if playhead.loop is not None:
            begin_s, to_s = playhead.loop
            assert to_s - begin_s >= SHORTEST_LOOP_S - 1e-9
