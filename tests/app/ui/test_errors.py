"""Every error can be copied with its details; those that nobody expected are reported, and only here."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PyQt6.QtGui import QGuiApplication

from app.crash_reports import CrashReports
from app.entities import Health, Snapshot
from app.ui.errors import CrashDialog, Errors
from app.ui.main_window import MainWindow
from app.ui.services import Services
from app.ui.texts import errors as words
from tests.app.ui.fakes import FakeSession, frame, running

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def failed(qtbot, stage):
    """A window whose film failed."""

    def make(why="it is cut short: copy it anew", source="/home/anna/films/a.mp4", picture=None):
        scene = stage(Snapshot(Health.FAILED, frame=picture, message=why), source=source)
        qtbot.waitUntil(lambda: scene.window.video.message is not None and scene.window.video.message.error)
        return scene

    return make


def test_the_details_of_an_error_can_be_copied_from_the_picture_and_from_the_menu(qtbot, failed):
    window = failed().window
    errors = window.findChild(Errors)
    assert errors.button.isVisible()
    errors.button.click()
    text = QGuiApplication.clipboard().text()
    assert "Cannot play a.mp4: It is cut short: copy it anew" in text
    assert "a .mp4 file" in text
    assert "/home/anna" not in text
    assert errors.button.text() == words.COPIED
    QGuiApplication.clipboard().clear()
    errors.copy.trigger()
    assert QGuiApplication.clipboard().text() == text


def test_both_buttons_stand_beside_each_other_or_one_under_the_other(qtbot, failed):
    window = failed(picture=frame()).window
    errors, main = window.findChild(Errors), window.video.button
    for width in (1200, 700, 360):
        window.resize(width, 600)
        qtbot.wait(30)
        assert not errors.button.geometry().intersects(main.geometry())
        assert window.video.rect().contains(errors.button.geometry())


def test_the_button_goes_when_it_is_tried_again(qtbot, failed):
    scene = failed()
    scene.session.script = running()
    errors = scene.window.findChild(Errors)
    scene.window.start()
    assert errors.button.isHidden()
    assert errors.copy.isEnabled()  # what was, can still be told of


def test_a_model_that_cannot_be_used_says_where_to_choose_another(qtbot, failed):
    message = failed("/m/gone.safetensors: no such model file", "demo").window.video.message
    assert message.title == "Cannot use the model"
    assert message.detail == (
        "/m/gone.safetensors: no such model file. Choose another one in the settings (Ctrl+,)"
    )


def test_stopping_is_no_error(qtbot, stage):
    window = stage(running()).window
    qtbot.waitUntil(lambda: window.session is not None)
    window.stop()
    qtbot.waitUntil(lambda: window.video.message is not None and window.video.message.title == "Stopped")
    errors = window.findChild(Errors)
    assert errors.button.isHidden()
    assert not errors.copy.isEnabled()


@pytest.fixture
def guarded(stage, tmp_path):
    """(window, errors, crashes), as if exceptions were caught; the hooks themselves belong to pytest here."""
    scene = stage(running())
    scene.window.services.crashes = CrashReports(tmp_path / "crash-reports")
    return scene.window, scene.window.findChild(Errors), scene.window.services.crashes


def raise_in(errors, text="boom"):
    try:
        raise ZeroDivisionError(text)
    except ZeroDivisionError as error:
        errors.caught(type(error), error, error.__traceback__)


def test_an_exception_nobody_caught_is_kept_and_told_with_its_place(qtbot, guarded, capsys):
    window, errors, crashes = guarded
    thread = threading.Thread(target=raise_in, args=(errors,))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: window.findChild(CrashDialog) is not None)
    dialog = window.findChild(CrashDialog)
    (path,) = crashes.reports()
    assert "ZeroDivisionError: boom" in path.read_text()
    assert dialog.report.toPlainText() == path.read_text()
    dialog.copy.click()
    assert "boom" in QGuiApplication.clipboard().text()
    assert "boom" in capsys.readouterr().err  # and the terminal has it, as ever


def test_the_same_one_sixty_times_a_second_is_reported_once(qtbot, guarded):
    window, errors, crashes = guarded
    for _ in range(200):
        raise_in(errors)
    qtbot.wait(30)
    assert len(crashes.reports()) == len(window.findChildren(CrashDialog)) == 1


def test_a_full_disk_is_said_and_the_report_can_still_be_copied(qtbot, guarded, tmp_path):
    window, errors, _ = guarded
    (tmp_path / "file").touch()
    window.services.crashes = CrashReports(tmp_path / "file" / "no")
    raise_in(errors)
    qtbot.waitUntil(lambda: window.findChild(CrashDialog) is not None)
    labels = [label.text() for label in window.findChild(CrashDialog).findChildren(type(window.side.hint))]
    assert words.NOT_KEPT in labels


START = """
import socket, sys, threading
class Forbidden(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX:
            print("SENT", address, flush=True)
        raise OSError("forbidden")
    connect_ex = connect
socket.socket = Forbidden
socket.getaddrinfo = lambda *a, **k: print("ASKED", a, flush=True)
from PyQt6.QtCore import QTimer
from app.crash_reports import CrashReports
from app.ui.run import run_window
from app.ui.main_window import MainWindow
from app.ui.services import Services
from tests.app.ui.fakes import FakeSession, Play
def later():
    raise ZeroDivisionError("in a slot")
def in_thread():
    raise KeyError("in a thread")
def open_session(spec):
    threading.Thread(target=in_thread).start()
    return FakeSession(Play(), spec=spec)
before = sys.excepthook
from PyQt6.QtWidgets import QApplication
application = QApplication([])
QTimer.singleShot(300, later)
code = run_window(open_session, source="demo", quit_after_s=1.0, services=Services(crashes=CrashReports()))
print("code", code, "hooks back", sys.excepthook is before, flush=True)
"""


def test_the_real_application_survives_exceptions_and_opens_no_connection(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", START],
        cwd=REPOSITORY,
        env={**os.environ, "STGAT_LIVE_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "code 0 hooks back True"
    reports = CrashReports(tmp_path / "crash-reports").reports()
    text = "".join(path.read_text() for path in reports)
    assert len(reports) == 2
    assert "ZeroDivisionError: in a slot" in text
    assert "KeyError: 'in a thread'" in text
    assert not list((tmp_path / "crash-reports").glob("running-*"))


def test_a_crash_of_last_time_is_told_at_the_next_start(qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "crash-reports"
    folder.mkdir()
    (folder / "running-7.txt").write_text("Fatal Python error: Segmentation fault\n")
    monkeypatch.setattr("faulthandler.enable", lambda *_, **__: None)
    monkeypatch.setattr("faulthandler.disable", lambda: None)
    crashes = CrashReports(folder)
    window = MainWindow(lambda spec: FakeSession(running()), list, services=Services(crashes=crashes))
    window.show()
    qtbot.waitUntil(lambda: window.findChild(CrashDialog).isVisible())
    dialog = window.findChild(CrashDialog)
    assert "Segmentation fault" in dialog.report.toPlainText()
    window.close()
    assert len(CrashReports(folder).reports()) == 1
