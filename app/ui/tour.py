"""A tour of the window: its parts one after the other, each lit while the rest is dimmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui import texts, theme
from app.ui.settings_parts import section
from app.ui.texts import tour as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

FIRST_AFTER_MS = 800  # when the window has been seen as a whole
BUBBLE_WIDTH = 320
_ON, _BACK = (Qt.Key.Key_Right,), (Qt.Key.Key_Left, Qt.Key.Key_Backspace)
_PRESS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Tour(QObject):
    """Feature: the tour, asked for with F1, and by itself on the first start where the services want it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.overlay: TourOverlay | None = None
        window.commands.add(texts.GROUP_HELP, words.TOUR, self.show, "F1")
        if window.services.welcome and not window.services.settings.value.tour_seen:
            timer = QTimer(self)
            timer.setSingleShot(True)
            timer.timeout.connect(self.show)
            timer.start(FIRST_AFTER_MS)

    def show(self) -> None:
        """Begin, unless it is being shown; once begun it does not come by itself again."""
        if self.overlay is None and self._window.isVisible():
            self._window.services.settings.change(tour_seen=True)
            self.overlay = TourOverlay(self._window)
            self.overlay.destroyed.connect(self._over)
            self.overlay.show()

    def _over(self) -> None:
        self.overlay = None


class TourOverlay(QWidget):
    """Lies over the whole window and takes all keys: Right goes on, Left back, Esc ends it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self._window = window
        self._parts: dict[str, QWidget | None] = {
            "source": window.toolbar.picker,
            "picture": window.video,
            "action": window.side,
            "timeline": window.timeline,
            "menu": window.toolbar.menu,
            "privacy": None,
        }
        self._names = list(self._parts)
        self.step = 0
        self._build()
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self._show_step()

    def show(self) -> None:
        super().show()
        self.raise_()
        self.next.setFocus()

    def go(self, steps: int) -> None:
        """On or back; past the last one it ends, before the first there is none."""
        if self.step + steps >= len(self._names):
            self.end()
        else:
            self.step = max(0, self.step + steps)
            self._show_step()

    def end(self) -> None:
        """Take it away."""
        self._window.removeEventFilter(self)
        self.hide()
        self._window.centralWidget().setFocus()
        self.deleteLater()

    def lit(self) -> QRect:
        """Where the window is not dimmed; empty where the part is out of sight, or there is none."""
        part = self._parts[self._names[self.step]]
        if part is None or not part.isVisible():
            return QRect()
        here = QRect(part.mapTo(self._window, QPoint(0, 0)), part.size())
        return here.adjusted(-4, -4, 4, 4).intersected(self.rect())

    # Qt's own

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # no key means what it means otherwise
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        key = None if event is None else event.key()
        if key in _ON or key in _PRESS:
            self.go(1)
        elif key in _BACK:
            self.go(-1)
        elif key == Qt.Key.Key_Escape:
            self.end()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """The Tab key stays within the tour."""
        buttons = [b for b in (self.skip, self.back, self.next) if b.isEnabled()]
        focused = [i for i, button in enumerate(buttons) if button.hasFocus()]
        buttons[((focused[0] if focused else 0) + (1 if forward else -1)) % len(buttons)].setFocus(
            Qt.FocusReason.TabFocusReason
        )
        return True

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        if isinstance(watched, QPushButton):  # which has ideas of its own of what arrows mean
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                if event.key() in _PRESS:
                    watched.click()
                    return True
                if event.key() in (*_ON, *_BACK):
                    self.keyPressEvent(event)
                    return True
        elif event is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self.setGeometry(self._window.rect())
            QTimer.singleShot(0, self._place)  # when the parts have their places
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: object) -> None:  # noqa: N802
        """What is under the tour is not to be pressed."""

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dim = QPainterPath()
        dim.addRect(QRectF(self.rect()))
        lit = QRectF(self.lit())
        if not lit.isEmpty():
            hole = QPainterPath()
            hole.addRoundedRect(lit, 8, 8)
            dim -= hole
        for lamp in self._window.status.shown_added():  # that it records is never dimmed
            undimmed = QPainterPath()
            undimmed.addRect(QRectF(QRect(lamp.mapTo(self._window, QPoint(0, 0)), lamp.size())))
            dim -= undimmed
        painter.fillPath(dim, QColor(8, 9, 12, 165))
        if not lit.isEmpty():
            painter.setPen(QPen(self._window.colours.color("accent"), 2))
            painter.drawRoundedRect(lit, 8, 8)
        painter.end()

    # How it is put together

    def _build(self) -> None:
        self.bubble = QFrame(self)
        self.bubble.setObjectName("bubble")
        self.title = section("")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.counter = QLabel()
        self.counter.setProperty("role", "muted")
        self.skip, self.back, self.next = (QPushButton(w) for w in (words.SKIP, words.BACK, words.NEXT))
        self.next.setObjectName("primary")
        self.skip.clicked.connect(self.end)
        self.back.clicked.connect(lambda: self.go(-1))
        self.next.clicked.connect(lambda: self.go(1))
        for button in (self.skip, self.back, self.next):
            button.installEventFilter(self)
        heading = QHBoxLayout()
        heading.addWidget(self.title, 1)
        heading.addWidget(self.counter)
        row = QHBoxLayout()
        row.addWidget(self.skip)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        column = QVBoxLayout(self.bubble)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(theme.SPACE * 3 // 2)
        column.addLayout(heading)
        column.addWidget(self.words)
        column.addLayout(row)

    def _show_step(self) -> None:
        title, told = words.STEPS[self._names[self.step]]
        last = self.step == len(self._names) - 1
        self.title.setText(title)
        self.words.setText(told)
        self.counter.setText(words.counter(self.step + 1, len(self._names)))
        self.back.setEnabled(self.step > 0)
        self.skip.setEnabled(not last)
        self.next.setText(words.DONE if last else words.NEXT)
        for button in (self.skip, self.back, self.next):
            button.setAccessibleName(button.text())
        self.next.setAccessibleDescription(
            f"{title}. {told}"
        )  # read aloud with the button that has the focus
        self.next.setFocus()
        self._place()

    def _place(self) -> None:
        """Under what is lit, or over it, or beside it, or else upon it, and always within the window."""
        width = min(BUBBLE_WIDTH, self.width() - 2 * theme.SPACE)
        self.bubble.setFixedWidth(max(200, width))
        self.bubble.adjustSize()
        size, lit, gap = self.bubble.size(), self.lit(), theme.SPACE * 3 // 2
        place = QRect(QPoint(0, 0), size)
        if lit.isEmpty():
            place.moveCenter(self.rect().center())
        elif lit.bottom() + gap + size.height() <= self.height():
            place.moveTopLeft(QPoint(lit.left(), lit.bottom() + gap))
        elif lit.top() - gap - size.height() >= 0:
            place.moveBottomLeft(QPoint(lit.left(), lit.top() - gap))
        elif lit.left() - gap - size.width() >= 0:
            place.moveTopRight(QPoint(lit.left() - gap, lit.top() + gap))
        else:
            place.moveCenter(lit.center())
        margin = theme.SPACE
        place.moveLeft(max(margin, min(place.left(), self.width() - size.width() - margin)))
        place.moveTop(max(margin, min(place.top(), self.height() - size.height() - margin)))
        self.bubble.move(place.topLeft())
        self.update()
