"""Checks of the machine: Qt's system libraries, the screen, fonts and cameras."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.doctor.check import REPOSITORY, SET_UP, Check, ProbeError, probe

LIBRARIES = REPOSITORY / "app" / "assets" / "system-libraries.txt"
FONT_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("~/.fonts"),
    Path("~/.local/share/fonts"),
)
#: Qt's plug-ins that show a window under X11, and that draw without a screen.
PLUGINS = {"window": "libqxcb.so", "offscreen": "libqoffscreen.so"}
LINUX = sys.platform.startswith("linux")


def qt() -> Check:
    code = """
import os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR
from PyQt6.QtWidgets import QApplication
application = QApplication([])
print(f"PyQt {PYQT_VERSION_STR} on Qt {QT_VERSION_STR}")
"""
    try:
        return Check("Qt", True, True, probe(code))
    except ProbeError as error:
        remedy = SET_UP + '; the line "Qt offscreen" names system libraries that are missing'
        return Check("Qt", False, True, f"cannot be started: {error}", remedy)


def qt_libraries(purpose: str, listed: Path = LIBRARIES) -> Check:
    """The system libraries behind one of PLUGINS; a window's are not required, for there is always
    offscreen."""
    name, required = f"Qt {purpose}", purpose == "offscreen"
    if not LINUX:
        return Check(name, True, required, "Qt brings its own libraries on this system")
    known = read_libraries(listed)
    names = [library for library, (_, needed_by) in known.items() if needed_by in ("offscreen", purpose)]
    missing = {*unloadable(names), *unresolved(plugin_path(PLUGINS[purpose]))}
    if not missing:
        return Check(name, True, required, f"all {len(names)} system libraries are there")
    return Check(name, False, required, f"missing: {', '.join(sorted(missing))}", remedy_for(missing, known))


def read_libraries(path: Path = LIBRARIES) -> dict[str, tuple[str, str]]:
    """library -> (Debian package, needed by)."""
    rows = (
        line.split() for line in path.read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
    )
    return {library: (package, needed_by) for library, package, needed_by in rows}


def remedy_for(missing: Iterable[str], known: Mapping[str, tuple[str, str]]) -> str:
    """One line to copy, and the libraries for which no package is known."""
    packages = sorted({known[library][0] for library in missing if library in known})
    unknown = sorted(library for library in missing if library not in known)
    parts = []
    if packages:
        parts.append(f"run `sudo apt-get install -y {' '.join(packages)}`")
    if unknown:
        parts.append(f"install the packages that hold {', '.join(unknown)}")
    return "; ".join(parts)


def unloadable(libraries: Iterable[str]) -> set[str]:
    """Those of the shared libraries that the dynamic linker cannot load."""
    code = """
import ctypes, sys
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
    except OSError:
        print(name)
"""
    return set(probe(code, *libraries).split())


def unresolved(plugin: Path | None) -> set[str]:
    """What `ldd` does not find of all that a plug-in needs; nothing where there is no plug-in or no ldd."""
    ldd = shutil.which("ldd")
    if plugin is None or ldd is None:
        return set()
    done = subprocess.run([ldd, str(plugin)], capture_output=True, text=True, check=False, timeout=60)
    return parse_ldd(done.stdout)


def parse_ldd(output: str) -> set[str]:
    """The libraries that ldd's output says are not found."""
    return {line.split()[0] for line in output.splitlines() if line.rstrip().endswith("=> not found")}


def plugin_path(name: str) -> Path | None:
    """One of Qt's platform plug-ins, found without loading Qt."""
    spec = importlib.util.find_spec("PyQt6")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "Qt6" / "plugins" / "platforms" / name
    return path if path.is_file() else None


def display(environment: Mapping[str, str] = os.environ, linux: bool = LINUX) -> Check:
    if not linux:
        return Check("screen", True, False, "the system's own")
    found = [
        f"{name}={environment[name]}" for name in ("WAYLAND_DISPLAY", "DISPLAY") if environment.get(name)
    ]
    if found:
        return Check("screen", True, False, ", ".join(found))
    remedy = "start it from a desktop session; without one `make run` plays the demo offscreen"
    return Check("screen", False, False, "neither DISPLAY nor WAYLAND_DISPLAY is set", remedy)


def fonts(folders: Iterable[Path] = FONT_FOLDERS, linux: bool = LINUX) -> Check:
    if not linux:
        return Check("fonts", True, False, "the system's own")
    for folder in folders:
        for path in folder.expanduser().rglob("*"):
            if path.suffix.lower() in (".ttf", ".otf", ".ttc"):
                return Check("fonts", True, False, f"in {folder}")
    remedy = "run `sudo apt-get install -y fonts-dejavu-core`"
    return Check("fonts", False, False, "none found: the window would show no text", remedy)


def cameras(found: list[tuple[int, str]] | None = None, dev: Path = Path("/dev")) -> Check:
    """found: the cameras, for tests; None asks the system."""
    if found is None:
        from app.sources import list_cameras

        found = list_cameras()
    if not found:
        return Check("cameras", False, False, "no camera found", "plug one in, or use a video or the demo")
    listed = ", ".join(f"camera:{number} {name}" for number, name in found)
    if LINUX:
        nodes = [dev / f"video{number}" for number, _ in found]
        locked = [str(node) for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
        if locked:
            remedy = "run `sudo usermod -aG video $USER`, then log out and in again"
            return Check(
                "cameras", False, False, f"{listed}; this account may not use {', '.join(locked)}", remedy
            )
    return Check("cameras", True, False, listed)
