"""The training window: the runs there are, beside the one that is looked at or put together."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSize, Qt, QTimer
from PyQt6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.data_sets import DataSetView, list_sets
from app.training_runs import RunView, list_runs
from app.ui import theme
from app.ui.background import Background
from app.ui.texts import train as texts
from app.ui.train_form import RunForm
from app.ui.train_run import RunPage

POLL_MS = 700
#: Narrower than this the list stands above the page.
_BESIDE = 640
_FOLDER = Qt.ItemDataRole.UserRole


class TrainWindow(QDialog):
    """Looks at the runs' folders now and then while it is shown; the runs do not need it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("training")
        self.setWindowTitle(texts.TITLE)
        self.background = Background(self, "training-window")
        self._looking, self._again, self._met = False, False, False
        self._wanted: Path | None = None
        self.list = QListWidget()
        self.list.setAccessibleName(texts.RUNS)
        self.list.setMinimumSize(120, 90)
        self.list.currentItemChanged.connect(self._choose)
        self.new = QPushButton(texts.NEW_RUN)
        self.new.setAutoDefault(False)
        self.new.clicked.connect(self.show_form)
        self.form, self.page = RunForm(self.background), RunPage(self.background)
        self.form.started.connect(self._started)
        self.page.changed.connect(self.refresh)
        self._build()
        self._runs: dict[Path, RunView] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.refresh)

    def _build(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        title = QLabel(texts.RUNS)
        title.setObjectName("section")
        self.none = QLabel(texts.NO_RUNS)
        self.none.setWordWrap(True)
        self.none.setProperty("role", "muted")
        column.addWidget(title)
        column.addWidget(self.list, 1)
        column.addWidget(self.none, 1, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self.new)
        self.pages = QStackedWidget()
        for page in (self.form, self.page):
            scroll = QScrollArea()
            scroll.setWidget(page)
            scroll.setWidgetResizable(True)
            self.pages.addWidget(scroll)
        self.splitter = QSplitter()
        self.splitter.addWidget(side)
        self.splitter.addWidget(self.pages)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([220, 680])
        outside = QVBoxLayout(self)
        outside.addWidget(self.splitter)
        self.setMinimumSize(340, 300)
        self.resize(900, 640)

    def set_theme(self, colours: theme.Theme) -> None:
        theme.apply(self, colours)
        self.form.set_theme(colours)
        self.page.set_theme(colours)

    def show_form(self) -> None:
        """Put a new run together."""
        self.list.setCurrentItem(None)
        self.pages.setCurrentIndex(0)
        self.form.load()

    def train_on(self, recordings: Path) -> None:
        """Put a new run on these recordings together."""
        self._met = True
        self.show_form()
        self.form.begin_with(recordings)

    def refresh(self) -> None:
        """Look at the folders, away from the Qt thread; one look at a time."""
        if self._looking:
            self._again = True
            return
        self._looking = True
        self.background.ask(lambda: (list_runs(), list_sets()), self._show, lambda _: self._looked())

    def close_down(self, within_s: float = 0.5) -> None:
        """Look no more; whatever runs goes on."""
        self._timer.stop()
        self.background.close(within_s)
        self.close()

    def _show(self, found: tuple[list[RunView], list[DataSetView]]) -> None:
        runs, sets = found
        self._runs = {view.folder: view for view in runs}
        self._show_list(runs)
        self.form.show_sets(sets)
        if not self._met:
            self._met = True  # at first the newest run is looked at, or there is none and one is put together
            if self.list.count() and self._wanted is None:
                self.list.setCurrentRow(0)
            elif not self.list.count():
                self.show_form()
        self._show_page()
        self._looked()

    def _looked(self) -> None:
        self._looking = False
        if self._again:
            self._again = False
            self.refresh()

    def _show_list(self, runs: list[RunView]) -> None:
        """The lines as they are now; the one chosen stays chosen, or is gone."""
        chosen = self._wanted or self._chosen()
        self.list.blockSignals(True)
        while self.list.count() > len(runs):
            self.list.takeItem(self.list.count() - 1)
        current = None
        for row, view in enumerate(runs):
            item = self.list.item(row)
            if item is None:
                item = QListWidgetItem()
                self.list.addItem(item)
            item.setText(texts.run_line(view))
            item.setData(_FOLDER, view.folder)
            current = item if view.folder == chosen else current
        self.list.setCurrentItem(current)
        self.list.blockSignals(False)
        self.list.setVisible(bool(runs))
        self.none.setVisible(not runs)
        if current is not None and self._wanted is not None:
            self._wanted = None
            self.pages.setCurrentIndex(1)

    def _show_page(self) -> None:
        view = self._runs.get(self._chosen() or Path())
        if view is not None:
            self.page.show_run(view)
        elif self.pages.currentIndex() == 1 and self._wanted is None:
            self.show_form()

    def _chosen(self) -> Path | None:
        item = self.list.currentItem()
        return item.data(_FOLDER) if item is not None else None

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.pages.setCurrentIndex(1)
            self._show_page()

    def _started(self, folder: Path) -> None:
        self._wanted = folder
        self.refresh()

    # Qt's own

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(900, 640)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        self.refresh()
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        self._timer.stop()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        beside = self.width() >= _BESIDE
        self.splitter.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)
        super().resizeEvent(event)
