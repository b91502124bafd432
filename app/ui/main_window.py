"""The window: what a person can do with it, and how its parts are put together."""

from __future__ import annotations

import math
import time

from PyQt6.QtCore import QByteArray, QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PyQt6.QtWidgets import QAbstractButton, QDockWidget, QFileDialog, QMainWindow, QWidget

from app.entities import Snapshot
from app.ui import texts, theme
from app.ui.cameras import CameraWatcher
from app.ui.commands import Commands
from app.ui.contents import NARROW, Contents
from app.ui.dropping import dropped_paths
from app.ui.features import install
from app.ui.presenter import SessionPresenter
from app.ui.services import Services
from app.ui.session import ListCameras, OpenSession, Playback, SessionLike, play_or_pause
from app.ui.status import StatusLine
from app.ui.texts import files
from stgat.data.session_folder import is_session

#: Closing takes no longer than this, whatever hangs; then the process ends without it (app.program).
CLOSE_WITHIN_S = 0.8


class MainWindow(QMainWindow):
    """Shows one session at a time; what it can do besides is put on by app.ui.features.

    open_session: see app.ui.session.OpenSession; called in a thread of its own, never in Qt's.
    list_cameras: likewise; asked again every two seconds.
    initial_source: the source spec the window begins with; autostart: whether it plays at once.

    Signals for the features: began, shown and over as in SessionPresenter; themed with the colours, also at
    once after the window was put together; closing before anything is taken down; dropped with the paths
    where a folder was among them; train_wanted with a folder of recordings to train a network on.
    """

    began = pyqtSignal(str)
    shown = pyqtSignal(object)
    over = pyqtSignal()
    themed = pyqtSignal(object)
    closing = pyqtSignal()
    dropped = pyqtSignal(list)
    train_wanted = pyqtSignal(str)

    def __init__(
        self,
        open_session: OpenSession,
        list_cameras: ListCameras,
        initial_source: str = "demo",
        autostart: bool = True,
        services: Services | None = None,
    ) -> None:
        super().__init__()
        self.services = services or Services()
        self.colours = theme.DARK
        self._watcher = CameraWatcher(list_cameras)
        self._spec = initial_source
        self._mirror = {"camera": True}  # by kind of source: a camera's preview is a mirror, a film is not
        self._close_by = math.inf
        self.commands = Commands(self)
        self._build()
        self._presenter = SessionPresenter(open_session, self._contents, self.status)
        self._connect()
        self._features = install(self)
        self.commands.add(texts.GROUP_SESSION, texts.QUIT, self.close, "Ctrl+Q")
        self.commands.add(texts.GROUP_HELP, texts.MENU, self.toolbar.menu.showMenu, "F10")
        self.apply_theme()
        self._restore()
        self.set_source(initial_source)
        self._watcher.start()
        if autostart:
            self.start()
        else:
            self.video.set_message(texts.CHOOSE_SOURCE)

    # What the features ask

    @property
    def session(self) -> SessionLike | None:
        """The session that runs, if one does."""
        return self._presenter.session

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown of it."""
        return self._presenter.snapshot

    @property
    def spec(self) -> str:
        """The source chosen, playing or not."""
        return self._spec

    @property
    def playing(self) -> bool:
        return self._presenter.playing

    @property
    def cameras(self) -> list[tuple[str, str]]:
        """(source spec, name) of each camera there is now."""
        return self._watcher.cameras

    @property
    def cameras_known(self) -> bool:
        """False until they have been looked for once."""
        return self._watcher.known

    def time_left(self, at_most_s: float = CLOSE_WITHIN_S) -> float:
        """How long something may be waited for: all of it before the window closes, then what is left."""
        return max(0.0, min(at_most_s, self._close_by - time.monotonic()))

    def add_dock(
        self,
        name: str,
        title: str,
        widget: QWidget,
        keys: str = "",
        area: Qt.DockWidgetArea = Qt.DockWidgetArea.RightDockWidgetArea,
        group: str = texts.GROUP_VIEW,
    ) -> QDockWidget:
        """A panel that can be shown, moved and floated; hidden until somebody asks for it by menu or key.

        In a narrow window one that belongs at a side opens beside the window: there is no room within.
        name: Qt's, by which its place is remembered; not to be changed later. group: its heading in the menu.
        """
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        dock.hide()
        action = dock.toggleViewAction()
        assert action is not None
        if keys:
            action.setShortcut(keys)
        sides = Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea
        action.triggered.connect(
            lambda shown: dock.setFloating(True) if shown and area & sides and self.width() < NARROW else None
        )
        self.commands.adopt(group, action)
        return dock

    def add_bar(self, bar: QWidget) -> None:
        """A row of controls between the video and the timeline, which may come and go."""
        self._contents.add_bar(bar)

    # What a person can do

    def start(self) -> None:
        """Play the chosen source from its beginning."""
        self._presenter.start(self._spec)

    def stop(self) -> None:
        """Stop; the last picture stays, dimmed."""
        self._presenter.stop()

    def toggle(self) -> None:
        """Start or stop; a file that is open, play or pause.

        On a button that has the keyboard's focus, Space presses that button.
        """
        focused, session = self.focusWidget(), self.session
        on_file = isinstance(session, Playback)
        if isinstance(focused, QAbstractButton) and (on_file or focused is not self.toolbar.start):
            focused.click()
        elif on_file:
            play_or_pause(session)
        elif self.playing:
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

    def apply_theme(self) -> None:
        """Put on the colours that the settings ask for, or the system where they leave it to that."""
        colours = self.colours = theme.current(self.services.settings.value.appearance)
        theme.apply(self, colours)
        for part in (self.toolbar, self.video, self.side, self.timeline, self.status):
            part.set_theme(colours)
        self.themed.emit(colours)

    # How it is put together

    def _build(self) -> None:
        self.setWindowTitle(texts.APPLICATION)
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.setMinimumSize(360, 300)
        contents = self._contents = Contents()
        self.toolbar, self.video = contents.toolbar, contents.video
        self.side, self.timeline = contents.side, contents.timeline
        self.setCentralWidget(contents)
        contents.setFocus()  # nothing is marked until the Tab key asks for it
        self.status = StatusLine()
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        for own, theirs in (
            (self.began, self._presenter.began),
            (self.shown, self._presenter.shown),
            (self.over, self._presenter.over),
        ):
            theirs.connect(own)
        self._presenter.polled.connect(lambda: self.toolbar.picker.set_cameras(self._watcher.cameras))
        toolbar = self.toolbar
        toolbar.picker.chosen.connect(self.play)
        toolbar.picker.file_wanted.connect(self.open_file)
        toolbar.start.clicked.connect(lambda: self.stop() if self.playing else self.start())
        toolbar.mirror.clicked.connect(self.set_mirrored)
        toolbar.full_screen.clicked.connect(self.toggle_full_screen)
        toolbar.menu_wanted.connect(self.commands.fill)
        self.video.asked_on.connect(self.start)
        add = self.commands.add
        add(texts.GROUP_SESSION, texts.PLAY_OR_STOP, self.toggle, "Space")
        add(texts.GROUP_SESSION, texts.OPEN_FILE, self.open_file, "Ctrl+O")
        add(texts.GROUP_VIEW, texts.MIRROR, lambda: self.set_mirrored(not self.video.mirrored), "M")
        add(texts.GROUP_VIEW, texts.FULL_SCREEN, self.toggle_full_screen, "F11")
        add(texts.GROUP_VIEW, texts.LEAVE_FULL_SCREEN, self.leave_full_screen, "Esc")
        hints = QGuiApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self.apply_theme)

    def _kind(self) -> str:
        return "camera" if self._spec.startswith("camera:") else "file"

    def _restore(self) -> None:
        """Size, place and docks as they were left."""
        remembered = self.services.settings.value
        if remembered.window_geometry:
            self.restoreGeometry(QByteArray.fromBase64(remembered.window_geometry.encode("ascii", "ignore")))
        if remembered.window_state:
            self.restoreState(QByteArray.fromBase64(remembered.window_state.encode("ascii", "ignore")))

    def _remember(self) -> None:
        self.services.settings.change(
            window_geometry=bytes(self.saveGeometry().toBase64()).decode("ascii"),
            window_state=bytes(self.saveState().toBase64()).decode("ascii"),
        )

    # Qt's own

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.ApplicationPaletteChange:
            self.apply_theme()
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        paths = dropped_paths(event) if event is not None else []
        if len(paths) == 1 and (paths[0].is_file() or is_session(paths[0])):
            self.play(str(paths[0]))
        elif any(path.is_dir() for path in paths):
            self.dropped.emit([str(path) for path in paths])
        elif paths:
            self.status.showMessage(files.first_of(len(paths)), 6000)
            self.play(str(paths[0]))

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Stop everything, within a second; the window is out of sight by then."""
        self._close_by = time.monotonic() + CLOSE_WITHIN_S
        if self.isVisible():
            self._remember()
            self.hide()
            self.closing.emit()
        self._presenter.close(self.time_left())
        self._watcher.close(self.time_left(0.1))
        super().closeEvent(event)
