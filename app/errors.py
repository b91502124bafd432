"""Errors a person can meet: the message is one plain sentence that says what, where, and what to do."""

from __future__ import annotations

from pose.models import PoseModelError
from stgat.errors import STGAT_ERRORS


class SourceError(RuntimeError):
    """A camera, video or recording cannot be used."""


class OutputError(RuntimeError):
    """A result cannot be written."""


class ModelError(RuntimeError):
    """A model is in order, but not for what it is asked to do."""


class SessionError(RuntimeError):
    """A session ended early; the message is the sentence it gave."""


#: What is told as a sentence, without a traceback.
USER_ERRORS = (SourceError, OutputError, ModelError, SessionError, PoseModelError, *STGAT_ERRORS)
