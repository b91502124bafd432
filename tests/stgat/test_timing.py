"""Calls timed in turns."""

from stgat.timing import Times, in_turns, ratio


def test_calls_are_timed_in_turns():
    order = []
    times = in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=4, warm_up=1)
    assert order == ["a", "b"] * 5
    assert len(times["a"].seconds) == 4


def test_ratios_are_those_of_the_rounds_and_percentiles_those_of_the_times():
    slow, fast = Times((2.0, 9.0, 4.0)), Times((1.0, 3.0, 1.0))
    assert ratio(slow, fast) == (3.0, 2.0, 4.0)
    assert Times(tuple(float(n) for n in range(1, 11))).percentile(90) == 9.0
    assert Times((0.004, 0.002)).milliseconds() == "3.0 (2.0-4.0)"
