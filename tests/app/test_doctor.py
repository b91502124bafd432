from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from app.doctor import CHECKS, Check, render, run_checks
from app.doctor import machine as on_machine
from app.doctor import software as in_software
from app.doctor.check import REPOSITORY, ProbeError, probe
from stgat.checkpoint import Metadata, save_checkpoint
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries of Linux")


def shown(checks: list[Check], width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(render(checks))
    return console.file.getvalue()  # type: ignore[attr-defined]


# --- the report ------------------------------------------------------------------------------------------


def test_the_report_tells_without_colour_what_is_wrong_and_what_to_do() -> None:
    text = shown(
        [
            Check("Python", True, True, "3.11.7", "never shown"),
            Check("Qt", False, True, "missing: libEGL.so.1", "run `sudo apt-get install -y libegl1`"),
            Check("cameras", False, False, "no camera found", "plug one in"),
        ]
    )
    lines = [line.strip() for line in text.splitlines()]
    assert any(line.startswith("ok") and "Python" in line for line in lines)
    assert any(line.startswith("FAILED") and "libEGL.so.1" in line for line in lines)
    assert any(line.startswith("note") and "no camera found" in line for line in lines)
    assert "-> run `sudo apt-get install -y libegl1`" in lines
    assert "never shown" not in text
    assert lines[-1].endswith("mended: Qt.")


def test_notes_alone_are_no_failure() -> None:
    assert "Everything needed is there. Notes: 1" in shown(
        [Check("cameras", False, False, "none", "plug one in")]
    )


def test_square_brackets_in_a_finding_are_text_not_markup() -> None:
    assert "[red]/x[/nope]" in shown([Check("model", False, True, "[red]/x[/nope]", "[bold]")])


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on() -> None:
    def broken() -> Check:
        raise ImportError("no module named cv2")

    results = run_checks({"broken": broken, "fine": lambda: Check("fine", True, True, "yes")})
    assert [check.name for check in results] == ["broken", "fine"]
    assert not results[0].ok and "no module named cv2" in results[0].detail
    assert results[1].ok


def test_every_real_check_answers_here() -> None:
    results = {check.name: check for check in run_checks()}
    assert list(results) == list(CHECKS)
    assert not [check for check in results.values() if "could not be checked" in check.detail]
    for name in ("Python", "PyTorch", "MediaPipe", "OpenCV", "PyAV", "Qt", "Qt offscreen"):
        assert results[name].ok, results[name]  # what this suite itself could not run without
    assert "CPU, " in results["PyTorch"].detail
    assert all(check.ok or check.remedy for check in results.values())


def test_it_runs_where_no_package_but_rich_is_installed(tmp_path: Path) -> None:
    """A Python that finds neither NumPy nor torch, as after a set-up that broke off."""
    code = f"""
import sys
gone = {{"numpy", "torch", "cv2", "av", "mediapipe", "pydantic", "flatbuffers"}}
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in gone:
            raise ModuleNotFoundError("No module named " + name)
sys.meta_path.insert(0, Gone())
sys.path.insert(0, {str(REPOSITORY)!r})
from app.doctor import run_checks
print(len(run_checks()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == str(len(CHECKS)), done.stderr


# --- probes ----------------------------------------------------------------------------------------------


def test_a_probe_gives_what_was_printed_or_the_last_line_of_the_error() -> None:
    assert probe("import sys; print(sys.argv[1])", "hello") == "hello"
    with pytest.raises(ProbeError, match="No module named 'nowhere'"):
        probe("import nowhere")


def test_a_library_that_crashes_takes_only_the_probe_with_it() -> None:
    with pytest.raises(ProbeError, match=r"crashed \(signal 6\)"):
        probe("import os; os.abort()")


# --- software --------------------------------------------------------------------------------------------


def test_an_old_python_is_told() -> None:
    assert not in_software.python_version((3, 10, 9)).ok
    assert in_software.python_version((3, 12, 0)).ok


def project(folder: Path, requirements: str, locked: str) -> Path:
    (folder / "requirements.txt").write_text(requirements)
    (folder / "locks").mkdir(exist_ok=True)
    for name, text in zip(in_software.LOCKS, (locked, ""), strict=True):
        (folder / "locks" / name).write_text(text)
    return folder


def test_packages_are_compared_with_the_tested_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"torch": "2.13.0", "pyqt6": "6.11.0"}
    monkeypatch.setattr(in_software, "installed_version", here.get)
    requirements = "# direct\ntorch==2.13.0\nPyQt6==6.11.*  # the window\n"
    locks = "torch==2.13.0 \\\n    --hash=sha256:0\npyqt6==6.11.0 ; sys_platform == 'x' \\\n"
    assert in_software.packages(project(tmp_path, requirements, locks)).ok

    older = in_software.packages(project(tmp_path, requirements, "torch==2.14.0\n"))
    assert not older.ok and not older.required and "torch 2.13.0 instead of 2.14.0" in older.detail

    absent = in_software.packages(project(tmp_path, requirements + "av>=14\n", ""))
    assert not absent.ok and absent.required and absent.detail == "not installed: av"


def test_a_packaged_program_has_its_packages_inside(tmp_path, monkeypatch):
    monkeypatch.setattr(in_software, "PACKAGED", True)
    assert in_software.packages(project(tmp_path, "no-such-package\n", "")).ok


def test_a_build_for_one_device_is_the_same_version() -> None:
    version = in_software.installed_version("torch")
    assert version is not None and "+" not in version
    assert in_software.installed_version("no-such-distribution") is None


def test_only_the_opencv_without_windows_is_locked() -> None:
    pins = in_software.locked()
    assert {"torch", "mediapipe", "pyqt6"} <= set(pins)
    assert [name for name in pins if name in in_software.OPENCV_DISTRIBUTIONS] == ["opencv-python-headless"]


def test_two_opencvs_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        in_software, "installed_version", lambda name: "5.0" if "contrib" not in name else None
    )
    check = in_software.one_opencv()
    assert not check.ok and check.remedy is not None
    assert "opencv-python, opencv-python-headless" in check.detail
    assert "pip uninstall -y opencv-python opencv-python-headless" in check.remedy


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_a_model_that_is_absent_or_damaged_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "weights" / "actions.safetensors"
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    check = in_software.action_model(path)
    assert not check.ok and check.required
    assert str(path) in check.detail and "git checkout weights" in (check.remedy or "")
    assert "Traceback" not in check.detail


def test_a_sound_model_is_told_with_its_size(tmp_path: Path) -> None:
    config = STGATConfig(num_classes=3)
    preprocessing = Preprocessing(layout=config.layout)
    metadata = Metadata(name="three", model=config, preprocessing=preprocessing, labels=("a", "b", "c"))
    save_checkpoint(tmp_path / "three.safetensors", STGAT(config), metadata)
    check = in_software.action_model(tmp_path / "three.safetensors")
    assert check.ok and check.detail.endswith("three.safetensors, 3 actions")


def test_a_missing_pose_model_says_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STGAT_LIVE_CACHE", str(tmp_path))
    check = in_software.pose_model()
    assert not check.ok and check.required
    assert str(tmp_path) in check.detail and "fetch-pose-model" in (check.remedy or "")


# --- the machine -----------------------------------------------------------------------------------------


def test_missing_libraries_become_one_line_to_copy() -> None:
    known = on_machine.read_libraries()
    remedy = on_machine.remedy_for(["libxcb-cursor.so.0", "libEGL.so.1", "libodd.so.3"], known)
    assert remedy == (
        "run `sudo apt-get install -y libegl1 libxcb-cursor0`; install the packages that hold libodd.so.3"
    )


@linux_only
def test_a_library_that_cannot_be_loaded_is_found(tmp_path: Path) -> None:
    listed = tmp_path / "libraries.txt"
    listed.write_text(
        "# library package needed-by\nlibc.so.6 libc6 offscreen\nlibnot-there.so.9 notthere9 window\n"
    )
    assert on_machine.unloadable(["libc.so.6", "libnot-there.so.9"]) == {"libnot-there.so.9"}
    window = on_machine.qt_libraries("window", listed)
    assert not window.ok and not window.required and "libnot-there.so.9" in window.detail
    assert window.remedy is not None and "apt-get install -y notthere9" in window.remedy
    assert on_machine.qt_libraries("offscreen", listed).ok


def test_ldd_output_is_read() -> None:
    output = (
        "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibQt6Gui.so.6 => /x/libQt6Gui.so.6 (0x00007f)\n"
        "\tlibxcb-cursor.so.0 => not found\n\tlibEGL.so.1 => not found\n"
    )
    assert on_machine.parse_ldd(output) == {"libxcb-cursor.so.0", "libEGL.so.1"}


@linux_only
def test_the_list_covers_all_that_qts_plugins_ask_of_the_system() -> None:
    """What readelf would name as needed, less Qt's own and the C library's, stands in the list."""
    listed = set(on_machine.read_libraries())
    for plugin in on_machine.PLUGINS.values():
        path = on_machine.plugin_path(plugin)
        assert path is not None
        names = {
            word.decode()
            for word in path.read_bytes().split(b"\0")
            if word.startswith(
                (b"libxcb-", b"libX", b"libEGL", b"libGL.", b"libxkb", b"libdbus", b"libfontconfig")
            )
            and b".so" in word
        }
        assert names, plugin
        assert names <= listed, plugin


def test_a_machine_without_a_screen_is_a_note() -> None:
    check = on_machine.display({}, linux=True)
    assert not check.ok and not check.required and "offscreen" in (check.remedy or "")
    assert on_machine.display({"DISPLAY": ":0"}, linux=True).ok
    assert on_machine.display({"WAYLAND_DISPLAY": "wayland-0"}, linux=True).ok


def test_a_machine_without_fonts_is_told(tmp_path: Path) -> None:
    (tmp_path / "truetype").mkdir()
    assert not on_machine.fonts([tmp_path], linux=True).ok
    (tmp_path / "truetype" / "DejaVuSans.TTF").touch()
    assert on_machine.fonts([tmp_path / "nowhere", tmp_path], linux=True).ok


def test_no_camera_is_a_note() -> None:
    check = on_machine.cameras([])
    assert not check.ok and not check.required and "use a video" in (check.remedy or "")


@linux_only
def test_a_camera_this_account_may_not_use_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "video0").touch()
    found = [(0, "Webcam")]
    assert on_machine.cameras(found, tmp_path).detail == "camera:0 Webcam"
    monkeypatch.setattr("os.access", lambda *_: False)  # root may do everything
    check = on_machine.cameras(found, tmp_path)
    assert not check.ok and "usermod -aG video" in (check.remedy or "")
