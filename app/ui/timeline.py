"""The strip of the last minutes, or of a whole file: a lane for each person, actions as bars with names."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QToolTip, QWidget

from app.entities import ActionEvent, Snapshot, State
from app.ui import texts, theme
from app.ui.history import KEPT_S, History, Stretch
from app.ui.session import Playback, SessionLike
from app.ui.texts import timeline as words
from app.ui.timeline_keys import own, pressed
from app.ui.timeline_paint import LANE_HEIGHT, Picture, gutter, paint
from app.ui.timeline_scale import LEAST_SPAN_S, SPAN_S, TimeBox

MOST_LANES = 3  # the window follows two people; a third lane shows one who has just left
REFRESH_MS = 50
PAGE = 0.1  # of the view that is kept before the playhead when it runs out of it


class Timeline(pg.GraphicsView):
    """Shows a History. Live, time ends at the right with the newest picture until somebody moves it.

    event_chosen: an ActionEvent to see again, one still going on included. moment_chosen: of a file, the
    moment to go to.

    It is painted at most 20 times a second, and only where something has moved by a pixel.
    """

    event_chosen = pyqtSignal(object)
    moment_chosen = pyqtSignal(float)

    def __init__(self) -> None:
        super().__init__(background=None)
        self.history = History()
        self._colours = theme.DARK
        self._session: SessionLike | None = None
        self._playback: Playback | None = None
        self._file_s: tuple[float, float] | None = None
        self._at_home = self._in_view = True  # of a file, whether the playhead is in view
        self._span_s = SPAN_S
        self._chosen: ActionEvent | None = None
        self._painted: tuple[float, ...] = ()
        self._painted_events: object = None
        self._lanes: dict[int, list[Stretch]] = {}
        self._hidden = 0  # people besides
        self._boxes: list[tuple[QRectF, Stretch]] = []
        self.setAntialiasing(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves Space with start and stop
        self.setFrameShape(self.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(1)
        self.box = TimeBox()
        self.addItem(self.box)
        self.home = QPushButton(self)
        self.home.setObjectName("small")
        self.home.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.home.clicked.connect(self.go_home)
        self.home.hide()
        self.box.clicked.connect(self._click)
        self.box.moved.connect(self._moved)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(REFRESH_MS)
        self._describe()

    # What the window tells it

    def set_theme(self, colours: theme.Theme) -> None:
        self._colours = colours
        self.setBackground(colours.color("panel"))
        self._repaint()

    def clear(self) -> None:
        """A new session begins."""
        self.history.clear()
        self._session = self._playback = self._file_s = self._chosen = None
        self._span_s = SPAN_S
        self.go_home()
        self._describe()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take in what is new; the picture's own time is the present."""
        if snapshot.frame is None:
            return
        known = self.history.given
        whole = self._file_s is not None
        self.history.update(snapshot.frame.timestamp_s, snapshot.decisions, snapshot.events, whole)
        self.history.lost = bool(snapshot.trouble)
        if snapshot.events is not known:
            self._describe()

    def follow(self, session: SessionLike | None) -> None:
        """The session that runs; what a file's says of itself is shown from now on."""
        if session is not None and session is not self._session:
            self._session = session
            self._playback = session if isinstance(session, Playback) else None
            self._describe()
        if self._playback is not None:
            duration_s = max(self._playback.duration_s, LEAST_SPAN_S)
            self._file_s = (self._playback.analysed_s, duration_s)
            self.history.now_s = self._playback.position_s

    # What a person can do

    @property
    def following(self) -> bool:
        """Whether it shows now, or the whole file, and goes on doing so."""
        return self._at_home

    @property
    def chosen(self) -> ActionEvent | None:
        """The event that the keyboard is on."""
        return self._chosen

    def go_home(self) -> None:
        """Follow now again; the whole file again."""
        self._at_home = self.box.anchored = True
        self._follow()
        self._repaint()

    def choose(self, step: int) -> None:
        """Mark the next event, or the one before; at first, the newest."""
        events = self.history.events
        if not events:
            return
        if self._chosen in events:
            at = min(max(events.index(self._chosen) + step, 0), len(events) - 1)
        else:
            at = len(events) - 1
        self._chosen = event = events[at]
        start_s, end_s = self.box.range_s
        if event.end_s > end_s or event.start_s < start_s:
            self.box.anchored = False
            middle_s = (event.start_s + event.end_s) / 2
            self.box.show_range(middle_s - (end_s - start_s) / 2, middle_s + (end_s - start_s) / 2)
            self._moved()
        self.setAccessibleDescription(words.chosen(event, at + 1, len(events)))
        self._repaint()

    def see_again(self) -> None:
        """Ask for the marked event."""
        if self._chosen is not None:
            self.event_chosen.emit(self._chosen)

    def choose_none(self) -> None:
        """Mark none, and show what is now."""
        self._chosen = None
        self.go_home()
        self._describe()

    def refresh(self) -> None:
        """Paint anew if a pixel would change."""
        self._follow()
        start_s, end_s = self.box.range_s
        a_pixel = self.box.width() / (end_s - start_s)
        now_s = min(self.history.now_s, end_s)
        analysed_s = self._file_s[0] if self._file_s else 0.0
        painted = (
            round(start_s * a_pixel), round(a_pixel, 3), round(now_s * a_pixel), round(analysed_s * a_pixel),
            self.history.lost,
        )  # fmt: skip
        if painted != self._painted or self.history.given is not self._painted_events:
            self._painted_events = self.history.given
            self._painted = painted
            self._repaint()

    def _tick(self) -> None:
        if self.isVisible():
            self.refresh()

    # Where it stands

    def _follow(self) -> None:
        """Have in view what is to be."""
        now_s = self.history.now_s
        if self._file_s is None:
            self.box.limits = (min(self.history.begin_s, now_s - self._span_s), now_s, KEPT_S)
            if self._at_home:
                a_pixel_s = self._span_s / self.box.width() if self.box.width() > 40 else 0.0
                start_s, end_s = self.box.range_s
                # pyqtgraph paints anew whenever its range changes, be it by less than is seen.
                if abs(end_s - now_s) >= a_pixel_s or abs(end_s - start_s - self._span_s) > 1e-6:
                    self.box.show_range(now_s - self._span_s, now_s)
            return
        duration_s = self._file_s[1]
        self.box.limits = (0.0, duration_s, duration_s)
        start_s, end_s = self.box.range_s
        if self._at_home:
            self.box.anchored = False
            self.box.show_range(0.0, duration_s)
        elif self._in_view and not start_s <= now_s <= end_s:
            first_s = now_s - PAGE * (end_s - start_s)
            self.box.show_range(first_s, first_s + end_s - start_s)
        start_s, end_s = self.box.range_s
        self._in_view = start_s <= now_s <= end_s

    def _moved(self) -> None:
        start_s, end_s = self.box.range_s
        if self._file_s is None:
            # Moved back to now it follows again.
            self._at_home = self.box.anchored = end_s >= self.history.now_s - 0.01 * (end_s - start_s)
            self._span_s = end_s - start_s
        else:
            self._at_home = end_s - start_s >= 0.999 * self._file_s[1]
            self._in_view = start_s <= self.history.now_s <= end_s
        self._repaint()

    def _repaint(self) -> None:
        if self.home.isHidden() != self._at_home:
            live = self._file_s is None
            self.home.setText(words.TO_NOW if live else words.WHOLE_FILE)
            self.home.setToolTip(words.TO_NOW_HINT if live else words.WHOLE_FILE_HINT)
            self.home.setVisible(not self._at_home)
        self._lanes, self._hidden = self._lanes_in_view()
        self._place()
        viewport = self.viewport()
        if viewport is not None:
            viewport.update()

    def _describe(self) -> None:
        self.setAccessibleName(words.TIMELINE if self._playback is None else words.FILE_TIMELINE)
        self.setAccessibleDescription(words.summary(self.history.events))

    def _header_height(self) -> float:
        return QFontMetricsF(theme.scaled_font(self, 0.9)).height() + theme.SPACE

    def _place(self) -> None:
        """Put the lanes' area beside the names."""
        metrics = QFontMetricsF(theme.scaled_font(self, 0.9))
        left = gutter(metrics, list(self._lanes), self.width())
        top = self._header_height()
        width, height = self.width() - 2 * theme.SPACE - left, self.height() - theme.SPACE - top
        area = QRectF(left, top, max(1.0, width), max(1.0, height))
        if area != self.box.geometry():
            self.box.setGeometry(area)
        if not self.home.isHidden():
            size = self.home.sizeHint()
            self.home.setGeometry(self.width() - size.width() - theme.SPACE, 0, size.width(), size.height())

    def _lanes_in_view(self) -> tuple[dict[int, list[Stretch]], int]:
        """Those there is room for, and how many there are besides."""
        lanes = self.history.lanes(*self.box.range_s)
        return dict(list(lanes.items())[-MOST_LANES:]), max(0, len(lanes) - MOST_LANES)

    def _stretch_at(self, at: QPointF) -> Stretch | None:
        return next((stretch for box, stretch in reversed(self._boxes) if box.contains(at)), None)

    def _click(self, at: QPointF) -> None:
        stretch = self._stretch_at(at)
        if stretch is not None and stretch.state is State.ACTION:
            self._chosen = stretch.as_event()
            self.event_chosen.emit(self._chosen)
        elif self._file_s is not None:
            self.moment_chosen.emit(min(max(0.0, self.box.mapSceneToView(at).x()), self._file_s[1]))
        self._repaint()

    # Qt's own

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(600, round(self._header_height()) + LANE_HEIGHT * 2 + theme.SPACE)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(1, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        super().resizeEvent(event)
        if hasattr(self, "home"):  # pyqtgraph asks for it while it is being made
            self._place()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.go_home()
            event.accept()

    def close(self) -> bool:
        """Qt's; pyqtgraph's takes the view apart, and Qt then asks it for its size."""
        return QWidget.close(self)

    def drawForeground(self, painter: QPainter | None, rect: QRectF) -> None:  # noqa: N802
        area = self.box.geometry()
        if painter is None or area.width() < 40 or area.height() < 8:
            return
        painter.setFont(theme.scaled_font(self, 0.9))
        self._boxes = paint(
            painter,
            Picture(
                self._colours, area, self.box.range_s, self._lanes, self._hidden, self.history.now_s,
                self._file_s, self._at_home, self._chosen,
            ),
        )  # fmt: skip
        if self.hasFocus():
            painter.setPen(self._colours.color("text"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -theme.SPACE / 2, -1), 4, 4)

    def event(self, event: QEvent | None) -> bool:
        # The window has commands on these keys; here they are the timeline's.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and own(event):
            event.accept()
            return True
        return super().event(event)

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self)
            return True
        return super().viewportEvent(event)

    def _tip(self, at: QPointF) -> str:
        stretch = self._stretch_at(at)
        if stretch is None:
            in_rest = self._file_s is not None and self.box.mapSceneToView(at).x() > self._file_s[0]
            return words.NOT_ANALYSED if in_rest else words.HOW
        if stretch.state is State.ACTION:
            return f"{words.event(stretch.as_event())}\n{words.SEE_AGAIN_HINT}"
        return words.state(stretch.start_s, stretch.end_s, texts.STATE_NAMES[stretch.state])

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.setAccepted(pressed(self, event.key()))
