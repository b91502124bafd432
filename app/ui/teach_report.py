"""Learning, and how well it went: the lower part of the teaching panel."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.texts import headline
from app.ui.texts import teach as texts
from stgat.teaching.report import ActionReport, TeachingReport


class Bar(QWidget):
    """A share, 0 to 1, as a bar."""

    def __init__(self, colours: theme.Theme, share: float) -> None:
        super().__init__()
        self._theme, self.share = colours, share
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(120, 7)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        track = QRectF(self.rect())
        painter.setBrush(self._theme.color("track"))
        painter.drawRoundedRect(track, 3, 3)
        if self.share > 0:
            track.setWidth(max(track.height(), track.width() * min(1.0, self.share)))
            painter.setBrush(self._theme.color("accent" if self.share >= 0.75 else "warning"))
            painter.drawRoundedRect(track, 3, 3)
        painter.end()


class ReportView(QWidget):
    """The report in words and bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._bars: list[Bar] = []
        self._convincing = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE // 2)

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        for bar in self._bars:
            bar.set_theme(colours)

    @property
    def convincing(self) -> bool:
        """Whether at least half of the takes were recognised."""
        return self._convincing

    def words(self) -> list[str]:
        """Every line of it."""
        return [label.text() for label in self.findChildren(QLabel) if not label.isHidden()]

    def show_report(self, report: TeachingReport | None) -> None:
        self._bars = []
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()
        self._convincing = report is not None and 2 * report.right >= report.takes
        self.setVisible(report is not None)
        if report is None:
            return
        for action in report.actions:
            self._show_action(action)
        self._column.addSpacing(theme.SPACE)
        self._column.addWidget(line(texts.old_actions(report.old)))
        if len(report.actions) == 1:
            self._column.addWidget(line(texts.ONE_ACTION, "muted"))

    def _show_action(self, action: ActionReport) -> None:
        name = line(headline(action.name))
        name.setFont(theme.scaled_font(name, 1.0, name.font().Weight.DemiBold))
        bar = Bar(self._theme, action.share)
        bar.setAccessibleName(texts.right_of(action))
        self._bars.append(bar)
        for widget in (name, bar, line(texts.right_of(action))):
            self._column.addWidget(widget)
        if words := texts.confusions(action):
            self._column.addWidget(line(words, "warning"))
        self._column.addWidget(line(texts.advice(action), "muted"))
        self._column.addSpacing(theme.SPACE)


class LearnBox(QWidget):
    """Learn with progress and cancel, the report, and using what was learned.

    learn, cancel, use, stop_using: what a person asks for.
    """

    learn, cancel = pyqtSignal(), pyqtSignal()
    use, stop_using = pyqtSignal(), pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.learn_button = QPushButton(texts.LEARN)
        self.learn_button.setToolTip(texts.LEARN_HINT)
        self.learn_button.clicked.connect(self.learn)
        self.cancel_button = QPushButton(texts.CANCEL)
        self.cancel_button.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)  # the step stands under it
        self.progress.setAccessibleName(texts.LEARN)
        self.step = line("", "muted")
        self.note = line("", "muted")
        self.report = ReportView()
        self.use_button = QPushButton(texts.USE)
        self.use_button.clicked.connect(self.use)
        self.stop_button = QPushButton(texts.STOP_USING)
        self.stop_button.clicked.connect(self.stop_using)
        self.state = line("", "muted")
        row = QHBoxLayout()
        row.addWidget(self.learn_button, 1)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel_button)
        using = QHBoxLayout()
        using.addWidget(self.use_button, 1)
        using.addWidget(self.stop_button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(row)
        for widget in (self.step, self.note, self.report):
            column.addWidget(widget)
        column.addLayout(using)
        column.addWidget(self.state)
        self.show_busy(False)
        self.show_state("", ready=False, learned=False, in_use=False)

    def set_theme(self, colours: theme.Theme) -> None:
        self.report.set_theme(colours)

    def show_busy(self, busy: bool, cancelling: bool = False) -> None:
        """Whether something is being learned now."""
        self.learn_button.setVisible(not busy)
        self.progress.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self.cancel_button.setEnabled(not cancelling)
        self.step.setVisible(busy)
        if not busy:
            self.progress.setValue(0)
            self.step.setText("")
        elif cancelling:
            self.step.setText(texts.CANCELLING)

    def show_progress(self, share: float, step: str) -> None:
        self.progress.setValue(round(100 * share))
        self.step.setText(texts.STEPS.get(step, step))

    def show_state(
        self, note: str, *, ready: bool, learned: bool, in_use: bool, current: bool = False, other: str = ""
    ) -> None:
        """note: why nothing can be learned, or what to do next. learned: the report is of the takes as they
        are. in_use: these actions are among the predictions; current: with the takes as they are.
        other: the profile that is in use instead of this one."""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.learn_button.setEnabled(ready)
        emphasise(self.learn_button, ready and not learned)
        usable = learned and not (in_use and current)
        self.use_button.setVisible(usable)
        emphasise(self.use_button, usable and self.report.convincing)
        self.stop_button.setVisible(in_use or bool(other))
        idle = texts.other_in_use(other) if other else texts.NOT_IN_USE if learned else ""
        self.state.setText(texts.IN_USE if in_use else idle)
        self.state.setVisible(bool(self.state.text()))


def line(words: str, role: str = "") -> QLabel:
    """A label that wraps."""
    label = QLabel(words)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    return label


def emphasise(button: QPushButton, primary: bool) -> None:
    """Make a button the one to press next, or an ordinary one."""
    name = "primary" if primary else ""
    if button.objectName() != name:
        button.setObjectName(name)
        style = button.style()
        if style is not None:
            style.unpolish(button)
            style.polish(button)
