"""The button that names the source and offers the others."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from app.sources.camera_wish import bare
from app.ui import texts, theme
from app.ui.texts import files
from app.ui.texts.recording import OPEN_RECORDING

_CHEVRON_ROOM = 22


class SourcePicker(QPushButton):
    """Emits `chosen` with a source spec, `file_wanted`, `recording_wanted`, or `forget_wanted` for the recent
    files.

    The menu is filled when it opens, from whatever cameras are known at that moment.
    """

    chosen = pyqtSignal(str)
    file_wanted = pyqtSignal()
    forget_wanted = pyqtSignal()
    recording_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme.DARK
        self._spec = "demo"
        self._name = texts.DEMO
        self.cameras: list[tuple[str, str]] = []
        self.recent: list[tuple[str, bool]] = []
        self.setToolTip(texts.TOOLTIPS[texts.SOURCE])
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self.fill_menu)
        self.setMenu(self._menu)
        self.show_source("demo")

    @property
    def source_name(self) -> str:
        return self._name

    def set_theme(self, colours: theme.Theme) -> None:
        self._theme = colours
        self.update()

    def show_source(self, spec: str) -> None:
        """Name this source as the one in use."""
        self._spec = spec
        name = texts.source_name(spec, self.cameras)
        if name != self._name or not self.accessibleName():
            self._name = name
            self.setAccessibleName(f"{texts.SOURCE}: {name}")
            self.updateGeometry()
            self.update()

    def set_cameras(self, cameras: list[tuple[str, str]]) -> None:
        """The cameras there are now; an open menu is left as it is."""
        if cameras != self.cameras:
            self.cameras = cameras
            self.show_source(self._spec)

    def set_recent(self, recent: list[tuple[str, bool]]) -> None:
        """(path, whether it is there) of the files to offer, in that order; an open menu is left as it is."""
        self.recent = recent

    def fill_menu(self) -> None:
        """Cameras, demo and files; the source in use is ticked."""
        self._menu.clear()
        group = QActionGroup(self._menu)
        heading = QAction(texts.CAMERAS if self.cameras else texts.NO_CAMERA_FOUND, self._menu)
        heading.setEnabled(False)
        self._menu.addAction(heading)
        entries = [*self.cameras, ("demo", texts.DEMO)]
        paths = [path for path, _ in self.recent]
        # The file in use is among the recent ones by its full path, and before it was seen not at all.
        spec = bare(self._spec)
        if spec not in dict(entries) and not spec.startswith("camera:"):
            spec = str(Path(spec).expanduser().absolute())
        if spec not in (*dict(entries), *paths) and not spec.startswith("camera:"):
            entries.append((spec, self._name))

        def add(offered: str, name: str) -> QAction:
            entry = QAction(name.replace("&", "&&"), self._menu)
            entry.setCheckable(True)
            entry.setChecked(offered == spec)
            entry.triggered.connect(lambda _: self.chosen.emit(offered))
            group.addAction(entry)
            self._menu.addAction(entry)
            return entry

        for offered, name in entries:
            if offered == "demo":
                self._menu.addSeparator()
            add(offered, name)
        self._menu.addAction(texts.OPEN_FILE, self.file_wanted.emit)
        self._menu.addAction(OPEN_RECORDING, self.recording_wanted.emit)
        if not paths:
            return
        self._menu.addSeparator()
        heading = QAction(files.RECENT, self._menu)
        heading.setEnabled(False)
        self._menu.addAction(heading)
        for path, there in self.recent:
            entry = add(path, files.recent(path, paths, not there))
            entry.setEnabled(there)
            entry.setToolTip(path)
        self._menu.addAction(files.CLEAR_RECENT, self.forget_wanted.emit)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        hint = super().sizeHint()
        width = QFontMetrics(self.font()).horizontalAdvance(self._name)
        return QSize(min(max(width, 110), 260) + _CHEVRON_ROOM + 3 * theme.SPACE, hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(90, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        super().paintEvent(event)  # the button's face; name and chevron follow
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = self.rect().adjusted(theme.SPACE * 3 // 2, 0, -_CHEVRON_ROOM - 2, 0)
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, inside.width())
        painter.setPen(self._theme.color("text"))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        middle = QPointF(self.width() - _CHEVRON_ROOM / 2 - 3, self.height() / 2)
        painter.setPen(QPen(self._theme.color("muted"), 1.6, cap=Qt.PenCapStyle.RoundCap))
        tip = middle + QPointF(0, 2)
        painter.drawPolyline(middle + QPointF(-4, -2), tip, middle + QPointF(4, -2))
        painter.end()
