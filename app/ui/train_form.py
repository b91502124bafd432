"""The page on which a training run is put together: data, settings, start."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.data_sets import DataSetView
from app.names import checked_name
from app.training_configs import FINE_TUNE, Choice, Fit, fit, list_choices, overrides_for, parse_subjects
from app.training_runs import Plan, start_run
from app.ui import theme
from app.ui.background import Background
from app.ui.dialogs import Notice, PathField, level
from app.ui.texts import train as texts
from app.ui.train_data import DataChooser


class RunForm(QWidget):
    """started: with the folder of the run that has begun. Asked for its lists when it is first shown."""

    started = pyqtSignal(object)

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._choices: list[Choice] = []
        self._fit: Fit | None = None
        self._fit_of: Path | None = None
        self._named = False
        self._wanted = ""  # a configuration to be chosen once the list is there
        self.data = DataChooser(background)
        self.data.chosen.connect(self._look_at_data)
        self.facts = Notice()
        self.configuration = self._combo(texts.CONFIGURATION)
        self.configuration.currentIndexChanged.connect(self._show_choice)
        self.about = Notice()
        self.archives = PathField(texts.ARCHIVES)
        self.split = self._combo(texts.SPLIT, texts.SPLIT_HINT)
        self.holdout = QLineEdit()
        self.holdout.setAccessibleName(texts.HOLDOUT)
        self.holdout.setToolTip(texts.HOLDOUT_HINT)
        self.holdout_hint = Notice()
        self.epochs = QSpinBox()
        self.epochs.setRange(1, 10_000)
        self.epochs.setAccessibleName(texts.EPOCHS)
        self.epochs.setToolTip(texts.EPOCHS_HINT)
        self.device = self._combo(texts.DEVICE)
        for device, words in texts.DEVICES.items():
            self.device.addItem(words, device)
        self.name = QLineEdit()
        self.name.setAccessibleName(texts.NAME)
        self.name.textEdited.connect(self._name_edited)
        self.problem = Notice()
        self.start = QPushButton(texts.START)
        self.start.setObjectName("primary")
        self.start.clicked.connect(self._start)
        self._lay_out()

    def _lay_out(self) -> None:
        form = self._form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow(texts.CONFIGURATION, self.configuration)
        form.addRow(self.about)
        form.addRow(texts.ARCHIVES, self.archives)
        form.addRow(texts.SPLIT, self.split)
        form.addRow(texts.HOLDOUT, self.holdout)
        form.addRow(self.holdout_hint)
        form.addRow(texts.EPOCHS, self.epochs)
        form.addRow(texts.DEVICE, self.device)
        form.addRow(texts.NAME, self.name)
        column = QVBoxLayout(self)
        self._data_part = QWidget()
        part = QVBoxLayout(self._data_part)
        part.setContentsMargins(0, 0, 0, theme.SPACE)
        part.addWidget(_heading(texts.DATA))
        part.addWidget(self.data)
        part.addWidget(self.facts)
        column.addWidget(self._data_part)
        column.addWidget(_heading(texts.SETTINGS))
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addSpacing(theme.SPACE)
        column.addWidget(self.start, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        _align([*self.data.forms, form])

    def set_theme(self, colours: theme.Theme) -> None:
        for part in (self.data, self.facts, self.about, self.holdout_hint, self.problem):
            part.set_theme(colours)

    def load(self) -> None:
        """Fill the list of configurations; once."""
        if not self._choices:
            self._background.ask(list_choices, self._show_choices, self._failed)

    def begin_with(self, recordings: Path) -> None:
        """These recordings are to be prepared, and the shipped model trained on; all can still be changed."""
        self.data.prepare_from(recordings)
        self._wanted = FINE_TUNE
        self._show_wanted()

    def show_sets(self, sets: list[DataSetView]) -> None:
        self.data.show_sets(sets)

    @property
    def choice(self) -> Choice | None:
        index = self.configuration.currentIndex()
        return self._choices[index] if 0 <= index < len(self._choices) else None

    def _show_choices(self, choices: list[Choice]) -> None:
        self._choices = choices
        for choice in choices:
            self.configuration.addItem(choice.name)
            self.configuration.setItemData(
                self.configuration.count() - 1, texts.about(choice), Qt.ItemDataRole.ToolTipRole
            )

        self._show_wanted()

    def _show_wanted(self) -> None:
        names = [choice.name for choice in self._choices]
        if self._wanted in names:
            self.configuration.setCurrentIndex(names.index(self._wanted))
            self._wanted = ""

    def _show_choice(self) -> None:
        choice = self.choice
        if choice is None:
            return
        self.about.say(texts.about(choice), bad=bool(choice.error))
        self.epochs.setValue(choice.epochs)
        self.start.setEnabled(not choice.error)
        for part in (self.split, self.holdout):
            self._form.setRowVisible(part, not choice.pooled)
        self._form.setRowVisible(self.archives, choice.pooled)
        self._data_part.setVisible(not choice.pooled)
        if not self._named:
            self.name.setText(choice.name)
        self._show_fit()

    def _look_at_data(self, folder: Path | None) -> None:
        self._fit, self._fit_of = None, folder
        self.facts.say("")
        self.problem.say("")
        if folder is None:
            self._show_fit()
            return

        def show(found: Fit) -> None:
            if self._fit_of == folder:
                self._fit = found
                self.facts.say(texts.data_facts(found))
                self._show_fit()

        def failed(error: Exception) -> None:
            if self._fit_of == folder:
                self.facts.say(str(error), bad=True)
                self._show_fit()

        self._background.ask(lambda: fit(folder), show, failed)

    def _show_fit(self) -> None:
        """Divisions and people of the data chosen, the configuration's own where they fit."""
        choice, found = self.choice, self._fit
        self.split.clear()
        self.holdout_hint.say("")
        if choice is None or choice.pooled:
            return
        splits = found.splits if found else (choice.split,)
        self.split.addItems(splits)
        own = choice.split in splits and choice.split != "all"
        self.split.setCurrentText(choice.split if own else splits[0] if splits else "")
        holdout = choice.holdout if own and choice.holdout else found.holdout if found else choice.holdout
        self.holdout.setText(", ".join(map(str, holdout)))
        self.holdout.setEnabled(found is None or bool(found.subjects))
        if found and not found.subjects:
            self.holdout_hint.say(texts.NOBODY_KNOWN)

    def _name_edited(self) -> None:
        self._named = bool(self.name.text())

    def _start(self) -> None:
        choice = self.choice
        if choice is None:
            return
        self.problem.say("")
        if not choice.pooled and self._fit is None:
            self.problem.say(texts.DATA_MISSING, bad=True)
            return
        try:
            name = checked_name(self.name.text())
            overrides = overrides_for(
                choice,
                name=name,
                epochs=self.epochs.value(),
                device=self.device.currentData(),
                data=self._fit_of,
                split=self.split.currentText(),
                holdout=parse_subjects(self.holdout.text()),
                archives=Path(self.archives.text) if self.archives.text else None,
            )
        except (ValueError, RuntimeError) as error:
            self.problem.say(str(error), bad=True)
            return
        plan = Plan(name=name, config=choice.path, overrides=overrides, epochs=self.epochs.value())
        self.start.setEnabled(False)
        self.problem.say(texts.STARTING)
        self._background.ask(lambda: start_run(plan), self._has_started, self._failed)

    def _has_started(self, folder: Path) -> None:
        self.start.setEnabled(True)
        self.problem.say("")
        self._named = False
        self.started.emit(folder)

    def _failed(self, error: Exception) -> None:
        self.start.setEnabled(True)
        self.problem.say(str(error), bad=True)

    def _combo(self, name: str, hint: str = "") -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setToolTip(hint)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(12)
        return combo


def _heading(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("section")
    return label


def _align(forms: list[QFormLayout]) -> None:
    """Give the labels of several forms one width, so that their fields stand in one line."""
    items = [
        form.itemAt(row, QFormLayout.ItemRole.LabelRole) for form in forms for row in range(form.rowCount())
    ]
    labels = [label for item in items if item is not None and (label := item.widget()) is not None]
    widest = max(label.sizeHint().width() for label in labels)
    for label in labels:
        label.setMinimumWidth(widest)
    for form in forms:
        level(form)
