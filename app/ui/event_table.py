"""The list of events as Qt's tables want it: thousands of rows, sorted and filtered here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from app.entities import ActionEvent
from app.ui import texts
from app.ui.texts import events as words
from app.ui.texts.timeline import clock

START, END, PERSON, ACTION, SURE = range(5)
MANY = 100  # at once are quicker put in order together than one by one

_KEYS: tuple[Callable[[ActionEvent], Any], ...] = (
    lambda e: (e.start_s, e.person_id),
    lambda e: (e.end_s, e.person_id),
    lambda e: (e.person_id, e.start_s),
    lambda e: (texts.headline(e.label).casefold(), e.start_s),
    lambda e: (e.probability, e.start_s),
)


class EventTable(QAbstractTableModel):
    """Rows are events; `add` puts new ones where the order has them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[ActionEvent] = []
        self._rows: list[ActionEvent] = []
        self._needle = ""
        self.sorted_by, self.descending = START, False

    @property
    def total(self) -> int:
        """How many events there are, shown or not."""
        return len(self._all)

    def event_at(self, row: int) -> ActionEvent:
        return self._rows[self._place(row)]

    def row_of(self, event: ActionEvent) -> int | None:
        """Where an event stands; None where it is filtered out or unknown."""
        at = next((at for at, other in enumerate(self._rows) if other == event), None)
        return None if at is None else self._place(at)

    def clear(self) -> None:
        self.beginResetModel()
        self._all, self._rows = [], []
        self.endResetModel()

    def add(self, events: Iterable[ActionEvent]) -> None:
        """Take in events that are new."""
        events = list(events)
        if len(events) > MANY:
            self._all += events
            self._reset()
            return
        key = _KEYS[self.sorted_by]
        for event in events:
            self._all.append(event)
            if not self._matches(event):
                continue
            at = bisect_right(self._rows, key(event), key=key)
            row = len(self._rows) - at if self.descending else at
            self.beginInsertRows(QModelIndex(), row, row)
            self._rows.insert(at, event)
            self.endInsertRows()

    def show_only(self, needle: str) -> None:
        """Rows with these words in action or person; all for "". Capitals do not matter."""
        if needle.strip().casefold() != self._needle:
            self._needle = needle.strip().casefold()
            self._reset()

    def as_text(self, rows: Sequence[int]) -> str:
        """Tab-separated lines with a line of headings, for a spreadsheet."""
        lines = ["\t".join(words.COLUMNS)]
        for row in sorted(rows):
            event = self.event_at(row)
            lines.append(
                f"{event.start_s:.3f}\t{event.end_s:.3f}\t{event.person_id}\t{_one_line(event.label)}"
                f"\t{event.probability:.4f}"
            )
        return "\n".join(lines) + "\n"

    # Qt's own

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(words.COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return words.COLUMNS[section]
        return None

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return _shown(self.event_at(index.row()), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() != ACTION:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{words.title(self.event_at(index.row()))}\n{words.LIST_HINT}"
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        kept = [(index, self.event_at(index.row())) for index in self.persistentIndexList()]
        self.sorted_by, self.descending = column, order is Qt.SortOrder.DescendingOrder
        self._rows.sort(key=_KEYS[column])
        if kept:
            places = {event: self._place(at) for at, event in enumerate(self._rows)}
            self.changePersistentIndexList(
                [index for index, _ in kept],
                [self.index(places[event], index.column()) for index, event in kept],
            )
        self.layoutChanged.emit()

    def _place(self, row: int) -> int:
        """Descending lists are kept ascending, and read from their end."""
        return len(self._rows) - 1 - row if self.descending else row

    def _reset(self) -> None:
        self.beginResetModel()
        self._rows = sorted(filter(self._matches, self._all), key=_KEYS[self.sorted_by])
        self.endResetModel()

    def _matches(self, event: ActionEvent) -> bool:
        if not self._needle:
            return True
        said = f"{texts.headline(event.label)} {event.label} {texts.person(event.person_id)}"
        return all(word in said.casefold() for word in self._needle.split())


def _shown(event: ActionEvent, column: int) -> str:
    if column == START:
        return clock(event.start_s, tenths=True)
    if column == END:
        return clock(event.end_s, tenths=True)
    if column == PERSON:
        return str(event.person_id)
    if column == ACTION:
        return texts.headline(event.label)
    return texts.percent(event.probability)


def _one_line(words: str) -> str:
    return " ".join(words.split())
