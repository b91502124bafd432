"""No source file loads what could run code: the tree is walked, and each call is looked at by its name.

What is allowed is listed with its reason. Tests are walked as well, since they show how things are done.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDERS = ("app", "benchmarks", "pose", "stgat", "tests", "tools")

#: Modules that can only load unsafely, or have no business here.
MODULES = {"dill", "joblib", "cloudpickle", "jsonpickle", "marshal", "shelve", "cPickle", "imp", "pty"}
#: Calls, by the name they are known by once imports are resolved.
CALLS = {
    "eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec",
    "pickle.load", "pickle.loads", "pickle.Unpickler", "pickle._Unpickler", "_pickle.loads",
    "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load",
    "yaml.full_load_all", "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput",
    "tempfile.mktemp", "pandas.read_pickle", "torch.hub.load", "runpy.run_path",
    "runpy.run_module", "scipy.io.loadmat", "torch.jit.load", "shutil.unpack_archive",
}  # fmt: skip
#: Methods, whatever they are called on.
METHODS = {"extractall"}
#: Keywords a call must have, with their value.
REQUIRED = {
    "torch.load": ("weights_only", True),
    "numpy.load": ("allow_pickle", False),
    "numpy.lib.format.read_array": ("allow_pickle", False),
}
#: Writing a file that a test then refuses.
WRITES = {"numpy.save", "numpy.lib.format.write_array"}
#: Keywords that no other call may have, with their value.
FORBIDDEN = (("shell", True), ("allow_pickle", True), ("weights_only", False))

#: (file, what) -> why it may stand there.
ALLOWED = {
    ("app/program.py", "exec"): "the packaged program as the interpreter of its own worker processes",
    ("app/program.py", "compile"): "the same",
    ("benchmarks/kill_work.py", "runpy.run_path"): "our own main.py, in a process that is to be killed",
    ("tests/pose/test_webcam_page.py", "eval"): "arithmetic of our own page, without builtins",
    ("tests/fuzzing/test_fuzzing.py", "os.system"): "shows that a reader that did this would be found",
    ("tests/stgat/data/test_ctrgcn.py", "allow_pickle=True"): "writes objects, by a helper of its own",
    ("tests/stgat/data/test_unpickle.py", "pickle.loads"): "shows that the test's own pickle would run",
}


def _sources() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((REPOSITORY / folder).rglob("*.py"))]
    return [REPOSITORY / "main.py", *found]


def unsafe(source: str) -> Iterator[tuple[int, str]]:
    """The line and the name of each unsafe load in a source."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    first = alias.name if alias.asname else alias.name.partition(".")[0]
                    names[alias.asname or first] = first
                    if alias.name.partition(".")[0] in MODULES:
                        yield node.lineno, alias.name
            case ast.ImportFrom(module=str(module), names=aliases):
                names |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
                if module.partition(".")[0] in MODULES:
                    yield node.lineno, module
                for alias in aliases:  # also where it is only handed on
                    if f"{module}.{alias.name}" in CALLS:
                        yield node.lineno, f"{module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in _faults(node, names))


def _faults(call: ast.Call, names: dict[str, str]) -> Iterator[str]:
    name = _name(call.func, names)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in CALLS or (isinstance(call.func, ast.Attribute) and call.func.attr in METHODS):
        yield name
    if name in REQUIRED:
        key, value = REQUIRED[name]
        if not _is(keywords.get(key), value):
            yield f"{name} without {key}={value}"
    for key, value in FORBIDDEN:
        if name not in WRITES and _is(keywords.get(key), value):
            yield f"{key}={value}"


def _is(value: ast.expr | None, expected: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is expected


def _name(function: ast.expr, names: dict[str, str]) -> str:
    """What a call calls, with its imports resolved: np.load is numpy.load."""
    match function:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attribute):
            return f"{_name(value, names)}.{attribute}"
    return ""


def test_promise_no_source_loads_unsafely() -> None:
    found = {
        (path.relative_to(REPOSITORY).as_posix(), what): line
        for path in _sources()
        for line, what in unsafe(path.read_text(encoding="utf-8"))
    }
    faults = [f"{file}:{line}: {what}" for (file, what), line in found.items() if (file, what) not in ALLOWED]
    assert not faults, "\n".join(faults)
    assert ALLOWED.keys() <= found.keys(), "an exception that nobody needs any more"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import pickle\npickle.load(f)", "pickle.load"),
        ("import pickle as p\np.loads(b'')", "pickle.loads"),
        ("from pickle import Unpickler as U", "pickle.Unpickler"),
        ("import torch\ntorch.load('a')", "torch.load without weights_only=True"),
        ("import torch\ntorch.load('a', weights_only=flag)", "torch.load without weights_only=True"),
        ("import numpy as np\nnp.load('a')", "numpy.load without allow_pickle=False"),
        ("import yaml\nyaml.load(t, Loader=L)", "yaml.load"),
        ("eval('1')", "eval"),
        ("import joblib", "joblib"),
        ("from shelve import open", "shelve"),
        ("import subprocess\nsubprocess.run('a', shell=True)", "shell=True"),
        ("archive.extractall(folder)", "archive.extractall"),
        ("import tempfile\ntempfile.mktemp()", "tempfile.mktemp"),
    ],
)
def test_what_loads_unsafely_is_found(source: str, what: str) -> None:
    assert what in [fault for _, fault in unsafe(source)]


def test_what_is_safe_is_not_found() -> None:
    source = "import torch, numpy as np\ntorch.load('a', weights_only=True)\nnp.load('a', allow_pickle=False)"
    assert not list(unsafe(f"{source}\nmodel.eval()"))
