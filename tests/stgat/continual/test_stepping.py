"""One frame at a time gives the whole clip's answers: for any sizes, however long, however interleaved."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stgat.continual.operations import operations_per_frame
from stgat.continual.stepping import RunningSum, State, Stepper
from stgat.model import PAPER_BLOCKS, STGATConfig
from tests.stgat.continual.networks import SMALL, drawn, made
from tests.stgat.test_model import clip, relative_error


def stepped(stepper: Stepper, x: np.ndarray, state: State) -> list[np.ndarray | None]:
    """The answer after each frame of (N, C, T, V, M)."""
    return [stepper.step(x[:, :, t], state) for t in range(x.shape[2])]


def whole(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """(N, floor(T / R), K)."""
    with torch.no_grad():
        return model.answers(torch.from_numpy(x)).numpy()  # type: ignore[operator]


@pytest.mark.parametrize("seed", range(16))
def test_any_configuration_agrees_with_whole_clips(seed: int) -> None:
    model, M = drawn(seed)
    R = model.pace[-1].stride
    x = clip(model.config, 3 * R + 20, M, seed=seed).numpy()
    stepper, expected = Stepper(model), whole(model, x)
    answers = stepped(stepper, x, stepper.begin(2, M))
    assert answers[: R - 1] == [None] * (R - 1)
    for t, answer in enumerate(answers[R - 1 :], R - 1):
        assert answer is not None
        assert relative_error(answer, expected[:, (t + 1) // R - 1]) < 1e-4, t


def test_two_thousand_frames_do_not_drift() -> None:
    model = made(SMALL)
    x = clip(SMALL, T=2000, N=1).numpy()
    x[:, :, :1000] *= 30.0  # what a sum forgets again must leave no rounding behind
    stepper, expected = Stepper(model), whole(model, x)
    answers = stepped(stepper, x, stepper.begin())
    assert relative_error(np.stack(answers[1503::4], axis=1), expected[:, 375:]) < 1e-4
    assert np.array_equal(answers[1998], answers[1995])  # between two phases the last answer stands


def test_a_running_sum_forgets_what_was_large() -> None:
    rng = np.random.default_rng(0)
    running, kept = RunningSum(7, (3,), np.dtype(np.float32)), []
    for i in range(2000):
        array = (rng.normal(size=3) * (1e6 if i % 100 == 0 else 1.0)).astype(np.float32)
        kept = [*kept, array][-7:]
        total = running.add(array)
        if i % 100 > 20:  # a round after the large one has left
            np.testing.assert_allclose(total, np.sum(kept, axis=0), rtol=1e-4, atol=1e-4)


def test_streams_begin_and_go_on_without_each_other() -> None:
    model = made(SMALL)
    x = clip(SMALL, T=40, N=2).numpy()
    first, second = x[:1], x[1:]
    stepper = Stepper(model)
    one, other = stepper.begin(), stepper.begin()
    for t in range(40):
        answer = stepper.step(first[:, :, t], one)
        if t >= 13:  # the second comes later, and at another phase of the strides
            later = stepper.step(second[:, :, t - 13], other)
    assert answer is not None and later is not None
    assert relative_error(answer, whole(model, first)[:, -1]) < 1e-4
    assert relative_error(later, whole(model, second[:, :, :27])[:, -1]) < 1e-4


def test_a_new_state_knows_nothing_of_the_old_one() -> None:
    stepper = Stepper(made(SMALL))
    x = clip(SMALL, T=12).numpy()
    before = stepped(stepper, x, stepper.begin(2))
    stepped(stepper, 9 * x, stepper.begin(2))
    after = stepped(stepper, x, stepper.begin(2))
    assert np.array_equal(np.array(before[3:]), np.array(after[3:]))


def test_weights_changed_later_do_not_reach_it() -> None:
    model = made(SMALL)
    stepper = Stepper(model)
    x = clip(SMALL, T=8, N=1).numpy()
    before = stepped(stepper, x, stepper.begin())[-1]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    after = stepped(stepper, x, stepper.begin())[-1]
    assert before is not None and after is not None and np.array_equal(before, after)


def test_a_network_in_training_is_refused() -> None:
    with pytest.raises(ValueError, match="eval"):
        Stepper(made(SMALL).train())


def test_a_step_of_the_papers_network_takes_a_hundredth_of_a_window() -> None:
    config = STGATConfig(num_classes=60, blocks=PAPER_BLOCKS, causal=SMALL.causal)
    assert 0.08e9 < operations_per_frame(config) < 0.15e9  # a window of 128 frames: 13.3e9 a person
    with pytest.raises(ValueError, match="causal"):
        operations_per_frame(STGATConfig(num_classes=60))
