"""The settings' page on where the network runs."""

from __future__ import annotations

from PyQt6.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from app.devices import Device, automatic, list_devices
from app.engines import Measured, measured_for
from app.ui import theme
from app.ui.services import Services
from app.ui.settings_parts import muted
from app.ui.texts import settings as words
from app.ui.work import Work

NAMES = {"auto": words.AUTO, **words.DEVICE_NAMES}


class DevicePage(QWidget):
    """A button for each device; those that are not there cannot be chosen, and say why."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._settings = services, services.settings
        self.buttons: dict[str, QRadioButton] = {}
        self.details: dict[str, QLabel] = {}
        self._group = QButtonGroup(self)
        self._devices: list[Device] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.addWidget(muted(words.DEVICE_MEANS))
        for name, title in NAMES.items():
            button = self.buttons[name] = QRadioButton(title)
            button.setAccessibleName(title)
            detail = self.details[name] = muted(words.LOOKING)
            detail.setIndent(3 * theme.SPACE)
            self._group.addButton(button)
            button.setEnabled(name in ("auto", "cpu"))  # the others once it is known that they are there
            button.clicked.connect(lambda _, name=name: self._choose(name))
            column.addSpacing(theme.SPACE)
            column.addWidget(button)
            column.addWidget(detail)
        self.note = muted()
        column.addStretch(1)
        column.addWidget(self.note)
        self.show_settings()
        loader = services.loader
        self._work = Work(self, lambda: (list_devices(), measured_for(loader.model) if loader else None))
        self._work.done.connect(lambda found: self.show_devices(*found))
        self._work.failed.connect(self.note.setText)

    def show_settings(self) -> None:
        """Show which one is used; "cuda:1" counts as CUDA."""
        loader = self._services.loader
        used = loader.device if loader is not None else self._settings.value.device
        button = self.buttons.get(used.split(":")[0])
        if button is not None:
            button.setChecked(True)
        self.note.setText(words.FOR_THIS_RUN if used != self._settings.value.device else "")

    def show_devices(self, devices: list[Device], measured: Measured | None = None) -> None:
        """Say of each whether it is there, and how fast the network in use is on it where that is known."""
        self._devices = devices
        for device in devices:
            words_of = words.device_detail(device, measured.seconds.get(device.name) if measured else None)
            self.details[device.name].setText(words_of)
            self.buttons[device.name].setAccessibleDescription(words_of)
            self.buttons[device.name].setEnabled(device.missing is None)
        self.details["auto"].setText(
            words.automatic(automatic(devices, measured.best if measured else "cpu"))
        )
        self.buttons["auto"].setAccessibleDescription(self.details["auto"].text())

    def _choose(self, name: str) -> None:
        if self._settings.value.device == name and self._services.loader is not None:
            self._services.loader.use(device=name)
        self._settings.change(device=name)
        self.show_settings()
