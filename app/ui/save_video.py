"""Saving a file as a video with skeletons and actions drawn in, beside what the window shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.annotated import AnnotatedVideo
from app.errors import OutputError
from app.ui import texts, theme
from app.ui.save_events import proposed_name, remember_folder, save_dialog, tell
from app.ui.texts import events as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

POLL_MS = 100
CLOSING_S = 0.5


class SaveVideo(QObject):
    """Part of the events feature: one video at a time."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: VideoDialog | None = None
        window.commands.add(texts.GROUP_EVENTS, words.SAVE_VIDEO, self.ask)
        window.closing.connect(self._close)

    def ask(self) -> None:
        """Ask for a place and begin; while a video is being made, show how far it is."""
        window = self._window
        if self.dialog is not None:
            self.dialog.show()
            self.dialog.raise_()
        elif window.spec.startswith("camera:") or window.services.loader is None:
            tell(window, words.SAVE_VIDEO_TITLE, words.NO_VIDEO_OF_A_CAMERA)
        else:
            name = words.annotated(proposed_name(window))
            place = save_dialog(window, words.SAVE_VIDEO_TITLE, name, words.VIDEO_FILTERS)
            spec = window.spec  # of now: the window may show something else by then
            place.fileSelected.connect(lambda path: self.save(spec, Path(path)))
            place.open()

    def save(self, spec: str, path: Path) -> None:
        """Make the video of this source there."""
        loader = self._window.services.loader
        if loader is None or self.dialog is not None:
            return
        job = AnnotatedVideo(spec, path, loader)
        try:
            job.start()
        except (OutputError, OSError) as error:
            tell(self._window, words.NOT_SAVED, str(error))
            return
        remember_folder(self._window, path)
        self.dialog = VideoDialog(self._window, job)
        self.dialog.over.connect(self._over)
        self.dialog.show()

    def _over(self) -> None:
        dialog, self.dialog = self.dialog, None
        assert dialog is not None
        job = dialog.job
        dialog.close()
        dialog.deleteLater()
        if job.error:
            tell(self._window, words.NOT_SAVED, job.error)
        elif job.cancelled:
            self._window.status.showMessage(words.CANCELLED, 6000)
        else:
            tell(self._window, words.SAVING_VIDEO, f"{words.video_saved(job.path)}\n{job.warning}".strip())

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.stop_looking()
            self.dialog.job.cancel(self._window.time_left(CLOSING_S))


class VideoDialog(QDialog):
    """How far a video is. Closing it hides it and lets the work go on; over: the work has ended."""

    over = pyqtSignal()

    def __init__(self, parent: QWidget, job: AnnotatedVideo) -> None:
        super().__init__(parent)
        self.job = job
        self.setObjectName("saving")
        self.setWindowTitle(words.SAVING_VIDEO)
        self.name = QLabel(job.path.name)
        self.name.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(words.SAVING_VIDEO)
        self.state = QLabel(words.STARTING_VIDEO)
        self.state.setProperty("role", "muted")
        self.hiding = QPushButton(words.HIDE)
        self.hiding.setToolTip(words.HIDE_HINT)
        self.hiding.setDefault(True)
        self.hiding.clicked.connect(self.hide)
        self.cancelling = QPushButton(words.CANCEL)
        self.cancelling.setAutoDefault(False)
        self.cancelling.clicked.connect(self.cancel)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancelling)
        buttons.addWidget(self.hiding)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(theme.SPACE)
        for part in (self.name, self.bar, self.state):
            column.addWidget(part)
        column.addSpacing(theme.SPACE)
        column.addLayout(buttons)
        self.setMinimumWidth(340)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(POLL_MS)

    def cancel(self) -> None:
        """Give the video up; nothing of it stays."""
        self.cancelling.setEnabled(False)
        self.state.setText(words.CANCELLING)
        self.job.cancel()

    def look(self) -> None:
        """Show how far it is."""
        if not self.job.running:
            self.stop_looking()
            self.over.emit()
            return
        progress = self.job.progress
        if progress.is_open and not self.job.cancelled:
            self.bar.setRange(0, progress.of or 0)
            self.bar.setValue(min(progress.frames, progress.of or 0))
            self.state.setText(words.frames_done(progress.frames, progress.of))

    def stop_looking(self) -> None:
        self._timer.stop()
