"""The parts that Qt draws are in the theme's colours as well."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QCheckBox, QLineEdit, QSlider, QTableWidget, QVBoxLayout, QWidget

from app.ui import theme


def colours_of(part: QWidget) -> set[str]:
    picture = part.grab().toImage()
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


@pytest.fixture(params=[theme.DARK, theme.LIGHT], ids=lambda t: t.name)
def dressed(request, qtbot):
    """Shows parts in a window of that theme; gives the theme and the window."""
    window = QWidget()
    qtbot.addWidget(window)

    def show(*parts: QWidget) -> theme.Theme:
        column = QVBoxLayout(window)
        for part in parts:
            column.addWidget(part)
        theme.apply(window, request.param)
        window.show()
        return request.param

    return show


def test_a_box_that_is_ticked_is_told_from_one_that_is_not(dressed):
    ticked, empty = QCheckBox(), QCheckBox()
    ticked.setChecked(True)
    colours = dressed(ticked, empty)
    assert colours.accent in colours_of(ticked)
    assert colours.accent not in colours_of(empty)
    assert {colours.muted, colours.panel} <= colours_of(empty)


def test_a_slider_is_in_the_themes_colours(dressed):
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setValue(50)
    colours = dressed(slider)
    assert {colours.accent, colours.track} <= colours_of(slider)


def test_the_words_in_an_empty_field_can_be_read(dressed):
    field = QLineEdit()
    field.setPlaceholderText("Name")
    colours = dressed(field)
    assert field.palette().placeholderText().color() == QColor(colours.muted)


def test_the_arrow_of_a_sorted_column_is_seen(dressed):
    table = QTableWidget(1, 1)
    table.setHorizontalHeaderLabels([""])
    table.setSortingEnabled(True)
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    colours = dressed(table)
    header = table.horizontalHeader()
    assert header.palette().buttonText().color() == QColor(colours.muted)
    lightness = [QColor(colour).lightness() for colour in colours_of(header.viewport())]
    assert max(lightness) - min(lightness) > 60  # nothing but the arrow is on its ground
