"""Teaching an action: the feature that joins the panel, the profile, the takes and the network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from app.entities import Health, Snapshot
from app.lessons import Lessons, Workbook
from app.ui import texts as window_texts
from app.ui.job import Job
from app.ui.teach_desk import TakeDesk
from app.ui.teach_panel import TeachPanel
from app.ui.teach_profiles import ProfileKeeper
from app.ui.texts import teach as texts
from stgat.errors import TeachingError
from stgat.teaching.profiles import Profile
from stgat.teaching.report import TeachingReport

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

STATUS_MS = 20_000


class Teaching(QObject):
    """Feature: the panel, by menu and key; the profile that was in use is in use again from the start on."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings = window.services.settings
        self._lessons = window.services.lessons or Lessons(window.services.loader)
        self.panel = TeachPanel()
        self.dock = window.add_dock("teach", texts.TITLE, self.panel, "T", group=window_texts.GROUP_ACTIONS)
        self.profiles = ProfileKeeper(window, self.panel)
        self.desk = TakeDesk(window, self.panel, self.profiles, self._lessons)
        self._learner = Job(self, "teaching")
        self._report: tuple[Profile, TeachingReport] | None = None  # of the profile as it was
        self._checker = Job(self, "checking-names")
        self._used_path: Path | None = None
        self._used: Profile | None = None  # as it was when it came into use
        add = window.commands.add
        add(window_texts.GROUP_ACTIONS, texts.RECORD_OR_STOP, self._record, "Shift+T")
        add(window_texts.GROUP_ACTIONS, texts.END_TAKE, self.desk.series.end_take, "Ctrl+Shift+T")
        self._connect()
        self._resume()

    @property
    def in_use(self) -> bool:
        """Whether the profile shown is the one among the predictions."""
        book = self.profiles.workbook
        return book is not None and book.path == self._used_path

    # What a person can do

    def learn(self) -> None:
        """Learn from the takes as they are, in a thread."""
        book = self.profiles.workbook
        if book is None or self._learner.busy or self.desk.why_not():
            return
        profile = book.profile
        self._learner.begin(
            lambda progress, cancelled: (profile, self._lessons.learn(profile, progress, cancelled))
        )
        self.panel.show_problem("")
        self.panel.learn.show_busy(True)

    def cancel(self) -> None:
        """End the learning under way; nothing has changed then."""
        self._learner.cancel()
        self.panel.learn.show_busy(self._learner.busy, cancelling=True)

    def use(self) -> None:
        """Have the actions among the predictions from now on, and at the next start."""
        book = self.profiles.workbook
        if book is not None:
            self._used, self._used_path = book.profile, book.path
            self._lessons.use(book.path)
            self._settings.change(profile=str(book.path))
            self._window.play(self._window.spec)
            self._show_report()

    def stop_using(self) -> None:
        """Go on without."""
        self._forget_used()
        self._settings.change(profile="")
        if self._window.playing:
            self._window.play(self._window.spec)

    def _forget_used(self) -> None:
        self._used = self._used_path = None
        self._lessons.use(None)
        self._show_report()

    def _record(self) -> None:
        self.dock.show()
        self.desk.record()

    # How it is joined

    def _connect(self) -> None:
        box = self.panel.learn
        for signal, act in (
            (box.learn, self.learn), (box.cancel, self.cancel), (box.use, self.use),
            (box.stop_using, self.stop_using), (self.profiles.opened, self._opened),
            (self.profiles.leaving, self._leaving), (self.profiles.written, self._written),
            (self._learner.progressed, box.show_progress), (self._learner.done, self._learned),
            (self._learner.failed, self._failed), (self._learner.ended, lambda: box.show_busy(False)),
            (self._window.themed, self.panel.set_theme), (self._window.shown, self._shown),
            (self._window.closing, self._close), (self.dock.visibilityChanged, self._dock_shown),
            (self._checker.done, self._refused),
        ):  # fmt: skip
            signal.connect(act)

    def _resume(self) -> None:
        """Use what was in use; where that is gone or broken, say so once and go on without."""
        named = self._lessons.used()  # on the command line; not to be remembered
        path = str(named or self._settings.value.profile)
        if not path:
            return
        try:
            self.profiles.open(Path(path))
            problem = self.desk.why_not()
        except TeachingError as error:
            problem = str(error)
        book = self.profiles.workbook
        if problem or book is None:
            self._go_on_without(problem, path)
            return
        self._used, self._used_path = book.profile, book.path
        if named is None:
            self._lessons.use(book.path)
        self._show_report()

    def _go_on_without(self, problem: str, path: str) -> None:
        self._forget_used()
        if self._settings.value.profile == path:
            self._settings.change(profile="")
        words = texts.not_loaded(problem)
        self.panel.show_problem(words)
        self._window.status.showMessage(words, STATUS_MS)

    def _close(self) -> None:
        self._learner.cancel()
        self.desk.close()
        self.profiles.close()
        self._checker.close(self._window.time_left(0.2))
        self._learner.close(self._window.time_left(0.5))

    def _dock_shown(self, visible: bool) -> None:
        if visible:
            self.profiles.refresh()
            self.desk.show()
            self._show_report()
        else:
            self.desk.series.stop()

    def _opened(self) -> None:
        self._report = None
        self._show_report()

    def _leaving(self, removed: bool) -> None:
        self._learner.cancel()
        if removed and self.in_use:
            self.stop_using()

    def _written(self) -> None:
        book = self.profiles.workbook
        if book is not None and book.problem:
            self.panel.show_problem(book.problem, can_save=True)
        else:
            self.panel.show_problem("")
        self._show_report()

    def _learned(self, outcome: tuple[Profile, TeachingReport]) -> None:
        self._report = outcome
        self._show_report()
        self.panel.ensureWidgetVisible(self.panel.learn)

    def _failed(self, problem: str) -> None:
        self.panel.show_problem(window_texts.sentence(problem))

    def _refused(self, problem: str) -> None:
        """The session failed, and the taught actions are why: without them it can go on."""
        if problem and self._used is not None:
            self._go_on_without(problem, str(self._used_path))
            self._window.play(self._window.spec)

    def _why_refused(self, path: Path, profile: Profile) -> str:
        """In a thread: what is wrong with the actions in use; "" where it is something else that failed."""
        try:
            Workbook.open(path)
        except TeachingError as error:
            return str(error)
        return self._lessons.refuses(profile)

    def _shown(self, snapshot: Snapshot) -> None:
        used, path = self._used, self._used_path
        if snapshot.health is Health.FAILED and used is not None and path is not None:
            if not self._checker.busy:
                self._checker.begin(lambda progress, cancelled: self._why_refused(path, used))
            return
        if self._report is None and self._used is not None and snapshot.decisions and self.in_use:
            report = self._lessons.report()  # of what was learned for this session
            if report is not None:
                self._report = (self._used, report)
                self._show_report()

    def _show_report(self) -> None:
        profile = self.profiles.workbook.profile if self.profiles.workbook is not None else None
        learned = self._report is not None and self._report[0] is profile
        stale = self._report is not None and not learned
        why_not = self.desk.why_not()
        box = self.panel.learn
        box.report.show_report(self._report[1] if self._report and learned else None)
        box.show_state(
            why_not or (texts.LEARN_AGAIN if stale else "" if learned else texts.LEARN_HINT),
            ready=not why_not,
            learned=learned,
            in_use=self.in_use,
            other=self._used_path.stem if self._used_path is not None and not self.in_use else "",
            current=self._used is profile,
        )
