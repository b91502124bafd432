"""Results as JSON lines: a header, predictions and events as they come, an end. Each line is flushed.

{"type": "header", "schema": 1, "model": ..., "labels": [...], "video": ..., "fps": ...}
{"type": "prediction", "time_s": t, "frame": i, "person": p,
 "top": [{"label": l, "probability": q}, ...], "state": s}
{"type": "event", "label": l, "start_s": a, "end_s": b, "probability": q, "person": p}
{"type": "end", "frames": n, "posed": m}

`person` is null where nobody is in view (state "no_person").
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from app.entities import Decision, State
from app.errors import OutputError
from app.pipeline import Result

SCHEMA = 1


class JsonLines:
    """Writes results to a file, or to the terminal where path is None. A context manager.

    Raises OutputError where the file cannot be opened or a line cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            self._file: IO[str] = sys.stdout if path is None else path.open("w", encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written ({error.strerror}); choose another --output"
            ) from error

    def header(self, model: str, labels: tuple[str, ...], video: str, fps: float | None) -> None:
        self._write(
            {"type": "header", "schema": SCHEMA, "model": model, "labels": labels, "video": video, "fps": fps}
        )

    def result(self, result: Result) -> None:
        """The predictions and events of one frame; "no_person" where there is nobody."""
        if result.posed is not None and result.decisions is not None:
            frame = result.posed.frame
            for decision in result.decisions:
                self._prediction(decision)
            if not result.posed.skeletons and not result.decisions:
                self._write(
                    {
                        "type": "prediction",
                        "time_s": round(frame.timestamp_s, 4),
                        "frame": frame.index,
                        "person": None,
                        "top": [],
                        "state": State.NO_PERSON,
                    }
                )
        for event in result.events:
            self._write({"type": "event", **event.told()})

    def end(self, frames: int, posed: int) -> None:
        self._write({"type": "end", "frames": frames, "posed": posed})

    def close(self) -> None:
        if self._path is not None:
            self._guarded(self._file.close)

    def _prediction(self, decision: Decision) -> None:
        self._write(
            {
                "type": "prediction",
                "time_s": round(decision.timestamp_s, 4),
                "frame": decision.frame_index,
                "person": decision.person_id,
                "top": [{"label": name, "probability": round(p, 4)} for name, p in decision.top],
                "state": decision.state,
            }
        )

    def _write(self, line: dict[str, Any]) -> None:
        # ASCII: a terminal's encoding may not have a label's letters, nor UTF-8 every file's name.
        text = json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n"
        self._guarded(lambda: self._file.write(text))
        self._guarded(self._file.flush)

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            raise OutputError(f"{self._path or 'the output'} cannot be written ({error.strerror})") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
