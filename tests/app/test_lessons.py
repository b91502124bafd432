from __future__ import annotations

import errno

import pytest

from app import lessons
from app.errors import ModelError
from app.lessons import Lessons, Workbook
from app.road import RecognizerLoader
from app.teaching import profile_path
from stgat.errors import TeachingError
from stgat.teaching.profiles import load_profile
from tests.app.fakes import LABELS, tiny_checkpoint
from tests.app.test_take_recorder import some_take


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("STGAT_LIVE_HOME", str(tmp_path))


def test_every_change_is_in_the_file_at_once():
    book = Workbook.new("Mine")
    assert load_profile(profile_path("Mine")).actions == ()
    book.change(book.profile.with_take("bow", some_take()))
    assert len(load_profile(book.path).actions[0].takes) == 1
    assert Workbook.open(book.path).profile.name == "Mine"


def test_a_name_that_is_taken_or_leads_elsewhere_is_refused():
    Workbook.new("Mine")
    for name in ("Mine", "../Mine", ""):
        with pytest.raises(TeachingError):
            Workbook.new(name)


def test_what_cannot_be_written_is_kept_and_written_later(monkeypatch):
    book = Workbook.new("Mine")

    def full(path, profile):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lessons, "save_profile", full)
        book.change(book.profile.with_action("bow"))
        assert "No space left on device" in book.problem
        assert book.profile.action("bow") is not None
    assert load_profile(book.path).actions == ()
    assert book.save()
    assert book.problem == ""
    assert load_profile(book.path).action("bow") is not None


def test_the_names_that_may_not_be_taken_are_the_models_own(tmp_path):
    loader = RecognizerLoader(tiny_checkpoint(tmp_path / "tiny.safetensors"))
    assert Lessons(loader).labels() == LABELS
    assert Lessons(RecognizerLoader(tmp_path / "none.safetensors")).labels() == ()


def test_without_a_model_there_is_nothing_to_teach():
    alone = Lessons(None)
    assert alone.labels() == ()
    assert alone.report() is None
    alone.use(None)
    with pytest.raises(ModelError, match="no model"):
        alone.learn(Workbook.new("Mine").profile, lambda share, step: None, lambda: False)
