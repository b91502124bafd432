"""Class names with a meaning of their own."""

from __future__ import annotations

#: The class of people who do nothing: they stand or sit, or are between two actions.
IDLE = "idle"
