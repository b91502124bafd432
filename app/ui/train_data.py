"""Choosing what a run is trained on: a prepared data set, or a raw one that is prepared first."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.data_sets import DataSetView, Origin, delete_set, prepare_set, stop_preparing
from app.jobs import JobState
from app.ui import theme
from app.ui.background import Background
from app.ui.dialogs import Notice, PathField, ask
from app.ui.texts import train as texts
from stgat.data.formats import FORMATS

_OTHER, _NEW = "other", "new"


class DataChooser(QWidget):
    """chosen: with the folder of a prepared data set, or None where there is none yet."""

    chosen = pyqtSignal(object)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._sets: dict[str, DataSetView] = {}
        self._wanted: str | None = None  # a set that was asked for, and is to be chosen once it is there
        self._ready = self._touched = False
        self.which = QComboBox()
        self.which.setAccessibleName(texts.DATA_SET)
        self.which.addItem(texts.OTHER_PREPARED, _OTHER)
        self.which.addItem(texts.PREPARE_NEW, _NEW)
        self.which.setCurrentIndex(1)
        self.which.currentIndexChanged.connect(self._changed)
        self.which.activated.connect(self._touch)
        self.folder = PathField(texts.PREPARED_FOLDER)
        self.folder.line.editingFinished.connect(self._folder_typed)
        self.folder.changed.connect(lambda text: self._folder_typed() if Path(text).is_dir() else None)
        self._build_new()
        self._build_progress()
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(texts.DATA_SET, self.which)
        self.forms.append(form)
        self.problem = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        for part in (self.folder, self.new, self.progress, self.problem):
            column.addWidget(part)
        self._changed()

    def _build_new(self) -> None:
        self.new = QWidget()
        self.kind = QComboBox()
        self.kind.setAccessibleName(texts.KIND)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.setMinimumContentsLength(12)
        for name in sorted(FORMATS, key=lambda name: (name != "recordings", name)):
            self.kind.addItem(texts.kind_of_data(FORMATS[name].title), name)
        self.source = PathField(texts.SOURCE, file=True)
        self.source.changed.connect(self._suggest_name)
        self.set_name = QLineEdit()
        self.set_name.setAccessibleName(texts.SET_NAME)
        self.prepare = QPushButton(texts.PREPARE)
        self.prepare.setAutoDefault(False)
        self.prepare.clicked.connect(self._prepare)
        form = QFormLayout(self.new)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(texts.KIND, self.kind)
        form.addRow(texts.SOURCE, self.source)
        form.addRow(texts.SET_NAME, self.set_name)
        row = QHBoxLayout()
        row.addWidget(self.prepare)
        row.addStretch(1)
        form.addRow("", row)
        self.forms = [form]

    def _build_progress(self) -> None:
        """Of a data set that is not ready."""
        self.progress = QWidget()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.standing = Notice()
        self.stop = QPushButton()
        self.remove = QPushButton(texts.DELETE_SET)
        for button, act in ((self.stop, self._stop_or_continue), (self.remove, self._ask_remove)):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _, act=act: act())
        buttons = QHBoxLayout()
        buttons.addWidget(self.stop)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        column = QVBoxLayout(self.progress)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.bar)
        column.addWidget(self.standing)
        column.addLayout(buttons)

    def set_theme(self, colours: theme.Theme) -> None:
        self.standing.set_theme(colours)
        self.problem.set_theme(colours)

    def show_sets(self, sets: list[DataSetView]) -> None:
        """The data sets there are now; what was chosen stays so."""
        before, self._sets = self.which.currentData(), {view.name: view for view in sets}
        names = [view.name for view in sets]
        self.which.blockSignals(True)
        while self.which.count() > 2:
            self.which.removeItem(0)
        for place, view in enumerate(sets):
            self.which.insertItem(place, texts.set_line(view), f"set:{view.name}")
        wanted = f"set:{self._wanted}" if self._wanted in names else before
        ready = [view.name for view in sets if view.ready]
        if not self._touched and wanted == _NEW and ready:
            wanted = f"set:{ready[0]}"
        if self._wanted in names:
            self._wanted = None
        self.which.setCurrentIndex(max(0, self.which.findData(wanted)))
        self.which.blockSignals(False)
        view = self._view()
        if self.which.currentData() != before or (view is not None and view.ready) != self._ready:
            self._changed()
        elif view is not None:
            self._show_standing(view)

    def prepare_from(self, recordings: Path) -> None:
        """Offer to prepare this folder of recordings."""
        self._touch()
        self.which.setCurrentIndex(self.which.findData(_NEW))
        self.kind.setCurrentIndex(self.kind.findData("recordings"))
        self.source.line.setText(str(recordings))

    def _view(self) -> DataSetView | None:
        data = str(self.which.currentData())
        return self._sets.get(data.removeprefix("set:")) if data.startswith("set:") else None

    def _changed(self) -> None:
        data, view = self.which.currentData(), self._view()
        self._ready = view is not None and view.ready
        self.folder.setVisible(data == _OTHER)
        self.new.setVisible(data == _NEW)
        self.progress.setVisible(view is not None)
        self.problem.say("")
        if view is not None:
            self._show_standing(view)
            self.chosen.emit(view.prepared if view.ready else None)
        elif data == _OTHER:
            self._folder_typed()
        else:
            self.chosen.emit(None)

    def _show_standing(self, view: DataSetView) -> None:
        standing = view.standing
        self.standing.say("" if view.ready else texts.preparing(view), standing.state is JobState.FAILED)
        self.bar.setVisible(standing.alive)
        self.bar.setRange(0, 0 if view.share is None else 1000)
        self.bar.setValue(round(1000 * (view.share or 0)))
        self.bar.setAccessibleName(self.standing.text())
        self.stop.setVisible(not view.ready)
        self.stop.setEnabled(standing.state is not JobState.STOPPING)
        self.stop.setText(texts.STOP_PREPARING if standing.alive else texts.CONTINUE_PREPARING)

    def _touch(self) -> None:
        self._touched = True  # from now on the choice is a person's

    def _folder_typed(self) -> None:
        self.chosen.emit(Path(self.folder.text) if self.folder.text else None)

    def _suggest_name(self, text: str) -> None:
        stem = Path(text).stem
        self.set_name.setText("".join(c if c.isalnum() or c in " ._+-" else "-" for c in stem).strip(" ._+-"))

    def _prepare(self) -> None:
        if not self.source.text:
            self.problem.say(texts.SOURCE_MISSING, bad=True)
            return
        origin = Origin(form=self.kind.currentData(), source=Path(self.source.text).absolute())
        self._begin(self.set_name.text(), origin)

    def _begin(self, name: str, origin: Origin) -> None:
        self.problem.say("")

        def began(folder: Path) -> None:
            self._wanted = folder.name

        self._background.ask(lambda: prepare_set(name, origin), began, self._failed)

    def _stop_or_continue(self) -> None:
        view = self._view()
        if view is None:
            return
        self.stop.setEnabled(False)
        if view.standing.alive:
            self._background.ask(lambda: stop_preparing(view.folder), failed=self._failed)
        else:
            self._begin(view.name, view.origin)

    def _ask_remove(self) -> None:
        view = self._view()
        if view is not None:
            ask(
                self, texts.DELETE_NOW, texts.delete_set_question(view.name), texts.DELETE_NOW,
                lambda: self._background.ask(lambda: delete_set(view.folder), failed=self._failed),
            )  # fmt: skip

    def _failed(self, error: Exception) -> None:
        self.problem.say(str(error), bad=True)
