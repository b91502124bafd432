from __future__ import annotations

import pytest

from app.entities import ActionEvent, Health, Snapshot, State
from app.ui import texts, theme
from app.ui.panels import Headline, TopFive
from app.ui.timeline import Timeline
from tests.app.ui.fakes import TOP, decision, frame


def count(widget, colour):
    """How many pixels of the widget have about this colour."""
    image = widget.grab().toImage()
    red, green, blue, _ = colour.getRgb()
    near = 0
    for y in range(image.height()):
        for x in range(image.width()):
            pixel = image.pixelColor(x, y)
            near += abs(pixel.red() - red) + abs(pixel.green() - green) + abs(pixel.blue() - blue) < 12
    return near


@pytest.fixture
def bars(qtbot):
    bars = TopFive()
    qtbot.addWidget(bars)
    bars.resize(300, bars.sizeHint().height())
    return bars


def test_a_bar_is_as_long_as_its_share(bars):
    accent = theme.DARK.color("accent")
    lengths = []
    for share in (0.2, 0.4, 0.8):
        bars.show_top((("wave", share),), "wave")
        lengths.append(count(bars, accent))
    assert lengths[1] / lengths[0] == pytest.approx(2, rel=0.15)
    assert lengths[2] / lengths[1] == pytest.approx(2, rel=0.15)


def test_only_the_action_decided_on_stands_out(bars):
    bars.show_top(TOP, None)
    assert count(bars, theme.DARK.color("accent")) == 0
    bars.show_top(TOP, "raise hand")
    assert 0 < count(bars, theme.DARK.color("accent")) < 200


def test_more_than_five_are_cut_and_none_leave_empty_tracks(bars):
    bars.show_top(tuple((f"action {i}", 0.1) for i in range(9)), None)
    assert len(bars.top) == 5
    bars.show_top((), None)
    assert count(bars, theme.DARK.color("track")) > 5 * 280


@pytest.mark.parametrize("label", ["", "a", "put on a hat or cap", "extraordinarily" * 9, "größer – 左手"])
@pytest.mark.parametrize("width", [40, 300])
def test_any_label_is_painted(qtbot, bars, label, width):
    headline = Headline()
    qtbot.addWidget(headline)
    headline.resize(width, headline.sizeHint().height())
    headline.set_words(label, strong=True)
    bars.resize(width, bars.height())
    bars.show_top(((label, 1.0), ("b", float("0"))), label)
    assert not headline.grab().isNull()
    assert not bars.grab().isNull()
    assert headline.accessibleName().endswith(label)


def test_an_action_a_doubt_and_idling_differ_on_the_timeline(qtbot):
    inks = {}
    for state in (State.ACTION, State.UNKNOWN, State.IDLE):
        strip = Timeline()
        qtbot.addWidget(strip)
        strip.resize(900, strip.sizeHint().height())
        for tenth in range(100):
            said = (decision(1, state, "wave", tenth / 10),)
            strip.show_snapshot(Snapshot(Health.RUNNING, frame(tenth, tenth / 10), decisions=said))
        strip.refresh()
        inks[state] = count(strip, theme.DARK.color("accent"))
    assert inks[State.ACTION] > 3000
    assert inks[State.UNKNOWN] == inks[State.IDLE] == 0


def test_a_finished_action_lies_where_it_happened(qtbot):
    strip = Timeline()
    qtbot.addWidget(strip)
    strip.resize(900, strip.sizeHint().height())

    def paint(*events):
        strip.show_snapshot(Snapshot(Health.RUNNING, frame(0, 40.0), events=events))
        strip.refresh()
        return strip.grab().toImage()

    early = paint(ActionEvent("a", 10.0, 10.5, 0.9, 1))  # names the lane, then stays out of the way
    both = paint(ActionEvent("a", 10.0, 10.5, 0.9, 1), ActionEvent("b", 25.0, 32.5, 0.9, 1))
    changed = [
        x
        for x in range(both.width())
        if any(both.pixel(x, y) != early.pixel(x, y) for y in range(both.height()))
    ]
    left, right = changed[0], changed[-1]
    end = 900 - 16  # of the time axis: 40 s
    assert (end - left) / (end - right) == pytest.approx((40 - 25) / (40 - 32.5), rel=0.02)


def test_percentages_of_almost_nothing_are_not_called_nothing():
    assert [texts.percent(p) for p in (0.0, 0.001, 0.006, 0.5, 1.0)] == [
        "0 %",
        "<1 %",
        "1 %",
        "50 %",
        "100 %",
    ]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("there is no camera 0: plug one in", "There is no camera 0: plug one in"),
        ("clap.mp4 is empty", "clap.mp4 is empty"),
        ("weights/a is no model", "weights/a is no model"),
        ("", "The reason is not known."),
    ],
)
def test_an_error_is_a_sentence_and_keeps_file_names(why, said):
    assert texts.failed("demo", why, had_picture=False).detail == said


def test_every_text_of_a_state_exists():
    assert set(texts.STATE_NAMES) == set(State)
    assert set(texts.HEALTH_NAMES) == set(Health)
    assert {*texts.STATE_HINTS, State.ACTION} == set(State)


@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT], ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("text", "window"), ("text", "panel"), ("text", "raised"), ("muted", "window"), ("muted", "panel"),
        ("muted", "raised"), ("on_accent", "accent"), ("accent", "panel"), ("error", "window"),
    ],
)  # fmt: skip
def test_text_has_a_contrast_of_four_and_a_half(colours, ink, ground):
    def luminance(name):  # WCAG 2.1, "relative luminance"
        parts = colours.color(name).getRgbF()[:3]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    darker, lighter = sorted([luminance(ink), luminance(ground)])
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
