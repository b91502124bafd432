"""Calls timed in turns; see stgat.timing."""

from stgat.timing import Times, in_turns, ratio

__all__ = ["Times", "in_turns", "ratio"]
