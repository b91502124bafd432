"""STGAT said again, slowly: the formulas of the reference page in NumPy, one clip of one person at a time.

Shares nothing with stgat.model but the names of the parameters. Everything that module does cleverly is
done in full here: the zero padding goes through the query convolution, D4 is made as a map and then
averaged, the mask is -9e15, hops are found by walking, the convolution over time is a loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
W = 3


def plain_logits(
    x: Array,
    parameters: Mapping[str, Array],
    bones: Sequence[tuple[int, int]],
    strides: Sequence[int],
    num_heads: int,
    frame_weighting: str,
) -> Array:
    """(N, C, T, V, M) -> (N, K) logits in evaluation mode."""
    net = PlainSTGAT(parameters, bones, strides, num_heads, frame_weighting)
    rows = []
    for clip in x:
        features = np.mean([net.person(clip[..., m]) for m in range(x.shape[-1])], axis=0)
        rows.append(parameters["classifier.weight"] @ features + parameters["classifier.bias"])
    return np.array(rows)


def plain_looks(
    clip: Array,
    parameters: Mapping[str, Array],
    bones: Sequence[tuple[int, int]],
    strides: Sequence[int],
    num_heads: int,
    frame_weighting: str,
) -> list[Array]:
    """(C, T, V) of one person -> each block's attention (S, W*V, V) before the learned table is added."""
    net = PlainSTGAT(parameters, bones, strides, num_heads, frame_weighting)
    net.person(clip)
    return net.looked


def count_hops(num_joints: int, bones: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """(V, V) bones between two joints, by walking outwards from each; -1 where there is no way."""
    hops = np.full((num_joints, num_joints), -1)
    for start in range(num_joints):
        hops[start, start] = 0
        frontier = [start]
        while frontier:
            joint = frontier.pop(0)
            for bone in bones:
                if joint in bone:
                    other = bone[0] if bone[1] == joint else bone[1]
                    if hops[start, other] < 0:
                        hops[start, other] = hops[start, joint] + 1
                        frontier.append(other)
    return hops


def dense_adjacency(num_joints: int, bones: Sequence[tuple[int, int]]) -> Array:
    """(V, V) D^-1/2 (A + I) D^-1/2 with whole matrices."""
    A = np.zeros((num_joints, num_joints))
    for a, b in bones:
        A[a, b] = A[b, a] = 1.0
    A += np.eye(num_joints)
    D = np.diag(1.0 / np.sqrt(A.sum(axis=0)))
    return D @ A @ D


def leaky(x: Array) -> Array:
    return np.where(x >= 0, x, 0.1 * x)


class PlainSTGAT:
    def __init__(
        self,
        parameters: Mapping[str, Array],
        bones: Sequence[tuple[int, int]],
        strides: Sequence[int],
        num_heads: int,
        frame_weighting: str,
    ) -> None:
        self.p, self.bones, self.strides = parameters, bones, strides
        self.S, self.by_frame = num_heads, frame_weighting == "u_div_v"
        self.looked: list[Array] = []

    def person(self, x: Array) -> Array:
        """(C, T, V) -> (C_last,) mean over frames and joints."""
        y = self.stem(x)
        for i, stride in enumerate(self.strides):
            y = self.block(f"blocks.{i}", y, stride)
        return y.mean(axis=(1, 2))

    def stem(self, x: Array) -> Array:
        T = x.shape[1]
        maps = [leaky(self.norm("stem.static.1", self.conv("stem.static.0", x)))]
        for number, offset in enumerate((-1, -2, +1, +2)):
            d = np.zeros_like(x)
            for t in range(T):
                if 0 <= t + offset < T:
                    d[:, t] = x[:, t] - x[:, t + offset]
            maps.append(leaky(self.norm(f"stem.motion.{number}.1", self.conv(f"stem.motion.{number}.0", d))))
        return np.concatenate(maps)

    def block(self, name: str, y: Array, r: int) -> Array:
        attended = self.attend(f"{name}.attention", y)
        a = leaky(self.residual(f"{name}.attention_residual", y) + attended)
        fed = self.norm(f"{name}.feed_forward.1", self.conv(f"{name}.feed_forward.0", a))
        b = leaky(self.residual(f"{name}.feed_forward_residual", y) + fed)
        c = self.norm(f"{name}.temporal.1", self.conv_time(f"{name}.temporal.0", b, r))
        return leaky(self.residual(f"{name}.temporal_residual", b, r) + c)

    def attend(self, name: str, y: Array) -> Array:
        """Steps 1 to 6 without the residual: (C_in, T, V) -> (C_out, T, V)."""
        C, T, V = y.shape
        S = self.S
        U = np.zeros((C, T, W * V))
        for t in range(T):
            for w in range(W):
                if 0 <= t + w - 1 < T:
                    U[:, t, w * V : (w + 1) * V] = y[:, t + w - 1]

        k, q = self.conv(f"{name}.key", y), self.conv(f"{name}.query", U)
        per_head = len(k) // S
        k, q = k.reshape(S, per_head, T, V), q.reshape(S, per_head, T, W * V)
        e = np.einsum("situ,sitv->suv", q, k) / (per_head * T)

        hops = count_hops(V, self.bones)
        for s in range(S):
            for u in range(W * V):
                for v in range(V):
                    if hops[u % V, v] not in (0, s + 1):
                        e[s, u, v] = -9e15
        att = np.exp(e - e.max(axis=2, keepdims=True))
        att /= att.sum(axis=2, keepdims=True)

        D4 = np.tile(self.conv(f"{name}.frame_difference", y @ dense_adjacency(V, self.bones)), (1, 1, W)) - U
        weights = D4.reshape(S, C // S, T, W, V).mean(axis=(1, 2, 4))
        weights = 1.0 / (1.0 + np.exp(-weights))
        for u in range(W * V):
            att[:, u] *= weights[:, u // V if self.by_frame else u % W, None]
        self.looked.append(att.copy())
        att = att + self.p[f"{name}.table"]

        z = np.concatenate([np.einsum("ctu,uv->ctv", U, att[s]) for s in range(S)])
        return self.norm(f"{name}.project.1", self.conv(f"{name}.project.0", z))

    def residual(self, name: str, y: Array, r: int = 1) -> Array:
        if f"{name}.0.weight" not in self.p:
            return y
        return self.norm(f"{name}.1", self.conv(f"{name}.0", y[:, ::r]))

    def conv(self, name: str, x: Array) -> Array:
        """1x1 with bias over (C, T, V)."""
        return np.einsum("oc,ctv->otv", self.p[f"{name}.weight"][:, :, 0, 0], x) + self._column(
            f"{name}.bias"
        )

    def conv_time(self, name: str, x: Array, r: int) -> Array:
        """7x1, padding 3, stride r."""
        C, T, V = x.shape
        padded = np.concatenate([np.zeros((C, 3, V)), x, np.zeros((C, 3, V))], axis=1)
        kernel = self.p[f"{name}.weight"][..., 0]
        frames = [
            sum(kernel[:, :, k] @ padded[:, t + k] for k in range(7)) for t in range(0, T, r)
        ]  # each (C_out, V)
        return np.stack(frames, axis=1) + self._column(f"{name}.bias")

    def norm(self, name: str, x: Array) -> Array:
        """Batch norm with the running statistics."""
        mean, variance = self._column(f"{name}.running_mean"), self._column(f"{name}.running_var")
        scaled = (x - mean) / np.sqrt(variance + 1e-5)
        return scaled * self._column(f"{name}.weight") + self._column(f"{name}.bias")

    def _column(self, name: str) -> Array:
        return self.p[name][:, None, None]
