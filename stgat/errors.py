"""What can go wrong through no fault of the program; each message says what, where, and what to do.

Apart from what raises them, so that those who only catch them need not load torch.
"""

from __future__ import annotations


class CheckpointError(ValueError):
    """A file that is not a usable checkpoint; the message names it and says why."""


class OfficialCheckpointError(ValueError):
    """What was given is not an STGAT state dict under the authors' names; the message says what is wrong."""


class DeviceError(RuntimeError):
    """A device that was asked for and cannot be used here."""


class DataError(ValueError):
    """Data that cannot be used; the message names the file, the place in it, and what is wrong."""


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the file, the key and the remedy."""


class TrainingError(RuntimeError):
    """A run that cannot go on; the message says what led to it."""


class ExportError(RuntimeError):
    """A checkpoint that cannot be written in another form; the message says why."""


class TeachingError(ValueError):
    """An action, a take or a profile that cannot be used; the message says why, and what to do."""


class TrainingStopped(Exception):  # noqa: N818 - no error
    """A run was ended from outside and saved; the message says how to go on."""


STGAT_ERRORS = (
    CheckpointError, OfficialCheckpointError, DeviceError, DataError, ConfigError, TrainingError, ExportError,
    TeachingError,
)  # fmt: skip
