"""A picture of one recording: what is done, the events, and what was said at each moment."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from app.streaming import Said, Watched
from stgat.training.segments import Span

LANES = ("done", "events", "said live")


def draw_timeline(watched: Watched, said: Said, path: Path) -> None:
    """Write a PNG with three lanes; an action keeps its colour, one that is left out is grey."""
    live = live_spans(said)
    labels = sorted({span.label for span in (*watched.truth, *said.events, *live)})
    colours = {label: mpl.colormaps["tab20"](i % 20) for i, label in enumerate(labels)}
    figure = Figure(figsize=(max(8.0, watched.duration_s / 3.5), 3.2), layout="constrained")
    axes = figure.subplots()
    for lane, spans in enumerate(((*watched.truth, *watched.left_out), said.events, live)):
        for span in spans:
            width = max(span.end_s - span.start_s, 0.05)
            colour = colours.get(span.label, "0.8")
            axes.barh(lane, width, left=span.start_s, height=0.8, color=colour, edgecolor="white")
            if width > 0.3:
                axes.text(
                    span.start_s + width / 2, lane, span.label,
                    ha="center", va="center", rotation=90, fontsize=7, clip_on=True,
                )  # fmt: skip
    axes.set(yticks=range(len(LANES)), yticklabels=LANES, xlim=(0, watched.duration_s), xlabel="seconds")
    axes.invert_yaxis()
    axes.set_title(watched.name, fontsize=9)
    figure.savefig(path, dpi=110)


def live_spans(said: Said) -> tuple[Span, ...]:
    """Each action from the first moment it was said to the moment something else was."""
    spans: list[Span] = []
    begun: tuple[str, float] | None = None
    for time, label in (*said.moments, (said.moments[-1][0], None)) if said.moments else ():
        if begun is not None and label != begun[0]:
            spans.append(Span(*begun, time))
            begun = None
        if label is not None and begun is None:
            begun = label, time
    return tuple(spans)
