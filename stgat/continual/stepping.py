"""The causal network one frame at a time, from what it remembers. What it computes: stgat.continual.

A step's arrays are small, so it costs the number of operations rather than their size. Hence NumPy, whose
calls are cheaper than PyTorch's, and folded weights (stgat.continual.folding).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from stgat.continual.folding import FoldedBlock, fold_block, fold_stem
from stgat.continual.network import STEPS, TAPS, CausalSTGAT, Pace
from stgat.model import NEGATIVE_SLOPE, WINDOW
from stgat.skeleton import FloatArray


class RunningSum:
    """The sum of the last `size` arrays of one shape, kept by adding and taking away.

    So that rounding cannot pile up however long a stream is, it is summed up anew once every `size` arrays.
    """

    def __init__(self, size: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self._last = np.zeros((size, *shape), dtype)
        self._next = 0
        self.total = np.zeros(shape, dtype)

    def add(self, array: FloatArray) -> FloatArray:
        """Take an array in, and the oldest out; returns the sum."""
        oldest = self._last[self._next]
        self.total += array
        self.total -= oldest
        oldest[:] = array
        self._next = (self._next + 1) % len(self._last)
        if self._next == 0:
            np.sum(self._last, axis=0, out=self.total)
        return self.total


@dataclass
class BlockState:
    """What one block remembers of n people.

    frames: of its input so far. windows (n, C_in, W*V), queries (n, S, I, W*V), means (n, W, S): of the last
    W frames. taps: (n, 7 * C_out, V), the last 7 before the convolution over time.
    span_scores (n, S, V, W*V), span_moved (n, W, S): sums since the attention was made; scores, moved: over
    the last L' / H' such spans. attention: (n, S, W*V, V).
    """

    frames: int
    windows: FloatArray
    queries: FloatArray
    means: FloatArray
    taps: FloatArray
    span_scores: FloatArray
    span_moved: FloatArray
    scores: RunningSum
    moved: RunningSum
    attention: FloatArray


@dataclass
class State:
    """What a network remembers of the streams of N groups of M people that began together.

    past: (N * M, 4, C, V) the frames before, newest first. maps: (P', N, C_last) the last block's, as means.
    answer: (N, K), None before the first.
    """

    frames: int
    past: FloatArray
    blocks: list[BlockState]
    maps: FloatArray
    answered: int = 0
    answer: FloatArray | None = None


class Stepper:
    """Steps through streams with the weights that a causal network has when this is made, on the CPU.

    Streams that begin apart have states of their own. Raises ValueError for a network that is being trained.

    >>> stepper = Stepper(model.eval())
    >>> state = stepper.begin()
    >>> for frame in frames:  # (1, C, V, 1)
    ...     logits = stepper.step(frame, state)
    """

    def __init__(self, model: CausalSTGAT) -> None:
        if model.training:
            raise ValueError("only a network in evaluation mode can be stepped: call its eval() first")
        self.config = model.config
        with torch.no_grad():
            self._stem = fold_stem(model.stem)
            self._blocks = [
                _BlockStepper(fold_block(block), pace)  # type: ignore[arg-type]
                for block, pace in zip(model.blocks, model.pace, strict=False)
            ]
            self._classifier = model.classifier.weight.T.numpy(force=True).copy()
            self._classifier_bias = model.classifier.bias.numpy(force=True).copy()
        self._answer_over = model.pace[-1].answer_over

    def begin(self, N: int = 1, M: int = 1) -> State:
        """The state before the first frame of N groups of M people."""
        C_last = len(self._classifier)
        V, dtype = self._blocks[0].num_joints, self._classifier.dtype
        return State(
            frames=0,
            past=np.zeros((N * M, len(STEPS), self.config.in_channels, V), dtype),
            blocks=[block.begin(N * M) for block in self._blocks],
            maps=np.zeros((self._answer_over, N, C_last), dtype),
        )

    def step(self, frame: FloatArray, state: State) -> FloatArray | None:
        """One normalised frame (N, C, V, M) of each stream -> logits (N, K), None before the first answer.

        Changes the state. What CausalSTGAT.answers gives for the last of all frames so far.
        """
        N, C, V, M = frame.shape
        y = self._step_stem(frame.transpose(0, 3, 1, 2).reshape(N * M, C, V), state)
        for block, memory in zip(self._blocks, state.blocks, strict=True):
            given = block.step(y, memory)
            if given is None:
                return state.answer
            y = given
        state.maps[state.answered % self._answer_over] = y.mean(axis=2).reshape(N, M, -1).mean(axis=1)
        state.answered += 1
        mean = state.maps.sum(axis=0) / min(state.answered, self._answer_over)
        state.answer = mean @ self._classifier + self._classifier_bias
        return state.answer

    def _step_stem(self, x: FloatArray, state: State) -> FloatArray:
        """(n, C, V) -> (n, C0, V)."""
        differences = x[:, None] - state.past
        differences[:, state.frames :] = 0.0
        state.past = np.concatenate((x[:, None], state.past[:, :-1]), axis=1)
        state.frames += 1
        weight, bias = self._stem
        maps = np.concatenate((x, differences.reshape(len(x), -1, x.shape[2])), axis=1)
        return _leaky_relu(weight @ maps + bias)


class _BlockStepper:
    def __init__(self, folded: FoldedBlock, pace: Pace) -> None:
        self._folded = folded
        self._pace = pace
        self.num_joints = folded.table.shape[1]

    def begin(self, n: int) -> BlockState:
        folded, dtype = self._folded, self._folded.table.dtype
        S, V, rows = folded.table.shape
        C_out, C_in = folded.query_bias.size, folded.of_input[0].shape[1]
        spans = self._pace.memory // self._pace.refresh
        return BlockState(
            frames=0,
            windows=np.zeros((n, C_in, rows), dtype),
            queries=np.broadcast_to(folded.query_bias.reshape(S, -1, 1), (n, S, C_out // S, rows)),
            means=np.zeros((n, WINDOW, S), dtype),
            taps=np.zeros((n, TAPS * C_out, V), dtype),
            span_scores=np.zeros((n, S, V, rows), dtype),
            span_moved=np.zeros((n, WINDOW, S), dtype),
            scores=RunningSum(spans, (n, S, V, rows), dtype),
            moved=RunningSum(spans, (n, WINDOW, S), dtype),
            attention=np.zeros((n, S, rows, V), dtype),
        )

    def step(self, y: FloatArray, state: BlockState) -> FloatArray | None:
        """(n, C_in, V) -> (n, C_out, V), None at a frame that the stride leaves out."""
        folded = self._folded
        n, _, V = y.shape
        C_out = folded.query_bias.size
        weight, bias = folded.of_input
        of_input = weight @ y + bias
        self._remember(y, of_input[:, :C_out], of_input[:, C_out : 2 * C_out], state)
        if state.frames % self._pace.refresh == 0:
            state.attention = self._attention(state)
        state.frames += 1
        if folded.has_residuals:
            first, second = of_input[:, 2 * C_out : 3 * C_out], of_input[:, 3 * C_out :]
        else:
            first = second = y
        weight, bias = folded.project
        z = (state.windows[:, None] @ state.attention).reshape(n, -1, V)  # (n, S * C_in, V)
        a = _leaky_relu(weight @ z + bias + first)
        weight, bias = folded.feed_forward
        b = _leaky_relu(weight @ a + bias + second)
        state.taps = np.concatenate((state.taps[:, C_out:], b), axis=1)
        if state.frames % folded.stride:
            return None
        weight, bias = folded.temporal
        return _leaky_relu(weight @ state.taps + bias)

    def _remember(self, y: FloatArray, key: FloatArray, query: FloatArray, state: BlockState) -> None:
        """Take a frame (n, C_in, V), its keys and its queries (n, C_out, V) into windows and sums."""
        n, _, V = y.shape
        S = len(self._folded.table)
        state.windows = np.concatenate((state.windows[..., V:], y), axis=2)
        state.queries = np.concatenate((state.queries[..., V:], query.reshape(n, S, -1, V)), axis=3)
        state.span_scores += key.reshape(n, S, -1, V).swapaxes(2, 3) @ state.queries
        centre_and_mean = y.reshape(n, 1, -1) @ self._folded.of_frame  # (n, 1, 2 * S)
        state.means = np.concatenate((state.means[:, 1:], centre_and_mean[..., S:]), axis=1)
        state.span_moved += centre_and_mean[..., :S] - state.means

    def _attention(self, state: BlockState) -> FloatArray:
        """(n, S, W*V, V), made of the sums; those since it was made last begin anew."""
        folded, frames = self._folded, min(state.frames + 1, self._pace.memory)
        scores = state.scores.add(state.span_scores) / frames + folded.outside
        moved = state.moved.add(state.span_moved) / frames + folded.moved_bias
        state.span_scores[:] = 0.0
        state.span_moved[:] = 0.0
        looks = np.exp(scores - scores.max(axis=2, keepdims=True))
        weights = 0.5 + 0.5 * np.tanh(0.5 * moved)  # the logistic function  # (n, W, S)
        weights = weights.swapaxes(1, 2)[..., folded.weight_of_row]  # (n, S, W*V)
        looks *= (weights / looks.sum(axis=2))[:, :, None]
        looks += folded.table
        return looks.swapaxes(2, 3)


def _leaky_relu(x: FloatArray) -> FloatArray:
    return np.maximum(x, NEGATIVE_SLOPE * x)
