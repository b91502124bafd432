"""The side panel: the current action large, who else is there, and the five most likely actions."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWIDGETSIZE_MAX, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.entities import Decision, State
from app.ui import texts, theme

BARS = 5
WIDTH = 300


class Headline(QWidget):
    """A few words as large as they fit, on one line or two."""

    SCALES = (3.0, 2.6, 2.2, 1.9, 1.6, 1.3)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._words, self._strong = texts.NOTHING, False
        self._lines = 2
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> str:
        return self._words

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        scale = self.SCALES[3] * 2 if self._lines == 2 else self.SCALES[2]
        return QSize(220, round(QFontMetricsF(theme.scaled_font(self, scale)).height()))

    def set_lines(self, lines: int) -> None:
        """How many lines there is room for: 1 or 2."""
        self._lines = lines
        self.updateGeometry()

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def set_words(self, words: str, strong: bool) -> None:
        """strong: an action, in full colour; otherwise (idle, unknown, nobody) the words step back."""
        if (words, strong) != (self._words, self._strong):
            self._words, self._strong = words, strong
            self.setAccessibleName(f"{texts.CURRENT_ACTION}: {words}")
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        room = QRectF(self.rect())
        wrapped = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        for scale in self.SCALES:
            painter.setFont(theme.scaled_font(self, scale, QFont.Weight.DemiBold))
            metrics = QFontMetricsF(painter.font())
            widest = max(metrics.horizontalAdvance(word) for word in (self._words.split() or [""]))
            needed = metrics.boundingRect(room, wrapped, self._words)
            if widest <= room.width() and needed.height() <= room.height() + 1:
                break
        painter.setPen(self._theme.color("text" if self._strong else "muted"))
        painter.drawText(room, wrapped, self._words)
        painter.end()


class TopFive(QWidget):
    """The most likely actions as bars with percentages; the one decided on stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._top: tuple[tuple[str, float], ...] = ()
        self._chosen: str | None = None
        self.setAccessibleName(texts.TOP_FIVE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def top(self) -> tuple[tuple[str, float], ...]:
        return self._top

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(220, round(BARS * self._row_height()))

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def show_top(self, top: Sequence[tuple[str, float]], chosen: str | None) -> None:
        """top: (label, probability) pairs, likeliest first. chosen: the label decided on, if any."""
        if (tuple(top[:BARS]), chosen) == (self._top, self._chosen):
            return
        self._top, self._chosen = tuple(top[:BARS]), chosen
        said = ", ".join(
            f"{texts.action_name(label)} {texts.percent(probability)}" for label, probability in self._top
        )
        self.setAccessibleDescription(said)
        self.update()

    def _row_height(self) -> float:
        return QFontMetricsF(self.font()).height() + 20

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row_h = self._row_height()
        for row in range(BARS):
            box = QRectF(0, row * row_h, self.width(), row_h)
            self._paint_row(painter, box, *(self._top[row] if row < len(self._top) else (None, 0.0)))
        painter.end()

    def _paint_row(self, painter: QPainter, box: QRectF, label: str | None, probability: float) -> None:
        track = QRectF(box.left(), box.bottom() - 14, box.width(), 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("track"))
        painter.drawRoundedRect(track, 2.5, 2.5)
        if label is None:
            return
        chosen = label == self._chosen
        if probability > 0:
            bar = QRectF(track)
            bar.setWidth(max(track.height(), track.width() * min(1.0, probability)))
            painter.setBrush(self._theme.color("accent") if chosen else self._theme.color("muted", 0.55))
            painter.drawRoundedRect(bar, 2.5, 2.5)
        painter.setFont(
            theme.scaled_font(self, 1.0, QFont.Weight.DemiBold if chosen else QFont.Weight.Normal)
        )
        metrics = QFontMetricsF(painter.font())
        line = QRectF(box.left(), box.top(), box.width(), track.top() - box.top() - 2)
        share = texts.percent(probability)
        painter.setPen(self._theme.color("text" if chosen else "muted"))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, share)
        room = line.width() - metrics.horizontalAdvance(share) - theme.SPACE
        name = metrics.elidedText(texts.headline(label), Qt.TextElideMode.ElideRight, max(0.0, room))
        painter.setPen(self._theme.color("text"))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, name)


class SidePanel(QWidget):
    """What is said of one person at length, and of the others in a line each.

    The person shown is kept as long as they are in view; a click on another's line shows that one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._focus: int | None = None
        self._decisions: tuple[Decision, ...] = ()
        self.section = _section(texts.CURRENT_ACTION)
        self.headline = Headline()
        self.hint = QLabel(texts.NOT_RUNNING)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.top_five = TopFive()
        self._others = QVBoxLayout()
        self._others.setSpacing(theme.SPACE // 2)
        self._others.setContentsMargins(0, theme.SPACE, 0, 0)
        self._other_buttons: list[QPushButton] = []
        self._top_section = _section(texts.MOST_LIKELY)
        self._build()

    def _build(self) -> None:
        now = QVBoxLayout()
        now.setSpacing(theme.SPACE // 2)
        now.addWidget(self.section)
        now.addWidget(self.headline)
        now.addWidget(self.hint)
        now.addLayout(self._others)
        likely = QVBoxLayout()
        likely.setSpacing(theme.SPACE)
        likely.addWidget(self._top_section)
        likely.addWidget(self.top_five)
        column = self._column = QVBoxLayout(self)
        column.setSpacing(3 * theme.SPACE)
        column.addLayout(now)
        column.addLayout(likely)
        column.addStretch(1)

    @property
    def focus(self) -> int | None:
        """The person shown at length."""
        return self._focus

    def set_theme(self, colours: theme.Theme) -> None:
        self.headline.set_theme(colours)
        self.top_five.set_theme(colours)

    def set_below(self, below: bool) -> None:
        """Whether the panel is under the video, over the window's whole width, or beside it."""
        if self.property("below") != below:
            self.setProperty("below", below)
            self.setMinimumWidth(1 if below else WIDTH)
            self.setMaximumWidth(QWIDGETSIZE_MAX if below else WIDTH)
            self.headline.set_lines(1 if below else 2)
            self._column.setContentsMargins(*_margins(theme.SPACE if below else 2 * theme.SPACE))
            style = self.style()
            if style is not None:
                style.polish(self)  # its border is on another edge

    def full_height(self) -> int:
        """The height that shows the bars too."""
        fixed = self.headline.sizeHint().height() + self.top_five.sizeHint().height()
        return fixed + 4 * self.hint.sizeHint().height() + 9 * theme.SPACE

    def set_bars_visible(self, visible: bool) -> None:
        """Narrow windows keep the current action alone."""
        self._top_section.setVisible(visible)
        self.top_five.setVisible(visible)

    def clear(self, hint: str) -> None:
        """Nothing is known: no session, or no answer yet."""
        self._decisions = ()
        self._show_one(None, hint)
        self._show_others([])

    def show_decisions(self, decisions: Sequence[Decision]) -> None:
        self._decisions = tuple(decisions)
        present = [d for d in decisions if d.state is not State.NO_PERSON]
        by_person = {d.person_id: d for d in present}
        if self._focus not in by_person:
            self._focus = min(by_person, default=None)
        shown = by_person.get(self._focus) if self._focus is not None else None
        if shown is None and decisions:
            shown = decisions[0]
        self._show_one(shown, texts.WAITING_FOR_ACTION)
        self._show_others([d for d in present if d.person_id != self._focus])

    def choose(self, person_id: int) -> None:
        """Show this person at length."""
        self._focus = person_id
        self.show_decisions(self._decisions)

    def _show_one(self, decision: Decision | None, hint: str) -> None:
        if decision is None:
            self.section.setText(texts.CURRENT_ACTION)
            self.headline.set_words(texts.NOTHING, strong=False)
            self.hint.setText(hint)
            self.top_five.show_top((), None)
            return
        alone = len([d for d in self._decisions if d.state is not State.NO_PERSON]) < 2
        who = "" if alone else f" · {texts.person(decision.person_id)}"
        self.section.setText(texts.CURRENT_ACTION + who)
        self.headline.set_words(texts.action(decision), strong=decision.state is State.ACTION)
        self.hint.setText(texts.action_hint(decision))
        self.top_five.show_top(decision.top, decision.label if decision.state is State.ACTION else None)

    def _show_others(self, others: list[Decision]) -> None:
        while len(self._other_buttons) < len(others):
            button = QPushButton()
            button.setObjectName("person")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _, b=button: self.choose(b.property("person")))
            self._others.addWidget(button)
            self._other_buttons.append(button)
        for button in self._other_buttons[len(others) :]:
            button.hide()
        for button, decision in zip(self._other_buttons, others, strict=False):
            words = f"{texts.person(decision.person_id)}: {texts.action(decision)}"
            if decision.state is State.ACTION:
                words += f", {texts.percent(decision.probability)}"
            button.setProperty("person", decision.person_id)
            button.setText(words)
            button.setAccessibleName(words)
            button.show()


def _margins(vertical: int) -> tuple[int, int, int, int]:
    return 2 * theme.SPACE, vertical, 2 * theme.SPACE, vertical


def _section(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("section")
    return label
