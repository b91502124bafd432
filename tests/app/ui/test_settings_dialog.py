"""The settings: what is chosen has its effect, is remembered, and what cannot be chosen says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtWidgets import QApplication, QFileDialog, QMessageBox

from app.decisions import DecisionSettings
from app.devices import Device, Missing
from app.models import DEFAULT_MODEL, WEIGHTS, user_models
from app.road import RecognizerLoader
from app.sensitivity import decision_settings
from app.settings import Settings, SettingsStore
from app.ui import theme
from app.ui.services import Services
from app.ui.settings_dialog import SettingsDialog
from app.ui.settings_model import known_models
from app.ui.texts import settings as words
from tests.app.fakes import tiny_checkpoint
from tests.app.ui.fakes import running


@pytest.fixture
def light(monkeypatch):
    """Models are not counted through: that takes PyTorch's counter a second a model."""
    monkeypatch.setattr("app.models.count", lambda metadata: (200_000, int(1e8)))


@pytest.fixture
def opened(qtbot, stage, light, tmp_path):
    """(scene, dialog) of a running window with a model of its own."""

    def make(model: Path | None = None):
        services = Services(
            SettingsStore(tmp_path / "settings.json"), RecognizerLoader(model or DEFAULT_MODEL)
        )
        scene = stage(running(), services=services)
        qtbot.waitUntil(lambda: scene.window.session is not None)
        qtbot.keyClick(scene.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
        dialog = scene.window.findChild(SettingsDialog)
        qtbot.waitUntil(lambda: dialog.model.list.count() > 0)
        return scene, dialog

    return make


def test_the_slider_decides_for_the_running_session_and_is_remembered(qtbot, opened, tmp_path):
    scene, dialog = opened()
    told = []
    scene.session.decide_by = told.append
    dialog.recognition.slider.setValue(0)
    qtbot.waitUntil(lambda: bool(told))
    assert told[-1] == decision_settings(0.0)
    assert "more often right" in dialog.recognition.sentence.text()
    assert SettingsStore(tmp_path / "settings.json").value.sensitivity == 0.0
    assert len(scene.sessions) == 1
    dialog.recognition.reset_sensitivity.click()
    qtbot.waitUntil(lambda: told[-1] == DecisionSettings())
    assert not dialog.recognition.reset_sensitivity.isEnabled()


def test_a_drag_is_told_when_it_rests_and_a_closed_dialog_loses_nothing(qtbot, opened):
    scene, dialog = opened()
    told = []
    scene.session.decide_by = told.append
    for value in range(50, 91):
        dialog.recognition.slider.setValue(value)
    dialog.close()
    assert told == [decision_settings(0.9)]


def test_smoothing_of_ones_own_stays_when_the_slider_moves_and_can_be_given_back(qtbot, opened):
    scene, dialog = opened()
    page, settings = dialog.recognition, scene.window.services.settings
    page.advanced.click()
    assert page.smoothing.isVisible()
    page.smoothing.setValue(0.7)
    page.slider.setValue(100)
    qtbot.waitUntil(lambda: settings.value.sensitivity == 1.0)
    assert (settings.value.smoothing_s, page.smoothing.value()) == (0.7, 0.7)
    page.reset_smoothing.click()
    qtbot.waitUntil(lambda: settings.value.smoothing_s is None)
    assert page.smoothing.value() == decision_settings(1.0).smoothing_s
    assert page.smoothing_note.text() == words.SMOOTHING_OWN


def test_the_window_is_shown_as_the_networks_own(qtbot, opened):
    _, dialog = opened()
    qtbot.waitUntil(lambda: dialog.recognition.window_note.text().startswith("2 s of motion in 48 steps"))
    assert dialog.recognition.calibration_note.isHidden()


def test_a_network_that_was_not_calibrated_says_so(qtbot, opened, tmp_path):
    _, dialog = opened(tiny_checkpoint(tmp_path / "tiny.safetensors"))
    qtbot.waitUntil(lambda: not dialog.recognition.calibration_note.isHidden())


def test_another_model_is_used_at_once_and_remembered(qtbot, opened):
    scene, dialog = opened()
    page = dialog.model
    assert page.list.item(0).text() == "stgat-actions (default, in use)"
    assert not page.use.isEnabled()
    page.list.setCurrentRow(1)
    assert len(scene.sessions) == 1  # looking is not choosing
    page.use.click()
    assert scene.window.services.loader.model == WEIGHTS / "stgat-actions-small.safetensors"
    assert scene.window.services.settings.value.model == str(WEIGHTS / "stgat-actions-small.safetensors")
    qtbot.waitUntil(lambda: len(scene.sessions) == 2)
    assert page.list.currentItem().text() == "stgat-actions-small (in use)"


def test_the_labels_of_a_model_can_be_searched(qtbot, opened):
    _, dialog = opened()
    dialog.model.find.setText("WAVE")
    shown = [dialog.model.labels.item(row).text() for row in range(dialog.model.labels.count())]
    assert shown == ["Wave both hands"]
    assert dialog.model.count.text() == "1 of 39 actions"


def test_a_file_that_is_no_model_is_listed_with_the_reason_and_cannot_be_used(qtbot, opened, tmp_path):
    scene, dialog = opened()
    broken = tmp_path / "holiday.safetensors"
    broken.write_bytes(b"no model")
    dialog.model.open_file.click()
    asked = dialog.findChild(QFileDialog)
    asked.fileSelected.emit(str(broken))
    asked.close()
    qtbot.waitUntil(lambda: dialog.model.list.count() == 3)
    assert dialog.model.list.currentItem().text() == "holiday (cannot be used)"
    assert "holiday cannot be used: truncated" in dialog.model.facts.toPlainText()
    assert not dialog.model.use.isEnabled()
    assert scene.window.services.loader.model == DEFAULT_MODEL


def test_a_model_removed_while_in_use_is_said_with_a_way_out(qtbot, opened, tmp_path):
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    _, dialog = opened(model)
    model.unlink()
    dialog.model.show_settings()
    qtbot.waitUntil(lambda: "cannot be used" in dialog.model.list.currentItem().text())
    assert dialog.model.list.currentItem().text() == "tiny (in use, cannot be used)"
    assert words.REMOVED_REMEDY in dialog.model.facts.toPlainText()


def test_the_card_loads_nothing_and_opens_no_link(qtbot, opened, tmp_path):
    model = tiny_checkpoint(tmp_path / "tiny.safetensors")
    card = (
        "# Tiny\n[a link](https://example.org)\n\n<img src='https://example.org/x.png'> ![p](/etc/hostname)"
    )
    model.with_suffix(".md").write_text(card)
    _, dialog = opened(model)
    assert dialog.model.card.isEnabled()
    dialog.model.show_card()
    browser = dialog.findChildren(type(dialog.model.facts))[-1]
    assert "Tiny" in browser.toPlainText()
    assert "a link" in browser.toPlainText()
    assert "href" not in browser.toHtml()  # blue words that lead nowhere
    assert not browser.openLinks()
    assert browser.loadResource(2, browser.source()) is None


def test_devices_that_are_not_there_cannot_be_chosen_and_say_why(qtbot, opened):
    scene, dialog = opened()
    page = dialog.device
    page.show_devices(
        [Device("cpu", "a processor"), Device("cuda", missing=Missing.NO_GPU), Device("mps", "M9")]
    )
    assert not page.buttons["cuda"].isEnabled()
    assert "no NVIDIA graphics card" in page.details["cuda"].text()
    assert page.details["auto"].text() == "The fastest there is; here: Apple GPU (MPS)."
    page.buttons["cpu"].click()
    assert scene.window.services.loader.device == "cpu"
    qtbot.waitUntil(lambda: len(scene.sessions) == 2)


def test_the_appearance_changes_at_once_here_and_in_the_window(qtbot, opened):
    scene, dialog = opened()
    for name, colours in (("light", theme.LIGHT), ("dark", theme.DARK)):
        box = dialog.general.appearance
        box.setCurrentIndex(box.findData(name))
        box.activated.emit(box.currentIndex())
        assert scene.window.colours == dialog.colours == colours


def test_every_language_is_offered_by_its_own_name(qtbot, opened):
    scene, dialog = opened()
    box = dialog.general.language
    assert [box.itemText(i) for i in range(box.count())][:2] == ["As the system", "English"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert scene.window.services.settings.value.language == "en"


def test_reset_all_asks_first(qtbot, opened):
    scene, dialog = opened()
    settings = scene.window.services.settings
    settings.change(sensitivity=0.1, appearance="light", recent_files=("a.mp4",), model="/gone.safetensors")
    dialog.reset_all.click()
    question = dialog.findChild(QMessageBox)
    question.button(QMessageBox.StandardButton.NoButton)
    question.reject()
    assert settings.value.sensitivity == 0.1
    dialog.reset_all.click()
    question = dialog.findChildren(QMessageBox)[-1]
    next(b for b in question.buttons() if b.text() == words.RESET_ALL_YES).click()
    assert settings.value == Settings()
    assert scene.window.services.loader.model == DEFAULT_MODEL
    assert dialog.recognition.place == 0.5


def test_settings_that_cannot_be_written_are_said_and_still_used(qtbot, opened, tmp_path):
    scene, dialog = opened()
    dialog.close()
    (tmp_path / "settings.json").unlink(missing_ok=True)
    (tmp_path / "settings.json").mkdir()  # in the way, as a full disk would be
    scene.window.services.settings.change(sensitivity=0.2)
    reopened = SettingsDialog(scene.window)
    assert "cannot be kept" in reopened.problem.text()
    assert reopened.recognition.place == 0.2
    reopened.close()


def test_the_command_opens_one_dialog_however_often_it_is_given(qtbot, opened):
    scene, _ = opened()
    for _ in range(3):
        qtbot.keyClick(scene.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert len(scene.window.findChildren(SettingsDialog)) == 1


def test_without_any_installed_model_the_others_are_still_listed(light, tmp_path, monkeypatch):
    monkeypatch.setattr("app.models.WEIGHTS", tmp_path / "none")
    assert known_models([]) == []
    (model,) = known_models([tiny_checkpoint(tmp_path / "mine.safetensors")])
    assert model.name == "mine"


def test_a_network_trained_here_and_installed_is_listed_after_the_default_one(light, tmp_path, monkeypatch):
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path))
    user_models().mkdir(parents=True)
    tiny_checkpoint(user_models() / "evening.safetensors")
    names = [model.name for model in known_models([])]
    assert names[0] == "stgat-actions"
    assert "evening" in names


def test_promise_recording_without_pictures_can_be_set(opened, tmp_path):
    scene, dialog = opened()
    box = dialog.general.skeletons_only
    assert not box.isChecked()
    box.click()
    assert SettingsStore(tmp_path / "settings.json").value.skeletons_only
    command = next(c.action for c in scene.window.commands.table if c.action.text() == box.text())
    assert command.isChecked()
    command.trigger()
    QApplication.sendEvent(dialog.general, QEvent(QEvent.Type.WindowActivate))  # back from the menu
    assert not box.isChecked()
    box.click()
    dialog._reset()
    assert not box.isChecked() and not command.isChecked()
