"""Taught actions come beside the old ones, which stay as they were; and the report counts rightly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stgat.errors import TeachingError
from stgat.preprocessing import prepare_window
from stgat.recognizer import Recognizer
from stgat.teaching.memory import Memory, directions, load_memory, save_memory
from stgat.teaching.network import TaughtSTGAT, part_means
from stgat.teaching.profiles import Profile
from stgat.teaching.report import Advice
from stgat.teaching.teach import Taught, TeachingCancelled, teach
from stgat.teaching.windows import look, take_windows
from tests.stgat.bodies import LEFT_ELBOW, LEFT_FOREARM
from tests.stgat.continual.checkpoints import continual_checkpoint
from tests.stgat.teaching.acting import RIGHT_HIP, RIGHT_LEG, profile, small_checkpoint, take

SHA = "0" * 64


@pytest.fixture(scope="module")
def taught() -> Taught:
    return teach(small_checkpoint(), profile(5))


@pytest.fixture(scope="module")
def memory() -> Memory:
    """Of what the untrained network says of people who stand still or walk, as if that were right."""
    checkpoint = small_checkpoint(SHA)
    rng = np.random.default_rng(0)
    parts = ((1, 2, 3), 0), ((9, 10, 11), 8), ((13, 14, 15), 12)
    windows = np.concatenate(
        [
            take_windows(take(*parts[i % 3], i), checkpoint.metadata.preprocessing, 1, rng)[0]
            for i in range(12)
        ]
    )
    logits, means = look(checkpoint.model, windows)
    mean, basis = directions(means)
    return Memory(
        SHA, mean, basis, (means - mean) @ basis, logits, logits.argmax(axis=1).astype(np.int32),
        np.arange(len(windows)) % 3 == 0, "made up", "none",
    )  # fmt: skip


def scores(result: Taught, part: tuple[int, ...], centre: int, seed: int) -> dict[str, float]:
    """What the taught network says of the middle of a take that it has not seen."""
    one = take(part, centre, seed)
    preprocessing = result.checkpoint.metadata.preprocessing
    window = prepare_window([(one.joints_m, one.timestamps_s)], preprocessing, -0.6, 1.4)
    (prediction,) = Recognizer(result.checkpoint, "cpu").recognize([window], [(0.0, 2.0)])
    return dict(zip(prediction.labels, prediction.probabilities.tolist(), strict=True))


def test_old_labels_keep_their_order_and_the_new_ones_follow(taught: Taught) -> None:
    labels = ("walk", "wave", "idle", "swing an arm", "swing a leg")
    assert taught.checkpoint.metadata.labels == labels
    assert taught.checkpoint.model.config.num_classes == 5


def test_the_network_s_own_logits_are_the_same_to_the_bit(taught: Taught) -> None:
    x = torch.randn(4, 3, 12, 25, 1)
    with torch.inference_mode():
        before, after = small_checkpoint().model(x), taught.checkpoint.model(x)
    assert torch.equal(before, after[:, :3])


def test_what_a_taught_network_looked_at_can_be_told(taught: Taught) -> None:
    window = np.random.default_rng(0).normal(size=(3, 12, 25, 1)).astype(np.float32)
    recognizer = Recognizer(taught.checkpoint, "cpu")
    prediction, attention = recognizer.explain(window, (0.0, 2.0))
    (alone,) = recognizer.recognize([window], [(0.0, 2.0)])
    np.testing.assert_allclose(prediction.probabilities, alone.probabilities, atol=1e-6)
    assert attention.joints.sum() == pytest.approx(len(taught.checkpoint.model.config.blocks))


def test_takes_nobody_saw_are_named(taught: Taught) -> None:
    for seed in range(500, 505):
        arm = scores(taught, LEFT_FOREARM, LEFT_ELBOW, seed)
        leg = scores(taught, RIGHT_LEG, RIGHT_HIP, seed)
        assert max(arm, key=arm.__getitem__) == "swing an arm"
        assert max(leg, key=leg.__getitem__) == "swing a leg"


def test_the_same_takes_teach_the_same(taught: Taught) -> None:
    again = teach(small_checkpoint(), profile(5))
    for a, b in zip(
        taught.checkpoint.model.state_dict().values(),
        again.checkpoint.model.state_dict().values(),
        strict=True,
    ):
        assert torch.equal(a, b)
    assert again.report.actions == taught.report.actions


def test_takes_that_differ_are_told_apart_when_left_out(taught: Taught) -> None:
    for action in taught.report.actions:
        assert (action.takes, action.right, action.confusions) == (5, 5, ())
        assert action.advice is Advice.ENOUGH and action.more_takes == 0
        assert [count for count, _ in action.curve] == [2, 3, 4]
    assert (taught.report.right, taught.report.takes) == (10, 10)
    assert taught.report.old is None


def test_two_names_for_one_movement_are_confused_and_the_report_says_so() -> None:
    made = Profile("tester")
    for number in range(6):
        made = made.with_take("one", take(LEFT_FOREARM, LEFT_ELBOW, number))
        made = made.with_take("the other", take(LEFT_FOREARM, LEFT_ELBOW, 50 + number))
    report = teach(small_checkpoint(), made).report
    assert report.right < report.takes
    confused = [action for action in report.actions if action.confusions]
    assert confused
    for action in confused:
        assert {label for label, _ in action.confusions} <= {"one", "the other"} - {action.name}
        assert sum(count for _, count in action.confusions) == action.takes - action.right
        assert action.advice is not Advice.ENOUGH


def test_what_is_remembered_keeps_the_old_actions(memory: Memory) -> None:
    result = teach(small_checkpoint(SHA), profile(5), memory=memory)
    old = result.report.old
    assert old is not None and old.windows == int(memory.judges.sum())
    assert old.before == 1.0  # the memory's classes are what the network says
    lost = round(old.windows * (old.before - old.after))
    assert lost == sum(count for _, _, count in old.taken) <= old.windows // 10
    assert result.report.right == result.report.takes


def test_a_memory_is_read_as_it_was_saved(memory: Memory, tmp_path) -> None:
    path = tmp_path / "memory" / "m.safetensors"
    save_memory(path, memory)
    read = load_memory(path)
    assert (read.model, read.data, read.data_licence) == (SHA, "made up", "none")
    np.testing.assert_array_equal(read.classes, memory.classes)
    np.testing.assert_array_equal(read.judges, memory.judges)
    np.testing.assert_allclose(read.coordinates, memory.coordinates, atol=1e-2)
    content = path.read_bytes()
    for cut in (0, 7, 100, len(content) - 5):
        path.write_bytes(content[:cut])
        with pytest.raises(TeachingError, match=r"m\.safetensors"):
            load_memory(path)


def test_a_memory_of_another_model_is_refused(memory: Memory) -> None:
    with pytest.raises(TeachingError, match="another model"):
        teach(small_checkpoint("1" * 64), profile(3), memory=memory)


def test_what_cannot_be_taught_is_said_before_anything_is_done() -> None:
    with pytest.raises(TeachingError, match="no action yet"):
        teach(small_checkpoint(), Profile("me"))
    with pytest.raises(TeachingError, match="2 takes"):
        teach(small_checkpoint(), profile(2))
    with pytest.raises(TeachingError, match="knows an action"):
        teach(small_checkpoint(), profile(3).renamed("swing a leg", "Wave"))


def test_a_continual_network_is_not_taught() -> None:
    with pytest.raises(TeachingError, match="continual network; only windowed ones can be taught"):
        teach(continual_checkpoint(), profile(3))


def test_a_taught_network_is_not_taught_again(taught: Taught) -> None:
    with pytest.raises(TeachingError, match="taught actions already"):
        teach(taught.checkpoint, profile(3))


def test_progress_rises_from_nothing_to_the_end() -> None:
    told: list[tuple[float, str]] = []
    teach(small_checkpoint(), profile(4), lambda share, step: told.append((share, step)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] == 1.0
    assert list(dict.fromkeys(step for _, step in told)) == ["looking", "learning", "checking"]


@pytest.mark.parametrize("at", [0, 3, 12])
def test_teaching_ends_soon_after_it_is_asked_to(at: int) -> None:
    told: list[float] = []
    with pytest.raises(TeachingCancelled):
        teach(small_checkpoint(), profile(4), lambda s, _: told.append(s), lambda: len(told) >= at)
    assert len(told) == at


def test_a_network_that_names_windows_is_taught_as_well() -> None:
    result = teach(small_checkpoint(lookahead_s=None), profile(4))
    assert result.report.right == result.report.takes


def test_part_means_are_means_over_parts_and_thirds() -> None:
    y = torch.zeros(1, 1, 2, 6, 25)
    y[0, 0, 0, 4:, 16] = 1.0  # the right hip, of four joints of its leg, in the last third
    means = part_means(y).reshape(3, 5, 2)
    assert means[2, 4, 0] == 0.25 and means.sum() == 0.25
    assert torch.isfinite(part_means(torch.zeros(1, 1, 2, 1, 25))).all()
    with pytest.raises(ValueError, match="25"):
        part_means(torch.zeros(1, 1, 2, 6, 20))


def test_the_base_is_not_changed_by_what_is_taught(taught: Taught) -> None:
    base = small_checkpoint()
    made = TaughtSTGAT(base.model, torch.zeros(2, 240), torch.zeros(2))
    with torch.no_grad():
        made.classifier.old.weight.zero_()
    assert base.model.classifier.weight.abs().sum() > 0
    assert base.model.config.num_classes == 3
