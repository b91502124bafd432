from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from pose.estimator import PoseEstimator
from pose.landmarker import VideoLandmarker
from tests.pose.scenes import PaperLandmarker, PaperPerson, picture

ANNA, BEN, CLEO = 250, 200, 150


class Hall:
    """An estimator with paper landmarkers; keeps the landmarkers to be asked about."""

    def __init__(self, max_people: int = 2, smallest: float = 0.3, **options) -> None:
        self.landmarkers: list[PaperLandmarker] = []
        self.estimator = PoseEstimator(
            Path("unused"), max_people, open_landmarker=lambda _: self._open(smallest), **options
        )

    def _open(self, smallest: float) -> PaperLandmarker:
        self.landmarkers.append(PaperLandmarker(smallest))
        return self.landmarkers[-1]

    @property
    def looks(self) -> int:
        return sum(landmarker.looks for landmarker in self.landmarkers)

    def watch(self, scene, seconds: float, fps: int = 20) -> list[list[float]]:
        """The x of everybody found in each frame of scene(t), rounded."""
        found = []
        for i in range(int(seconds * fps)):
            poses = self.estimator.estimate(picture(*scene(i / fps)), i / fps)
            found.append(sorted(round(float(p.image_landmarks[:, 0].mean()), 2) for p in poses))
        return found


def still(*people):
    return lambda _: people


def test_one_person_is_found_in_the_first_picture_and_in_every_one():
    assert Hall().watch(still(PaperPerson(ANNA, 0.5)), 2.0) == [[0.5]] * 40


def test_an_empty_room_holds_nobody():
    assert Hall().watch(still(), 1.0) == [[]] * 20


def test_while_one_person_is_in_view_the_search_for_another_is_rare():
    hall = Hall(search_interval_s=0.25)
    hall.watch(still(PaperPerson(ANNA, 0.5)), 2.0, fps=50)
    followed, searched = sorted((landmarker.looks for landmarker in hall.landmarkers), reverse=True)
    assert followed == 100
    assert searched <= 9


def test_a_second_person_beside_the_first_is_found_within_a_second_and_kept():
    found = Hall().watch(still(PaperPerson(ANNA, 0.4), PaperPerson(BEN, 0.6)), 2.0)
    assert found[0] == [0.4] or found[0] == [0.6]
    assert found[20:] == [[0.4, 0.6]] * 20


def test_two_who_are_too_small_for_the_whole_picture_are_found_in_parts_of_it():
    found = Hall(smallest=0.5).watch(still(PaperPerson(ANNA, 0.2, 0.55), PaperPerson(BEN, 0.8, 0.55)), 2.0)
    assert found[-1] == [0.2, 0.8]


def test_no_more_than_max_people_are_found_and_the_same_ones_stay():
    three = still(PaperPerson(ANNA, 0.2), PaperPerson(BEN, 0.5), PaperPerson(CLEO, 0.8))
    found = Hall(max_people=2).watch(three, 4.0)
    assert len(found[-1]) == 2
    assert found[30:] == [found[-1]] * 50
    assert Hall(max_people=1).watch(three, 2.0)[-1] == found[0]


def test_one_person_is_never_reported_twice():
    """Ben walks behind Anna, and his landmarker goes on with her."""
    hall = Hall()
    scene = still(PaperPerson(ANNA, 0.4), PaperPerson(BEN, 0.6))
    assert hall.watch(scene, 2.0)[-1] == [0.4, 0.6]
    for landmarker in hall.landmarkers:
        landmarker.following = ANNA
    (pose,) = hall.estimator.estimate(picture(PaperPerson(ANNA, 0.4)), 2.0)
    assert pose.image_landmarks[:, 0].mean() == pytest.approx(0.4, abs=0.01)


def test_a_person_who_was_hidden_for_a_moment_is_found_again_at_once():
    def scene(t):
        behind = 1.0 <= t < 1.2
        return (PaperPerson(ANNA, 0.3),) if behind else (PaperPerson(ANNA, 0.3), PaperPerson(BEN, 0.7))

    found = Hall(search_interval_s=10.0).watch(scene, 2.0)
    # The rare search would need ten seconds; the one after a loss needs the next picture.
    assert found[19] == [0.3, 0.7] or found[19] == [0.3] or found[19] == [0.7]
    hall = Hall(search_interval_s=0.1)
    found = hall.watch(scene, 2.0)
    assert found[19] == [0.3, 0.7]
    assert found[22] == [0.3]
    assert found[25] == [0.3, 0.7]


def test_a_chair_is_not_reported_beside_a_person_nor_alone():
    chair = PaperPerson(CLEO, 0.8, is_chair=True)
    assert Hall().watch(still(chair), 1.0) == [[]] * 20
    assert Hall().watch(still(PaperPerson(ANNA, 0.3), chair), 2.0)[-1] == [0.3]


def test_somebody_seen_for_a_moment_beside_a_person_is_not_reported():
    def scene(t):
        flash = 0.5 <= t < 0.6
        return (PaperPerson(ANNA, 0.3), PaperPerson(BEN, 0.8)) if flash else (PaperPerson(ANNA, 0.3),)

    assert Hall(search_interval_s=0.05, trial_s=0.2).watch(scene, 1.0) == [[0.3]] * 20


def test_timestamps_that_start_anew_start_the_search_anew():
    hall = Hall()
    scene = still(PaperPerson(ANNA, 0.5))
    hall.watch(scene, 1.0)
    assert hall.watch(scene, 1.0) == [[0.5]] * 20
    hall.estimator.reset()
    assert all(landmarker.following is None for landmarker in hall.landmarkers)
    assert hall.watch(scene, 0.1) == [[0.5]] * 2


def test_pictures_may_be_views_with_gaps_in_memory():
    """A mirrored or cropped numpy view, and PyAV's padded rows, must not reach MediaPipe as they are."""
    image = picture(PaperPerson(ANNA, 0.3))[:, ::-1]
    (pose,) = Hall().estimator.estimate(image, 0.0)
    assert pose.image_landmarks[:, 0].mean() == pytest.approx(0.7, abs=0.01)


def test_closing_frees_the_landmarkers_and_may_be_repeated():
    hall = Hall()
    with hall.estimator:
        pass
    hall.estimator.close()
    assert [landmarker.closed for landmarker in hall.landmarkers] == [True, True]


def test_landmarkers_opened_before_one_fails_are_closed():
    opened: list[PaperLandmarker] = []

    def open_landmarker(_):
        if opened:
            raise RuntimeError("no memory")
        opened.append(PaperLandmarker())
        return opened[0]

    with pytest.raises(RuntimeError, match="no memory"):
        PoseEstimator(Path("unused"), open_landmarker=open_landmarker)
    assert opened[0].closed


def test_a_missing_model_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.task"):
        VideoLandmarker(tmp_path / "absent.task")


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        PoseEstimator(Path("unused"), max_people=0, open_landmarker=lambda _: PaperLandmarker())


def test_a_smaller_picture_in_the_middle_of_a_video_is_taken():
    """The person was found in a part of the large picture that lies outside the small one."""
    hall = Hall(smallest=0.5)
    far_right = PaperPerson(ANNA, 0.9, 0.55)
    assert hall.watch(still(far_right), 0.3)[-1] == [0.9]
    for i in range(3):
        poses = hall.estimator.estimate(picture(PaperPerson(ANNA, 0.5), size=(160, 90)), 0.3 + 0.05 * i)
    assert poses[0].image_landmarks[:, 0].mean() == pytest.approx(0.5, abs=0.02)


def test_when_nobody_has_been_there_for_a_while_people_are_looked_for_less_often(tmp_path: Path) -> None:
    looks: list[float] = []

    class Nobody:
        def __init__(self, path: Path) -> None: ...

        def look(self, image_rgb: np.ndarray, elapsed_s: float) -> None:
            looks.append(now_s)

        def forget(self) -> None: ...

        def close(self) -> None: ...

    with PoseEstimator(tmp_path, open_landmarker=Nobody) as estimator:
        for number in range(91):
            now_s = number / 30
            assert estimator.estimate(np.zeros((48, 64, 3), np.uint8), now_s) == []
    assert [now_s for now_s in looks if now_s <= 1.0] == [number / 30 for number in range(31)]
    later = [now_s for now_s in looks if now_s > 1.0]
    assert np.diff(later) == pytest.approx(0.1)
    assert later[0] == pytest.approx(1.1)


def test_a_search_that_takes_long_holds_up_nobody_who_is_followed() -> None:
    go_on = threading.Event()

    class Slow(PaperLandmarker):
        def look(self, image_rgb: np.ndarray, elapsed_s: float):
            assert go_on.wait(10.0)
            return super().look(image_rgb, elapsed_s)

    made = iter([PaperLandmarker(), Slow()])
    both = picture(PaperPerson(ANNA, 0.3), PaperPerson(BEN, 0.7))
    estimator = PoseEstimator(Path("unused"), open_landmarker=lambda _: next(made), trial_s=0.0)
    with estimator:
        followed = [len(estimator.estimate(both, 0.03 * i)) for i in range(12)]
        assert followed == [1] * 12  # from 0.27 s on the other landmarker searches, and is not waited for
        go_on.set()
        assert len(estimator.estimate(both, 0.39)) == 2


def test_what_is_found_depends_on_the_times_of_the_pictures_and_not_on_the_search() -> None:
    def crossing(t: float):
        return [PaperPerson(ANNA, 0.2 + 0.2 * t), *([PaperPerson(BEN, 0.9 - 0.2 * t)] if t > 0.4 else [])]

    first = Hall().watch(crossing, 2.0, fps=30)
    assert all(Hall().watch(crossing, 2.0, fps=30) == first for _ in range(3))
    assert len(first[-1]) == 2


def test_what_is_being_searched_for_is_dropped_with_the_pictures_it_was_in() -> None:
    hall = Hall(trial_s=0.0)
    both = picture(PaperPerson(ANNA, 0.3), PaperPerson(BEN, 0.7))
    hall.estimator.estimate(both, 0.0)
    hall.estimator.estimate(both, 0.3)  # a search is under way
    hall.estimator.reset()
    assert [landmarker.following for landmarker in hall.landmarkers] == [None, None]
    assert hall.estimator.estimate(picture(), 0.0) == []
