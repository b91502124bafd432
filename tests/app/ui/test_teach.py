"""Teaching an action in the window: the whole way, and everything that can go wrong on it."""

from __future__ import annotations

import errno
import threading
import time
from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox, QPushButton, QWidget

from app import lessons as lessons_module
from app.entities import Health, Snapshot
from app.errors import SourceError
from app.lessons import Workbook
from app.settings import SettingsStore
from app.take_recorder import Phase
from app.teaching import profile_path, profiles_folder
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.teach import Teaching
from app.ui.teach_overlay import CountdownOverlay
from app.ui.texts import teach as texts
from app.ui.train_window import TrainWindow
from stgat.errors import TeachingError
from stgat.teaching.profiles import Profile, load_profile, save_profile
from stgat.teaching.report import ActionReport, Advice, OldClasses, TeachingReport
from tests.app.test_take_recorder import some_take
from tests.app.ui.fakes import FakeSession, frame, person, running

FPS = 30.0
REPORT = TeachingReport(
    (ActionReport("bow", 5, 4, (("sit down", 1),), ((2, 0.5), (4, 0.8)), Advice.MORE_TAKES, 3),),
    OldClasses(200, 0.93, 0.92, (("sit down", "bow", 2),)),
    1.5,
)


class FakeLessons:
    """Knows two actions and reports what it is told to; remembers what it was asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()
        self.cancelled = False
        self.named: object = None  # on the command line
        self.refusal = ""
        self.calls: list[object] = []
        self.learned: list[Profile] = []
        self.known_report: TeachingReport | None = None

    def labels(self):
        return ("wave", "clap")

    def learn(self, profile, progress, cancelled):
        progress(0.5, "learning")
        while not self.hold.is_set() and not cancelled():
            time.sleep(0.005)
        self.cancelled = cancelled()
        if self.error is not None:
            raise self.error
        self.learned.append(profile)
        return REPORT

    def cut(self, path, start_s, end_s, cancelled):
        if self.error is not None:
            raise self.error
        return some_take(end_s - start_s, f"{path} {start_s}-{end_s}")

    def refuses(self, profile):
        return self.refusal

    def used(self):
        return self.named

    def use(self, path):
        self.calls.append(path)

    def report(self):
        return self.known_report


class PlaybackSession(FakeSession):
    """A session on a file that repeats its second to its fourth second."""

    position_s = duration_s = analysed_s = 0.0
    paused, rate, loop = False, 1.0, (2.0, 4.0)

    def play(self) -> None: ...
    def pause(self) -> None: ...
    def seek(self, time_s: float) -> None: ...
    def step(self, frames: int) -> None: ...


def some_profile(name: str = "Mine", takes: int = 3) -> Profile:
    profile = Profile(name).with_action("bow")
    for _ in range(takes):
        profile = profile.with_take("bow", some_take())
    return profile


class Room:
    """A window on a script, its teaching, and what stands behind it."""

    def __init__(self, window, teaching, lessons, sessions) -> None:
        self.window, self.teaching, self.lessons, self.sessions = window, teaching, lessons, sessions
        self.panel, self.desk = teaching.panel, teaching.desk

    @property
    def book(self) -> Workbook:
        return self.teaching.profiles.workbook

    def play(self, start_s: float, end_s: float, waving: bool = True) -> None:
        """The window shows somebody from then to then, at 30 pictures a second and in no time."""
        for index in range(round(start_s * FPS), round(end_s * FPS)):
            time_s = index / FPS
            people = (person(time_s, waving=waving),)
            self.window.shown.emit(running(frame=frame(index, time_s), skeletons=people))

    def words(self) -> str:
        return " ".join(self.panel.learn.report.words())


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def room(qtbot, home):
    """Makes a window with the panel open and a session that runs."""
    windows = []

    def make(script=None, source="demo", settings=None, lessons=None, session=FakeSession, show=True) -> Room:
        sessions = []
        lessons = lessons or FakeLessons()

        def open_session(spec):
            sessions.append(session(script or running(), 0.0, spec))
            return sessions[-1]

        services = Services(settings or SettingsStore.in_memory(), lessons=lessons)
        window = MainWindow(open_session, lambda: [], source, True, services)
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        teaching = window.findChild(Teaching)
        if show:
            teaching.dock.show()
            qtbot.waitUntil(lambda: teaching.panel.isVisible() and window.session is not None)
            qtbot.waitUntil(lambda: not teaching.desk._looker.busy)
        return Room(window, teaching, lessons, sessions)

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    qtbot.wait(1)


def name_and_record(qtbot, room, name="bow", takes=5):
    room.panel.how_many.setValue(takes)
    room.panel.name.setText(name)
    qtbot.mouseClick(room.panel.record_button, Qt.MouseButton.LeftButton)
    room.play(0.0, takes * 9.0)
    assert not room.desk.series.running


def learned(qtbot, room):
    qtbot.mouseClick(room.panel.learn.learn_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(room.panel.learn.report.words()))


def answer(window, words):
    """Press the button of that name in the question that is open."""
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    next(button for button in boxes[-1].buttons() if button.text() == words).click()


def test_from_a_name_to_an_action_among_the_predictions(qtbot, room):
    r = room()
    assert not r.panel.learn.learn_button.isEnabled()
    name_and_record(qtbot, r)
    assert len(r.panel.takes.rows) == 5
    assert all(row.verdict.text() == texts.GOOD for row in r.panel.takes.rows)
    path = profile_path(texts.MY_ACTIONS)
    assert [(a.name, len(a.takes)) for a in load_profile(path).actions] == [("bow", 5)]
    assert "Demo" in load_profile(path).actions[0].takes[0].origin
    learned(qtbot, r)
    assert r.lessons.learned[0].action("bow").takes == r.book.profile.action("bow").takes
    for words in (
        "4 of 5 takes",
        "sit down (1×)",
        "About 3 more takes",
        "92\N{NO-BREAK SPACE}% recognised, 93\N{NO-BREAK SPACE}% without",
    ):
        assert words in r.words()
    qtbot.mouseClick(r.panel.learn.use_button, Qt.MouseButton.LeftButton)
    assert r.lessons.calls == [path]
    assert r.window.services.settings.value.profile == str(path)
    qtbot.waitUntil(lambda: len(r.sessions) == 2)  # the model is another one
    assert r.panel.learn.state.text() == texts.IN_USE
    qtbot.mouseClick(r.panel.learn.stop_button, Qt.MouseButton.LeftButton)
    assert r.lessons.calls == [path, None]
    assert r.window.services.settings.value.profile == ""


def test_a_key_opens_the_panel_and_another_one_records(qtbot, room):
    r = room(show=False)
    assert not r.teaching.dock.isVisible()
    qtbot.keyClick(r.window, Qt.Key.Key_T)
    assert r.teaching.dock.isVisible()
    qtbot.waitUntil(lambda: r.window.session is not None)
    r.panel.name.setText("bow")
    r.window.setFocus()
    qtbot.keyClick(r.window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert r.desk.series.running
    qtbot.keyClick(r.window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert not r.desk.series.running


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("Wave", "knows an action"), ("x" * 60, "longer than"), ("a/b", "may not hold"), ("idle", "meaning")],
)
def test_a_name_is_checked_while_it_is_typed(qtbot, room, typed, problem):
    r = room()
    r.panel.name.setText(typed)
    assert problem in r.panel.name_problem.text()
    assert not r.panel.add_button.isEnabled()
    assert not r.panel.record_button.isEnabled()
    qtbot.keyClick(r.panel.name, Qt.Key.Key_Return)
    assert r.book is None  # and nothing is made of it
    assert not profiles_folder().exists() or not list(profiles_folder().iterdir())
    r.panel.name.setText("bow")
    assert r.panel.name_problem.text() == ""
    assert r.panel.record_button.isEnabled()


def test_an_action_of_that_name_cannot_be_added_twice(qtbot, room):
    r = room()
    r.panel.name.setText("bow")
    assert r.desk.add_action()
    r.panel.name.setText("BOW")
    assert "already" in r.panel.name_problem.text()
    assert r.panel.add_button.isEnabled() is False


def test_the_countdown_stands_over_the_picture(qtbot, room):
    r = room()
    r.panel.name.setText("bow")
    r.desk.record()
    overlay = r.desk.series.overlay
    assert overlay.words[0] == texts.STEP_INTO_VIEW
    r.play(0.0, 0.5)
    assert overlay.isVisible()
    assert overlay.words == ("3", "Get ready · Take 1 of 5")
    r.play(0.5, 2.5)
    assert overlay.words[0] == "1"
    r.play(2.5, 4.0)
    assert r.desk.series.recorder.phase is Phase.RECORDING
    assert overlay.words == ("", "Recording · Take 1 of 5")
    r.play(4.0, 6.5)
    assert overlay.words == ("Good", "Next · Take 2 of 5")
    r.desk.record()
    assert not overlay.isVisible()


def test_the_end_of_a_series_can_be_read_from_where_one_stands(qtbot, room):
    r = room()
    name_and_record(qtbot, r, takes=2)
    assert r.desk.series.overlay.words == ("Done", "2 good takes")
    assert r.desk.series.overlay.isVisible()
    r.desk.series.overlay._timer.timeout.emit()  # two and a half seconds later
    assert not r.desk.series.overlay.isVisible()


def test_the_words_over_a_narrow_picture_are_within_it(qtbot):
    video = QWidget()
    qtbot.addWidget(video)
    video.setStyleSheet("background: white")
    video.resize(140, 400)
    video.show()
    overlay = CountdownOverlay(video)
    overlay.show_end(5)
    picture = video.grab().toImage()
    white = picture.pixelColor(70, 395)
    assert white.name() == "#ffffff"
    for x in (0, picture.width() - 1):
        assert {picture.pixelColor(x, y).name() for y in range(picture.height())} == {"#ffffff"}
    overlay._timer.stop()


def test_a_take_without_motion_is_told_and_can_be_discarded_and_put_back(qtbot, room):
    r = room()
    r.panel.how_many.setValue(1)
    r.panel.name.setText("bow")
    r.desk.record()
    r.play(0.0, 6.5, waving=False)
    r.desk.record()
    (row,) = r.panel.takes.rows
    assert "Hardly any motion" in row.verdict.text()
    assert "Hardly any motion" in row.accessibleName()
    qtbot.mouseClick(row.discard, Qt.MouseButton.LeftButton)
    assert r.panel.takes.rows == []
    assert load_profile(r.book.path).actions[0].takes == ()
    qtbot.mouseClick(r.panel.undo.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert len(load_profile(r.book.path).actions[0].takes) == 1
    assert not r.panel.undo.isVisible()


def test_takes_change_what_was_learned_until_it_is_learned_again(qtbot, room):
    r = room()
    name_and_record(qtbot, r)
    learned(qtbot, r)
    r.desk.discard(0)
    assert r.panel.learn.note.text() == texts.LEARN_AGAIN
    assert r.panel.learn.report.words() == []
    assert not r.panel.learn.use_button.isVisible()
    r.desk.discard(0)
    r.desk.discard(0)
    assert "1 more take" in r.panel.learn.note.text()
    assert not r.panel.learn.learn_button.isEnabled()


def test_what_was_hardly_recognised_is_not_recommended(qtbot, room, monkeypatch):
    r = room()
    name_and_record(qtbot, r)
    learned(qtbot, r)
    assert r.panel.learn.use_button.objectName() == "primary"
    poor = replace(REPORT, actions=(replace(REPORT.actions[0], right=1, advice=Advice.LOOKS_ALIKE),))
    monkeypatch.setattr(r.lessons, "learn", lambda profile, progress, cancelled: poor)
    r.teaching.learn()
    qtbot.waitUntil(lambda: "1 of 5 takes" in r.words())
    assert r.panel.learn.use_button.isEnabled()
    assert r.panel.learn.use_button.objectName() == ""


def test_learning_can_be_cancelled(qtbot, room):
    r = room()
    name_and_record(qtbot, r)
    r.lessons.hold.clear()
    qtbot.mouseClick(r.panel.learn.learn_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: r.panel.learn.progress.value() == 50)
    assert r.panel.learn.step.text() == texts.STEPS["learning"]
    qtbot.mouseClick(r.panel.learn.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: r.panel.learn.learn_button.isVisible())
    assert r.lessons.cancelled
    assert r.panel.learn.report.words() == []
    assert r.panel.problem.text() == ""


def test_learning_that_fails_says_why(qtbot, room):
    r = room()
    name_and_record(qtbot, r)
    r.lessons.error = TeachingError("bow: the takes have nothing in common")
    qtbot.mouseClick(r.panel.learn.learn_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: r.panel.problem.isVisible())
    assert r.panel.problem.text() == "Bow: the takes have nothing in common"
    assert r.panel.learn.learn_button.isVisible()


def test_a_window_that_closes_ends_what_is_being_learned(qtbot, room):
    r = room()
    name_and_record(qtbot, r)
    r.lessons.hold.clear()
    r.teaching.learn()
    began = time.monotonic()
    r.window.close()
    assert time.monotonic() - began < 1.5
    assert not any(thread.name == "teaching" for thread in threading.enumerate())


def test_a_camera_that_is_pulled_leaves_the_takes_that_were_recorded(qtbot, room):
    script = [running()]
    r = room(script=lambda: script[0], source="camera:0")
    r.panel.name.setText("bow")
    r.desk.record()
    r.play(0.0, 13.0)  # one take, and part of the second
    assert len(r.panel.takes.rows) == 1
    assert r.desk.series.recorder.phase is Phase.RECORDING
    script[0] = running(389, health=Health.FAILED, message="Camera 0 was unplugged.")
    qtbot.waitUntil(lambda: not r.desk.series.running)
    assert len(load_profile(r.book.path).actions[0].takes) == 2
    assert "left the picture" in r.panel.takes.rows[1].verdict.text()
    assert r.panel.record_hint.text() == texts.NO_SESSION
    assert not r.panel.record_button.isEnabled()


def test_closing_the_panel_ends_the_series_and_keeps_its_takes(qtbot, room):
    r = room()
    r.panel.name.setText("bow")
    r.desk.record()
    r.play(0.0, 9.0)
    r.teaching.dock.close()
    assert not r.desk.series.running
    assert not r.desk.series.overlay.isVisible()
    assert len(load_profile(r.book.path).actions[0].takes) == 1
    r.teaching.dock.show()
    assert len(r.panel.takes.rows) == 1


def test_a_full_disk_loses_nothing(qtbot, room, monkeypatch):
    r = room()
    r.panel.name.setText("bow")
    r.desk.add_action()

    def full(path, profile):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lessons_module, "save_profile", full)
        name_and_record(qtbot, r, "", takes=2)
        assert "No space left" in r.panel.problem.text()
        assert str(r.book.path) in r.panel.problem.text()
        assert len(r.panel.takes.rows) == 2  # in memory
        save_profile(profile_path("Other"), some_profile("Other"))
        r.teaching.profiles.take_over(str(profile_path("Other")))
        assert r.book.profile.name == texts.MY_ACTIONS  # not left while it would be lost
    assert load_profile(r.book.path).actions[0].takes == ()
    qtbot.mouseClick(r.panel.again, Qt.MouseButton.LeftButton)
    assert r.panel.problem.text() == ""
    assert len(load_profile(r.book.path).actions[0].takes) == 2


def test_what_was_in_use_is_in_use_at_the_next_start(qtbot, room, home):
    path = profile_path("Mine")
    save_profile(path, some_profile())
    settings = SettingsStore.in_memory()
    settings.change(profile=str(path))
    lessons = FakeLessons()
    lessons.known_report = REPORT
    r = room(settings=settings, lessons=lessons, show=False)
    assert lessons.calls == [path]
    assert r.book.path == path
    assert r.panel.learn.state.text() == texts.IN_USE
    qtbot.waitUntil(lambda: bool(r.panel.learn.report.words()))  # of what the session has learned


def test_a_profile_named_on_the_command_line_is_used_and_not_remembered(qtbot, room, home):
    for name in ("Mine", "Other"):
        save_profile(profile_path(name), some_profile(name))
    settings, lessons = SettingsStore.in_memory(), FakeLessons()
    settings.change(profile=str(profile_path("Mine")))
    lessons.named = profile_path("Other")
    r = room(settings=settings, lessons=lessons)
    assert r.book.profile.name == "Other"
    assert r.teaching.in_use
    assert lessons.calls == []
    assert settings.value.profile == str(profile_path("Mine"))


def test_where_the_model_refuses_the_actions_it_goes_on_without_them(qtbot, room, home):
    save_profile(profile_path("Mine"), some_profile())
    settings, lessons = SettingsStore.in_memory(), FakeLessons()
    settings.change(profile=str(profile_path("Mine")))
    lessons.refusal = "the model knows an action 'bow' already: choose another name"
    failed = running(health=Health.FAILED, message=lessons.refusal)
    r = room(
        script=lambda: running() if None in lessons.calls else failed,
        settings=settings,
        lessons=lessons,
        show=False,
    )
    qtbot.waitUntil(lambda: lessons.calls == [profile_path("Mine"), None])
    qtbot.waitUntil(lambda: r.window.playing and len(r.sessions) >= 2)
    assert "knows an action 'bow'" in r.window.status.currentMessage()
    assert settings.value.profile == ""


@pytest.mark.parametrize("content", [None, b"no profile at all", b""])
def test_a_profile_that_is_gone_or_broken_is_told_and_the_window_starts(qtbot, room, home, content):
    path = home / "profiles" / "Mine.safetensors"
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    settings = SettingsStore.in_memory()
    settings.change(profile=str(path))
    r = room(settings=settings)
    assert r.lessons.calls == [None]
    assert "not in use" in r.panel.problem.text()
    assert str(path) in r.panel.problem.text()
    assert "not in use" in r.window.status.currentMessage()
    assert settings.value.profile == ""
    assert r.window.session is not None


def test_a_broken_profile_is_listed_and_can_be_removed(qtbot, room, home):
    save_profile(profile_path("Good"), some_profile("Good"))
    broken = profiles_folder() / "Bad.safetensors"
    broken.write_bytes(b"nothing")
    r = room()
    assert r.book.profile.name == "Good"
    names = [r.panel.profiles.itemText(i) for i in range(r.panel.profiles.count())]
    assert sorted(names) == ["Bad (cannot be read)", "Good"]
    r.panel.profiles.activated.emit(names.index("Bad (cannot be read)"))
    assert r.book.profile.name == "Good"
    assert "Bad" in r.panel.problem.text()
    answer(r.window, texts.REMOVE)
    assert not broken.exists()
    assert r.panel.profiles.count() == 1


def test_removing_a_profile_asks_first_and_takes_it_out_of_use(qtbot, room, home):
    path = profile_path("Mine")
    save_profile(path, some_profile())
    settings = SettingsStore.in_memory()
    settings.change(profile=str(path))
    r = room(settings=settings)
    r.panel.remove_profile.emit()
    answer(r.window, texts.CANCEL)
    assert path.exists()
    r.panel.remove_profile.emit()
    answer(r.window, texts.REMOVE)
    assert not path.exists()
    assert r.lessons.calls == [path, None]
    assert settings.value.profile == ""
    assert r.book is None
    assert r.panel.no_actions.isVisible()


def test_another_profile_in_use_is_named_and_can_be_stopped(qtbot, room, home):
    for name in ("Mine", "Other"):
        save_profile(profile_path(name), some_profile(name))
    settings = SettingsStore.in_memory()
    settings.change(profile=str(profile_path("Mine")))
    r = room(settings=settings)
    r.teaching.profiles.open(profile_path("Other"))
    assert "“Mine”" in r.panel.learn.state.text()
    r.panel.learn.stop_button.click()
    assert r.lessons.calls == [profile_path("Mine"), None]
    assert not r.panel.learn.stop_button.isVisible()


def test_a_profile_elsewhere_is_removed_and_not_its_namesake(qtbot, room, home, tmp_path):
    for path in (profile_path("Mine"), tmp_path / "Mine.safetensors"):
        save_profile(path, some_profile())
    lessons = FakeLessons()
    lessons.named = tmp_path / "Mine.safetensors"
    r = room(lessons=lessons)
    r.teaching.profiles.remove()
    assert not lessons.named.exists()
    assert profile_path("Mine").exists()


def test_an_action_is_removed_after_a_question(qtbot, room, home):
    save_profile(profile_path("Mine"), some_profile())
    r = room()
    qtbot.mouseClick(r.panel.remove_button, Qt.MouseButton.LeftButton)
    answer(r.window, texts.REMOVE)
    assert load_profile(r.book.path).actions == ()


def test_a_profile_can_be_given_away_and_taken_over(qtbot, room, home, tmp_path):
    save_profile(profile_path("Mine"), some_profile())
    r = room()
    copy = tmp_path / "for you.safetensors"
    r.teaching.profiles.save_copy(str(copy))
    assert len(load_profile(copy).actions[0].takes) == 3
    r.teaching.profiles.take_over(str(copy))
    assert r.book.path.parent == profiles_folder()
    assert r.book.path != profile_path("Mine")
    assert r.panel.profiles.count() == 2
    junk = tmp_path / "junk.safetensors"
    junk.write_bytes(b"junk")
    r.teaching.profiles.take_over(str(junk))
    assert "junk" in r.panel.problem.text()
    r.teaching.profiles.save_copy(str(tmp_path / "no folder" / "x.safetensors"))
    assert r.panel.problem.isVisible()


def test_a_network_can_be_trained_on_the_takes(qtbot, room, home):
    save_profile(profile_path("Mine"), some_profile())
    r = room()
    r.teaching.profiles.train()
    (training,) = r.window.findChildren(TrainWindow)
    form = training.form
    recordings = home / "takes" / "Mine"
    assert form.data.source.text == str(recordings)
    assert form.data.kind.currentData() == "recordings"
    assert len(list(recordings.glob("*/*.npz"))) == 3
    qtbot.waitUntil(lambda: form.configuration.currentText() == "fine-tune", timeout=20_000)
    training.close_down()


def test_a_new_profile_is_empty_and_one_of_its_name_is_refused(qtbot, room, home):
    save_profile(profile_path("Mine"), some_profile())
    r = room()
    r.teaching.profiles.new("Other")
    assert r.book.profile.name == "Other"
    assert r.panel.takes.rows == []
    r.teaching.profiles.new("Mine")
    assert "already" in r.panel.problem.text()
    assert r.book.profile.name == "Other"
    r.teaching.profiles.new("../evil")
    assert r.book.profile.name == "Other"
    assert not (home.parent / "evil.safetensors").exists()


def test_takes_are_cut_from_the_loop_of_a_file_that_plays(qtbot, room):
    r = room(source="films/bow.mp4", session=PlaybackSession)
    r.panel.name.setText("bow")
    qtbot.mouseClick(r.panel.video_button, Qt.MouseButton.LeftButton)
    dialog = r.desk.dialog
    assert dialog.file.text() == "films/bow.mp4"
    assert (dialog.start.value(), dialog.end.value()) == (2.0, 4.0)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: len(r.panel.takes.rows) == 1)
    assert load_profile(r.book.path).actions[0].takes[0].origin == "films/bow.mp4 2.0-4.0"
    assert "2.0 s" in dialog.note.text()
    r.lessons.error = SourceError("films/bow.mp4: no such file")
    qtbot.waitUntil(dialog.accept_button.isEnabled)
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: "no such file" in dialog.note.text())
    dialog.close()
    assert r.desk.dialog is None


def test_the_ends_of_a_cut_are_checked(qtbot, room):
    r = room(source="camera:0")
    r.panel.name.setText("bow")
    r.desk.cut_from_video()
    dialog = r.desk.dialog
    assert dialog.problem() == texts.CUT_NO_FILE
    dialog.file.setText("a.mp4")
    assert dialog.accept_button.isEnabled()
    dialog.end.setValue(0.2)
    assert dialog.note.text() == texts.CUT_LENGTH
    dialog.start.setValue(0.2)
    assert dialog.note.text() == texts.CUT_ORDER
    assert not dialog.accept_button.isEnabled()
    dialog.close()


def test_without_a_session_or_a_person_it_is_said_what_to_do(qtbot, room):
    script = [running(skeletons=())]
    r = room(script=lambda: script[0])
    assert r.panel.record_hint.text() == texts.NAME_FIRST
    r.panel.name.setText("bow")
    r.desk.add_action()
    qtbot.waitUntil(lambda: r.panel.record_hint.text() == texts.NOBODY_NOW)
    script[0] = replace(running(1), health=Health.RUNNING)
    qtbot.waitUntil(lambda: r.panel.record_hint.text() == texts.READY)
    r.window.stop()
    qtbot.waitUntil(lambda: r.panel.record_hint.text() == texts.NO_SESSION)
    r.desk.record()
    assert not r.desk.series.running


def test_figures_move_only_while_they_are_in_sight(qtbot, room):
    r = room()
    name_and_record(qtbot, r, takes=1)
    figure = r.panel.takes.rows[0].figure
    seen = {figure.index}
    qtbot.waitUntil(lambda: seen.add(figure.index) or len(seen) > 2)
    r.teaching.dock.close()
    assert not r.panel.takes._timer.isActive()


def test_discarding_by_keyboard_stays_in_the_list(qtbot, room):
    r = room()
    name_and_record(qtbot, r, takes=3)
    r.panel.takes.rows[2].discard.setFocus()
    qtbot.keyClick(r.panel.takes.rows[2].discard, Qt.Key.Key_Space)
    assert len(r.panel.takes.rows) == 2
    assert r.panel.takes.rows[1].discard.hasFocus()


def test_every_control_has_a_name(qtbot, room):
    r = room()
    name_and_record(qtbot, r, takes=1)
    for button in r.panel.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
    for widget in (r.panel.profiles, r.panel.actions_list, r.panel.name, r.panel.how_many, r.panel.how_long):
        assert widget.accessibleName()


def test_a_session_without_a_picture_records_nothing(qtbot, room):
    r = room(script=Snapshot(Health.STARTING))
    r.panel.name.setText("bow")
    r.desk.record()
    r.window.shown.emit(Snapshot(Health.STARTING))
    assert r.desk.series.recorder.phase is Phase.WAITING


def test_promise_takes_of_a_profile_named_as_a_path_clear_no_other_folder(room, home, tmp_path) -> None:
    """`...safetensors` is `..` without its suffix."""
    r = room()
    (home / "takes").mkdir(parents=True)
    (home / "mine.txt").write_text("keep")
    file = tmp_path / "...safetensors"
    save_profile(file, some_profile())
    r.teaching.profiles.open(file)
    r.teaching.profiles.train()
    for training in r.window.findChildren(TrainWindow):
        training.close_down()
    assert (home / "mine.txt").read_text() == "keep"
    assert [folder.name for folder in (home / "takes").iterdir()] == ["profile"]
