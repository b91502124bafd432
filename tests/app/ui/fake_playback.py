"""A file that plays as it is told to, and keeps a journal of what was asked of it."""

from __future__ import annotations

from app.entities import Health, Snapshot
from tests.app.ui.fakes import FakeSession, running


class FakePlayback(FakeSession):
    """A minute at 30 pictures a second, all analysed; a seek is done at once."""

    def __init__(self, spec: str = "film.mp4") -> None:
        super().__init__(self._now, spec=spec)
        self.position_s, self.duration_s, self.analysed_s = 0.0, 60.0, 60.0
        self.paused, self.rate = False, 1.0
        self.loop: tuple[float, float] | None = None
        self.health, self.message = Health.RUNNING, ""
        self.asked: list[tuple] = []
        self._shown: Snapshot | None = None

    def play(self) -> None:
        self.asked.append(("play",))
        self.paused = False

    def pause(self) -> None:
        self.asked.append(("pause",))
        self.paused = True

    def seek(self, time_s: float) -> None:
        self.asked.append(("seek", round(time_s, 2)))
        self.position_s = min(max(0.0, time_s), self.duration_s)

    def step(self, frames: int) -> None:
        self.asked.append(("step", frames))
        self.paused = True
        self.position_s += frames / 30

    def _now(self) -> Snapshot:
        """The same object while nothing has changed, as a real session's frame is."""
        wanted = round(30 * self.position_s), self.health, self.message
        if self._shown is None or wanted != self._key:
            self._key = wanted
            self._shown = running(wanted[0], health=self.health, message=self.message)
        return self._shown
