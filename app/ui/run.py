"""Opening the window and staying until it is closed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEvent, QLibraryInfo, QLocale, QTimer, QTranslator
from PyQt6.QtWidgets import QApplication, QWidget

from app.ui import texts
from app.ui.cameras import list_cameras
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.session import OpenSession
from app.ui.texts import language

SCREENSHOT_AFTER_S = 5.0


def run_window(
    open_session: OpenSession,
    *,
    source: str,
    screenshot: Path | None = None,
    quit_after_s: float | None = None,
    offscreen: bool = False,
    services: Services | None = None,
    watch: Callable[[MainWindow], None] = lambda window: None,
) -> int:
    """Show the window with this source playing; returns the exit code once it is closed. Main thread only.

    screenshot: a PNG of the window, taken just before it closes by quit_after_s, else after five seconds;
        1 is returned if it cannot be written.
    quit_after_s: close by itself after so many seconds.
    offscreen: paint into memory, for machines without a screen.
    services: what the window remembers and uses; None keeps nothing.
    watch: called with the window just before it is shown.
    Ctrl-C in the terminal closes the window as its own button does.
    """
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication.instance() or QApplication([texts.APPLICATION])
    assert isinstance(application, QApplication)
    application.setApplicationName(texts.APPLICATION)
    application.setStyle("Fusion")
    load_qt_texts(application)
    window = MainWindow(open_session, list_cameras, source, services=services)
    watch(window)
    window.show()
    failures: list[str] = []

    def take_screenshot() -> None:
        if screenshot is not None and not save_screenshot(window, screenshot):
            failures.append(f"The screenshot cannot be written to {screenshot}: check the folder.")

    def finish() -> None:
        take_screenshot()
        window.close()

    if quit_after_s is not None:
        QTimer.singleShot(round(1000 * quit_after_s), finish)
    elif screenshot is not None:
        QTimer.singleShot(round(1000 * SCREENSHOT_AFTER_S), take_screenshot)
    # Python sees the signal at the window's next poll, some milliseconds later; or in the midst of painting,
    # when a window may not be closed, so the closing waits for its turn.
    before = signal.signal(signal.SIGINT, lambda *_: QTimer.singleShot(0, window.close))
    try:
        code = application.exec()
    finally:
        signal.signal(signal.SIGINT, before)
        window.close()
        # Taken down now, while Qt is all there; the order in which Python ends is anyone's.
        window.deleteLater()
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else code


def load_qt_texts(application: QApplication) -> bool:
    """Have Qt's own words, in its file dialogs for one, in the window's language; False where it has none.

    Its fields write numbers as the window's sentences do.
    """
    QLocale.setDefault(QLocale(language.LANGUAGE))
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    found = translator.load(QLocale(language.LANGUAGE), "qtbase", "_", folder)
    return found and application.installTranslator(translator)


def save_screenshot(window: QWidget, path: Path) -> bool:
    """Write what the window shows as a PNG, at the screen's own resolution; False if that fails."""
    return window.grab().save(str(path), "PNG")
