"""The list of events with its filter, as it stands in its dock."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from app.entities import ActionEvent
from app.ui import theme
from app.ui.event_table import ACTION, END, PERSON, START, SURE, EventTable
from app.ui.texts import events as words


class EventView(QTableView):
    """The table. again: a row was clicked, or Enter was pressed on it. copying: Ctrl+C."""

    again = pyqtSignal(int)

    def __init__(self, table: EventTable) -> None:
        super().__init__()
        self.table = table
        self.setModel(table)
        self.setAccessibleName(words.EVENTS)
        self.setObjectName("events")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )  # what is left is the action's
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.setSortingEnabled(True)
        self.sortByColumn(START, Qt.SortOrder.AscendingOrder)
        across, down = self.horizontalHeader(), self.verticalHeader()
        assert across is not None and down is not None
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # no row is measured
        down.setDefaultSectionSize(self.fontMetrics().height() + theme.SPACE)
        across.setHighlightSections(False)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        across.setSectionResizeMode(ACTION, QHeaderView.ResizeMode.Stretch)
        metrics = self.fontMetrics()
        for column, widest in ((START, "00:00.0"), (END, "00:00.0"), (PERSON, ""), (SURE, "100 %")):
            room = max(metrics.horizontalAdvance(w) for w in (widest, words.COLUMNS[column]))
            self.setColumnWidth(column, room + 2 * theme.SPACE)
        self.clicked.connect(self._clicked)

    def copy(self) -> None:
        """The chosen rows to the clipboard, as tab-separated text."""
        clipboard, selection = QGuiApplication.clipboard(), self.selectionModel()
        rows = [index.row() for index in selection.selectedRows()] if selection is not None else []
        if rows and clipboard is not None:
            clipboard.setText(self.table.as_text(rows))

    def make_room_for_hours(self) -> None:
        """The times have another part from now on."""
        room = self.fontMetrics().horizontalAdvance("00:00:00.0") + 2 * theme.SPACE
        for column in (START, END):
            self.setColumnWidth(column, room)

    def _clicked(self, index: QModelIndex) -> None:
        if QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier:
            self.again.emit(index.row())

    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        copy = QAction(words.COPY, menu)
        copy.triggered.connect(self.copy)
        menu.addAction(copy)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(at))

    def event(self, event: QEvent | None) -> bool:
        # The keys that walk over the rows are not the window's here; all others, Space too, stay so.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.again.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)


def _own(event: QKeyEvent) -> bool:
    return event.key() in _OWN or event.matches(QKeySequence.StandardKey.Copy)


_OWN = {
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_Return, Qt.Key.Key_Enter,
}  # fmt: skip


class EventPanel(QWidget):
    """Filter, table, and how many there are.

    again: the event to see again. save: all of them are to be saved. The newest is in view unless somebody
    has scrolled away from it.
    """

    again = pyqtSignal(object)
    save = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.table = EventTable(self)
        self.view = EventView(self.table)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(words.FILTER)
        self.filter.setAccessibleName(words.FILTER_NAME)
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._show_only)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.saving = QPushButton(words.SAVE)
        self.saving.setToolTip(words.SAVE_HINT)
        self.saving.setAccessibleName(words.SAVE_EVENTS)
        self.saving.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.saving.clicked.connect(self.save)
        self.empty = QLabel()
        self.empty.setProperty("role", "muted")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(2 * theme.SPACE, 0, 2 * theme.SPACE, 0)
        self.view.again.connect(lambda row: self.again.emit(self.table.event_at(row)))
        bar = self.view.verticalScrollBar()
        assert bar is not None
        self._bar, self._following, self._place = bar, True, 0
        self._inserting = False
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._grown)
        self.table.rowsAboutToBeInserted.connect(self._before_rows)
        self.table.rowsInserted.connect(self._after_rows)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        foot = QHBoxLayout()
        foot.addWidget(self.count, 1)
        foot.addWidget(self.saving)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.filter)
        column.addLayout(self._stack, 1)
        column.addLayout(foot)
        self.setMinimumWidth(260)
        self._tell()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        return QSize(380, 320)

    def clear(self) -> None:
        """A new session begins."""
        self.table.clear()
        self._tell()

    def add(self, events: Iterable[ActionEvent]) -> None:
        """List these too."""
        events = list(events)
        self.table.add(events)
        if any(event.end_s >= 3600 for event in events):
            self.view.make_room_for_hours()
        self._tell()

    def mark(self, event: ActionEvent) -> None:
        """Choose the event's row, if there is one."""
        row = self.table.row_of(event)
        if row is not None and self.view.currentIndex().row() != row:
            self.view.selectRow(row)

    def _scrolled(self, value: int) -> None:
        # While rows come in, the view lays itself out: what the bar does then is not a person's wish.
        if not self._inserting:
            self._following, self._place = value >= self._bar.maximum() - 2, value

    def _grown(self, _: int, most: int) -> None:
        """More rows, or less room."""
        if not self._inserting and self._follows():
            self._bar.setValue(most)

    def _before_rows(self) -> None:
        self._inserting = True

    def _after_rows(self) -> None:
        """Where it was, or at the newest."""
        self._bar.setValue(self._bar.maximum() if self._follows() else self._place)
        self._inserting = False

    def _follows(self) -> bool:
        return self._following and self.table.sorted_by in (START, END) and not self.table.descending

    def _show_only(self, needle: str) -> None:
        self.table.show_only(needle)
        self.view.scrollToBottom()
        self._tell()

    def _tell(self) -> None:
        shown, total = self.table.rowCount(), self.table.total
        self.empty.setText(words.NONE_MATCHES if total else words.EMPTY)
        self._stack.setCurrentIndex(1 if shown else 0)
        self.count.setText(words.count(shown, total) if total else "")
        self.saving.setEnabled(total > 0)
