"""What is asked of the camera's picture, what it gives, and cameras that are plugged in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PyQt6.QtCore import QObject, QTimer
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu

from app.settings import Settings
from app.sources import SourceInfo
from app.sources.camera_wish import CameraWish, bare, is_camera, parse_camera, with_wish
from app.ui import texts
from app.ui.texts import cameras as words

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

SIZES: tuple[tuple[int, int] | None, ...] = ((640, 480), (1280, 720), (1920, 1080), None)
RATES: tuple[int | None, ...] = (15, 30, 60, None)
LOOK_MS = 500


@runtime_checkable
class TellsOfItsSource(Protocol):
    """A session that knows what its source really gives, once that is open; app.pipeline.Session is one."""

    @property
    def source_info(self) -> SourceInfo | None: ...


class CameraPicture(QObject):
    """Feature: size and rate to ask of a camera, by menu, remembered; the status says what came of it.

    A choice made while a camera plays starts it anew.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._settings = window, window.services.settings
        self._told = False
        self._menu = QMenu(words.CAMERA_PICTURE, window)
        self.sizes = self._choices([(choice, words.size_choice(choice)) for choice in SIZES])
        self._menu.addSeparator()
        self.rates = self._choices([(choice, words.fps_choice(choice)) for choice in RATES])
        action = self._menu.menuAction()
        assert action is not None
        window.commands.adopt(texts.GROUP_SESSION, action)
        self._settings.on_change(self._tick)
        self._tick(self._settings.value)
        window.began.connect(self._begin)
        window.shown.connect(self._tell)
        window.over.connect(lambda: window.status.set_note(""))

    def _choices(self, choices: list[tuple[object, str]]) -> QActionGroup:
        group = QActionGroup(self)
        for choice, name in choices:
            action = QAction(name, self)
            action.setCheckable(True)
            action.setData(choice)
            group.addAction(action)
            self._menu.addAction(action)
        group.triggered.connect(self._choose)
        return group

    def _tick(self, settings: Settings) -> None:
        """Tick what is in force; nothing for a size or rate that is none of these."""
        wish = CameraWish.parse(settings.camera_size, settings.camera_fps)
        for group, chosen in ((self.sizes, wish.size), (self.rates, wish.fps)):
            for action in group.actions():
                action.setChecked(action.data() == chosen)

    def _choose(self) -> None:
        before = CameraWish.parse(self._settings.value.camera_size, self._settings.value.camera_fps)
        size, rate = self.sizes.checkedAction(), self.rates.checkedAction()
        wish = CameraWish(size.data() if size else before.size, rate.data() if rate else before.fps)
        camera_size, _, _ = str(wish).partition("@")
        self._settings.change(camera_size=camera_size, camera_fps=wish.fps or 0)
        spec = self._window.spec
        if is_camera(spec):
            self._window.set_source(bare(spec))  # a wish that came with the source is overruled
            if self._window.playing:
                self._window.start()

    def _begin(self) -> None:
        self._told = False
        self._window.status.set_note("")

    def _tell(self) -> None:
        session, spec = self._window.session, self._window.spec
        if self._told or not is_camera(spec) or not isinstance(session, TellsOfItsSource):
            return
        info = session.source_info
        if info is not None:
            self._told = True
            settings = self._settings.value
            wish = CameraWish.parse(settings.camera_size, settings.camera_fps)
            self._window.status.set_note(words.gives(info, parse_camera(with_wish(spec, wish))[1]))


class CameraNews(QObject):
    """Feature: a camera that is plugged in while nothing plays is told of over the picture.

    Where the source chosen is a camera that is not there, the new one takes its place.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._before: list[tuple[str, str]] | None = None
        self._told: tuple[str, texts.Message] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(LOOK_MS)
        window.closing.connect(self._timer.stop)

    def _look(self) -> None:
        window = self._window
        if not window.cameras_known:
            return
        now = window.cameras
        before, message = self._before, window.video.message
        if before is None or window.playing:
            self._before = now
        elif message is None or not message.busy:  # what is stopping shall have stopped
            self._before = now
            new = [camera for camera in now if camera not in before]
            if new:
                self._tell(*new[0])
            elif self._told is not None and message is self._told[1] and self._told[0] not in dict(now):
                window.video.set_message(texts.CHOOSE_SOURCE)  # pulled out again

    def _tell(self, spec: str, name: str) -> None:
        window = self._window
        if is_camera(window.spec) and bare(window.spec) not in dict(window.cameras):
            window.set_source(spec)
        message = words.plugged(name, chosen=bare(window.spec) == spec)
        self._told = spec, message
        window.video.set_message(message)
