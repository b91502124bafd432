"""The settings' page on how readily actions are named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.sensitivity import SHIPPED, decision_settings
from app.ui import theme
from app.ui.services import Services
from app.ui.settings_parts import muted, reset_button, row, section
from app.ui.texts import settings as words
from app.ui.work import Work

if TYPE_CHECKING:
    from stgat.checkpoint import Metadata

STEPS = 100
SAVED_AFTER_MS = 150  # of rest: a slider that is dragged is not written at each step


class RecognitionPage(QWidget):
    """Sensitivity; and, for those who want it, smoothing and what the window is."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = services.settings
        self._smoothing_s: float | None = None  # None: as the sensitivity has it
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVED_AFTER_MS)
        self._timer.timeout.connect(self._save)
        self._build()
        self.show_settings()
        self._reading: Work | None = None
        if services.loader is not None:
            path = services.loader.model
            self._reading = Work(self, lambda: _read(path))
            self._reading.done.connect(self.show_model)

    def _build(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 10)
        self.slider.setTickInterval(STEPS // 2)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setAccessibleName(words.SENSITIVITY)
        self.sentence = muted()
        self.reset_sensitivity = reset_button(words.SENSITIVITY)
        ends = QHBoxLayout()
        ends.addWidget(muted(words.FEWER))
        ends.addStretch(1)
        ends.addWidget(muted(words.MORE))
        self.advanced = QPushButton(words.ADVANCED)
        self.advanced.setCheckable(True)
        self.advanced.setAutoDefault(False)
        self.advanced.setAccessibleName(words.ADVANCED)
        self.smoothing = QDoubleSpinBox()
        self.smoothing.setRange(0.0, 3.0)
        self.smoothing.setSingleStep(0.1)
        self.smoothing.setDecimals(2)
        self.smoothing.setSuffix(words.SECONDS)
        self.smoothing.setAccessibleName(words.SMOOTHING)
        self.smoothing.setAccessibleDescription(words.SMOOTHING_MEANS)
        self.smoothing_note = muted()
        self.reset_smoothing = reset_button(words.SMOOTHING)
        self.window_note = muted(words.WINDOW_UNKNOWN)
        self.calibration_note = muted(words.NOT_CALIBRATED)
        self.calibration_note.hide()
        self.more = QWidget()
        more = QVBoxLayout(self.more)
        more.setContentsMargins(0, 0, 0, 0)
        more.addLayout(row(section(words.SMOOTHING), self.smoothing, self.reset_smoothing))
        more.addWidget(muted(words.SMOOTHING_MEANS))
        more.addWidget(self.smoothing_note)
        more.addSpacing(2 * theme.SPACE)
        more.addWidget(section(words.WINDOW))
        more.addWidget(self.window_note)
        more.addWidget(self.calibration_note)
        self.more.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.addLayout(row(section(words.SENSITIVITY), self.reset_sensitivity))
        column.addWidget(muted(words.SENSITIVITY_MEANS))
        column.addWidget(self.slider)
        column.addLayout(ends)
        column.addWidget(self.sentence)
        column.addSpacing(2 * theme.SPACE)
        column.addLayout(row(self.advanced))
        column.addWidget(self.more)
        column.addStretch(1)
        column.addWidget(muted(words.TAKES_EFFECT_AT_ONCE))
        self.slider.valueChanged.connect(self._moved)
        self.smoothing.valueChanged.connect(self._smoothed)
        self.reset_sensitivity.clicked.connect(lambda: self.slider.setValue(round(SHIPPED * STEPS)))
        self.reset_smoothing.clicked.connect(lambda: self._smoothed(None))
        self.advanced.toggled.connect(self.more.setVisible)

    @property
    def place(self) -> float:
        """Where the slider is, in [0, 1]."""
        return self.slider.value() / STEPS

    def show_settings(self) -> None:
        """Show what is set."""
        value = self._settings.value
        self._smoothing_s = value.smoothing_s
        self.slider.blockSignals(True)
        self.slider.setValue(round(STEPS * value.sensitivity))
        self.slider.blockSignals(False)
        self._tell()

    def show_model(self, metadata: Metadata | None) -> None:
        """Say what the model in use has of its own; None where its file cannot be read."""
        self.calibration_note.setVisible(metadata is not None and metadata.temperature == 1.0)
        if metadata is None:
            self.window_note.setText(words.WINDOW_UNKNOWN)
        else:
            own = metadata.preprocessing
            self.window_note.setText(words.window(own.window_s, own.num_frames, own.lookahead_s))

    def hideEvent(self, event) -> None:  # noqa: N802 (Qt's name)
        if self._timer.isActive():
            self._save()
        super().hideEvent(event)

    def _moved(self) -> None:
        self._tell()
        self._timer.start()

    def _smoothed(self, seconds: float | None) -> None:
        self._smoothing_s = seconds
        self._tell()
        self._timer.start()

    def _save(self) -> None:
        self._timer.stop()
        self._settings.change(sensitivity=self.place, smoothing_s=self._smoothing_s)

    def _tell(self) -> None:
        now = decision_settings(self.place, self._smoothing_s)
        self.sentence.setText(words.sensitivity_sentence(self.place))
        self.slider.setAccessibleDescription(self.sentence.text())
        self.reset_sensitivity.setEnabled(self.place != SHIPPED)
        self.smoothing.blockSignals(True)
        self.smoothing.setValue(now.smoothing_s)
        self.smoothing.blockSignals(False)
        self.smoothing_note.setText(words.SMOOTHING_OWN if self._smoothing_s is None else "")
        self.reset_smoothing.setEnabled(self._smoothing_s is not None)


def _read(path: Path) -> Metadata:
    from stgat.checkpoint import read_metadata

    return read_metadata(path)
