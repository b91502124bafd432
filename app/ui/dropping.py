"""What was dragged onto the window."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QDropEvent

from stgat.data.session_folder import is_session

PLAYABLE = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm", ".npz"})


def dropped_paths(event: QDropEvent) -> list[Path]:
    """The files and folders of a drop that are there, in its order; what is no local file is left out."""
    data = event.mimeData()
    urls = data.urls() if data is not None and data.hasUrls() else []
    paths = [Path(url.toLocalFile()) for url in urls if url.toLocalFile()]
    return [path for path in paths if path.exists()]


def playable(paths: list[Path]) -> list[Path]:
    """The files and sessions among them, and what is a video or recording by name in the other folders."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir() and not is_session(path):
            found += sorted(child for child in path.iterdir() if child.suffix.lower() in PLAYABLE)
        else:
            found.append(path)
    return found
