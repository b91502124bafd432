"""A batch as files for people: report.csv, a row an event, and report.html, a page that needs nothing else.

The page has totals, what could not be read, and for each file a picture of its timeline and a table. Its
pictures are SVG, drawn here: they print at any size, and their words are text.
"""

from __future__ import annotations

import csv
import html
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from app.batch import BatchResult, FileResult
from app.entities import ActionEvent
from app.errors import OutputError
from stgat.data.atomic import replacing

CSV, HTML = "report.csv", "report.html"
COLUMNS = ("file", "start", "end", "person", "action", "probability")

#: Of the people, told apart also by those who see few colours (Okabe and Ito).
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_WIDTH, _GUTTER, _ROW, _AXIS, _MOST_TICKS, _LONGEST_LABEL = 960, 210, 26, 26, 10, 30


def write_report(output: Path, result: BatchResult, now: datetime) -> tuple[Path, Path]:
    """Write both files, each whole or not at all; returns the table and the page. Raises OutputError."""
    table, page = output / CSV, output / HTML
    for path, text in ((table, as_csv(result)), (page, as_html(result, now))):
        try:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written ({error.strerror}); the results are kept: make room, or close the "
                "program that has it open, and start the same batch again"
            ) from error
    return table, page


def as_csv(result: BatchResult) -> str:
    """A row an event, times in seconds; a file without events has none."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")  # as RFC 4180 has it
    table.writerow(COLUMNS)
    for file in result.files:
        for event in file.events:
            told = event.told()
            values = (told["start_s"], told["end_s"], told["person"], told["label"], told["probability"])
            table.writerow((file.file, *values))
    return text.getvalue()


def as_html(result: BatchResult, now: datetime) -> str:
    """The page. Whatever comes from outside, names of files and actions, is escaped."""
    title = f"Actions in {result.folder.resolve().name or result.folder}"
    failed, events = len(result.failed), result.num_events
    facts = [
        f"{_count(len(result.files), 'file')}, {_count(events, 'event')}",
        f"model {result.model}",
        now.strftime("%d %B %Y, %H:%M").lstrip("0"),
    ]
    if result.stopped:
        facts.insert(1, f"stopped after {len(result.files)} of {_count(result.num_files, 'file')}")
    if failed:
        facts.insert(1, f"{_count(failed, 'file')} could not be read")
    body = [
        f"<h1>{_safe(title)}</h1>",
        f'<p class="facts">{_safe(" · ".join(facts))}</p>',
        *_errors(result.failed),
        *_totals(result),
    ]
    for file in result.files:
        if not file.error:
            body += _section(file)
    return _PAGE.format(title=_safe(title), style=_STYLE, body="\n".join(body), sha=result.model_sha256)


def timeline(file: FileResult) -> str:
    """An SVG picture: a row for each action, a bar for each event, in the colour of who did it."""
    rows = {label: i for i, label in enumerate(dict.fromkeys(event.label for event in file.events))}
    people = {person: i for i, person in enumerate(sorted({event.person_id for event in file.events}))}
    length = max([file.duration_s, *(event.end_s for event in file.events), 0.1])
    plot, bottom = _WIDTH - _GUTTER - 16, len(rows) * _ROW + 4

    def x(seconds: float) -> float:
        return _GUTTER + plot * max(0.0, seconds) / length

    told = f"Timeline of {file.file}: {_count(len(file.events), 'event')} in {clock(length)}"
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {bottom + _AXIS}" role="img" aria-label="{_safe(told)}">'
        f"<title>{_safe(told)}</title>"
    ]
    for second in ticks(length):
        at = x(second)
        parts.append(f'<line x1="{at:.1f}" y1="0" x2="{at:.1f}" y2="{bottom}" class="grid"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 18}" class="tick">{clock(second)}</text>')
    for label, row in rows.items():
        middle = row * _ROW + _ROW / 2
        parts.append(
            f'<text x="{_GUTTER - 10}" y="{middle + 5:.1f}" class="row">{_safe(_short(label))}</text>'
        )
        parts.append(
            f'<line x1="{_GUTTER}" y1="{(row + 1) * _ROW}" x2="{_WIDTH - 16}" y2="{(row + 1) * _ROW}" '
            'class="line"/>'
        )
    for event in file.events:
        begin, width = x(event.start_s), max(2.5, x(event.end_s) - x(event.start_s))
        colour = _COLOURS[people[event.person_id] % len(_COLOURS)]
        hint = f"{event.label}, person {event.person_id}, {clock(event.start_s)} to {clock(event.end_s)}"
        parts.append(
            f'<rect x="{begin:.1f}" y="{rows[event.label] * _ROW + 5}" width="{width:.1f}" '
            f'height="{_ROW - 10}" rx="2" fill="{colour}"><title>{_safe(hint)}</title></rect>'
        )
    parts.append("</svg>")
    if len(people) > 1:
        parts.append(_legend(people))
    return "".join(parts)


def ticks(length_s: float) -> list[float]:
    """Round moments from 0 to the length, no more than _MOST_TICKS."""
    step = next((s for s in _STEPS_S if length_s / s < _MOST_TICKS), None) or length_s / (_MOST_TICKS - 1)
    return [i * step for i in range(int(length_s / step) + 1)]


def clock(seconds: float) -> str:
    """
    >>> clock(4.25), clock(83), clock(3700)
    ('0:04', '1:23', '1:01:40')
    """
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _legend(people: dict[int, int]) -> str:
    entries = (
        f'<span><i style="background:{_COLOURS[i % len(_COLOURS)]}"></i>Person {person}</span>'
        for person, i in people.items()
    )
    return f'<p class="legend">{"".join(entries)}</p>'


def _errors(failed: Sequence[FileResult]) -> Iterator[str]:
    if not failed:
        return
    yield f'<section class="errors"><h2>Could not be read: {len(failed)}</h2>'
    yield "<table><tr><th>File</th><th>Why</th></tr>"
    for file in failed:
        yield f"<tr><td>{_safe(file.file)}</td><td>{_safe(file.error)}</td></tr>"
    yield "</table></section>"


def _totals(result: BatchResult) -> Iterator[str]:
    found: dict[str, list[tuple[str, ActionEvent]]] = defaultdict(list)
    for file in result.files:
        for event in file.events:
            found[event.label].append((file.file, event))
    yield "<section><h2>Totals</h2>"
    if not found:
        yield '<p class="quiet">No action was recognised in any file.</p></section>'
        return
    yield (
        '<table><tr><th>Action</th><th class="n">Events</th><th class="n">Files</th>'
        '<th class="n">Time in all</th></tr>'
    )
    for label, seen in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        seconds = sum(event.end_s - event.start_s for _, event in seen)
        files = len({name for name, _ in seen})
        yield (
            f'<tr><td>{_safe(label)}</td><td class="n">{len(seen)}</td><td class="n">{files}</td>'
            f'<td class="n">{seconds:.1f} s</td></tr>'
        )
    yield "</table></section>"


def _section(file: FileResult) -> Iterator[str]:
    yield f"<section><h2>{_safe(file.file)}</h2>"
    yield f'<p class="facts">{clock(file.duration_s)} long · {_count(len(file.events), "event")}</p>'
    if file.warning:
        yield f'<p class="warning">{_safe(file.warning)}</p>'
    if file.events:
        yield timeline(file)
        yield (
            '<table><tr><th class="n">Start</th><th class="n">End</th><th class="n">Person</th>'
            '<th>Action</th><th class="n">Probability</th></tr>'
        )
        for event in file.events:
            yield (
                f'<tr><td class="n">{event.start_s:.2f} s</td><td class="n">{event.end_s:.2f} s</td>'
                f'<td class="n">{event.person_id}</td><td>{_safe(event.label)}</td>'
                f'<td class="n">{100 * event.probability:.0f} %</td></tr>'
            )
        yield "</table>"
    else:
        yield '<p class="quiet">No action was recognised.</p>'
    yield "</section>"


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _safe(text: str) -> str:
    """Escaped; white space as a space, and what else cannot be shown as a mark."""
    spaced = " ".join(text.split())
    return html.escape(
        "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced), quote=True
    )


_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: #1a1e25;
  background: #fff; max-width: 960px; margin: 32px auto; padding: 0 24px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 4px; overflow-wrap: anywhere; }
.facts, .quiet { color: #586172; margin: 0 0 12px; }
.warning { color: #7d5000; margin: 0 0 12px; }
.errors { border-left: 4px solid #c2382b; padding-left: 16px; margin-top: 24px; }
.errors h2 { margin-top: 0; color: #c2382b; }
table { border-collapse: collapse; margin: 12px 0; }
th { text-align: left; color: #586172; font-weight: 600; }
th, td { padding: 4px 24px 4px 0; border-bottom: 1px solid #dbe0e7; vertical-align: top;
  overflow-wrap: anywhere; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1a1e25; }
svg .tick { text-anchor: middle; fill: #586172; font-size: 12px; }
svg .row { text-anchor: end; }
svg .grid { stroke: #dbe0e7; } svg .line { stroke: #eceff3; }
.legend span { margin-right: 20px; } .legend i { display: inline-block; width: 12px; height: 12px;
  border-radius: 2px; margin-right: 6px; }
footer { color: #586172; font-size: 12px; margin-top: 40px; overflow-wrap: anywhere; }
@page { margin: 16mm; }
@media print {
  body { margin: 0; max-width: none; padding: 0; font-size: 11pt; }
  svg, tr, h1, h2 { break-inside: avoid; } h2, .facts { break-after: avoid; }
  rect, .legend i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""

# Nothing is loaded and nothing runs, whatever a file's name may say.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<footer>Written by STGAT Live. The model's checksum (SHA-256): {sha}</footer>
</body>
</html>
"""
