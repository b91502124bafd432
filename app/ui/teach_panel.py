"""The teaching panel beside the picture. It shows what it is told to and says what a person asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from app.ui import theme
from app.ui.teach_report import LearnBox, emphasise, line
from app.ui.teach_takes import TakeList
from app.ui.texts import teach as texts

WIDTH = 330
SHOWN_ACTIONS = 5  # the list scrolls beyond


@dataclass(frozen=True)
class ProfileChoice:
    """One entry of the profile chooser."""

    name: str
    path: Path
    broken: bool = False


class TeachPanel(QScrollArea):
    """Profile, actions, takes and learning, under each other.

    profile_chosen: its file. new_profile, open_profile, save_copy, remove_profile, save_again, add_action
    (the name field has it), remove_action, record (or stop), from_video, put_back: asked for by a person.
    action_chosen, name_edited: with the text.
    """

    profile_chosen = pyqtSignal(object)
    new_profile, open_profile, save_copy = pyqtSignal(), pyqtSignal(), pyqtSignal()
    train_wanted = pyqtSignal()
    remove_profile, save_again = pyqtSignal(), pyqtSignal()
    add_action, remove_action = pyqtSignal(), pyqtSignal()
    action_chosen, name_edited = pyqtSignal(str), pyqtSignal(str)
    record, from_video, put_back = pyqtSignal(), pyqtSignal(), pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(texts.TITLE)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(220)
        self.problem = line("", "error")
        self.again = QPushButton(texts.SAVE_AGAIN)
        self.again.clicked.connect(self.save_again)
        self.learn = LearnBox()
        self.takes = TakeList()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(line(texts.INTRODUCTION, "muted"))
        column.addWidget(self.problem)
        column.addWidget(self.again)
        for heading, part in (
            (texts.PROFILE, self._build_profile()),
            (texts.ACTIONS, self._build_actions()),
            (texts.TAKES, self._build_takes()),
            (texts.REPORT, self.learn),
        ):
            column.addSpacing(theme.SPACE)
            title = QLabel(heading)
            title.setObjectName("section")
            column.addWidget(title)
            column.addWidget(part)
            if heading == texts.TAKES:
                self.takes_title = title
        column.addStretch(1)
        self.setWidget(inside)
        self.show_problem("")
        self.show_name_problem("")

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(WIDTH, 600)

    def set_theme(self, colours: theme.Theme) -> None:
        self.learn.set_theme(colours)

    # What it is told to show

    def show_profiles(self, choices: Sequence[ProfileChoice], current: Path | None) -> None:
        with QSignalBlocker(self.profiles):
            self.profiles.clear()
            for choice in choices:
                name = f"{choice.name} ({texts.NOT_READABLE})" if choice.broken else choice.name
                self.profiles.addItem(name, choice.path)
            places = [choice.path for choice in choices]
            self.profiles.setCurrentIndex(places.index(current) if current in places else -1)
        self.profiles.setEnabled(bool(choices))
        for action in self._of_profile:
            action.setEnabled(current is not None)

    def show_actions(self, actions: Sequence[tuple[str, int]], current: str) -> None:
        """actions: (name, takes). current: the one whose takes are shown, or empty."""
        with QSignalBlocker(self.actions_list):
            self.actions_list.clear()
            for name, takes in actions:
                self.actions_list.addItem(texts.action_row(name, takes))
            names = [name for name, _ in actions]
            self.actions_list.setCurrentRow(names.index(current) if current in names else -1)
        self._names = names
        self.actions_list.setVisible(bool(actions))
        self.no_actions.setVisible(not actions)
        self.remove_button.setVisible(bool(current))
        rows = min(SHOWN_ACTIONS, max(1, len(actions)))
        row_h = max(self.actions_list.sizeHintForRow(0), self.actions_list.fontMetrics().height())
        self.actions_list.setFixedHeight(rows * row_h + 2 * self.actions_list.frameWidth() + 2)
        self.takes_title.setText(texts.takes_of(current) if current else texts.TAKES)

    def show_problem(self, sentence: str, can_save: bool = False) -> None:
        """What went wrong, above all else. can_save: it was a file that could not be written."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self.again.setVisible(can_save)
        if sentence:
            self.ensureWidgetVisible(self.problem)

    def show_name_problem(self, sentence: str, addable: bool = False) -> None:
        """What speaks against the name that is being typed; addable: nothing does."""
        self.name_problem.setText(sentence)
        self.name_problem.setVisible(bool(sentence))
        self.add_button.setEnabled(addable)

    def show_recording(self, hint: str, *, recording: bool, possible: bool, primary: bool) -> None:
        """hint: what to do, or why nothing can be recorded. primary: recording is the next thing to do."""
        self.record_hint.setText(hint)
        self.record_button.setText(texts.STOP if recording else texts.RECORD)
        self.record_button.setEnabled(possible or recording)
        emphasise(self.record_button, recording or (possible and primary))
        for field in (self.how_many, self.how_long, self.video_button):
            field.setEnabled(not recording)

    def show_put_back(self, words: str) -> None:
        """A discarded take can be put back; "" for none."""
        self.undo_words.setText(words)
        self.undo.setVisible(bool(words))

    # How it is built

    def _build_profile(self) -> QWidget:
        self.profiles = QComboBox()
        self.profiles.setAccessibleName(texts.PROFILE)
        self.profiles.setToolTip(texts.PROFILE_HINT)
        self.profiles.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.profiles.activated.connect(lambda i: self.profile_chosen.emit(self.profiles.itemData(i)))
        self.more = QPushButton(texts.PROFILE_MENU)
        menu = QMenu(self.more)
        menu.addAction(texts.NEW_PROFILE, self.new_profile.emit)
        menu.addAction(texts.OPEN_PROFILE, self.open_profile.emit)
        save_copy = menu.addAction(texts.SAVE_COPY, self.save_copy.emit)
        train = menu.addAction(texts.TRAIN_ON_TAKES, self.train_wanted.emit)
        remove = menu.addAction(texts.REMOVE_PROFILE, self.remove_profile.emit)
        assert save_copy is not None and train is not None and remove is not None
        self._of_profile = save_copy, train, remove
        self.more.setMenu(menu)
        return _row(self.profiles, self.more)

    def _build_actions(self) -> QWidget:
        self._names: list[str] = []
        self.actions_list = QListWidget()
        self.actions_list.setAccessibleName(texts.ACTIONS)
        self.actions_list.currentRowChanged.connect(self._choose_row)
        self.no_actions = line(texts.NO_ACTIONS, "muted")
        self.remove_button = QPushButton(texts.REMOVE_ACTION)
        self.remove_button.clicked.connect(self.remove_action)
        self.name = QLineEdit()
        self.name.setPlaceholderText(texts.NEW_ACTION)
        self.name.setAccessibleName(texts.NEW_ACTION)
        self.name.textChanged.connect(self.name_edited)
        self.name.returnPressed.connect(self.add_action)
        self.add_button = QPushButton(texts.ADD)
        self.add_button.clicked.connect(self.add_action)
        self.name_problem = line("", "error")
        return _column(
            self.no_actions,
            self.actions_list,
            self.remove_button,
            _row(self.name, self.add_button),
            self.name_problem,
        )

    def _build_takes(self) -> QWidget:
        self.how_many = QSpinBox()
        self.how_many.setRange(1, 10)
        self.how_many.setValue(5)
        self.how_long = QDoubleSpinBox()
        self.how_long.setRange(1.0, 10.0)
        self.how_long.setSingleStep(0.5)
        self.how_long.setDecimals(1)
        self.how_long.setValue(3.0)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        for words, field in ((texts.HOW_MANY, self.how_many), (texts.HOW_LONG, self.how_long)):
            field.setAccessibleName(words)
            label = QLabel(words)
            label.setBuddy(field)
            label.setMinimumHeight(field.sizeHint().height())
            form.addRow(label, field)
        self.record_button = QPushButton(texts.RECORD)
        self.record_button.setToolTip(texts.RECORD_HINT)
        self.record_button.clicked.connect(self.record)
        self.video_button = QPushButton(texts.FROM_VIDEO)
        self.video_button.clicked.connect(self.from_video)
        self.record_hint = line("", "muted")
        self.no_takes = line(texts.NO_TAKES, "muted")
        self.undo_words = line("", "muted")
        back = QPushButton(texts.PUT_BACK)
        back.clicked.connect(self.put_back)
        self.undo = _row(self.undo_words, back)
        part = _column(
            self.record_hint, self.record_button, self.video_button, _with(form), self.no_takes,
            self.undo, self.takes,
        )  # fmt: skip
        self.show_put_back("")
        return part

    def _choose_row(self, row: int) -> None:
        if 0 <= row < len(self._names):
            self.action_chosen.emit(self._names[row])


def _with(layout: QFormLayout) -> QWidget:
    widget = QWidget()
    widget.setLayout(layout)
    return widget


def _row(first: QWidget, second: QWidget) -> QWidget:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.SPACE)
    row.addWidget(first, 1)
    row.addWidget(second)
    return widget


def _column(*parts: QWidget) -> QWidget:
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.SPACE)
    for part in parts:
        column.addWidget(part)
    return widget
