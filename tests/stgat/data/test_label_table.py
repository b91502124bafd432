"""The table that says which action counts as which class, and how it says that it is none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from stgat.data.formats import FORMATS
from stgat.data.label_table import TableRow, labels_of, left_out, read_label_table
from stgat.data.ntu_labels import NTU_ACTIONS
from stgat.data.sequences import Rejected
from stgat.errors import ConfigError

EVERYDAY = Path(__file__).resolve().parents[3] / "configs" / "everyday-actions.csv"
HEADER = "label,parts,ntu,data_set,action,sequences,note\n"
ARCHIVES = {"gtu": "gtu-action3d"}


def test_rows_are_classes_of_data_sets_and_what_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        HEADER
        + "sit down,legs,A8,nw-ucla,sit down,5,\n"
        + 'sit down,legs,A8,utd-mhad,sit,3,"low, soft"\n'
        + ",,,nw-ucla,carry,9,\n"
    )
    rows = read_label_table(path)
    assert rows[1] == TableRow("sit down", "legs", "A8", "utd-mhad", "sit", 3, "low, soft")
    assert labels_of(rows, "nw-ucla") == {"sit down": "sit down"}
    assert labels_of(rows, "gtu") == {}
    assert left_out(rows, "nw-ucla") == ("carry",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: expected the columns label,parts,ntu,data_set"),
        (b"label,action\n", "line 1: expected the columns label,parts,ntu,data_set"),
        (HEADER.encode() + b"a,hand,,b,c,1\n", "line 2: expected 7 values, found 6"),
        (HEADER.encode() + b"a,hand,,b,,1,\n", "line 2: names no data set or no action"),
        (HEADER.encode() + b"a,hand,,b,c,many,\n", "line 2: sequences: expected a number, found 'many'"),
        (HEADER.encode() + b"a,hand,,b,c,1,\nd,hand,,b,c,1,\n", "line 3: c of b comes a second time"),
        (HEADER.encode() + b'a,hand,,b,"c,1,\n', "not readable as CSV"),
        (HEADER.encode() + b"a,,,b,c,1,\n", "line 2: a label and its parts are either both given"),
        (HEADER.encode() + b",legs,,b,c,1,\n", "line 2: a label and its parts are either both given"),
        (HEADER.encode() + b"a,hand,,b,c,1,\na,legs,,b,d,1,\n", "line 3: a was made by hand before"),
        (
            HEADER.encode() + b"".join(b"a,hand,,b,%d,1,\n" % row for row in range(10_001)),
            "line 10002: a table has at most 10,000 rows",
        ),
        (b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_label_table(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.csv: No such file"):
        read_label_table(tmp_path / "none.csv")


def test_every_class_of_the_everyday_actions_has_thirty_sequences_but_the_one_that_is_said_to_lack_them() -> (
    None
):
    rows = read_label_table(EVERYDAY)
    sizes = Counter[str]()
    for row in rows:
        sizes[row.label] += row.sequences
    del sizes[""]
    assert len(sizes) >= 30
    assert {label for label, size in sizes.items() if size < 30} == {"bow"}
    assert next(row for row in rows if row.label == "bow").note


def test_a_class_has_one_number_in_ntu_which_exists() -> None:
    numbers: dict[str, set[str]] = {}
    for row in read_label_table(EVERYDAY):
        numbers.setdefault(row.label, set()).add(row.ntu)
    for found in numbers.values():
        assert len(found) == 1
        assert found == {""} or 1 <= int(found.pop().removeprefix("A")) <= len(NTU_ACTIONS)


def test_every_action_of_the_five_data_sets_is_in_the_table_once() -> None:
    rows = read_label_table(EVERYDAY)
    for data_set in {row.data_set for row in rows}:
        named = {row.action for row in rows if row.data_set == data_set}
        assert named == set(FORMATS[data_set].labels)


@pytest.mark.shared
@pytest.mark.parametrize("data_set", sorted({row.data_set for row in read_label_table(EVERYDAY)}))
def test_the_counts_are_those_of_the_data(shared_dir: Path, data_set: str) -> None:
    archive = shared_dir / "datasets" / f"{ARCHIVES.get(data_set, data_set)}.zip"
    usable = (item for item in FORMATS[data_set].read_all(archive) if not isinstance(item, Rejected))
    found = Counter(item.action for item in usable)
    table = {row.action: row.sequences for row in read_label_table(EVERYDAY) if row.data_set == data_set}
    assert found == table
