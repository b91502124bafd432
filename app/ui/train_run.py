"""The page of one training run: how it stands, its curves, and what can be done with it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices, QFont, QResizeEvent
from PyQt6.QtWidgets import (
    QGridLayout,
    QInputDialog,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.installing import ModelThere, install_model
from app.jobs import JobState
from app.training_runs import RunView, delete_run, pause_run, resume_run
from app.ui import theme
from app.ui.background import Background
from app.ui.dialogs import Notice, ask
from app.ui.texts import train as texts
from app.ui.train_curves import Curves

#: Narrower than this the buttons need several rows.
_ONE_ROW = 560


class RunPage(QWidget):
    """Shows the run it was given last. changed: something was done to it, so it is worth looking again."""

    changed = pyqtSignal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self.view: RunView | None = None
        self.name = QLabel()
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setFont(theme.scaled_font(self.name, 1.4, QFont.Weight.DemiBold))
        self.name.setWordWrap(True)
        self.facts = QLabel()
        self.facts.setProperty("role", "muted")
        self.facts.setWordWrap(True)
        self.notice, self.outcome = Notice(), Notice()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.curves = Curves()
        self.no_curve = QLabel(texts.NO_CURVE)
        self.no_curve.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.no_curve.setWordWrap(True)
        self.no_curve.setProperty("role", "muted")
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(texts.SHOW_LOG)
        self.log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.log.hide()
        self.pause = self._button(texts.PAUSE, self._pause_or_resume)
        self.install = self._button(texts.INSTALL, self._ask_name)
        self.folder = self._button(texts.OPEN_FOLDER, self._open_folder)
        self.delete = self._button(texts.DELETE, self._ask_delete)
        self.show_log = self._button(texts.SHOW_LOG, lambda: self.log.setVisible(self.show_log.isChecked()))
        self.show_log.setCheckable(True)
        self._buttons = QGridLayout()
        self._arrange(2)
        column = QVBoxLayout(self)
        for part in (self.name, self.facts, self.bar, self.notice):
            column.addWidget(part)
        column.addWidget(self.curves, 1)
        column.addWidget(self.no_curve, 1)
        column.addWidget(self.log, 1)
        column.addWidget(self.outcome)
        column.addLayout(self._buttons)

    def set_theme(self, colours: theme.Theme) -> None:
        self.curves.set_theme(colours)
        self.notice.set_theme(colours)
        self.outcome.set_theme(colours)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        self._arrange(5 if self.width() >= _ONE_ROW else 2)
        super().resizeEvent(event)

    def _arrange(self, columns: int) -> None:
        buttons = (self.pause, self.install, self.folder, self.delete, self.show_log)
        for place, button in enumerate(buttons):
            self._buttons.addWidget(button, *divmod(place, columns))

    def show_run(self, view: RunView) -> None:
        if self.view is None or view.folder != self.view.folder:
            self.outcome.say("")
        self.view = view
        self.name.setText(view.name)
        self.facts.setText(f"{texts.STATES[view.state]} · {texts.epochs_done(view)}")
        self.bar.setValue(round(1000 * view.share))
        self.bar.setAccessibleName(texts.percent_done(view))
        self.notice.say(*texts.explanation(view))
        self.curves.setVisible(bool(view.metrics))
        self.no_curve.setVisible(not view.metrics)
        self.curves.show_run(view)
        self._show_log(view)
        fresh = view.state is JobState.FAILED and not view.epochs_done
        goes_on = texts.BEGIN_AGAIN if fresh else texts.RESUME
        self.pause.setText(goes_on if view.can_resume else texts.PAUSE)
        self.pause.setEnabled(view.can_resume or view.state is JobState.RUNNING)
        self.install.setEnabled(view.can_install)
        self.install.setToolTip("" if view.can_install else texts.INSTALL_HINT)

    def _show_log(self, view: RunView) -> None:
        text = "\n".join(view.log)
        if text != self.log.toPlainText():
            self.log.setPlainText(text)
            bar = self.log.verticalScrollBar()
            assert bar is not None
            bar.setValue(bar.maximum())

    def _button(self, words: str, act) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    def _pause_or_resume(self) -> None:
        view = self.view
        if view is None:
            return
        self.pause.setEnabled(False)  # until it is seen what came of it
        folder = view.folder
        work = (lambda: resume_run(folder)) if view.can_resume else (lambda: pause_run(folder))
        self._background.ask(work, lambda _: self._did(""), self._failed)

    def _open_folder(self) -> None:
        if self.view is not None and self.view.folder.is_dir():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.view.folder)))
        else:
            self.outcome.say(texts.FOLDER_GONE, bad=True)

    def _ask_delete(self) -> None:
        view = self.view
        if view is not None:
            ask(
                self, texts.DELETE_NOW, texts.delete_question(view), texts.DELETE_NOW,
                lambda: self._background.ask(
                    lambda: delete_run(view.folder), lambda _: self._did(""), self._failed
                ),
            )  # fmt: skip

    def _ask_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(texts.INSTALL_TITLE)
        dialog.setLabelText(texts.INSTALL_LABEL)
        dialog.setTextValue(self.view.name if self.view else "")
        dialog.textValueSelected.connect(self._install)
        dialog.open()

    def _install(self, name: str, replace: bool = False) -> None:
        view = self.view
        if view is None:
            return

        def failed(error: Exception) -> None:
            if isinstance(error, ModelThere):
                ask(
                    self, texts.INSTALL_TITLE, texts.replace_question(name), texts.REPLACE,
                    lambda: self._install(name, replace=True),
                )  # fmt: skip
            else:
                self._failed(error)

        self._background.ask(
            lambda: install_model(view.checkpoint, name, replace),
            lambda path: self._did(texts.installed(path.stem)),
            failed,
        )

    def _did(self, sentence: str) -> None:
        self.outcome.say(sentence)
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self.outcome.say(str(error), bad=True)
        self.changed.emit()
