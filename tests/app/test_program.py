from __future__ import annotations

import subprocess

from app import program


def test_the_program_starts_itself_again():
    done = subprocess.run(
        [*program.program(), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert "STGAT Live" in done.stdout


def test_only_a_packaged_application_takes_code(monkeypatch, capsys):
    assert not program.run_as_python(["-c", "print('ran')"])
    monkeypatch.setattr(program, "PACKAGED", True)
    monkeypatch.setattr(program.sys, "executable", "/opt/stgat-live/stgat-live")
    monkeypatch.setattr(program.sys, "argv", ["stgat-live"])
    assert not program.run_as_python(["--source", "demo"])
    assert program.run_as_python(["-c", "import sys; print('ran', sys.argv[1])", "it"])
    assert capsys.readouterr().out == "ran it\n"
    assert program.program() == ["/opt/stgat-live/stgat-live"]
