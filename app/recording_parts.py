"""The skeletons of a session on the disk, never more than a moment behind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.recordings import make_recording, save_recording
from stgat.data.recording_file import MAX_PEOPLE
from stgat.data.session_folder import part_name
from stgat.skeleton import Skeleton

#: A part is written anew, whole, each time there is more of it, and closed when it is this long.
PART_S = 10.0


class SkeletonParts:
    """Writes `part-0000.npz` and so on into a new folder. For one thread.

    A part takes its place by one change of name, so that at any moment all of them are whole; what was
    written stays where a later write fails. The disk is not waited for (app.recording_sync). Raises
    OutputError or OSError.

    image_size: (width, height) of the pictures; told where it is one that a recording can state.
    """

    def __init__(self, folder: Path, image_size: tuple[int, int]) -> None:
        folder.mkdir()
        self._folder = folder
        self._image_size = image_size
        self._number = 0
        self._moments: list[tuple[float, tuple[Skeleton, ...]]] = []
        self._people: list[int] = []
        self._unwritten = False
        self._closed_bytes = self._open_bytes = 0
        self._last_s = -1.0

    @property
    def num_bytes(self) -> int:
        """What lies on the disk."""
        return self._closed_bytes + self._open_bytes

    def add(self, time_s: float, skeletons: Sequence[Skeleton]) -> None:
        """Take in who was seen at a moment; one that is not later than the last is passed over."""
        if time_s <= self._last_s:
            return
        known = tuple(skeletons)[:MAX_PEOPLE]
        new = [one.person_id for one in known if one.person_id not in self._people]
        if self._moments and (
            time_s - self._moments[0][0] >= PART_S or len(self._people) + len(new) > MAX_PEOPLE
        ):
            self.write()
            self._number += 1
            self._closed_bytes, self._open_bytes = self.num_bytes, 0
            self._moments, self._people = [], []
            new = [one.person_id for one in known]
        self._people += new
        self._moments.append((time_s, known))
        self._last_s, self._unwritten = time_s, True

    def write(self) -> None:
        """Put on the disk what is not there yet."""
        if not self._unwritten:
            return
        path = self._folder / part_name(self._number)
        ids = tuple(self._people) or (0,)  # where nobody was ever seen, one column of nobody
        times_s, seen = zip(*self._moments, strict=True)
        columns = {person: column for column, person in enumerate(ids)}
        recording = make_recording(times_s, seen, columns, self._image_size, person_ids=ids)
        save_recording(path, recording, sync=False)
        self._unwritten = False
        self._open_bytes = path.stat().st_size
