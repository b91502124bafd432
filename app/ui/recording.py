"""Recording what the camera shows, and opening what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer, QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMessageBox, QWidget

from app.entities import Snapshot
from app.recorder import Progress, Recordable, SessionRecorder
from app.recording_folder import default_place
from app.settings import Settings
from app.sources.camera_wish import is_camera
from app.ui import theme
from app.ui.status import StatusDot
from app.ui.texts import APPLICATION, sentence
from app.ui.texts import recording as texts

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

POLL_MS = 200
FINISH_WITHIN_S = 1.0
TOLD_FOR_MS = 10_000


class Recording(QObject):
    """Feature: the commands about recordings, and the lamp in the status bar that says that one is made."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._recorder: SessionRecorder | None = None
        self._ending: list[SessionRecorder] = []
        self._wanted = False  # as soon as the session is there
        self._last: Path | None = None
        self._warned = ""
        self.lamp = RecordingLamp()
        window.status.add_before_numbers(self.lamp)
        add = window.commands.add
        self._record = add(texts.GROUP, texts.RECORD, self.toggle, "R", checkable=True)
        self._skeletons_only = add(
            texts.GROUP, texts.SKELETONS_ONLY, self._change_skeletons_only, checkable=True
        )
        self._play_last = add(texts.GROUP, texts.PLAY_LAST, self.play_last, enabled=False)
        add(texts.GROUP, texts.OPEN_RECORDING, self.open_recording)
        add(texts.GROUP, texts.OPEN_FOLDER, self.open_folder)
        add(texts.GROUP, texts.CHOOSE_FOLDER, self.choose_folder)
        window.services.settings.on_change(self._show_settings)
        self._show_settings(window.services.settings.value)
        window.toolbar.picker.recording_wanted.connect(self.open_recording)
        window.began.connect(self._session_changed)
        window.over.connect(self.stop)
        window.shown.connect(self._warn)
        window.themed.connect(self.lamp.set_theme)
        window.closing.connect(self._close)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)

    @property
    def place(self) -> Path:
        """The folder that recordings are made in."""
        chosen = self._window.services.settings.value.recordings_folder
        return Path(chosen) if chosen else default_place()

    @property
    def recording(self) -> bool:
        """Whether one is made, or will be as soon as there is a picture."""
        return self._wanted or self._recorder is not None

    # What a person can do

    def toggle(self) -> None:
        """Start or stop recording; what does not play yet is started for it."""
        if self.recording:
            self.stop()
            return
        window = self._window
        if window.spec != "demo" and not is_camera(window.spec):
            self._tell(texts.CANNOT_RECORD, texts.file_already(window.spec))
        else:
            if not window.playing:
                window.start()
            self._wanted = True
            self._timer.start(POLL_MS)
            self._poll()
        self._show()

    def stop(self) -> None:
        """Stop recording; the files are finished while the window goes on."""
        self._wanted = False
        if self._recorder is not None:
            self._recorder.stop()
            self._ending.append(self._recorder)
            self._recorder = None
        self._show()

    def play_last(self) -> None:
        """Play what was recorded last."""
        if self._last is not None:
            self._window.play(str(self._last))

    def open_recording(self) -> None:
        """Ask for a session's folder and play it."""
        dialog = self._folder_dialog(texts.OPEN_TITLE)
        dialog.fileSelected.connect(self._window.play)
        dialog.open()

    def choose_folder(self) -> None:
        """Ask where recordings shall be kept from now on."""
        dialog = self._folder_dialog(texts.CHOOSE_TITLE)
        dialog.fileSelected.connect(
            lambda folder: self._window.services.settings.change(recordings_folder=folder)
        )
        dialog.open()

    def open_folder(self) -> None:
        """Show the folder of recordings in the system's file manager."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = error.strerror or str(error)
            self._tell(texts.CANNOT_RECORD, texts.FOLDER_PROBLEM.format(folder=self.place, why=why))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.place)))

    # What follows

    def _poll(self) -> None:
        session = self._window.session
        if self._wanted and session is not None:
            self._wanted = False
            if isinstance(session, Recordable):
                self._begin(session)
            else:
                self._tell(texts.CANNOT_RECORD, texts.NOT_THIS_SESSION)
        recorder = self._recorder
        if recorder is not None and recorder.progress().problem:
            self.stop()
        for ended in [one for one in self._ending if one.progress().over]:
            self._ending.remove(ended)
            self._finished(ended.progress())
        if not self.recording and not self._ending:
            self._timer.stop()
        self._show()

    def _begin(self, session: Recordable) -> None:
        services = self._window.services
        self._recorder = SessionRecorder(
            session,
            self.place,
            spec=self._window.spec,
            model=services.loader.model if services.loader else None,
            skeleton_only=services.settings.value.skeletons_only,
        )
        self._recorder.start()

    def _finished(self, progress: Progress) -> None:
        if progress.folder is not None and progress.moments:
            self._last = progress.folder
            self._play_last.setEnabled(True)
        if progress.problem:
            self._tell(texts.STOPPED_BY_ERROR if progress.folder else texts.CANNOT_RECORD, progress.problem)
        else:
            self._window.status.showMessage(texts.recorded(progress), TOLD_FOR_MS)

    def _session_changed(self, spec: str) -> None:
        self.stop()
        self._warned = ""

    def _warn(self, snapshot: Snapshot) -> None:
        """What is missing of a source, or that a GPU was lost, is said at once, not only at the end."""
        warning = getattr(self._window.session, "warning", None) or ""
        if snapshot.frame is not None and warning != self._warned:
            self._warned = warning
            self._window.status.showMessage(sentence(warning), TOLD_FOR_MS)

    def _show(self) -> None:
        self._record.setChecked(self.recording)
        visible = self.recording or bool(self._ending)
        self._window.status.show_added(self.lamp, visible)
        self._window.setWindowTitle(texts.title(APPLICATION) if self.recording else APPLICATION)
        if visible:
            recorder = self._recorder or (self._ending[-1] if self._ending else None)
            progress = recorder.progress() if recorder else Progress()
            self.lamp.show_words(texts.lamp(progress, stopping=not self.recording))
            hint = texts.LAMP_HINT_SKELETONS if self._skeletons_only.isChecked() else texts.LAMP_HINT
            self.lamp.setToolTip(hint)

    def _show_settings(self, settings: Settings) -> None:
        self._skeletons_only.setChecked(settings.skeletons_only)

    def _change_skeletons_only(self) -> None:
        self._window.services.settings.change(skeletons_only=self._skeletons_only.isChecked())

    def _close(self) -> None:
        """Finish the files before the window goes, for at most about a second."""
        self._timer.stop()
        self.stop()
        for recorder in self._ending:
            recorder.wait(self._window.time_left(FINISH_WITHIN_S / len(self._ending)))

    def _folder_dialog(self, title: str) -> QFileDialog:
        start = next((folder for folder in (self.place, *self.place.parents) if folder.is_dir()), Path.home())
        dialog = QFileDialog(self._window, title, str(start))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _tell(self, title: str, words: str) -> None:
        """A sentence beside the window, which goes on."""
        box = QMessageBox(QMessageBox.Icon.Information, title, words, parent=self._window)
        box.setObjectName("recording-message")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setModal(False)
        box.show()  # beside the window: what it shows goes on


class RecordingLamp(QWidget):
    """A red dot and words that say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("recording-lamp")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        self._dot = StatusDot()
        self._dot.set_colour("error")
        self.words = QLabel()
        row.addWidget(self._dot)
        row.addWidget(self.words)

    def set_theme(self, colours: theme.Theme) -> None:
        self._dot.set_theme(colours)
        self.words.setStyleSheet(f"color: {colours.error}; font-weight: 600;")

    def show_words(self, words: str) -> None:
        self.words.setText(words)
        self.setAccessibleName(words)
