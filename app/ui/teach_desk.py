"""The actions of a profile and their takes: naming, recording, cutting, discarding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PyQt6.QtCore import QObject

from app.lessons import LessonsLike
from app.take_recorder import Flaw, Recorded, judge
from app.ui.job import Job
from app.ui.session import Playback
from app.ui.teach_cut import CutDialog
from app.ui.teach_panel import TeachPanel
from app.ui.teach_profiles import ProfileKeeper, sentence
from app.ui.teach_recording import TakeSeries
from app.ui.texts import sentence as as_sentence
from app.ui.texts import teach as texts
from stgat.errors import TeachingError
from stgat.teaching.profiles import MIN_TAKES, Profile, Take, TaughtAction, check_name

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class TakeDesk(QObject):
    """What a person does with the actions and takes of the profile that is open."""

    def __init__(
        self, window: MainWindow, panel: TeachPanel, profiles: ProfileKeeper, lessons: LessonsLike
    ) -> None:
        super().__init__(window)
        self._window, self._panel, self._profiles, self._lessons = window, panel, profiles, lessons
        self.series = TakeSeries(window)
        self.dialog: CutDialog | None = None
        self._cutter = Job(self, "cutting-a-take")
        self._looker = Job(self, "reading-labels")
        self._labels: tuple[str, ...] = ()  # of the model; not known yet
        self._flaws: WeakKeyDictionary[Take, tuple[Flaw, ...]] = WeakKeyDictionary()
        self._current = ""  # the action whose takes are shown
        self._into = ""  # the action that takes under way belong to
        self._discarded: tuple[str, Take] | None = None
        self._hint_shown: tuple[object, ...] = ()
        self._connect()

    def action(self) -> TaughtAction | None:
        """The one whose takes are shown."""
        book = self._profiles.workbook
        return book.profile.action(self._current) if book is not None and self._current else None

    def why_not(self) -> str:
        """Why there is nothing to learn from yet; "" where there is."""
        book = self._profiles.workbook
        actions = book.profile.actions if book is not None else ()
        few = next((action for action in actions if len(action.takes) < MIN_TAKES), None)
        if few is not None:
            return texts.too_few(few.name, len(few.takes))
        return "" if actions else texts.NOTHING_TO_LEARN

    # What a person can do

    def record(self) -> None:
        """Begin a series of takes, or end the one under way."""
        if self.series.running:
            self.series.stop()
            return
        if self._panel.name.text().strip() and not self.add_action():
            return
        if not self._current or self._window.session is None:
            self._panel.name.setFocus()
            return
        self._into = self._current
        source = self._window.toolbar.picker.source_name
        origin = f"{source}, {datetime.now():%Y-%m-%d %H:%M}"
        self.series.start(self._panel.how_many.value(), self._panel.how_long.value(), origin)

    def add_action(self) -> bool:
        """Take in the name that was typed; False where it cannot be one."""
        try:
            name = check_name(self._panel.name.text(), self._labels)
            self._profiles.change(lambda profile: profile.with_action(name))
        except TeachingError as error:
            self._panel.show_name_problem(sentence(error))
            return False
        self._panel.name.clear()
        self.choose(name)
        return True

    def choose(self, name: str) -> None:
        """Show the takes of this action."""
        self._current = name
        self._forget_discarded()
        self.refresh()

    def remove_action(self) -> None:
        """Ask, then remove the action shown with its takes."""
        action = self.action()
        if action is not None:
            question = texts.remove_action_question(action.name, len(action.takes))
            self._profiles.ask(question, lambda: self._change(lambda p: p.without_action(action.name)))

    def discard(self, index: int) -> None:
        """Remove a take of the action shown; it can be put back until the next one is discarded."""
        action = self.action()
        if action is not None and index < len(action.takes):
            self._discarded = (action.name, action.takes[index])
            self._panel.show_put_back(texts.discarded(index + 1))
            self._change(lambda profile: profile.without_take(action.name, index))

    def put_back(self) -> None:
        """Undo the last discard; the take comes last then."""
        if self._discarded is not None:
            name, take = self._discarded
            self._forget_discarded()
            self._change(lambda profile: profile.with_take(name, take))

    def cut_from_video(self) -> None:
        """Open the dialog; on a file that plays, with that file and the ends of its loop."""
        if self.dialog is not None:
            self.dialog.close()
        session, spec = self._window.session, self._window.spec
        loop = session.loop if isinstance(session, Playback) else None
        self.dialog = CutDialog(self._window, "" if spec.startswith("camera:") else spec, loop)
        self.dialog.cut.connect(self._cut)
        self.dialog.finished.connect(self._dialog_closed)
        self.dialog.show()

    # How it is joined

    def _connect(self) -> None:
        panel = self._panel
        for signal, act in (
            (panel.add_action, self.add_action), (panel.remove_action, self.remove_action),
            (panel.record, self.record), (panel.from_video, self.cut_from_video),
            (panel.put_back, self.put_back), (panel.action_chosen, self.choose),
            (panel.name_edited, self._check_name), (panel.takes.discarded, self.discard),
            (self._profiles.written, self.refresh), (self._profiles.opened, lambda: self.choose("")),
            (self._profiles.leaving, self._profile_leaves),
            (self.series.recorded, self._recorded), (self.series.changed, self._show_hint),
            (self._cutter.done, self._was_cut), (self._cutter.failed, self._cut_failed),
            (self._cutter.ended, self._cut_ended), (self._looker.done, self._know_labels),
            (self._window.shown, self._show_hint), (self._window.over, self._show_hint),
            (self._window.began, self._show_hint),
        ):  # fmt: skip
            signal.connect(act)

    def show(self) -> None:
        """The panel has come into sight; the model may be another one than last time."""
        if not self._looker.busy:
            self._looker.begin(lambda progress, cancelled: self._lessons.labels())
        self.refresh()

    def close(self) -> None:
        """End everything; the take under way is kept if it is long enough."""
        self.series.stop()
        self._cutter.cancel()
        self._looker.close(self._window.time_left(0.3))
        self._cutter.close(self._window.time_left(0.5))

    def _know_labels(self, labels: tuple[str, ...]) -> None:
        self._labels = labels
        self._check_name(self._panel.name.text())

    def _profile_leaves(self) -> None:
        self.series.stop()
        if self.dialog is not None:
            self.dialog.close()

    def _forget_discarded(self) -> None:
        self._discarded = None
        self._panel.show_put_back("")

    def _check_name(self, text: str) -> None:
        problem = ""
        if text.strip():
            try:
                name = check_name(text, self._labels)
                if self._profiles.workbook is not None:
                    self._profiles.workbook.profile.with_action(name)
            except TeachingError as error:
                problem = sentence(error)
        self._panel.show_name_problem(problem, addable=bool(text.strip()) and not problem)
        self._show_hint()

    # Takes

    def _recorded(self, recorded: Recorded) -> None:
        if recorded.take is not None:
            self._take_in(recorded.take, recorded.flaws)

    def _take_in(self, take: Take, flaws: tuple[Flaw, ...]) -> None:
        self._flaws[take] = flaws
        name = self._into
        if not self._change(lambda profile: profile.with_take(name, take)):
            self.series.stop()

    def _change(self, change: Callable[[Profile], Profile]) -> bool:
        try:
            self._profiles.change(change)
        except TeachingError as error:
            self._panel.show_problem(sentence(error))
            return False
        return True

    def _cut(self, path: str, start_s: float, end_s: float) -> None:
        if self._panel.name.text().strip():
            self.add_action()
        if not self._current:
            self._cut_failed(texts.NAME_FIRST)
        elif not self._cutter.busy:
            self._into = self._current
            self._cutter.begin(lambda progress, stop: self._lessons.cut(path, start_s, end_s, stop))
            if self.dialog is not None:
                self.dialog.show_busy(True)

    def _was_cut(self, take: Take) -> None:
        self._take_in(take, judge(take))
        if self.dialog is not None:
            self.dialog.show_done(texts.was_cut(take.duration_s, self._into))

    def _cut_failed(self, problem: str) -> None:
        if self.dialog is not None:
            self.dialog.show_problem(as_sentence(problem))

    def _cut_ended(self) -> None:
        if self.dialog is not None:
            self.dialog.show_busy(False)

    def _dialog_closed(self) -> None:
        self.dialog = None
        self._cutter.cancel()

    # What is shown

    def refresh(self) -> None:
        """Show the actions and takes as they are."""
        book, panel = self._profiles.workbook, self._panel
        actions = book.profile.actions if book is not None else ()
        if self.action() is None:
            self._current = actions[-1].name if actions else ""
        action = self.action()
        panel.show_actions([(a.name, len(a.takes)) for a in actions], action.name if action else "")
        takes = action.takes if action else ()
        for take in takes:
            if take not in self._flaws:
                self._flaws[take] = judge(take)
        panel.takes.show_takes([(take, self._flaws[take]) for take in takes], self._window.video.mirrored)
        panel.no_takes.setVisible(bool(self._current) and not takes)
        self._show_hint()

    def _show_hint(self, *_: object) -> None:
        """What to do next to record, or why nothing can be; called thirty times a second."""
        snapshot, playing = self._window.snapshot, self._window.session is not None
        named = bool(self._current) or self._panel.add_button.isEnabled()
        running = self.series.running
        if running:
            hint = texts.LOOK_AT_PICTURE
        elif not playing:
            hint = texts.STARTING if self._window.playing else texts.NO_SESSION
        elif not named:
            hint = texts.NAME_FIRST
        elif snapshot is not None and snapshot.frame is not None and not snapshot.skeletons:
            hint = texts.NOBODY_NOW
        else:
            hint = texts.READY
        primary = bool(self.why_not())
        state = (hint, running, playing and named, primary)
        if state != self._hint_shown:
            self._hint_shown = state
            self._panel.show_recording(hint, recording=running, possible=playing and named, primary=primary)
