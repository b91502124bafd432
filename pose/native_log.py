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
#: How long one waits for another; one that holds stderr for longer hangs.
_PATIENCE_S = 2.0
_lock = threading.Lock()
_held: list[int] = []  # the real stderr, while another stands in for it


@contextlib.contextmanager
def quiet_native_log() -> Iterator[None]:
    """Within it, the process's stderr is collected; at its end all but the known notes is passed on.

    Environment variables do not reach this logger, and the library exports no switch. Other threads' lines
    are passed on too, a moment later. Where there is no stderr (a windowed program), nothing is done; nor
    where another thread hangs within it, from which stderr is then taken back.
    """
    if not _lock.acquire(timeout=_PATIENCE_S):
        for real in _held:
            os.dup2(real, _STDERR)
        yield
        return
    with contextlib.ExitStack() as stack:
        stack.callback(_lock.release)
        try:
            real = os.dup(_STDERR)
        except OSError:
            yield
            return
        stack.callback(os.close, real)
        stack.callback(_held.clear)
        _held.append(real)
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
