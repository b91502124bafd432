"""The countdown over the picture, large enough to be read from across a room."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from app.take_recorder import Phase, TakeRecorder
from app.ui import theme
from app.ui.texts import teach as texts

END_SHOWN_MS = 2500
_RED = QColor(232, 72, 62)
_WHITE = QColor(240, 240, 236)
_SHADE = QColor(12, 13, 16, 190)


class CountdownOverlay(QWidget):
    """Lies over the video and lets clicks through. Shows a recorder's phase; hidden without one."""

    def __init__(self, video: QWidget) -> None:
        super().__init__(video)
        self.setObjectName("countdown")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._recorder: TakeRecorder | None = None
        self._end: tuple[str, str] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.show_recorder(None))
        video.installEventFilter(self)
        self.hide()

    @property
    def words(self) -> tuple[str, str]:
        """What is written: large, and under it."""
        if self._recorder is not None:
            return texts.countdown(self._recorder)
        return self._end or ("", "")

    def show_recorder(self, recorder: TakeRecorder | None) -> None:
        """Paint this recorder's phase; None takes everything away."""
        self._recorder, self._end = recorder, None
        self._timer.stop()
        self._show()

    def show_end(self, takes: int) -> None:
        """Say for a moment that all takes are recorded: who did them stands too far off to read the panel."""
        self._recorder, self._end = None, (texts.DONE, texts.takes_recorded(takes))
        self._timer.start(END_SHOWN_MS)
        self._show()

    def _show(self) -> None:
        parent = self.parentWidget()
        if (self._recorder is None and self._end is None) or parent is None:
            self.hide()
            return
        large, small = self.words
        self.setAccessibleName(f"{large} {small}".strip())
        self.setGeometry(parent.rect())
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 (Qt's name)
        parent = self.parentWidget()
        if event is not None and event.type() == QEvent.Type.Resize and parent is not None:
            self.setGeometry(parent.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        recorder = self._recorder
        phase = recorder.phase if recorder is not None else Phase.DONE
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        large, small = self.words
        if recorder is not None and phase is Phase.COUNTDOWN:
            self._paint_digit(painter, large, recorder)
        elif large:
            self._paint_words(
                painter, large, good=phase is Phase.DONE or (phase is Phase.PAUSE and not _flawed(recorder))
            )
        if recorder is not None and phase is Phase.RECORDING:
            self._paint_frame(painter, recorder.share)
        self._paint_line(painter, small, red=phase is Phase.RECORDING)
        painter.end()

    def _paint_digit(self, painter: QPainter, digit: str, recorder: TakeRecorder) -> None:
        side = min(self.width(), self.height()) * 0.5
        disc = QRectF(0, 0, side, side)
        disc.moveCenter(QRectF(self.rect()).center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SHADE)
        painter.drawEllipse(disc)
        ring = disc.adjusted(side * 0.05, side * 0.05, -side * 0.05, -side * 0.05)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.DARK.color("accent"), max(3.0, side * 0.03), cap=Qt.PenCapStyle.FlatCap))
        painter.drawArc(ring, 90 * 16, -round(360 * 16 * (1.0 - recorder.share)))
        painter.setPen(_WHITE)
        painter.setFont(self._font(side * 0.55))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, digit)

    def _paint_words(self, painter: QPainter, words: str, good: bool) -> None:
        size = self._fit(painter, words, min(self.height() * 0.13, 72.0), 8 * theme.SPACE)
        pill = QRectF(
            0, 0, painter.fontMetrics().horizontalAdvance(words) + 5 * theme.SPACE, size + 4 * theme.SPACE
        )
        pill.moveCenter(QRectF(self.rect()).center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SHADE)
        painter.drawRoundedRect(pill, 16, 16)
        painter.setPen(theme.DARK.color("accent") if good else _WHITE)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_frame(self, painter: QPainter, share: float) -> None:
        """A red frame while recording, and how much of the take is over along the lower edge."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_RED, 6))
        painter.drawRect(QRectF(self.rect()).adjusted(3, 3, -3, -3))
        bar = QRectF(0, self.height() - 14.0, self.width() * share, 14.0)
        painter.fillRect(bar, _RED)

    def _paint_line(self, painter: QPainter, words: str, red: bool) -> None:
        self._fit(painter, words, max(14.0, min(26.0, self.height() * 0.045)), 10 * theme.SPACE)
        metrics = painter.fontMetrics()
        dot = metrics.height() * 0.5 if red else 0.0
        gap = theme.SPACE if red else 0
        pill = QRectF(
            0,
            0,
            metrics.horizontalAdvance(words) + 4 * theme.SPACE + dot + gap,
            metrics.height() + 1.5 * theme.SPACE,
        )
        pill.moveCenter(QRectF(self.rect()).center())
        pill.moveTop(3.0 * theme.SPACE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SHADE)
        painter.drawRoundedRect(pill, pill.height() / 3, pill.height() / 3)
        if red:
            painter.setBrush(_RED)
            painter.drawEllipse(QRectF(pill.left() + 2 * theme.SPACE, pill.center().y() - dot / 2, dot, dot))
        painter.setPen(_WHITE)
        place = pill.adjusted(2 * theme.SPACE + dot + gap, 0, -2 * theme.SPACE, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _fit(self, painter: QPainter, words: str, size: float, around: int) -> float:
        """Choose a font in which the words, with so many pixels around them, are within the picture.

        Gives its size in pixels, at most `size`.
        """
        painter.setFont(self._font(size))
        while size > 8 and painter.fontMetrics().horizontalAdvance(words) > self.width() - around:
            size *= 0.9
            painter.setFont(self._font(size))
        return size

    def _font(self, pixels: float) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(max(8, round(pixels)))
        font.setWeight(QFont.Weight.DemiBold)
        return font


def _flawed(recorder: TakeRecorder | None) -> bool:
    return bool(recorder and recorder.last and recorder.last.flaws)
