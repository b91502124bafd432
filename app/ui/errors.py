"""Errors that can be passed on by hand: "Copy details" at each, and a report of those nobody expected."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from app.diagnostics import RecentLog, details
from app.ui import texts, theme
from app.ui.texts import errors as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

log = logging.getLogger(__name__)

#: One that comes with every picture shall not fill the folder.
MOST_REPORTS = 5


class Errors(QObject):
    """Feature: the details of what failed last; and, where crash reports are kept, the net under everything.

    An exception that nobody caught, in whatever thread, does not end the window.
    """

    uncaught = pyqtSignal(str, object)  # from any thread: the report, and where it is kept or None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._log = RecentLog()
        self._failed = ""
        self._reported: set[str] = set()
        self._hooks: tuple[Callable, Callable] | None = None
        self.copy = window.commands.add(
            texts.GROUP_HELP, words.COPY_ERROR_DETAILS, self.copy_details, enabled=False
        )
        self.button = QPushButton(words.COPY_DETAILS, window.video)
        self.button.setAccessibleName(words.COPY_DETAILS)
        self.button.hide()
        self.button.clicked.connect(self.copy_details)
        window.video.message_changed.connect(self._message)
        window.video.button.installEventFilter(self)
        window.closing.connect(self.leave)
        self.uncaught.connect(self._show)
        self._log.listen()
        if window.services.crashes is not None:
            self._catch()

    def details(self, what: str, more: str = "") -> str:
        """The text that is copied; more: a traceback."""
        loader, settings = self._window.services.loader, self._window.services.settings.value
        return details(
            what,
            self._window.spec,
            None if loader is None else loader.model,
            "" if loader is None else loader.device,
            "\n\n".join(part for part in (more, self._log.text()) if part),
            settings.recent_files,
        )

    def copy_details(self) -> None:
        """Put the details of the last error on the clipboard."""
        _copy(self.details(self._failed))
        self.button.setText(words.COPIED)

    def caught(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Report an exception that nobody caught; from any thread, and never raises."""
        if issubclass(kind, (KeyboardInterrupt, SystemExit)):
            if self._hooks is not None and threading.current_thread() is threading.main_thread():
                self._hooks[0](kind, error, trace)
            return
        told = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(told)
        where = str(trace and traceback.extract_tb(trace)[-1:])
        if where in self._reported or len(self._reported) >= MOST_REPORTS:
            return
        self._reported.add(where)
        crashes = self._window.services.crashes
        report = self.details(f"{kind.__name__}: {error}", told)
        path = None if crashes is None else crashes.write(report)
        with contextlib.suppress(RuntimeError):  # the window is gone
            self.uncaught.emit(report, path)

    def leave(self) -> None:
        """The window closes: what Python did with exceptions before, it does again."""
        self._log.leave()
        if self._hooks is not None:
            sys.excepthook, threading.excepthook = self._hooks
            self._hooks = None
            assert self._window.services.crashes is not None
            self._window.services.crashes.close()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 (Qt's name)
        """Keep beside the message's own button."""
        if event is not None and event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return super().eventFilter(watched, event)

    def _catch(self) -> None:
        crashes = self._window.services.crashes
        assert crashes is not None
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self.caught
        threading.excepthook = lambda args: self.caught(args.exc_type, args.exc_value, args.exc_traceback)
        before = crashes.watch(details("a crash that ended the application"))
        if before is not None:
            report = before.read_text(encoding="utf-8", errors="replace") if before.is_file() else ""
            dialog = CrashDialog(self._window, words.CRASHED_TITLE, words.CRASHED, report, before)
            QTimer.singleShot(0, dialog.show)  # when the window is there

    def _show(self, report: str, path: Path | None) -> None:
        CrashDialog(self._window, words.FAILED_TITLE, words.FAILED, report, path).show()

    def _message(self, message: texts.Message | None) -> None:
        failed = message is not None and message.error
        if failed:
            self._failed = f"{message.title}: {message.detail}"
            self.copy.setEnabled(True)
        self.button.setText(words.COPY_DETAILS)
        self.button.setVisible(failed)
        self._place()

    def _place(self) -> None:
        """The two buttons stand side by side in the middle; in a narrow view this one is under the other."""
        if self.button.isHidden():
            return
        view, main = self._window.video, self._window.video.button
        self.button.resize(self.button.sizeHint())
        both = main.width() + theme.SPACE + self.button.width()
        if both <= view.width() - 2 * theme.SPACE:
            left = (view.width() - both) // 2
            if main.x() != left:
                main.move(left, main.y())
            self.button.move(left + main.width() + theme.SPACE, main.y())
        else:
            self.button.move(
                (view.width() - self.button.width()) // 2, main.geometry().bottom() + theme.SPACE
            )


class CrashDialog(QDialog):
    """What happened, where the report is, and the report itself to read before it is passed on."""

    def __init__(self, window: MainWindow, title: str, what: str, report: str, path: Path | None) -> None:
        super().__init__(window)
        self.setObjectName("crash")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        sentence = QLabel(what)
        sentence.setWordWrap(True)
        where = QLabel(words.NOT_KEPT if path is None else words.kept(path))
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.report = QPlainTextEdit(report)
        self.report.setReadOnly(True)
        self.report.setTabChangesFocus(True)
        self.report.setAccessibleName(words.DETAILS)
        buttons = QDialogButtonBox()
        self.copy = buttons.addButton(words.COPY_DETAILS, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton(texts.CLOSE, QDialogButtonBox.ButtonRole.RejectRole)
        assert self.copy is not None
        assert close is not None
        close.setDefault(True)
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        for widget in (sentence, where, self.report, buttons):
            column.addWidget(widget)
        self.resize(620, 420)
        theme.apply(self, window.colours)

    def _copy(self) -> None:
        _copy(self.report.toPlainText())
        self.copy.setText(words.COPIED)


def _copy(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard is not None:
        clipboard.setText(text)
