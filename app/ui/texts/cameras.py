"""Texts about the camera's picture, and about cameras that come and go."""

from __future__ import annotations

from app.sources.base import SourceInfo
from app.sources.camera_wish import CameraWish
from app.ui.texts import START, Message
from app.ui.texts.language import _

CAMERA_PICTURE = _("Camera picture")
AS_IT_LIKES = _("As the camera likes")


def size(width: int, height: int) -> str:
    return f"{width} × {height}"


def size_choice(choice: tuple[int, int] | None) -> str:
    return _("Size: as the camera likes") if choice is None else size(*choice)


def fps_choice(choice: int | None) -> str:
    return _("Rate: as the camera likes") if choice is None else _("{fps} fps").format(fps=choice)


def gives(info: SourceInfo, wish: CameraWish) -> str:
    """What the camera gives instead of what was wished; "" where they agree, as far as it is known."""
    got, wanted = [], []
    if wish.size is not None and wish.size != (info.width, info.height):
        got.append(size(info.width, info.height))
        wanted.append(size(*wish.size))
    if wish.fps is not None and info.fps is not None and abs(info.fps - wish.fps) > 1:
        got.append(_("{fps} fps").format(fps=f"{info.fps:.0f}"))
        wanted.append(_("{fps} fps").format(fps=wish.fps))
    if not got:
        return ""
    return _("gives {got}, not {wanted}").format(got=", ".join(got), wanted=", ".join(wanted))


def plugged(name: str, chosen: bool) -> Message:
    """A camera was plugged in while nothing plays; chosen: whether it is what Start would play."""
    title = _("{name} is connected").format(name=name)
    if chosen:
        return Message(title, _("Press Space or Start to use it"), button=START)
    return Message(title, _("Choose it in the list of sources"))
