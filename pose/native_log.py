"""MediaPipe's native code writes notes to stderr that tell a user nothing; the known ones are held back."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

_NOISE = (
    b"Created TensorFlow Lite XNNPACK delegate",
    b"written to STDERR",
    b"inference_feedback_manager.cc",
    b"landmark_projection_calculator.cc",
)

_STDERR = 2
_lock = threading.Lock()


@contextlib.contextmanager
def quiet_native_log() -> Iterator[None]:
    """Within it, the process's stderr is collected; at its end all but the known notes is passed on.

    Environment variables do not reach this logger, and the library exports no switch. Other threads' lines
    are passed on too, a moment later. Where there is no stderr (a windowed program), nothing is done.
    """
    with _lock, contextlib.ExitStack() as stack:
        try:
            real = os.dup(_STDERR)
        except OSError:
            yield
            return
        stack.callback(os.close, real)
        held = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(real, _STDERR)
            held.seek(0)
            for line in held:
                if not any(note in line for note in _NOISE):
                    os.write(real, line)
