"""The dialog that cuts a take from a video."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from app.ui import theme
from app.ui.teach_report import line
from app.ui.texts import CLOSE, FILE_FILTERS
from app.ui.texts import teach as texts
from stgat.teaching.profiles import MAX_TAKE_S, MIN_TAKE_S


class CutDialog(QDialog):
    """Asks for a file and the two ends of a take; stays open, so that several can be cut from one file.

    path: to begin with. span: (from, to) in seconds, of the loop that plays; None for the first three.
    cut: (path, start_s, end_s) is wanted.
    """

    cut = pyqtSignal(str, float, float)

    def __init__(self, parent: QWidget, path: str = "", span: tuple[float, float] | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cut")
        self.setWindowTitle(texts.CUT_TITLE)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._busy = False
        self.file = QLineEdit(path)
        self.file.setAccessibleName(texts.CUT_FILE)
        self.choose = QPushButton(texts.CHOOSE_FILE)
        self.choose.clicked.connect(self._choose)
        self.start, self.end = _seconds(texts.CUT_FROM), _seconds(texts.CUT_TO)
        start_s, end_s = span or (0.0, 3.0)
        self.start.setValue(start_s)
        self.end.setValue(end_s)
        self.note = line("", "muted")
        buttons = QDialogButtonBox()
        accept = buttons.addButton(texts.CUT, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton(CLOSE, QDialogButtonBox.ButtonRole.RejectRole)
        assert accept is not None and close is not None
        self.accept_button = accept
        accept.setObjectName("primary")
        accept.setDefault(True)
        accept.clicked.connect(self._ask)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(self.choose)
        form = QFormLayout()
        form.addRow(texts.CUT_FILE, row)
        form.addRow(texts.CUT_FROM, self.start)
        form.addRow(texts.CUT_TO, self.end)
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(line(f"{texts.CUT_HINT} {texts.CUT_LOOP_HINT if span else ''}".strip()))
        column.addLayout(form)
        column.addWidget(self.note)
        column.addWidget(buttons)
        self.file.textChanged.connect(self._check)
        for field in (self.start, self.end):
            field.valueChanged.connect(self._check)
        self.resize(460, self.sizeHint().height())
        self._check()

    def show_busy(self, busy: bool) -> None:
        """Whether a take is being cut now."""
        self._busy = busy
        self._check()

    def show_problem(self, sentence: str) -> None:
        """Why nothing could be cut."""
        self._say(sentence, "error")

    def show_done(self, words: str) -> None:
        """What was cut."""
        self._say(words, "")

    def problem(self) -> str:
        """What speaks against the fields as they are."""
        length_s = self.end.value() - self.start.value()
        if not self.file.text().strip():
            return texts.CUT_NO_FILE
        if length_s <= 0:
            return texts.CUT_ORDER
        if not MIN_TAKE_S <= length_s <= MAX_TAKE_S:
            return texts.CUT_LENGTH
        return ""

    def _check(self) -> None:
        problem = self.problem()
        self._say(texts.CUTTING if self._busy else problem, "muted")
        self.accept_button.setEnabled(not problem and not self._busy)

    def _say(self, words: str, role: str) -> None:
        self.note.setText(words)
        self.note.setProperty("role", role)
        style = self.note.style()
        if style is not None:
            style.unpolish(self.note)
            style.polish(self.note)

    def _ask(self) -> None:
        if not self.problem():
            self.cut.emit(self.file.text().strip(), self.start.value(), self.end.value())

    def _choose(self) -> None:
        folder = str(Path(self.file.text()).parent) if self.file.text() else ""
        dialog = QFileDialog(self, texts.CUT_TITLE, folder, FILE_FILTERS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.file.setText)
        dialog.open()


def _seconds(name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setRange(0.0, 100_000.0)
    field.setDecimals(2)
    field.setSingleStep(0.1)
    field.setSuffix(" s")
    field.setAccessibleName(name)
    return field
