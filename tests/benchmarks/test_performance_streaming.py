"""The streaming part of the performance page."""

import os
import subprocess
import sys

import pytest

from benchmarks import performance_streaming as streaming
from benchmarks.performance import REPOSITORY
from stgat.continual.operations import operations_per_frame


@pytest.mark.parametrize("network", streaming.NETWORKS, ids=lambda network: network.name)
def test_a_frame_takes_a_twentieth_of_a_window_at_most(network):
    window, frame = streaming.operations_per_window(network), operations_per_frame(network.continual)
    assert 20 < window / frame < 1.1 * network.num_frames


def test_its_tables_are_printed():
    script = REPOSITORY / "benchmarks" / "performance_streaming.py"
    done = subprocess.run(
        [sys.executable, str(script), "--quick"],
        capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    rows = [line for line in done.stdout.splitlines() if line.startswith("| stgat-actions-small")]
    assert [row.count("|") for row in rows] == [7, 7, 5]
