"""What was dragged onto the window."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtGui import QDropEvent


def dropped_paths(event: QDropEvent) -> list[Path]:
    """The files and folders of a drop that are there, in its order; what is no local file is left out."""
    data = event.mimeData()
    urls = data.urls() if data is not None and data.hasUrls() else []
    paths = [Path(url.toLocalFile()) for url in urls if url.toLocalFile()]
    return [path for path in paths if path.exists()]
