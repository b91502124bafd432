"""The window: polls the session sixty times a second and paints what has changed."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
)
from PyQt6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QMainWindow,
)

from app.entities import Health, Snapshot, State
from app.ui import texts, theme
from app.ui.cameras import CameraWatcher
from app.ui.contents import Contents
from app.ui.runner import SessionRunner
from app.ui.session import ListCameras, OpenSession
from app.ui.status import StatusLine

POLL_MS = 16
NUMBERS_EVERY_S = 0.25  # digits that change faster cannot be read
NOBODY_AFTER_S = 1.0  # a pose missed for a moment is not worth a message


class MainWindow(QMainWindow):
    """Shows one session at a time.

    open_session: see app.ui.session.OpenSession; called in a thread of its own, never in Qt's.
    list_cameras: likewise; asked again every two seconds.
    initial_source: the source spec the window begins with; autostart: whether it plays at once.
    """

    def __init__(
        self,
        open_session: OpenSession,
        list_cameras: ListCameras,
        initial_source: str = "demo",
        autostart: bool = True,
    ) -> None:
        super().__init__()
        self._runner = SessionRunner(open_session)
        self._watcher = CameraWatcher(list_cameras)
        self._spec = initial_source
        self._mirror = {"camera": True}  # by kind of source: a camera's preview is a mirror, a film is not
        self._shown: Snapshot | None = None
        self._playing = False
        self._seen_s: float | None = None  # when somebody was last in view, in the source's time
        self._build()
        self._connect()
        self._apply_theme()
        self.set_source(initial_source)
        self._watcher.start()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._poll)
        self._timer.start(POLL_MS)
        self._numbers_timer = QTimer(self)
        self._numbers_timer.timeout.connect(self._show_numbers)
        self._numbers_timer.start(round(1000 * NUMBERS_EVERY_S))
        if autostart:
            self.start()
        else:
            self.video.set_message(texts.CHOOSE_SOURCE)

    # What a person can do

    def start(self) -> None:
        """Play the chosen source from its beginning."""
        self._playing, self._shown, self._seen_s = True, None, None
        self.video.clear()
        self.timeline.clear()
        self.side.clear(texts.WAITING_FOR_ACTION)
        self._runner.play(self._spec)
        self._show_health(Health.STARTING)
        self.video.set_message(texts.STARTING)

    def stop(self) -> None:
        """Stop; the last picture stays, dimmed."""
        if not self._playing:
            return
        self._playing = False
        self._shown = None
        self._runner.stop()
        self._show_numbers()
        self._show_health(Health.RUNNING, stopping=True)
        self.side.clear(texts.NOT_RUNNING)
        self.video.set_message(texts.STOPPING_MESSAGE)

    def toggle(self) -> None:
        """Start or stop; on a button that has the keyboard's focus, Space presses that button."""
        focused = self.focusWidget()
        if isinstance(focused, QAbstractButton) and focused is not self.toolbar.start:
            focused.click()
        elif self._playing:
            self.stop()
        else:
            self.start()

    def play(self, spec: str) -> None:
        """Change to this source and play it."""
        self.set_source(spec)
        self.start()

    def set_source(self, spec: str) -> None:
        """Choose a source without playing it."""
        self._spec = spec
        self.toolbar.picker.show_source(spec)
        mirrored = self._mirror.get(self._kind(), False)
        self.toolbar.mirror.setChecked(mirrored)
        self.video.set_mirrored(mirrored)

    def set_mirrored(self, mirrored: bool) -> None:
        """Show the preview as a mirror does, for this kind of source."""
        self._mirror[self._kind()] = mirrored
        self.toolbar.mirror.setChecked(mirrored)
        self.video.set_mirrored(mirrored)

    def open_file(self) -> None:
        """Ask for a file and play it; the dialog runs beside the window, not instead of it."""
        dialog = QFileDialog(self, texts.OPEN_TITLE, "", texts.FILE_FILTERS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.play)
        dialog.open()

    def leave_full_screen(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # How it is put together

    def _build(self) -> None:
        self.setWindowTitle(texts.APPLICATION)
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.setMinimumSize(360, 300)
        contents = Contents()
        self.toolbar, self.video = contents.toolbar, contents.video
        self.side, self.timeline = contents.side, contents.timeline
        self.setCentralWidget(contents)
        contents.setFocus()  # nothing is marked until the Tab key asks for it
        self.status = StatusLine()
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        self.toolbar.picker.chosen.connect(self.play)
        self.toolbar.picker.file_wanted.connect(self.open_file)
        self.toolbar.start.clicked.connect(lambda: self.stop() if self._playing else self.start())
        self.toolbar.mirror.clicked.connect(self.set_mirrored)
        self.toolbar.full_screen.clicked.connect(self.toggle_full_screen)
        self.video.asked_on.connect(self.start)
        for name, keys, act in (
            (f"{texts.START} / {texts.STOP}", "Space", self.toggle),
            (texts.OPEN_FILE, "Ctrl+O", self.open_file),
            (texts.MIRROR, "M", lambda: self.set_mirrored(not self.video.mirrored)),
            (texts.FULL_SCREEN, "F11", self.toggle_full_screen),
            (texts.LEAVE_FULL_SCREEN, "Esc", self.leave_full_screen),
            (texts.QUIT, "Ctrl+Q", self.close),
        ):
            action = QAction(name, self)
            action.setShortcut(QKeySequence(keys))
            action.setAutoRepeat(False)
            action.triggered.connect(lambda _, do=act: do())
            self.addAction(action)
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._apply_theme)

    # What goes on

    def _poll(self) -> None:
        self.toolbar.picker.set_cameras(self._watcher.cameras)
        snapshot = self._runner.snapshot()
        if snapshot is not None and self._playing:
            if _differ(snapshot, self._shown):
                self._show(snapshot)
        elif self._playing and self._runner.error is not None:
            self._finish(Health.FAILED, texts.failed(self._spec, self._runner.error, had_picture=False))
        elif self.video.message is texts.STOPPING_MESSAGE and not self._runner.busy:
            self._show_health(Health.STOPPED)
            self.video.set_message(texts.STOPPED)
        if self.video.message is not None and self.video.message.busy:
            self.video.update()  # its wheel turns

    def _show(self, snapshot: Snapshot) -> None:
        self._shown = snapshot
        self.video.show_snapshot(snapshot)
        self.timeline.show_snapshot(snapshot)
        if snapshot.health is Health.ENDED:
            self._finish(Health.ENDED, texts.ended(snapshot.message))
        elif snapshot.health is Health.FAILED:
            had_picture = snapshot.frame is not None
            self._finish(Health.FAILED, texts.failed(self._spec, snapshot.message, had_picture))
        elif snapshot.health is Health.STOPPED:
            self._finish(Health.STOPPED, texts.STOPPED)
        elif snapshot.frame is None:
            self.video.set_message(texts.STARTING)
        else:
            nobody = self._nobody_in_view(snapshot)
            self._show_health(snapshot.health)
            self.video.set_message(texts.NO_PERSON_IN_VIEW if nobody else None)
            if nobody and not snapshot.decisions:
                self.side.clear(texts.STATE_HINTS[State.NO_PERSON])
            else:
                self.side.show_decisions(snapshot.decisions)

    def _finish(self, health: Health, message: texts.Message) -> None:
        """The session is over by itself: say so, and let go of it."""
        self._playing = False
        self._runner.stop()
        self._show_numbers()
        self._show_health(health)
        self.side.clear(texts.NOT_RUNNING)
        self.video.set_message(message)

    def _nobody_in_view(self, snapshot: Snapshot) -> bool:
        """True when no skeleton has come for a while, by the source's own time."""
        assert snapshot.frame is not None
        now_s = snapshot.frame.timestamp_s
        if snapshot.skeletons or self._seen_s is None or now_s < self._seen_s:
            self._seen_s = now_s
        return now_s - self._seen_s >= NOBODY_AFTER_S

    def _show_health(self, health: Health, stopping: bool = False) -> None:
        self.toolbar.show_playing(self._playing)
        self.status.show_state(health, self.toolbar.picker.source_name, stopping)

    def _show_numbers(self) -> None:
        self.status.show_numbers(self._shown)

    def _kind(self) -> str:
        return "camera" if self._spec.startswith("camera:") else "file"

    def _apply_theme(self) -> None:
        colours = theme.current()
        theme.apply(self, colours)
        for part in (self.toolbar, self.video, self.side, self.timeline, self.status):
            part.set_theme(colours)

    # Qt's own

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.ApplicationPaletteChange:
            self._apply_theme()
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and _dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        path = _dropped_file(event) if event is not None else None
        if path is not None:
            self.play(path)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Stop everything, for at most about a second; the window is out of sight by then."""
        self._timer.stop()
        self._numbers_timer.stop()
        self.hide()
        self._runner.close()
        self._watcher.close(timeout_s=0.2)
        super().closeEvent(event)


def _differ(new: Snapshot, old: Snapshot | None) -> bool:
    return (
        old is None
        or new.frame is not old.frame
        or new.health is not old.health
        or new.decisions != old.decisions
        or len(new.events) != len(old.events)
    )


def _dropped_file(event: QDropEvent) -> str | None:
    data = event.mimeData()
    urls = data.urls() if data is not None and data.hasUrls() else []
    path = urls[0].toLocalFile() if len(urls) == 1 else ""
    return path if path and Path(path).is_file() else None
