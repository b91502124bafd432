"""What is installed: locked, with hashes, under licences that go together, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import licences, lock, vulnerabilities

REPOSITORY = Path(__file__).resolve().parents[2]
LOCKS = REPOSITORY / "locks"
LOCK_FILES = sorted(LOCKS.glob("*.txt"))
PIN = re.compile(r"[a-z0-9-]+==[A-Za-z0-9.+]+( ; [^\\]+)? \\$")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?$")


def locked(*names: str) -> dict[str, str]:
    """name -> version, of these lock files."""
    return {name: version for file in names for name, version in licences.locked(LOCKS / file).items()}


def listed(file: str) -> list[Requirement]:
    lines = [line.partition(" #")[0].strip() for line in (REPOSITORY / file).read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


# --- the lock files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LOCK_FILES, ids=lambda path: path.stem)
def test_promise_every_package_is_pinned_with_hashes(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert lines
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if PIN.match(line):
            assert HASH.match(after), f"{line} has no hash"
        else:
            assert HASH.match(line), f"neither a pinned package nor a hash: {line}"
    assert "://" not in path.read_text()  # where files come from is pip's affair; the hash vouches for them


@pytest.mark.parametrize(
    ("file", "locks"),
    [
        ("requirements.txt", ("application.txt", "torch.txt")),
        ("requirements-dev.txt", ("checks.txt", "application.txt")),
        ("requirements-audit.txt", ("audit.txt",)),
    ],
)
def test_promise_the_lock_files_are_of_todays_lists(file: str, locks: tuple[str, ...]) -> None:
    pins = locked(*locks)
    for requirement in listed(file):
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is in {file} and not locked: run `make lock`"
        assert Version(version) in requirement.specifier, f"{requirement}, locked {version}: run `make lock`"


def test_promise_what_is_installed_brings_nothing_that_is_not_locked() -> None:
    pins = locked("application.txt", "torch.txt", "checks.txt")
    looked_at = 0
    for name in pins:
        try:
            needed = [Requirement(text) for text in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:
            continue  # of another system
        looked_at += 1
        for requirement in needed:
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needs = f"{name} needs {requirement}"
                assert canonicalize_name(requirement.name) in pins, needs
                assert Version(pins[canonicalize_name(requirement.name)]) in requirement.specifier, needs
    assert looked_at > 80


def test_both_builds_of_pytorch_are_of_one_version_and_only_one_brings_the_gpu() -> None:
    (cpu,) = re.findall(r"^torch==(\S+)\+cpu", (LOCKS / "torch-cpu.txt").read_text(), re.MULTILINE)
    assert locked("torch.txt")["torch"] == cpu
    assert not [name for name in locked("application.txt", "checks.txt") if lock.OF_TORCH.match(name)]


def test_a_lock_file_is_taken_apart_and_put_together() -> None:
    text = (
        "# by uv\na-b==1.0 ; os_name == 'nt' \\\n    --hash=1 \\\n    --hash=2\ntorch==2 \\\n    --hash=3\n"
    )
    entries = lock.entries(text)
    assert list(entries) == ["a-b", "torch"]
    assert lock.lock_file("x.txt", entries.values()).partition("\n")[2] == text.partition("\n")[2]


# --- what installs them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["setup", "setup-dev", "audit"])
def test_promise_no_command_installs_without_hashes(target: str) -> None:
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = told.stdout.replace("\\\n", " ").splitlines()
    installs = [line for line in lines if re.search(r"\bpip\b.*\binstall\b", line)]
    assert installs
    assert [
        line for line in installs if not {"--require-hashes", "--only-binary=:all:"} <= set(line.split())
    ] == []


def wheel(folder: Path) -> str:
    """A package of one line in a wheel; returns the wheel's sha256."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        about = "tiny-1.0.dist-info"
        files = {
            "tiny.py": "ONE = 1\n",
            f"{about}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
            f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = ""
        for name, text in files.items():
            archive.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record += f"{name},sha256={digest},{len(text)}\n"
        archive.writestr(f"{about}/RECORD", record + f"{about}/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_promise_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    right = wheel(tmp_path)

    def install(line: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "lock.txt").write_text(line + "\n")
        return subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--no-index", "--isolated", "--no-cache-dir"),
                *(f"--find-links={tmp_path}", f"--target={tmp_path / 'site'}", "--require-hashes"),
                *("--only-binary=:all:", "-r", str(tmp_path / "lock.txt")),
            ],
            capture_output=True,
            text=True,
            check=False,
        )

    refused = install(f"tiny==1.0 --hash=sha256:{right[::-1]}")
    assert refused.returncode == 1 and "DO NOT MATCH THE HASHES" in refused.stderr
    assert not (tmp_path / "site").exists()
    assert install(f"tiny==1.0 --hash=sha256:{right}").returncode == 0
    assert (tmp_path / "site" / "tiny.py").is_file()


@pytest.mark.parametrize(
    ("says", "chosen", "code"),
    [
        ("exit 0", "torch-cpu.txt", 0),
        ("echo 'ERROR: No matching distribution found for torch==2+cpu' >&2; exit 1", "torch.txt", 0),
        ("echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1", "", 1),
    ],
)
def test_the_cpu_build_is_taken_where_pip_finds_one_that_is_vouched_for(
    tmp_path: Path, says: str, chosen: str, code: int
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{says}\n")
    python.chmod(0o755)
    done = subprocess.run(
        [str(REPOSITORY / "tools" / "choose_torch.sh"), str(python)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (code, str(LOCKS / chosen) if chosen else "")
    assert ("DO NOT MATCH" in done.stderr and "make setup TORCH=" in done.stderr) is bool(code)


# --- licences and vulnerabilities ------------------------------------------------------------------------


def test_promise_every_licence_goes_with_the_gpl(capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("SSPL-1.0 OR MIT", True),
        ("MIT AND SSPL-1.0", False),
        ("SSPL-1.0", False),
        ("", False),
    ],
)
def test_an_expression_is_judged_by_its_parts(expression: str, fits: bool) -> None:
    assert licences.Rules(["MIT", "Apache-2.0"]).fit(expression) is fits


def test_a_licence_that_is_not_allowed_is_named() -> None:
    _, wrong = licences.page(licences.Rules(["MIT"], excepted={"nvidia-*": "x"}))
    assert "absl-py 2.5.1: Apache-2.0, which is not allowed" in wrong
    assert any(sentence.startswith("pefile ") and "no licence is known" in sentence for sentence in wrong)
    assert not [sentence for sentence in wrong if sentence.startswith(("nvidia", "rich"))]


def test_vulnerabilities_and_a_service_that_is_silent_are_told_apart() -> None:
    fine = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    silent = {"name": "c", "skip_reason": "not found"}
    assert vulnerabilities.judged([fine]) == (0, ["No vulnerability is known of the 1 packages."])
    assert vulnerabilities.judged([fine, bad]) == (1, ["b 2: CVE-1 (mended in 3)"])
    assert vulnerabilities.judged([fine, silent]) == (3, ["1 of 2 packages could not be looked up: c"])
    assert vulnerabilities.judged([bad, silent])[0] == 1
