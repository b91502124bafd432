"""Makes the pictures of docs/user-guide.md, and its table of keys, from the running application, offscreen.

    python tools/make_guide_pictures.py              # all of them; some minutes
    python tools/make_guide_pictures.py teach batch  # those of some scenes

The window is the real one, with its real sessions and model, on the bundled demo and on recordings made as
the demo is. Everything that would be the user's lies in a temporary folder, in which the script also stands:
no file of the user is touched, and no path of a machine is in a picture.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "images" / "guide"
SIZE = (1100, 720)
MOST_BYTES = 120_000
THREADS_END_WITHIN_S = 20.0
VIVID = 40  # so far apart, of 255, are red, green and blue of what is no grey
SURFACES = 24

# Before Qt and the texts are imported, which look at them.
os.environ |= {
    "QT_QPA_PLATFORM": "offscreen",
    "QT_LOGGING_RULES": "qt.qpa.*=false",
    "STGAT_LIVE_LANGUAGE": "en",
    "LC_ALL": "C.UTF-8",
}
sys.path.insert(0, str(ROOT))


class Studio:
    """A window in a temporary folder, and what a scene needs: waiting, keys, pictures."""

    def __init__(self, folder: Path) -> None:
        from PyQt6.QtWidgets import QApplication

        from app.road import RecognizerLoader, open_in_window
        from app.sensitivity import chosen
        from app.settings import SettingsStore
        from app.ui.main_window import MainWindow
        from app.ui.services import Services

        self.folder = folder
        self.application = QApplication.instance() or QApplication(["STGAT Live"])
        self.application.setStyle("Fusion")
        self.settings = SettingsStore.in_memory()
        self.settings.change(appearance="light", recordings_folder="recordings", tour_seen=True)
        self.loader = RecognizerLoader()
        self.window = MainWindow(
            lambda spec: open_in_window(spec, self.loader, settings=chosen(self.settings.value)),
            list,
            "demo",
            autostart=False,
            services=Services(self.settings, self.loader),
        )
        self.window.resize(*SIZE)
        self.window.show()
        self.wait(0.3)

    def wait(self, seconds: float) -> None:
        """Let the application go on for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.application.processEvents()
            time.sleep(0.005)

    def until(self, promise: Callable[[], object], what: str, within_s: float = 120.0) -> None:
        """Let it go on until that is so; ends the script where it never is."""
        deadline = time.monotonic() + within_s
        while not promise():
            if time.monotonic() > deadline:
                sys.exit(f"The scene did not come about: {what}")
            self.wait(0.02)

    def key(self, keys: str) -> None:
        """Do what that key does."""
        from PyQt6.QtGui import QKeySequence

        wanted = QKeySequence(keys)
        next(c.action for c in self.window.commands.table if c.action.shortcut() == wanted).trigger()
        self.wait(0.2)

    def child(self, name: str):
        """The widget of the window with that object name, or of that class."""
        from PyQt6.QtWidgets import QWidget

        found = [
            widget
            for widget in self.window.findChildren(QWidget)
            if widget.isVisible() and name in (widget.objectName(), type(widget).__name__)
        ]
        return found[-1]

    def feature(self, name: str):
        """The feature of that class."""
        return next(one for one in self.window._features if type(one).__name__ == name)

    def says(self, label: str, at_least: float = 0.6) -> None:
        """Wait until the window names that action."""

        def said() -> bool:
            snapshot = self.window.snapshot
            return snapshot is not None and any(
                d.label == label and d.state.value == "action" and d.probability >= at_least
                for d in snapshot.decisions
            )

        self.until(said, f"{label} is recognised")
        self.wait(0.3)

    def events(self, number: int) -> None:
        """Wait until so many events of the session are over."""
        self.until(
            lambda: self.window.snapshot is not None and len(self.window.snapshot.events) >= number,
            f"{number} events",
        )

    def open_file(self, path: str) -> None:
        """Play a file, and wait until all of it is analysed."""
        self.window.play(path)
        self.until(
            lambda: (
                self.window.session is not None
                and self.window.snapshot is not None
                and self.window.session.duration_s > 1.0
                and self.window.session.analysed_s >= self.window.session.duration_s - 0.1
            ),
            f"{path} is analysed",
        )

    def show_moment(self, time_s: float) -> None:
        """Hold a file at that moment."""
        self.window.session.pause()
        self.window.session.seek(time_s)
        self.wait(0.8)

    def picture(self, name: str, widget=None) -> None:
        """Keep what the window shows, or this widget."""
        path = PICTURES / f"{name}.png"
        (widget or self.window).grab().save(str(path), "PNG")
        squeeze(path)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB", flush=True)

    def close(self) -> None:
        self.window.close()
        self.wait(0.2)
        # Python must not be taken down under a thread that still loads a model.
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join(THREADS_END_WITHIN_S)


def squeeze(path: Path) -> None:
    """Fewer colours, so that the file is small.

    Those of surfaces, which are most, stay as they are; those of skeletons and lamps, which are few, are
    reduced apart from the greys of the picture.
    """
    import numpy as np
    from PIL import Image
    from scipy.spatial import cKDTree

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    pixels = np.asarray(image).reshape(-1, 3)
    vivid = np.ptp(pixels.astype(int), axis=1) > VIVID
    found, where, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    surfaces = found[np.argsort(counts)[-SURFACES:]]
    for greys in (160, 112, 64):
        parts = [surfaces]
        for some, colours in ((pixels[vivid], 72), (pixels[~vivid], greys)):
            if len(some):
                reduced = Image.fromarray(some[None]).quantize(colours, dither=Image.Dither.NONE)
                parts.append(np.reshape(reduced.getpalette() or [], (-1, 3))[:colours])
        palette = np.concatenate(parts)
        _, nearest = cKDTree(palette).query(found)
        small = Image.fromarray(nearest[where].reshape(image.height, image.width).astype(np.uint8))
        small.putpalette(palette.astype(np.uint8).tobytes())
        small.save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return


# The scenes; each begins with a new window


def demo(studio: Studio) -> None:
    studio.window.start()
    studio.events(2)
    studio.says("arm curl")
    studio.picture("window")
    studio.settings.change(appearance="dark")
    studio.says("boxing")
    studio.picture("dark")


def idle(studio: Studio) -> None:
    studio.window.start()
    studio.says("hand waving")
    studio.until(
        lambda: (
            studio.window.snapshot is not None
            and any(d.state.value == "idle" for d in studio.window.snapshot.decisions)
        ),
        "idle",
    )
    studio.wait(0.2)
    studio.picture("idle", studio.window.side)


def file(studio: Studio) -> None:
    shutil.copy(ROOT / "app" / "assets" / "demo.npz", "exercises.npz")
    studio.open_file("exercises.npz")
    studio.show_moment(17.2)
    studio.picture("file")


def events(studio: Studio) -> None:
    studio.window.start()
    studio.key("E")
    studio.events(4)
    studio.picture("events")
    studio.feature("Events").see_again(studio.window.snapshot.events[-1])
    studio.key("E")
    studio.wait(2.0)
    studio.picture("see-again")


def views(studio: Studio) -> None:
    from PyQt6.QtCore import Qt

    studio.window.start()
    studio.key("3")
    docks = [studio.feature("SpaceDock").dock]
    studio.window.resizeDocks(docks, [340], Qt.Orientation.Horizontal)
    studio.says("hand waving")
    studio.picture("space")
    studio.key("3")
    studio.key("A")
    studio.says("boxing")
    studio.wait(1.0)
    studio.picture("attention")
    studio.key("A")
    studio.key("H")
    studio.says("hand waving")
    studio.picture("trails")


def recording(studio: Studio) -> None:
    studio.window.start()
    studio.until(lambda: studio.window.snapshot and studio.window.snapshot.decisions, "an answer")
    studio.key("R")
    studio.says("hand waving")
    studio.wait(2.0)
    studio.picture("recording")
    studio.key("R")
    studio.wait(1.0)


def teach(studio: Studio) -> None:
    from app.lessons import Lessons
    from app.teaching import store_profile
    from stgat.teaching.profiles import Profile
    from tools.guide_movements import MOVEMENTS, write_take

    lessons, profile = Lessons(studio.loader), Profile("exercises")
    for name in ("arm circles", "star jump"):
        path = Path(f"{name}.npz")
        profile = profile.with_action(name)
        for start_s, end_s in write_take(path, MOVEMENTS[name], seed=3, times=5):
            profile = profile.with_take(name, lessons.cut(str(path), start_s, end_s, lambda: False))
    store_profile(profile)
    teaching = studio.feature("Teaching")
    studio.window.start()
    studio.until(lambda: studio.window.snapshot and studio.window.snapshot.decisions, "an answer")
    studio.key("T")
    teaching.profiles.open(next(Path("home/profiles").glob("*.safetensors")))
    teaching.desk.choose("star jump")
    studio.wait(0.5)
    studio.picture("teach")
    studio.key("Shift+T")
    studio.wait(1.2)
    studio.picture("teach-countdown")
    studio.key("Shift+T")
    teaching.learn()
    studio.until(lambda: teaching.panel.learn.use_button.isVisible(), "it has learned")
    studio.wait(1.0)
    bar = teaching.panel.verticalScrollBar()
    bar.setValue(bar.maximum())
    studio.wait(0.3)
    studio.picture("teach-report")
    teaching.use()
    studio.open_file("star jump.npz")
    studio.key("T")
    studio.show_moment(5.6)
    studio.picture("taught")


def settings(studio: Studio) -> None:
    from app.ui.texts import settings as words

    studio.window.start()
    studio.says("hand waving")
    studio.key("Ctrl+,")
    studio.wait(1.0)
    dialog = studio.child("settings")
    dialog.recognition.advanced.click()
    studio.wait(0.3)
    studio.picture("settings", dialog)
    dialog.turn_to(words.MODEL)
    studio.until(lambda: dialog.model.list.count(), "the models are read")
    dialog.model.show_card()
    studio.wait(0.3)
    studio.picture("model-card", dialog.findChildren(type(dialog).__mro__[1])[-1])


def helps(studio: Studio) -> None:
    studio.window.start()
    studio.says("hand waving")
    studio.key("F1")
    studio.feature("Tour").overlay.go(2)
    studio.wait(0.3)
    studio.picture("tour")
    studio.feature("Tour").overlay.end()
    studio.key("?")
    dialog = studio.child("shortcuts")
    studio.picture("shortcuts", dialog)
    dialog.close()


def train(studio: Studio) -> None:
    from app.data_sets import Origin, list_sets, prepare_set
    from app.jobs import JobState
    from app.training_configs import DEFAULT_CONFIG, describe, overrides_for
    from app.training_runs import Plan, list_runs, start_run
    from tools.guide_movements import MOVEMENTS, write_take

    for name, movement in MOVEMENTS.items():
        for take in range(24):
            person = 1 + take % 4  # the name says who it is, so that somebody can be held out
            write_take(Path("my takes") / name / f"s{person:02}_{take}.npz", movement, seed=100 + take)
    prepare_set("exercises", Origin(form="recordings", source=Path("my takes").absolute()))
    studio.until(lambda: list_sets() and list_sets()[0].ready, "the data set is prepared")
    data = list_sets()[0].prepared
    choice = describe(DEFAULT_CONFIG)
    overrides = overrides_for(
        choice, name="exercises", epochs=20, device="cpu", data=data, split="all", holdout=(4,)
    )
    start_run(Plan(name="exercises", config=choice.path, overrides=overrides, epochs=20))
    studio.key("Ctrl+T")
    dialog = studio.feature("Training").dialog
    studio.until(lambda: list_runs()[0].state is not JobState.RUNNING, "the training is over", 400)
    studio.wait(2.0)
    studio.picture("train", dialog)
    dialog.show_form()
    studio.wait(2.0)
    studio.picture("train-new", dialog)


def batch(studio: Studio) -> None:
    from tools.guide_movements import MOVEMENTS, write_take

    folder = Path("videos")
    folder.mkdir()
    shutil.copy(ROOT / "app" / "assets" / "demo.npz", folder / "exercises.npz")
    write_take(folder / "warming up.npz", MOVEMENTS["side reach"], seed=5, times=4)
    (folder / "broken.mp4").write_bytes(b"this is no video")
    studio.key("Ctrl+B")
    dialog = studio.feature("Batch").dialog
    dialog.choose("videos")
    dialog.start.click()
    studio.until(lambda: not dialog.running, "the folder is recognised")
    studio.wait(0.3)
    studio.picture("batch", dialog)


def errors(studio: Studio) -> None:
    studio.window.play("holiday.mp4")
    studio.until(lambda: studio.window.video.message and studio.window.video.message.error, "the error")
    studio.wait(0.3)
    studio.picture("error")


def keys(studio: Studio) -> None:
    """No picture: the table of keys in the guide."""
    from tools.guide_keys import write_keys

    write_keys(studio.window.commands)


_SCENES = (demo, idle, file, events, views, recording, teach, settings, helps, train, batch, errors, keys)
SCENES: dict[str, Callable[[Studio], None]] = {scene.__name__: scene for scene in _SCENES}


def main() -> None:
    wanted = sys.argv[1:] or list(SCENES)
    if unknown := [name for name in wanted if name not in SCENES]:
        sys.exit(f"There is no scene {', '.join(unknown)}; there are: {', '.join(SCENES)}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["STGAT_LIVE_HOME"] = str(Path(folder) / "home")
            os.chdir(folder)
            try:
                studio = Studio(Path(folder))
                try:
                    SCENES[name](studio)
                finally:
                    studio.close()
            finally:
                os.chdir(ROOT)


if __name__ == "__main__":
    main()
