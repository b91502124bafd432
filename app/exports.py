"""Events as a file for other programs: a table, JSON, or subtitles to lay over the video.

The suffix says which: .csv, .json, .srt (SubRip) or .vtt (WebVTT, https://www.w3.org/TR/webvtt1/). Times are
the source's own. Where there are several people each subtitle says whose it is.
"""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from app.entities import ActionEvent
from app.errors import OutputError
from stgat.data.atomic import replacing

SCHEMA = 1
_COLUMNS = ("label", "start_s", "end_s", "probability", "person")


def check_place(path: Path) -> None:
    """Before hours of work: raises OutputError for a suffix not in WRITERS, or where no file can be."""
    if path.suffix.lower() not in WRITERS:
        raise OutputError(f"{path}: events are written as {', '.join(WRITERS)}; name a file that ends so")
    check_folder(path)


def check_folder(path: Path) -> None:
    """Before hours of work: raises OutputError where no file can be."""
    if not path.parent.is_dir() or path.is_dir():
        why = "it is a folder" if path.is_dir() else "there is no such folder"
        raise OutputError(f"{path} cannot be written ({why}); choose another file")


def write_events(path: Path, events: Sequence[ActionEvent], video: str) -> None:
    """Write all events, by their start, whole or not at all. video: what they were seen in.

    Raises OutputError as `check_place` does, and where the file cannot be written.
    """
    check_place(path)
    in_order = sorted(events, key=lambda event: (event.start_s, event.person_id))
    text = WRITERS[path.suffix.lower()](in_order, video)
    try:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); choose another file") from error


def _as_csv(events: Sequence[ActionEvent], video: str) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, lineterminator="\r\n")  # as RFC 4180 has it
    table.writeheader()
    table.writerows(event.told() for event in events)
    return text.getvalue()


def _as_json(events: Sequence[ActionEvent], video: str) -> str:
    content = {"schema": SCHEMA, "video": video, "events": [event.told() for event in events]}
    return json.dumps(content, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _as_srt(events: Sequence[ActionEvent], video: str) -> str:
    spans = [f"{_clock(e.start_s, ',')} --> {_clock(e.end_s, ',')}" for e in events]
    cues = zip(spans, _captions(events), strict=True)
    return "".join(f"{number}\n{span}\n{text}\n\n" for number, (span, text) in enumerate(cues, 1))


def _as_vtt(events: Sequence[ActionEvent], video: str) -> str:
    spans = [f"{_clock(e.start_s, '.')} --> {_clock(e.end_s, '.')}" for e in events]
    cues = zip(spans, _captions(events), strict=True)
    # A cue's text may hold neither "<" nor "&" but as escapes, nor "-->" at all.
    return "WEBVTT\n\n" + "".join(f"{span}\n{html.escape(text, quote=False)}\n\n" for span, text in cues)


def _captions(events: Sequence[ActionEvent]) -> list[str]:
    several = len({event.person_id for event in events}) > 1
    captions = []
    for event in events:
        label = " ".join(event.label.split())  # an empty line would end the cue
        who = f"Person {event.person_id}: " if several else ""
        captions.append(f"{who}{label} ({round(100 * event.probability)} %)")
    return captions


def _clock(seconds: float, point: str) -> str:
    """
    >>> _clock(3661.0305, ","), _clock(59.9996, ".")
    ('01:01:01,030', '00:01:00.000')
    """
    milliseconds = round(1000 * max(0.0, seconds))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


WRITERS: dict[str, Callable[[Sequence[ActionEvent], str], str]] = {
    ".csv": _as_csv,
    ".json": _as_json,
    ".srt": _as_srt,
    ".vtt": _as_vtt,
}
