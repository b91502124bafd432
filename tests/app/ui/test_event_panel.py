from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtTest import QAbstractItemModelTester, QTest

from app.entities import ActionEvent
from app.ui.event_panel import EventPanel
from app.ui.event_table import ACTION, END, PERSON, START, SURE, EventTable
from app.ui.texts import events as words

UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
WAVE = ActionEvent("wave", 1.0, 2.0, 0.5, 2)
CLAP = ActionEvent("clap", 3.0, 4.25, 0.9, 1)
SIT = ActionEvent("sit down", 2.0, 9.0, 0.7, 1)


def many(count, first=0):
    return [
        ActionEvent(f"action {i % 7}", float(i), i + 0.5, (i % 10) / 10, i % 3)
        for i in range(first, first + count)
    ]


def rows(table):
    return [table.event_at(row) for row in range(table.rowCount())]


def cells(table, row):
    return [table.data(table.index(row, column)) for column in range(table.columnCount())]


@pytest.fixture
def table(qtbot):
    table = EventTable()
    table.tester = QAbstractItemModelTester(table)  # complains where rows change unannounced
    return table


@pytest.fixture
def panel(qtbot):
    panel = EventPanel()
    qtbot.addWidget(panel)
    panel.resize(360, 400)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def test_a_row_says_when_who_what_and_how_sure(table):
    table.add([CLAP])
    assert cells(table, 0) == ["0:03.0", "0:04.2", "1", "Clap", "90 %"]
    headings = [table.headerData(c, Qt.Orientation.Horizontal) for c in range(table.columnCount())]
    assert headings == list(words.COLUMNS)


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (START, [WAVE, SIT, CLAP]),
        (END, [WAVE, CLAP, SIT]),
        (PERSON, [SIT, CLAP, WAVE]),
        (ACTION, [CLAP, SIT, WAVE]),
        (SURE, [WAVE, SIT, CLAP]),
    ],
)
def test_it_is_sorted_by_any_column_and_what_is_new_finds_its_place(table, column, order):
    table.sort(column, UP)
    for event in (WAVE, CLAP, SIT):
        table.add([event])
    assert rows(table) == order
    table.sort(column, DOWN)
    assert rows(table) == order[::-1]
    table.clear()
    for event in (SIT, CLAP, WAVE):
        table.add([event])
    assert rows(table) == order[::-1]


def test_only_what_is_asked_for_is_shown(table):
    table.add([WAVE, CLAP])
    table.show_only(" PERSON 1 ")
    assert rows(table) == [CLAP]
    table.add([SIT, ActionEvent("walk", 5.0, 6.0, 0.9, 3)])
    assert rows(table) == [SIT, CLAP]
    table.show_only("sit 1")
    assert rows(table) == [SIT]
    table.show_only("")
    assert table.rowCount() == table.total == 4


def test_many_at_once_and_one_by_one_come_to_the_same(table):
    whole = EventTable()
    whole.add(many(300))
    for event in many(300):
        table.add([event])
    assert rows(table) == rows(whole)


def test_what_is_copied_is_a_table_for_a_spreadsheet(table):
    table.add([CLAP, WAVE, ActionEvent("tab\tand\nline", 5, 6, 0.1, 1)])
    assert table.as_text([2, 0]) == (
        "Start\tEnd\tPerson\tAction\tSure\n"
        "1.000\t2.000\t2\twave\t0.5000\n"
        "5.000\t6.000\t1\ttab and line\t0.1000\n"
    )


def test_without_events_it_says_so(panel):
    assert panel.empty.isVisible()
    assert panel.empty.text() == words.EMPTY
    assert not panel.saving.isEnabled()
    panel.add([WAVE])
    assert panel.view.isVisible()
    assert panel.count.text() == "1 event"
    panel.filter.setText("clap")
    assert panel.empty.isVisible()
    assert panel.empty.text() == words.NONE_MATCHES
    assert panel.count.text() == "0 of 1 events"
    panel.clear()
    assert panel.empty.text() == words.EMPTY


def test_the_newest_is_in_view_until_somebody_scrolls_away(panel):
    bar = panel.view.verticalScrollBar()

    def add(first, count=1):
        panel.add(many(count, first))
        QGuiApplication.processEvents()  # it is laid out by then, as it is before a person can do anything

    add(0, 50)
    assert bar.value() == bar.maximum() > 0
    add(50)
    assert bar.value() == bar.maximum()
    bar.setValue(10)
    add(51)
    assert bar.value() == 10
    bar.setValue(bar.maximum())
    add(52)
    assert bar.value() == bar.maximum()


def test_a_click_and_enter_ask_to_see_it_again(panel, qtbot):
    panel.add([WAVE, CLAP, SIT])
    with qtbot.waitSignal(panel.again) as asked:
        where = panel.view.visualRect(panel.table.index(1, ACTION)).center()
        QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert asked.args == [SIT]
    with qtbot.waitSignal(panel.again) as asked:
        QTest.keyClick(panel.view, Qt.Key.Key_Down)
        QTest.keyClick(panel.view, Qt.Key.Key_Return)
    assert asked.args == [CLAP]


def test_with_shift_rows_are_chosen_and_copied_but_not_seen_again(panel, qtbot):
    panel.add([WAVE, CLAP, SIT])
    panel.view.selectRow(0)
    with qtbot.assertNotEmitted(panel.again):
        QTest.keyClick(panel.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(panel.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().count("\n") == 3
    assert "sit down" in QGuiApplication.clipboard().text()


def test_sorting_keeps_the_chosen_event(panel):
    panel.add([WAVE, CLAP, SIT])
    panel.mark(SIT)
    panel.view.sortByColumn(ACTION, DOWN)
    (chosen,) = panel.view.selectionModel().selectedRows()
    assert panel.table.event_at(chosen.row()) == SIT


def test_an_event_marked_elsewhere_is_marked_in_the_list(panel):
    panel.add([WAVE, CLAP])
    panel.mark(CLAP)
    assert panel.view.currentIndex().row() == 1
    panel.mark(SIT)  # unknown: nothing happens
    assert panel.view.currentIndex().row() == 1
