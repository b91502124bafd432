"""The set-up scripts on machines that lack things: every command they call is a fake on a path of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARIES = REPOSITORY / "app" / "assets" / "system-libraries.txt"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the scripts are for Linux")


def libraries() -> dict[str, str]:
    """library -> package, as the file lists them."""
    rows = [line.split() for line in LIBRARIES.read_text().splitlines() if line and not line.startswith("#")]
    return {library: package for library, package, _ in rows}


class Machine:
    """A PATH with the plain tools, and fakes that write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "calls"
        for tool in ("bash", "cat", "dirname", "env", "find", "grep", "mktemp", "rm", "tail", "uname"):
            real = shutil.which(tool)
            assert real
            (self.bin / tool).symlink_to(real)
        self.fake("id", "echo 0")
        self.has_libraries(libraries())
        for tool in ("Xvfb", "xauth", "xdotool"):
            self.fake(tool, "")

    def fake(self, name: str, script: str) -> None:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!{shutil.which("bash")}\necho "{name} $*" >>{self.log}\n{script}\n')
        path.chmod(0o755)

    def has_libraries(self, names: dict[str, str] | list[str]) -> None:
        lines = "\n".join(f"\t{name} (libc6,x86-64) => /lib/{name}" for name in names)
        self.fake("ldconfig", f"cat <<'END'\n{lines}\nEND")

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        return subprocess.run(
            [str(REPOSITORY / "tools" / script), *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.bin)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self, name: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith(name)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def without(*missing: str) -> list[str]:
    assert set(missing) <= set(libraries())
    return [name for name in libraries() if name not in missing]


@pytest.mark.parametrize("purpose", ["run", "test"])
def test_nothing_is_said_or_installed_where_all_is_there(machine: Machine, purpose: str) -> None:
    machine.fake("apt-get", "")
    done = machine.run("install_system_libraries.sh", purpose)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.calls("apt-get") == []


def test_root_installs_just_what_is_missing(machine: Machine) -> None:
    machine.has_libraries(without("libEGL.so.1", "libxcb-render-util.so.0"))
    machine.fake("apt-get", "")
    done = machine.run("install_system_libraries.sh", "run")
    assert done.returncode == 0
    (call,) = machine.calls("apt-get")
    assert call.endswith("--no-install-recommends libegl1 libxcb-render-util0")


def test_a_name_that_only_begins_alike_does_not_count(machine: Machine) -> None:
    machine.has_libraries([*without("libxcb-render.so.0"), "libxcb-render.so.0.9"])
    machine.fake("apt-get", "")
    machine.run("install_system_libraries.sh", "run")
    assert machine.calls("apt-get")[0].endswith(" libxcb-render0")


def test_package_lists_are_fetched_only_where_the_first_try_fails(machine: Machine) -> None:
    machine.has_libraries(without("libEGL.so.1"))
    machine.fake(
        "apt-get",
        f'case "$*" in *update*) touch {machine.bin}/updated;; *) [ -e {machine.bin}/updated ];; esac',
    )
    (machine.bin / "touch").symlink_to(shutil.which("touch") or "")
    done = machine.run("install_system_libraries.sh", "run")
    assert done.returncode == 0
    assert [("update" in call) for call in machine.calls("apt-get")] == [False, True, False]


def test_tests_also_want_a_virtual_screen(machine: Machine) -> None:
    (machine.bin / "Xvfb").unlink()
    machine.fake("apt-get", "")
    assert machine.run("install_system_libraries.sh", "run").returncode == 0
    assert machine.calls("apt-get") == []
    assert machine.run("install_system_libraries.sh", "test").returncode == 0
    assert machine.calls("apt-get")[0].endswith(" xvfb")


@pytest.mark.parametrize("sudo", [None, "exit 1"], ids=["no sudo", "sudo wants a password"])
def test_an_account_that_may_not_install_gets_one_line_to_copy(machine: Machine, sudo: str | None) -> None:
    machine.has_libraries(without("libEGL.so.1", "libGL.so.1"))
    machine.fake("id", "echo 1000")
    machine.fake("apt-get", "")
    if sudo:
        machine.fake("sudo", sudo)
    done = machine.run("install_system_libraries.sh", "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "sudo apt-get install -y libegl1 libgl1" in done.stderr
    assert machine.calls("apt-get") == []


def test_sudo_without_a_password_is_used(machine: Machine) -> None:
    machine.has_libraries(without("libEGL.so.1"))
    machine.fake("id", "echo 1000")
    machine.fake("apt-get", "")
    machine.fake("sudo", 'shift; "$@"')
    done = machine.run("install_system_libraries.sh", "run")
    assert done.returncode == 0
    assert len(machine.calls("apt-get")) == 1


def test_a_failed_installation_says_why_and_how_to_try_again(machine: Machine) -> None:
    machine.has_libraries(without("libEGL.so.1"))
    machine.fake("apt-get", 'echo "E: Unable to fetch some archives"; exit 100')
    done = machine.run("install_system_libraries.sh", "run")
    assert done.returncode == 1
    assert "Unable to fetch" in done.stderr and "sudo apt-get install -y libegl1" in done.stderr


def test_other_systems_are_told_what_to_look_for(machine: Machine) -> None:
    machine.has_libraries(without("libEGL.so.1"))
    done = machine.run("install_system_libraries.sh", "run")
    assert done.returncode == 1 and "libegl1" in done.stderr and done.stderr.count("\n") == 1


def test_an_unknown_purpose_is_bad_usage(machine: Machine) -> None:
    assert machine.run("install_system_libraries.sh", "walk").returncode == 2


def test_a_python_that_is_too_old_gives_one_line(machine: Machine, tmp_path: Path) -> None:
    machine.fake("python3", "exit 1")  # as the version question is answered by an old one
    done = machine.run("create_venv.sh", str(tmp_path / "venv"))
    assert done.returncode == 1
    assert "Python 3.11 or newer was not found" in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_gets_its_package(machine: Machine, tmp_path: Path) -> None:
    ready = machine.bin / "ready"
    machine.fake("apt-get", f": >{ready}")
    machine.fake(
        "python3.11",
        f'case "$*" in *ensurepip*) [ -e {ready} ];; *print*) echo python3.11-venv;; *) exit 0;; esac',
    )
    done = machine.run("create_venv.sh", str(tmp_path / "venv"))
    assert done.returncode == 0
    assert machine.calls("apt-get")[0].endswith(" python3.11-venv")
    assert machine.calls("python3.11")[-1] == f"python3.11 -m venv --clear {tmp_path / 'venv'}"
