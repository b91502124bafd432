from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.take_recorder import Flaw, Phase, Recorded, TakeRecorder, choose_person, fastest_m_s, judge
from stgat.skeleton import Skeleton
from stgat.teaching.profiles import Take
from tests.app.fakes import body

FPS = 30.0


def somebody(
    time_s: float, person_id: int = 1, *, still: bool = False, confidence: float = 0.9, size: float = 0.4
) -> Skeleton:
    joints = body(0.0 if still else 0.3 * np.sin(2 * np.pi * 1.5 * time_s))
    image = 0.5 + joints[:, :2] * (-0.3, -size)
    return Skeleton(joints, np.full(25, confidence), person_id, time_s, image)


def some_take(length_s: float = 2.0, origin: str = "here") -> Take:
    """Somebody who waves."""
    times = np.arange(round(length_s * FPS) + 1) / FPS
    people = [somebody(float(time_s)) for time_s in times]
    joints, confidence = (
        np.stack(part) for part in zip(*((p.joints_m, p.confidence) for p in people), strict=True)
    )
    return Take(joints, confidence, times, origin)


def play(recorder: TakeRecorder, start_s: float, end_s: float, who=lambda t: (somebody(t),), focus=None):
    """Feed the recorder from start to end; what it has given."""
    given: list[Recorded] = []
    for index in range(round(start_s * FPS), round(end_s * FPS)):
        recorded = recorder.add(who(index / FPS), index / FPS, focus)
        if recorded is not None:
            given.append(recorded)
    return given


def test_one_start_records_every_take_in_a_row():
    recorder = TakeRecorder(takes=5, length_s=3.0, countdown_s=3.0, pause_s=2.0, origin="camera")
    given = play(recorder, 0.0, 45.0)
    assert recorder.phase is Phase.DONE
    assert [recorded.flaws for recorded in given] == [()] * 5
    for recorded in given:
        assert recorded.take.duration_s == pytest.approx(3.0, abs=0.05)
        assert recorded.take.origin == "camera"
        assert len(recorded.take.timestamps_s) == pytest.approx(91, abs=1)


def test_it_counts_down_by_the_time_of_the_source():
    recorder = TakeRecorder(countdown_s=3.0)
    play(recorder, 10.0, 10.1)
    assert recorder.phase is Phase.COUNTDOWN
    assert recorder.left_s == pytest.approx(3.0, abs=0.1)
    play(recorder, 10.1, 12.0)
    assert recorder.left_s == pytest.approx(1.0, abs=0.1)
    assert recorder.share == pytest.approx(2 / 3, abs=0.05)
    play(recorder, 12.0, 13.2)
    assert recorder.phase is Phase.RECORDING


def test_it_waits_until_somebody_is_in_view():
    recorder = TakeRecorder(countdown_s=1.0)
    play(recorder, 0.0, 5.0, who=lambda t: ())
    assert recorder.phase is Phase.WAITING
    play(recorder, 5.0, 5.5)
    assert recorder.phase is Phase.COUNTDOWN
    play(recorder, 5.5, 7.0, who=lambda t: ())
    assert recorder.phase is Phase.WAITING


def test_who_leaves_during_a_take_is_lost_on_the_way_and_the_take_is_made_up_for():
    recorder = TakeRecorder(takes=1, length_s=3.0, countdown_s=1.0, pause_s=1.0)
    given = play(recorder, 0.0, 12.0, who=lambda t: () if 2.5 < t < 6.0 else (somebody(t),))
    assert [recorded.flaws for recorded in given] == [(Flaw.LOST,), ()]
    assert recorder.phase is Phase.DONE


def test_nobody_in_view_gives_no_take():
    recorder = TakeRecorder(takes=1, length_s=2.0, countdown_s=1.0, pause_s=1.0)
    (recorded,) = play(recorder, 0.0, 3.2, who=lambda t: () if t > 0.9 else (somebody(t),))
    assert recorded.take is None
    assert recorded.flaws == (Flaw.NOBODY,)


def test_a_series_of_bad_takes_comes_to_an_end():
    recorder = TakeRecorder(takes=2, length_s=1.0, countdown_s=1.0, pause_s=1.0)
    given = play(recorder, 0.0, 60.0, who=lambda t: (somebody(t, still=True),))
    assert recorder.phase is Phase.DONE
    assert [recorded.flaws for recorded in given] == [(Flaw.STILL,)] * 5


def test_a_take_follows_the_person_of_the_side_panel_and_says_when_there_was_another():
    recorder = TakeRecorder(takes=1, length_s=2.0, countdown_s=1.0)
    given = play(
        recorder, 0.0, 4.0, who=lambda t: (somebody(t, 1, size=0.8), somebody(t, 2, still=True)), focus=2
    )
    assert set(given[0].flaws) == {Flaw.OTHERS, Flaw.STILL}  # the second one stands still


def test_without_a_wish_the_largest_is_recorded():
    people = (somebody(0.0, 1, size=0.2), somebody(0.0, 2, size=0.4))
    assert choose_person(people, None).person_id == 2
    assert choose_person(people, 1).person_id == 1
    assert choose_person(people, 9).person_id == 2
    near, far = (
        replace(p, image_joints=None, joints_m=p.joints_m + np.array([0, 0, z]))
        for p, z in zip(people, (0, 2), strict=True)
    )
    assert choose_person((far, near), None).person_id == 1


def test_hips_out_of_the_picture_are_told():
    recorder = TakeRecorder(takes=1, length_s=2.0, countdown_s=1.0)

    def sitting(t: float) -> tuple[Skeleton]:
        person = somebody(t)
        person.confidence[[0, 12, 16]] = 0.1
        return (person,)

    assert play(recorder, 0.0, 4.0, who=sitting)[0].flaws == (Flaw.HIPS,)


def test_a_take_can_be_ended_before_its_time_and_the_series_goes_on():
    recorder = TakeRecorder(takes=2, length_s=10.0, countdown_s=1.0)
    assert recorder.end_take() is None
    play(recorder, 0.0, 3.0)
    recorded = recorder.end_take()
    assert recorded.take.duration_s == pytest.approx(2.0, abs=0.1)
    assert recorded.flaws == ()
    assert recorder.phase is Phase.PAUSE


def test_stopping_keeps_a_take_that_is_long_enough_and_no_other():
    recorder = TakeRecorder(countdown_s=1.0)
    play(recorder, 0.0, 1.3)
    assert recorder.phase is Phase.RECORDING
    assert recorder.stop() is None
    recorder = TakeRecorder(countdown_s=1.0)
    play(recorder, 0.0, 3.0)
    recorded = recorder.stop(cut=True)
    assert recorded.take is not None
    assert recorded.flaws[0] is Flaw.LOST
    assert recorder.phase is Phase.DONE
    assert recorder.add((somebody(3.1),), 3.1) is None


@pytest.mark.parametrize("leap_s", [-2.0, 30.0])
def test_a_source_that_was_moved_about_in_begins_the_take_anew(leap_s):
    recorder = TakeRecorder(takes=1, length_s=2.0, countdown_s=1.0)
    play(recorder, 10.0, 12.0)
    assert recorder.phase is Phase.RECORDING
    given = play(recorder, 12.0 + leap_s, 16.0 + leap_s)
    assert len(given) == 1
    assert given[0].flaws == ()


def test_a_moment_shown_twice_counts_once():
    recorder = TakeRecorder(takes=1, length_s=1.0, countdown_s=1.0)
    for index in range(70):
        for _ in range(2):
            recorded = recorder.add((somebody(index / FPS),), index / FPS)
            if recorded is not None:
                assert (np.diff(recorded.take.timestamps_s) > 0).all()
    assert recorder.phase is Phase.DONE


def test_a_short_movement_in_a_long_take_is_motion():
    times = np.arange(90) / FPS
    joints = np.stack([body(0.5 * np.clip((t - 1.0) / 0.3, 0.0, 1.0)) for t in times])  # a push, and held
    moving = Take(joints, np.ones((90, 25)), times)
    still = Take(np.repeat(joints[:1], 90, axis=0), np.ones((90, 25)), times)
    assert judge(moving) == ()
    assert fastest_m_s(still) == 0.0
    assert judge(still) == (Flaw.STILL,)
