"""The sequences of a run: labelled by its table, split by subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from stgat.data.idle import IdleConfig
from stgat.data.labelled import CONTEXT_S, DataConfig, LabelledSequence, load_sequences
from stgat.errors import DataError
from stgat.retarget import one_body
from tests.stgat.bodies import waving
from tests.stgat.data.files import nw_ucla_file, utd_mhad_file, utkinect_file, write_folder

LABELS = ("sit", "lift")
TABLE = {"sit down": "sit", "pick up with one hand": "lift", "pick up with two hands": "lift"}


def moving(T: int = 10) -> np.ndarray:
    return waving(np.arange(T) / 15)[:, :20]


def parts(*data: DataConfig) -> tuple[tuple[LabelledSequence, ...], tuple[LabelledSequence, ...]]:
    found = load_sequences(data, LABELS)
    assert found.rejected == ()
    return found.train, found.test


@pytest.fixture
def data(tmp_path: Path) -> DataConfig:
    """Actions 1, 2, 5 and 12 of subjects 1 to 4, and one recording of a single frame."""
    files = {
        f"a{action:02}_s{subject:02}_e00_v01.json": nw_ucla_file(moving(10 + subject))
        for action in (1, 2, 5, 12)
        for subject in (1, 2, 3, 4)
    }
    files["a05_s01_e01_v01.json"] = nw_ucla_file(moving(1))
    folder = write_folder(tmp_path / "nw", files)
    return DataConfig(format="nw-ucla", path=folder, test_subjects=(2, 4), labels=TABLE)


def test_no_subject_is_in_both_parts_and_all_are_in_one(data: DataConfig) -> None:
    train, test = parts(data)
    subjects = [{sequence.name[5:7] for sequence in part} for part in (train, test)]
    assert subjects == [{"01", "03"}, {"02", "04"}]
    assert (len(train), len(test)) == (6, 6)


def test_actions_count_as_the_table_says_and_others_are_left_out(data: DataConfig) -> None:
    train, test = parts(data)
    for sequence in train + test:
        assert sequence.label == LABELS.index({"01": "lift", "02": "lift", "05": "sit"}[sequence.name[1:3]])


def test_sequences_are_on_one_body_with_their_times(data: DataConfig) -> None:
    (sequence, *_), _ = parts(data)
    assert sequence.name == "a01_s01_e00_v01"
    assert sequence.dataset == "nw-ucla"
    np.testing.assert_allclose(sequence.joints_m, one_body(moving(11), "kinect-v1-20"), atol=1e-5)
    assert sequence.duration_s == pytest.approx(10 / 15)


def test_several_data_sets_are_pooled_under_one_list_of_labels(data: DataConfig, tmp_path: Path) -> None:
    files = {f"a25_s{s}_t1_skeleton.mat": utd_mhad_file(moving()) for s in (1, 2)}
    utd = DataConfig(
        format="utd-mhad",
        path=write_folder(tmp_path / "utd", files),
        test_subjects=(2,),
        labels={"stand to sit": "sit"},
    )
    train, test = parts(data, utd)
    assert [s.dataset for s in train].count("utd-mhad") == [s.dataset for s in test].count("utd-mhad") == 1
    assert train[-1].label == LABELS.index("sit")


def test_an_action_the_data_set_does_not_have_is_named(data: DataConfig) -> None:
    wrong = data.model_copy(update={"labels": TABLE | {"sit dwon": "sit"}})
    with pytest.raises(DataError, match=r"nw: has no action 'sit dwon', which the label table names"):
        load_sequences([wrong], LABELS)


@pytest.mark.parametrize(("subjects", "part"), [((), "held-out"), ((1, 2, 3, 4), "training")])
def test_a_part_that_would_be_empty_is_refused(data: DataConfig, subjects: tuple, part: str) -> None:
    with pytest.raises(DataError, match=f"the {part} part is empty; check test_subjects and labels"):
        load_sequences([data.model_copy(update={"test_subjects": subjects})], LABELS)


def test_a_broken_recording_is_left_out_and_told_of(data: DataConfig) -> None:
    (data.path / "a01_s01_e09_v01.json").write_text("{")
    found = load_sequences([data], LABELS)
    assert [rejected.name for rejected in found.rejected] == ["a01_s01_e09_v01"]
    assert (len(found.train), len(found.test)) == (6, 6)


def test_where_nothing_is_usable_the_first_reason_is_told(data: DataConfig) -> None:
    for path in data.path.iterdir():
        path.write_text("{")
    with pytest.raises(DataError, match=r"has no action .*; its first unusable recording: .*a01_s01_e00_v01"):
        load_sequences([data], LABELS)


def test_frames_without_the_person_are_left_out_with_their_times(data: DataConfig) -> None:
    joints = moving(12)
    joints[3:6] = 0.0
    (data.path / "a05_s01_e07_v01.json").write_bytes(nw_ucla_file(joints))
    (sequence,) = (found for found in parts(data)[0] if found.name == "a05_s01_e07_v01")
    assert np.isfinite(sequence.joints_m).all()
    np.testing.assert_allclose(sequence.timestamps_s * 15, [0, 1, 2, *range(6, 12)], atol=1e-6)


@pytest.mark.parametrize("form", ["ntu", "kinetics"])
def test_unknown_formats_and_flat_ones_are_refused(form: str) -> None:
    with pytest.raises(
        ValidationError, match=f"'{form}' is no data set of skeletons in metres; known: .*nw-ucla"
    ):
        DataConfig(format=form, path="x", test_subjects=(1,), labels={"a": "b"})


def utkinect(tmp_path: Path, subjects: tuple[int, ...] = (2,)) -> DataConfig:
    """Two recordings of 10 s: walk from 2 to 4 s, rest until 6 s, sitDown until 8 s."""
    numbers = list(range(0, 602, 2))
    joints = waving(np.array(numbers) / 60)[:, :20]
    labels = b"".join(b"s%02d_e01\nwalk: 120 240\nsitDown: 360 480\n" % subject for subject in (1, 2))
    files = {"actionLabel.txt": labels}
    files |= {f"joints_s{subject:02}_e01.txt": utkinect_file(numbers, joints) for subject in (1, 2)}
    folder = write_folder(tmp_path / "ut", files)
    return DataConfig(format="utkinect", path=folder, test_subjects=subjects, labels={"sitDown": "sit"})


def test_what_lies_between_the_actions_is_idle(tmp_path: Path) -> None:
    found = load_sequences([utkinect(tmp_path)], ("sit", "idle"), IdleConfig())
    for part, subject in ((found.train, 1), (found.test, 2)):
        assert [(s.name, s.label) for s in part] == [
            (f"s0{subject}_e01_sitDown", 0),
            (f"s0{subject}_e01@0.0", 1),
            (f"s0{subject}_e01@4.0", 1),
            (f"s0{subject}_e01@8.0", 1),
        ]
        assert {s.subject for s in part} == {subject}


def test_for_training_a_sequence_keeps_what_went_before_and_came_after(tmp_path: Path) -> None:
    found = load_sequences([utkinect(tmp_path)], ("sit", "idle"), IdleConfig())
    train, test = found.train[0], found.test[0]
    assert train.timestamps_s[[0, -1]] == pytest.approx([6.0 - CONTEXT_S, 10.0], abs=0.04)
    assert train.span_s == pytest.approx((6.0, 8.0))
    assert train.in_recording and not test.in_recording
    assert (train.begin_s, train.duration_s) == pytest.approx((6.0, 2.0))
    assert (test.begin_s, test.duration_s, test.span_s) == (0.0, pytest.approx(2.0), None)
    inside = (train.timestamps_s >= 6.0) & (train.timestamps_s <= 8.0)
    np.testing.assert_allclose(train.joints_m[inside], test.joints_m, atol=0.02)


def test_a_data_set_may_be_tested_on_whole(tmp_path: Path, data: DataConfig) -> None:
    other = utkinect(tmp_path).model_copy(update={"test_subjects": "all"})
    trained = data.model_copy(update={"test_subjects": (), "labels": {"sit down": "sit"}})
    found = load_sequences([trained, other], ("sit", "idle"), IdleConfig(rests=0))
    assert {s.dataset for s in found.train} == {"nw-ucla"}
    assert {s.dataset for s in found.test} == {"utkinect"}
    assert len([s for s in found.test if s.label == 0]) == 2
