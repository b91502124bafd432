"""Parts that dialogs share: a field for a path, a question, a sentence that tells what is wrong."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QWidget,
)

from app.ui import texts as common
from app.ui import theme
from app.ui.texts import paths as texts


class PathField(QWidget):
    """A line for the path of a folder or a file, with a button for each that may be chosen."""

    changed = pyqtSignal(str)

    def __init__(self, title: str, folder: bool = True, file: bool = False) -> None:
        super().__init__()
        self._title = title
        self.line = QLineEdit()
        self.line.setAccessibleName(title)
        self.line.textChanged.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        self.setFocusProxy(self.line)
        for wanted, words, mode in (
            (folder, texts.CHOOSE_FOLDER, QFileDialog.FileMode.Directory),
            (file, texts.CHOOSE_FILE, QFileDialog.FileMode.ExistingFile),
        ):
            if wanted:
                button = QPushButton(words)
                button.setAutoDefault(False)
                button.setAccessibleName(texts.chooser(title, words))
                button.clicked.connect(lambda _, mode=mode: self._choose(mode))
                row.addWidget(button)

    @property
    def text(self) -> str:
        return self.line.text().strip()

    def set_text(self, text: str) -> None:
        self.line.setText(text)

    def _choose(self, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, self._title, self.text)
        dialog.setFileMode(mode)
        if mode is QFileDialog.FileMode.Directory:
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.set_text)
        dialog.open()


class Notice(QLabel):
    """A sentence under what it is about; it takes no room while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._theme, self._bad = theme.DARK, False
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.hide()

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self._paint()

    def say(self, sentence: str, bad: bool = False) -> None:
        """bad: something went wrong. An empty sentence takes the last one away."""
        if (sentence, bad) != (self.text(), self._bad):
            self._bad = bad
            self.setText(sentence)
            self._paint()
        self.setVisible(bool(sentence))

    def _paint(self) -> None:
        self.setStyleSheet(f"color: {self._theme.error if self._bad else self._theme.muted};")


def level(form: QFormLayout) -> None:
    """Let each label of a form stand at the middle of its field, also where that is higher than a line."""
    for row in range(form.rowCount()):
        label = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        field = form.itemAt(row, QFormLayout.ItemRole.FieldRole)
        if label is not None and field is not None and (words := label.widget()) is not None:
            words.setMinimumHeight(field.sizeHint().height())


def close_button(dialog: QDialog) -> QDialogButtonBox:
    """A row with one button, which closes the dialog."""
    buttons = QDialogButtonBox()
    close = buttons.addButton(common.CLOSE, QDialogButtonBox.ButtonRole.RejectRole)
    assert close is not None
    close.setDefault(True)
    buttons.rejected.connect(dialog.reject)
    return buttons


def ask(parent: QWidget, title: str, question: str, yes: str, act: Callable[[], object]) -> QMessageBox:
    """A question beside the window; `act` is called if it is answered by the button called `yes`."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, question, parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    refuse = box.addButton(texts.CANCEL, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(refuse)
    box.setEscapeButton(refuse)
    box.buttonClicked.connect(lambda button: act() if button is agree else None)
    box.open()
    return box
