"""The sentences of errors are recognised as they are really said."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import USER_ERRORS
from app.sources import open_source
from app.sources.camera_devices import why_not_back, why_not_opened
from app.sources.reconnect import FROZEN, LOST, SLOW, STALLED
from app.ui.texts import reasons
from stgat.checkpoint import read_metadata
from stgat.device import choose_device


@pytest.fixture
def shouted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which every known sentence is shouted, and what differs in it is not."""

    def shout(form: str) -> str:
        return "".join(
            part if part.startswith("{") else part.upper() for part in reasons.re.split(r"({\w+})", form)
        )

    monkeypatch.setattr(reasons, "_REASONS", [(pattern, shout(form)) for pattern, form in reasons._REASONS])


def fails(work, *arguments) -> str:
    with pytest.raises(USER_ERRORS) as caught:
        work(*arguments)
    return str(caught.value)


def test_what_is_said_of_cameras_is_known(shouted, tmp_path, monkeypatch) -> None:
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    dev.mkdir()
    monkeypatch.setattr("sys.platform", "linux")
    told = [why_not_opened(3, dev, sysfs)]
    (dev / "video3").touch()
    told.append(why_not_opened(3, dev, sysfs))
    monkeypatch.setattr("os.access", lambda *_: False)
    told.append(why_not_opened(3, dev, sysfs))
    for system in ("darwin", "win32"):
        monkeypatch.setattr("sys.platform", system)
        told.append(why_not_opened(3, dev, sysfs))
    told += [why_not_back(3, dev, sysfs)]
    monkeypatch.setattr("sys.platform", "linux")
    told += [why_not_back(3, tmp_path, sysfs)]
    told += [what.format(number=3) for what in (STALLED, LOST, FROZEN, SLOW)]
    for sentence in told:
        assert "CAMERA 3" in reasons.said(sentence)
    assert "run `sudo usermod -aG" in told[2]
    assert "RUN `sudo usermod -aG" in reasons.said(told[2])


def test_what_is_said_of_files_models_and_devices_is_known(shouted, tmp_path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "broken.mp4").write_bytes(b"no video at all" * 100)
    (tmp_path / "folder.mp4").mkdir()

    def open_file(name: str) -> None:
        open_source(str(tmp_path / name)).open()

    for name in ("missing.mp4", "empty.mp4", "broken.mp4", "folder.mp4"):
        sentence = fails(open_file, name)
        said = reasons.said(sentence)
        assert name in said, sentence
        assert said != sentence, sentence
    assert "NO SUCH MODEL FILE" in reasons.said(fails(read_metadata, tmp_path / "gone.safetensors"))
    assert "CANNOT BE USED HERE" in reasons.said(fails(choose_device, "cuda:77"))


def test_any_other_sentence_and_any_names_are_left_as_they_are(shouted, tmp_path: Path) -> None:
    assert reasons.said("the moon is full") == "the moon is full"
    assert reasons.said("") == ""
    odd = tmp_path / "{number} %s ({node}).mp4"
    assert str(odd) in reasons.said(f"there is no file {odd}: check the name and the folder")


def test_in_english_nothing_changes() -> None:
    sentence = "camera 2 sends no pictures: close other programs that use it, or replug it"
    assert reasons.said(sentence) == sentence
