"""Feature: a folder of videos recognised in a process of its own, so that the live picture stays fluent."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QProcess, QTimer, QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.program import program
from app.ui import texts as common
from app.ui import theme
from app.ui.dialogs import Notice, PathField, level
from app.ui.texts import batch as texts

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

#: What does not stop when it is asked to is ended after so long; nothing that was found is lost by it.
KILL_AFTER_MS = 5000
_CLOSE_WITHIN_S = 0.3

log = logging.getLogger(__name__)


class Batch(QObject):
    """Adds the command; `offer` takes a folder that was dropped on the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: BatchDialog | None = None
        window.commands.add(common.GROUP_TOOLS, texts.BATCH, self.show, "Ctrl+B")
        window.themed.connect(self._set_theme)
        window.closing.connect(self._close)
        window.dropped.connect(self.offer)

    def show(self, folder: str = "") -> None:
        """Open the dialog, with that folder chosen."""
        if self.dialog is None:
            self.dialog = BatchDialog(self._window, self._model)
            self.dialog.set_theme(self._window.colours)
        if folder:
            self.dialog.choose(folder)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def offer(self, paths: list[str]) -> None:
        """Of what was dropped on the window, take the first folder; files are not for this dialog."""
        folder = next((path for path in paths if Path(path).is_dir()), None)
        if folder is not None:
            self.show(folder)

    def _model(self) -> list[str]:
        """The options that name the model and device in use."""
        loader = self._window.services.loader
        return [] if loader is None else ["--model", str(loader.model), "--device", loader.device]

    def _set_theme(self, colours: theme.Theme) -> None:
        if self.dialog is not None:
            self.dialog.set_theme(colours)

    def _close(self) -> None:
        if self.dialog is not None:
            self.dialog.close_down(self._window.time_left(_CLOSE_WITHIN_S))


class BatchDialog(QDialog):
    """options: asked when the work begins, for those of the `batch` verb. command: what they are options of.

    The dialog may be closed while the work goes on; it ends with the window.
    """

    def __init__(
        self,
        parent: QWidget | None = None,
        options: Callable[[], list[str]] = lambda: [],
        command: Callable[[], list[str]] = program,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("batch")
        self.setWindowTitle(texts.TITLE)
        self._options, self._command = options, command
        self._process: QProcess | None = None
        self._unread = b""
        self._said, self._end = "", dict[str, Any]()
        self._suggested = ""
        self.folder, self.output = PathField(texts.FOLDER), PathField(texts.OUTPUT)
        self.folder.changed.connect(self._suggest)
        self.subfolders = QCheckBox(texts.SUBFOLDERS)
        self.subfolders.setChecked(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(texts.PROGRESS)
        self.bar.hide()
        self.notice = Notice()
        self.start = QPushButton(texts.START)
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self.start.clicked.connect(self._start_or_stop)
        self.report = QPushButton(texts.OPEN_REPORT)
        self.place = QPushButton(texts.OPEN_FOLDER)
        for button, which in ((self.report, "html"), (self.place, "folder")):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _, which=which: self._open(which))
            button.hide()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(KILL_AFTER_MS)
        self._patience.timeout.connect(self._kill)
        self._lay_out()

    def _lay_out(self) -> None:
        introduction = QLabel(texts.INTRODUCTION)
        introduction.setWordWrap(True)
        form = self._form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(texts.FOLDER, self.folder)
        form.addRow("", self.subfolders)
        form.addRow(texts.OUTPUT, self.output)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start)
        buttons.addWidget(self.report)
        buttons.addWidget(self.place)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(theme.SPACE)
        column.addWidget(introduction)
        column.addLayout(form)
        column.addWidget(self.bar)
        column.addWidget(self.notice)
        column.addStretch(1)
        column.addLayout(buttons)
        self.setMinimumWidth(340)
        self.resize(560, 260)

    def set_theme(self, colours: theme.Theme) -> None:
        theme.apply(self, colours)
        level(self._form)  # the fields are as high as the theme makes them
        self.notice.set_theme(colours)

    @property
    def running(self) -> bool:
        return self._process is not None

    def choose(self, folder: str) -> None:
        """Put this folder into the field, unless another one is being recognised."""
        if not self.running:
            self.folder.set_text(folder)

    def close_down(self, within_s: float = _CLOSE_WITHIN_S) -> None:
        """End the work for good, by force if it does not end within so long: the window closes."""
        process, within_ms = self._process, round(1000 * within_s)
        if process is not None:
            process.finished.disconnect()
            process.closeWriteChannel()
            if not process.waitForFinished(within_ms):
                process.kill()  # what is found is written whole or not at all
                process.waitForFinished(within_ms)
            self._process = None
        self._patience.stop()
        self.close()

    def _suggest(self, text: str) -> None:
        """Beside the folder, unless somebody has named another place."""
        folder = Path(text.strip())
        if self.output.text in ("", self._suggested) and folder.name:
            self._suggested = str(folder.parent / texts.output_for(folder.name))
            self.output.set_text(self._suggested)

    def _start_or_stop(self) -> None:
        if self._process is not None:
            self._process.closeWriteChannel()  # which it takes as a wish to stop
            self._patience.start()
            self.start.setEnabled(False)
            self.notice.say(texts.STOPPING)
            return
        problem = (
            texts.FOLDER_MISSING
            if not self.folder.text
            else texts.NO_SUCH_FOLDER
            if not Path(self.folder.text).is_dir()
            else ""
            if self.output.text
            else texts.OUTPUT_MISSING
        )
        if problem:
            self.notice.say(problem, bad=True)
        else:
            self._start()

    def _start(self) -> None:
        self._unread, self._said, self._end = b"", "", {}
        start, *arguments = (
            *self._command(),
            "batch",
            str(Path(self.folder.text).absolute()),
            "--output",
            str(Path(self.output.text).absolute()),
            "--subfolders" if self.subfolders.isChecked() else "--no-subfolders",
            *self._options(),
            "--progress-json",
            "--stop-with-input",
        )
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_words)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        process.start(start, arguments)
        self._show_running(True)
        self.bar.setRange(0, 0)
        self.notice.say(texts.STARTING)

    def _show_running(self, running: bool) -> None:
        self.start.setText(texts.STOP if running else texts.START)
        self.start.setEnabled(True)
        for part in (self.folder, self.output, self.subfolders):
            part.setEnabled(not running)
        self.bar.setVisible(running)
        for button in (self.report, self.place):
            button.setVisible(bool(self._end) and not running)

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._unread = (self._unread + bytes(self._process.readAllStandardOutput())).split(b"\n")
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                log.info("batch says: %r", line)
                continue
            if said.get("type") == "progress":
                self.bar.setRange(0, 1000 * said["files"])
                self.bar.setValue(round(1000 * (said["done"] + said["share"])))
                if not self._patience.isActive():
                    self.notice.say(texts.progress(said["done"], said["files"], said["file"]))
            elif said.get("type") == "end":
                self._end = said

    def _read_words(self) -> None:
        if self._process is not None:
            words = bytes(self._process.readAllStandardError()).decode("utf-8", "replace")
            self._said = (self._said + words)[-4000:]

    def _finished(self) -> None:
        self._read()
        self._read_words()
        assert self._process is not None
        self._process.deleteLater()
        self._process = None
        self._patience.stop()
        self._show_running(False)
        end = self._end
        if end:
            self.notice.say(texts.ended(end["files"], end["events"], end["failed"], end["stopped"]))
            self.report.setFocus()
            return
        told = [line for line in self._said.splitlines() if line.startswith("Error: ")]
        self.notice.say(told[-1].removeprefix("Error: ") if told else texts.ENDED_SILENTLY, bad=True)

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            log.warning("batch: %s", self._process.errorString())
            self._process.deleteLater()
            self._process = None
            self._show_running(False)
            self.notice.say(texts.CANNOT_START, bad=True)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _open(self, which: str) -> None:
        page = Path(self._end["html"])
        path = page if which == "html" else page.parent
        if path.exists():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
        else:
            self.notice.say(texts.REPORT_GONE, bad=True)
