"""Continual STGAT said again, slowly: the formulas of stgat.continual in NumPy, one person's clip at a time.

Every sum is over the frames that its formula names, made anew for each frame; nothing is running.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tests.stgat.plain_stgat import Array, PlainSTGAT, W, count_hops, dense_adjacency, leaky


class PlainContinual(PlainSTGAT):
    """memory, refresh, answer_over: L, H and P, in frames of the input."""

    def __init__(
        self,
        parameters: Mapping[str, Array],
        bones: Sequence[tuple[int, int]],
        strides: Sequence[int],
        num_heads: int,
        frame_weighting: str,
        memory: int,
        refresh: int,
        answer_over: int,
    ) -> None:
        super().__init__(parameters, bones, strides, num_heads, frame_weighting)
        self.L, self.H, self.P = memory, refresh, answer_over
        self.R = 1

    def answers(self, clip: Array) -> Array:
        """(C, T, V, M) -> (floor(T / R), K)."""
        maps = []
        for m in range(clip.shape[-1]):
            self.R = 1
            y = self.stem(clip[..., m])
            for i, stride in enumerate(self.strides):
                y = self.block(f"blocks.{i}", y, stride)
                self.R *= stride
            maps.append(y.mean(axis=2))  # (C, T')
        maps = np.mean(maps, axis=0)
        P = math.ceil(self.P / self.R)
        features = [maps[:, max(0, t + 1 - P) : t + 1].mean(axis=1) for t in range(maps.shape[1])]
        return np.array(features) @ self.p["classifier.weight"].T + self.p["classifier.bias"]

    def stem(self, x: Array) -> Array:
        maps = [leaky(self.norm("stem.static.1", self.conv("stem.static.0", x)))]
        for j in (1, 2, 3, 4):
            d = np.zeros_like(x)
            for t in range(j, x.shape[1]):
                d[:, t] = x[:, t] - x[:, t - j]
            name = f"stem.motion.{j - 1}"
            maps.append(leaky(self.norm(f"{name}.1", self.conv(f"{name}.0", d))))
        return np.concatenate(maps)

    def attend(self, name: str, y: Array) -> Array:
        C, T, V = y.shape
        S = self.S
        H = max(1, self.H // self.R)
        L = H * math.ceil(self.L / (self.R * H))
        past = np.concatenate([np.zeros((C, W - 1, V)), y], axis=1)
        U = np.stack([np.concatenate([past[:, t + w] for w in range(W)], axis=1) for t in range(T)], axis=1)
        k, q = self.conv(f"{name}.key", y), self.conv(f"{name}.query", U)
        I = len(k) // S  # noqa: E741
        k, q = k.reshape(S, I, T, V), q.reshape(S, I, T, W * V)
        hops = count_hops(V, self.bones)
        neighbours = self.conv(f"{name}.frame_difference", y @ dense_adjacency(V, self.bones))
        D4 = (np.tile(neighbours, (1, 1, W)) - U).reshape(S, C // S, T, W, V)
        frames = []
        for t in range(T):
            made = t - t % H
            recent = range(max(0, made - L + 1), made + 1)
            e = np.stack([sum(q[s, :, tau].T @ k[s, :, tau] for tau in recent) for s in range(S)])
            e = e / (I * len(recent))
            for s in range(S):
                reach = np.tile((hops == 0) | (hops == s + 1), (W, 1))
                e[s][~reach] = -9e15
            att = np.exp(e - e.max(axis=2, keepdims=True))
            att /= att.sum(axis=2, keepdims=True)
            g = 1.0 / (1.0 + np.exp(-D4[:, :, list(recent)].mean(axis=(1, 2, 4))))
            for u in range(W * V):
                att[:, u] *= g[:, u // V if self.by_frame else u % W, None]
            att = att + self.p[f"{name}.table"]
            frames.append(np.concatenate([U[:, t] @ att[s] for s in range(S)]))
        return self.norm(f"{name}.project.1", self.conv(f"{name}.project.0", np.stack(frames, axis=1)))

    def residual(self, name: str, y: Array, r: int = 1) -> Array:
        return super().residual(name, y[:, r - 1 :], r)

    def conv_time(self, name: str, x: Array, r: int) -> Array:
        C, T, V = x.shape
        past = np.concatenate([np.zeros((C, 6, V)), x], axis=1)
        kernel = self.p[f"{name}.weight"][..., 0]
        frames = [sum(kernel[:, :, i] @ past[:, t + i] for i in range(7)) for t in range(r - 1, T, r)]
        return np.stack(frames, axis=1) + self.p[f"{name}.bias"][:, None, None]
