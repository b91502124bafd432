"""Opens the sessions of a soak: the sources it makes up, the demo, and what was recorded."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.benchmark.run import HOURS_INTERVAL_S
from app.pipeline import Session
from app.playback import FilePlayback
from app.road import RecognizerLoader, make_extractor, open_in_window
from app.sensitivity import chosen
from app.settings import SettingsStore
from app.soak.ear import Ear
from app.soak.people import People
from app.soak.sources import ClipSource, PeopleSource
from app.sources import VideoSource, open_source

#: The stretches' sources, by the specs that the window knows them by: cameras, which may be recorded.
SPECS = {"people": "camera:0", "people, small": "camera:1", "pictures": "camera:2", "demo": "demo"}
SESSIONS, PEOPLE = "sessions", "people who came"
SIZES = {"camera:0": (640, 480), "camera:1": (320, 240), "camera:2": (640, 480)}


class House:
    """What the window's OpenSession is in a soak. Each session has an ear; the old ones are added up.

    clip: a folder of pictures for the pose; None has it look at painted people.
    recordings: the folder that they are made in; all but the newest are deleted as sessions begin.
    accelerate: as fast as it goes, nothing lost, with an answer every HOURS_INTERVAL_S of the source's time;
        otherwise at the camera's own pace.
    """

    def __init__(
        self,
        loader: RecognizerLoader,
        settings: SettingsStore,
        seed: int,
        recordings: Path,
        clip: Path | None = None,
        accelerate: bool = True,
    ) -> None:
        self._loader, self._settings, self._seed, self._clip = loader, settings, seed, clip
        self._recordings, self._accelerate = recordings, accelerate
        self._people = 0
        self._ids = self._new_ids()
        self._so_far: tuple[float, Counter[str], Ear] = 0.0, Counter(), Ear()
        self.session: Session | FilePlayback | None = None

    @property
    def ear(self) -> Ear:
        """Of the newest session."""
        return self._so_far[2]

    @property
    def played_s(self) -> float:
        """Of the sources' own time, in all sessions together."""
        before_s, _, ear = self._so_far
        return before_s + ear.now_s

    @property
    def counts(self) -> Counter[str]:
        """As Ear has them, and of sessions and people."""
        _, before, ear = self._so_far
        return before + ear.counts + Counter({PEOPLE: self._people})

    def open(self, spec: str) -> Session | FilePlayback:
        """In a thread of the window's; the session before it has been stopped."""
        _, before, ear = self._so_far
        counts = before + ear.counts + Counter({SESSIONS: 1})
        self._so_far = self.played_s, counts, Ear()
        self._tidy()
        settings = chosen(self._settings.value)
        if spec not in SPECS.values():
            self.session = open_in_window(spec, self._loader, settings=settings)
            return self.session
        source = self._source(spec, counts[SESSIONS])
        session = Session(
            source,
            make_extractor,
            self._loader,
            settings=settings,
            lossless=self._accelerate,
            interval_s=HOURS_INTERVAL_S if self._accelerate else None,
        )
        session.listen(self.ear)
        self.session = session
        return session

    def _source(self, spec: str, number: int) -> VideoSource:
        if spec == SPECS["demo"]:
            return open_source(spec, repeat_demo=True)
        if spec == SPECS["pictures"] and self._clip is not None:
            return ClipSource(spec, self._clip)
        width, height = SIZES[spec]
        people = People(np.random.default_rng([self._seed, number]), self._ids, width / height)
        for_pose = spec == SPECS["pictures"]
        painted = for_pose or not self._accelerate
        return PeopleSource(spec, people, (width, height), given=not for_pose, painted=painted)

    def _new_ids(self) -> Iterator[int]:
        while True:
            self._people += 1
            yield self._people

    def _tidy(self) -> None:
        made = sorted(self._recordings.iterdir(), key=lambda folder: folder.stat().st_mtime)
        for folder in made[:-2]:
            shutil.rmtree(folder, ignore_errors=True)
