"""A disk that loses its power: of a folder there stays what was synced, and no more."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest


class PowerCutError(BaseException):
    """Nothing is done after it."""


class Disk:
    """Counts what is synced and renamed below `root`, and cuts the power after number `cut_after` of them.

    Pessimistic about contents: what was not synced since it was written is gone. Of a name that was changed,
    and whose folder was not synced since, either may be found: `leave` is told which.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path, cut_after: int | None = None) -> None:
        self._root, self._cut_after = root, cut_after
        self.calls = 0
        self._synced: dict[int, bytes] = {}
        self._held: list[int] = []  # so that no number of a file is given twice
        self._renamed: list[tuple[Path, Path, int | None]] = []  # from, to, and the file that was there
        self._really = {name: getattr(os, name) for name in ("fsync", "replace", "unlink")}
        for name in self._really:
            monkeypatch.setattr(os, name, getattr(self, f"_{name}"))

    @property
    def _dark(self) -> bool:
        return self._cut_after is not None and self.calls >= self._cut_after

    def _done(self) -> None:
        self.calls += 1
        if self._dark:
            raise PowerCutError

    def _fsync(self, number: int) -> None:
        if self._dark:
            raise PowerCutError
        status = os.fstat(number)
        if stat.S_ISDIR(status.st_mode):
            self._renamed = [one for one in self._renamed if one[1].parent.stat().st_ino != status.st_ino]
        else:
            self._held.append(os.dup(number))
            (path,) = (path for path in self._root.rglob("*") if path.stat().st_ino == status.st_ino)
            self._synced[status.st_ino] = path.read_bytes()
        self._done()

    def _replace(self, source: str | Path, target: str | Path) -> None:
        if self._dark:
            raise PowerCutError
        there = None
        if Path(target).exists():
            self._held.append(os.open(target, os.O_RDONLY))
            there = Path(target).stat().st_ino
        self._renamed.append((Path(source), Path(target), there))
        self._really["replace"](source, target)
        self._done()

    def _unlink(self, path: str | Path, **options: object) -> None:
        if self._dark:
            raise PowerCutError
        self._really["unlink"](path, **options)

    def leave(self, new_names: bool) -> None:
        """Make of the folder what the cut leaves of it."""
        for path in [path for path in self._root.rglob("*") if path.is_file()]:
            path.write_bytes(self._synced.get(path.stat().st_ino, b""))
        for source, target, there in [] if new_names else reversed(self._renamed):
            self._really["replace"](target, source)
            if there is not None:
                target.write_bytes(self._synced[there])
        for number in self._held:
            os.close(number)
