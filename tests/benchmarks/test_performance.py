"""The page of figures is made anew part by part."""

import pytest

from benchmarks.performance import PAGE, PARTS, REPOSITORY, replaced

PAGE_OF_TWO = """before
<!-- a: made by make benchmark -->
old
<!-- a: end -->
between
<!-- b: made by make benchmark -->
kept
<!-- b: end -->
after
"""


def test_only_what_lies_between_a_parts_marks_is_replaced():
    page = replaced(PAGE_OF_TWO, "a", "| new \\1 |\n")
    assert "old" not in page
    assert "| new \\1 |" in page
    for kept in ("before", "between", "kept", "after"):
        assert kept in page
    assert replaced(page, "a", "| new \\1 |\n") == page


def test_a_page_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="c: made by make benchmark"):
        replaced(PAGE_OF_TWO, "c", "x")


def test_every_part_has_its_script_and_its_place_in_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for part, (script, *_) in PARTS.items():
        assert (REPOSITORY / "benchmarks" / script).is_file()
        assert "|" in page.partition(f"<!-- {part}: made by")[2].partition(f"<!-- {part}: end")[0]
