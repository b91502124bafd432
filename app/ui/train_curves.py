"""The curves of a training run: loss and top-1 over the epochs, in training and in validation."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QColor, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.training_runs import RunView
from app.ui import theme
from app.ui.texts import train as texts

#: Narrower than this the two plots stand one above the other.
_BESIDE = 620
_COLOURS = {"dark": ("#41cdb0", "#e8b04a"), "light": ("#0a7d69", "#b35900")}


class _View(pg.PlotWidget):
    """Takes what room there is, and leaves the wheel to the page it stands on."""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, 150)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.ignore()


class Plot(QWidget):
    """One figure over the epochs, its name above it; for looking at, so the mouse moves nothing."""

    def __init__(self, title: str, figure: str) -> None:
        super().__init__()
        self._figure = figure
        self.setAccessibleName(title)
        self._title = QLabel(title)
        self._view = _View()
        self._view.setMenuEnabled(False)
        self._view.hideButtons()
        self._view.setMouseEnabled(False, False)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setMinimumHeight(120)
        self._curves = [self._view.plot([], []) for _ in range(2)]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._view, 1)

    def points(self, validation: bool = False) -> list[tuple[float, float]]:
        """What is drawn."""
        x, y = self._curves[validation].getData()
        return [] if x is None else list(zip(x.tolist(), y.tolist(), strict=True))

    def show_run(self, view: RunView | None) -> None:
        last = 1
        for name, curve in zip((self._figure, f"validation_{self._figure}"), self._curves, strict=True):
            points = view.curve(name) if view is not None else []
            curve.setData([x for x, _ in points], [y for _, y in points])
            last = max([last, *(x for x, _ in points)])
        self._view.setXRange(1, max(2, last), padding=0.03)

    def set_theme(self, colours: theme.Theme) -> None:
        self._view.setBackground(colours.panel)
        for side in ("left", "bottom"):
            axis = self._view.getAxis(side)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
        self._view.showGrid(y=True, alpha=0.15)
        self._view.setLabel("bottom", texts.EPOCH, color=colours.muted)
        for curve, colour in zip(self._curves, _COLOURS[colours.name], strict=True):
            curve.setPen(pg.mkPen(colour, width=2))
            curve.setSymbol("o")
            curve.setSymbolSize(5)
            curve.setSymbolPen(None)
            curve.setSymbolBrush(QColor(colour))


class Curves(QWidget):
    """Both plots with one legend; side by side where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.loss, self.top1 = Plot(texts.LOSS, "loss"), Plot(texts.TOP1, "top1")
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.addWidget(self.loss, 1)
        self._row.addWidget(self.top1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._row, 1)
        column.addWidget(self.legend)

    def show_run(self, view: RunView | None) -> None:
        self.loss.show_run(view)
        self.top1.show_run(view)

    def set_theme(self, colours: theme.Theme) -> None:
        self.loss.set_theme(colours)
        self.top1.set_theme(colours)
        entries = zip(_COLOURS[colours.name], (texts.TRAINING, texts.VALIDATION), strict=True)
        self.legend.setText(
            "&nbsp;&nbsp;&nbsp;".join(
                f'<span style="color: {colour};">●</span>&nbsp;{words}' for colour, words in entries
            )
        )

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        beside = self.width() >= _BESIDE
        self._row.setDirection(
            QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        )
        super().resizeEvent(event)
