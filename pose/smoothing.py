"""The One-Euro filter on arrays of joints: steady where a joint rests, quick where it moves.

G. Casiez, N. Roussel, D. Vogel: 1 € Filter: A Simple Speed-based Low-pass Filter for Noisy Input in
Interactive Systems. CHI 2012, doi 10.1145/2207676.2208639.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stgat.skeleton import FloatArray


class OneEuroFilter:
    """A low-pass filter whose cut-off frequency rises with the speed of the signal.

    One cut-off per row: the speed is the length of a row's derivative, so that the filter does the same
    whichever way the axes point (the paper's filter is for one number; per coordinate it would bend a
    slanted motion).

    min_cutoff_hz: the cut-off at rest; lower is steadier.
    beta: how much the cut-off rises, in Hz per (unit of x a second); higher lags less in motion.
    derivative_cutoff_hz: of the low-pass filter on the speed.
    max_gap_s: a row not seen for longer than this starts afresh.
    """

    def __init__(
        self,
        min_cutoff_hz: float = 1.0,
        beta: float = 0.0,
        derivative_cutoff_hz: float = 1.0,
        max_gap_s: float = 0.5,
    ) -> None:
        if min_cutoff_hz <= 0 or derivative_cutoff_hz <= 0 or beta < 0 or max_gap_s <= 0:
            raise ValueError("cut-offs and max_gap_s must be above 0 and beta not below 0")
        self.min_cutoff_hz = min_cutoff_hz
        self.beta = beta
        self.derivative_cutoff_hz = derivative_cutoff_hz
        self.max_gap_s = max_gap_s
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next call returns what it is given."""
        self._value: FloatArray | None = None
        self._raw: FloatArray = np.empty(0)
        self._slope: FloatArray = np.empty(0)
        self._seen_s: FloatArray = np.empty(0)
        self._now_s = -np.inf

    def __call__(self, x: FloatArray, timestamp_s: float) -> FloatArray:
        """The filtered x.

        x: (J, D) or (D,), any unit; a row with a NaN is not known: it comes out as NaN and its filter waits.
        timestamp_s: grows from call to call. The same time again returns the last answer for the rows known
            then; an earlier one (a video played again) starts the filter afresh.
        """
        rows: FloatArray = np.atleast_2d(np.asarray(x, dtype=np.float64))
        if self._value is None or timestamp_s < self._now_s or rows.shape != self._value.shape:
            self._value = np.full(rows.shape, np.nan)
            self._raw = self._value.copy()
            self._slope = np.zeros(rows.shape)
            self._seen_s = np.full(len(rows), -np.inf)
        self._now_s = timestamp_s

        known = np.asarray(~np.isnan(rows).any(axis=1))
        elapsed = timestamp_s - self._seen_s
        fresh = known & (elapsed > self.max_gap_s)
        self._value[fresh] = rows[fresh]
        self._slope[fresh] = 0.0
        going = known & ~fresh & (elapsed > 0)
        if going.any():
            dt = elapsed[going, None]
            slope = self._slope[going]
            slope += _alpha(self.derivative_cutoff_hz, dt) * ((rows[going] - self._raw[going]) / dt - slope)
            speed = np.linalg.norm(slope, axis=1, keepdims=True)
            value = self._value[going]
            value += _alpha(self.min_cutoff_hz + self.beta * speed, dt) * (rows[going] - value)
            self._slope[going], self._value[going] = slope, value
        taken = fresh | going
        self._raw[taken] = rows[taken]
        self._seen_s[taken] = timestamp_s
        return np.where(known[:, None], self._value, np.nan).reshape(np.shape(x))


def _alpha(cutoff_hz: float | FloatArray, dt: FloatArray) -> NDArray[np.float64]:
    """The weight of the new value in exponential smoothing: 1 / (1 + tau / dt), tau = 1 / (2 pi cut-off)."""
    ratio = 2.0 * np.pi * cutoff_hz * dt
    return np.asarray(ratio / (ratio + 1.0))
