"""Readers and `prepare` beside plain ones: every one reads the files, and the tables say how fast."""

from __future__ import annotations

from benchmarks.performance_preparation import preparation_table, reader_table


def test_readers_are_compared() -> None:
    lines = reader_table(num_files=2, repeat=3, jobs=1)
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| this project", "| named fields", "| every field", "| x y z only", "| same checks",
    ]  # fmt: skip
    assert float(lines[3].split(" | ")[2].split()[0]) > 1


def test_a_preparation_is_compared_with_a_plain_reader_of_the_same_files() -> None:
    lines = preparation_table(num_samples=6, num_files=3, rounds=3)
    cells = [line.strip("| ").split(" | ") for line in lines[2:]]
    assert [cell[0].split(",")[0] for cell in cells] == ["`prepare`", "named fields"]
    ours, plain = (float(cell[1].replace(",", "")) for cell in cells)
    low, high = cells[0][2].split(" (")[1].rstrip(")").split("-")
    # The tables' figures have two or three digits. Of six files `prepare` takes the longest to start.
    assert float(low) <= round(ours / plain, 1) + 0.1 and round(ours / plain, 1) - 0.1 <= float(high)
