"""The settings' page of models: which there are, what each says of itself, and which one is used."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QTextTable
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.errors import ModelError
from app.models import DEFAULT_MODEL, Model, describe, installed_folders, model_files
from app.recognition import INTERVAL_S, LIGHT_OPERATIONS
from app.ui import theme
from app.ui.dialogs import close_button
from app.ui.services import Services
from app.ui.settings_effects import chosen_model
from app.ui.settings_parts import muted
from app.ui.texts import settings as words
from app.ui.work import Work

if TYPE_CHECKING:
    from stgat.checkpoint import Metadata

KEPT_FILES = 10
CARD_BYTES = 200_000
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]*\)")


class ModelPage(QWidget):
    """The list, a card for the one looked at, and a button that puts it to use.

    chosen: what the model that is used from now on says of itself (stgat.checkpoint.Metadata).
    """

    chosen = pyqtSignal(object)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._settings = services, services.settings
        self._models: list[Model] = []
        self._card: Model | None = None
        self._work: Work | None = None
        self._look_at: Path | None = None
        self._build()
        self.show_settings()

    def _build(self) -> None:
        self.note = muted()
        self.list = QListWidget()
        self.list.setAccessibleName(words.MODELS)
        self.list.setMaximumHeight(90)
        self.open_file = _button(words.OPEN_MODEL)
        self.use = _button(words.USE_MODEL)
        self.use.setObjectName("primary")
        self.card = _button(words.MODEL_CARD)
        self.facts = SafeBrowser()
        self.facts.setAccessibleName(words.ABOUT_MODEL)
        self.facts.setMinimumHeight(140)
        self.find = QLineEdit()
        self.find.setPlaceholderText(words.FIND_ACTION)
        self.find.setAccessibleName(words.FIND_ACTION)
        self.find.setClearButtonEnabled(True)
        self.count = muted()
        self.labels = QListWidget()
        self.labels.setAccessibleName(words.ACTIONS_IT_KNOWS)
        self.labels.setMinimumHeight(90)
        buttons = QHBoxLayout()
        for button in (self.use, self.card):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.open_file)
        search = QHBoxLayout()
        search.addWidget(self.find, 1)
        search.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.addWidget(self.note)
        column.addWidget(self.list)
        column.addLayout(buttons)
        column.addWidget(self.facts, 2)
        column.addLayout(search)
        column.addWidget(self.labels, 1)
        self.list.currentRowChanged.connect(self._look)
        self.open_file.clicked.connect(self.ask_for_file)
        self.use.clicked.connect(self._use)
        self.card.clicked.connect(self.show_card)
        self.find.textChanged.connect(self._search)

    @property
    def in_use(self) -> Path:
        """The file that sessions use."""
        loader = self._services.loader
        return loader.model if loader is not None else chosen_model(self._settings.value)

    def show_settings(self) -> None:
        """Read the models anew and show them, the one in use first looked at."""
        self.note.setText(words.READING_MODELS)
        wanted = [Path(name) for name in self._settings.value.model_files]
        used = self.in_use
        self._work = Work(self, lambda: known_models([used, *wanted]))
        self._work.done.connect(self._show)
        self._work.failed.connect(self.note.setText)

    def ask_for_file(self) -> None:
        """Ask for a model's file; it is added to the list, and used only when told so."""
        dialog = QFileDialog(self, words.OPEN_MODEL_TITLE, "", words.MODEL_FILTERS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.add_file)
        dialog.open()

    def add_file(self, path: str) -> None:
        """Put this file on the list and look at it."""
        known = [name for name in self._settings.value.model_files if name != path]
        self._settings.change(model_files=(path, *known)[:KEPT_FILES])
        self._look_at = Path(path).absolute()
        self.show_settings()

    def show_card(self) -> None:
        """Open what its makers wrote of the model."""
        if self._card is not None:
            dialog = CardDialog(self.window(), self._card)
            theme.apply(dialog, self.window().colours)
            dialog.open()

    def _show(self, models: Sequence[Model]) -> None:
        self._models = list(models)
        used = self.in_use
        look_at = self._look_at or used
        self._look_at = None
        self.note.setText("" if models else words.NO_MODEL)
        self.note.setVisible(not models)
        self.list.clear()
        for model in self._models:
            same = model.path == used.absolute()
            item = QListWidgetItem(words.model_in_list(model.name, model.default, same, model.error))
            item.setToolTip(str(model.path))
            self.list.addItem(item)
        rows = [row for row, model in enumerate(self._models) if model.path == look_at.absolute()]
        self.list.setCurrentRow(rows[0] if rows else 0)

    def _look(self, row: int) -> None:
        model = self._card = self._models[row] if 0 <= row < len(self._models) else None
        usable = model is not None and model.metadata is not None
        in_use = model is not None and model.path == self.in_use.absolute()
        self.use.setEnabled(usable and not in_use)
        self.card.setEnabled(model is not None and _card_file(model).is_file())
        self.find.setEnabled(usable)
        if model is None:
            self.facts.setHtml("")
        elif model.metadata is None:
            reason = words.broken(model.name, model.error)
            remedy = words.REMOVED_REMEDY if in_use else ""
            self.facts.setHtml(f"<p>{html.escape(reason)}</p><p>{html.escape(remedy)}</p>")
        else:
            self.facts.setHtml(_table(words.facts(model, _answer_interval(model, model.metadata))))
        self._search()

    def _search(self) -> None:
        """Show the labels with these words in their name, in the window's language or the model's."""
        self.labels.clear()
        self.count.setText("")
        if self._card is None or self._card.metadata is None:
            return
        names = words.label_names(self._card.metadata.labels)
        wanted = self.find.text().strip().casefold()
        shown = [
            name for name, label in names.items() if wanted in name.casefold() or wanted in label.casefold()
        ]
        self.labels.addItems(shown)
        self.count.setText(words.found(len(shown), len(names)))

    def _use(self) -> None:
        model = self._card
        if model is None:
            return
        chosen = "" if model.default else str(model.path)
        if self._settings.value.model == chosen and self._services.loader is not None:
            self._services.loader.use(model.path)  # remembered already, but the command line went before it
        self._settings.change(model=chosen)
        self.chosen.emit(model.metadata)
        self._show(self._models)


class SafeBrowser(QTextBrowser):
    """Text that somebody else wrote: links are dead, and nothing is loaded, from here or elsewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)

    def loadResource(self, kind: int, name: QUrl) -> object:  # noqa: N802 (Qt's name)
        return None


class CardDialog(QDialog):
    """The model card beside the model's file."""

    def __init__(self, parent: QWidget, model: Model) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(words.card_title(model.name))
        text = SafeBrowser()
        text.setAccessibleName(self.windowTitle())
        text.setMarkdown(read_card(model))
        _drop_empty_headings(text)
        column = QVBoxLayout(self)
        column.addWidget(text)
        column.addWidget(close_button(self))
        self.resize(640, 560)


def _drop_empty_headings(text: QTextBrowser) -> None:
    """A table in Markdown has a first row, also where there is nothing to say in it."""
    document = text.document()
    root = document.rootFrame() if document is not None else None
    for table in root.childFrames() if root is not None else []:
        if isinstance(table, QTextTable):
            row = [table.cellAt(0, column) for column in range(table.columns())]
            if all(cell.firstCursorPosition() == cell.lastCursorPosition() for cell in row):
                table.removeRows(0, 1)


def known_models(others: Sequence[Path]) -> list[Model]:
    """The installed ones, the default first, then these; a file that is broken or missing says so."""
    installed: list[Path] = []
    for folder in installed_folders():
        with suppress(ModelError):  # the folder of those that ship is missing
            installed += model_files(folder)
    paths = [path.absolute() for path in (*installed, *others)]
    models = [describe(path) for path in dict.fromkeys(paths)]
    return sorted(models, key=lambda model: model.path != DEFAULT_MODEL)


def read_card(model: Model) -> str:
    """The Markdown beside the model, without pictures and the links' addresses; "" where there is none."""
    try:
        with _card_file(model).open("rb") as file:
            text = file.read(CARD_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
    text = "\n".join(line for line in text.splitlines() if not line.startswith("!["))
    return _LINK.sub(r"\1", text)


def _card_file(model: Model) -> Path:
    return model.path.with_suffix(".md")


def _answer_interval(model: Model, metadata: Metadata) -> float:
    """Seconds between two answers about a camera's pictures, 0 where each has one."""
    if metadata.model.causal is not None:
        from app.continual import continual_interval  # brings PyTorch, which the window opens without

        return continual_interval(metadata)
    return 0.0 if model.flop <= LIGHT_OPERATIONS else INTERVAL_S


def _table(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f"<tr><td style='padding: 2px 14px 2px 0'><b>{html.escape(name)}</b></td>"
        f"<td>{html.escape(told)}</td></tr>"
        for name, told in facts
    )
    return f"<table>{rows}</table>"


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleName(text)
    return button
