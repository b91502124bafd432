"""JSON from anyone: what a text would take in memory is estimated before it is read.

Three bytes, such as `[],`, become an object of a hundred.
"""

from __future__ import annotations

import json
from typing import Any

from stgat.errors import DataError
from stgat.reading import first_line

#: What a text may take whatever its length, and how many times its length beyond that.
_MOST_ANYWAY = 48 * 2**20
_MOST_TIMES = 8
#: Bytes that a list or dict, an item of one, a key, and half a text take in CPython.
_COSTS = {b"[": 72, b"{": 72, b",": 36, b":": 36, b'"': 24}


def read_json(content: bytes, where: str) -> Any:
    """What a JSON text says. where: its name in errors.

    Raises DataError where it is no JSON, nested without end, or takes many times its length to read.
    """
    cost = sum(content.count(sign) * cost for sign, cost in _COSTS.items())
    if cost > max(_MOST_ANYWAY, _MOST_TIMES * len(content)):
        raise DataError(
            f"{where}: is JSON of {len(content)} bytes that would take {cost >> 20} MiB; it looks damaged"
        )
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not readable as JSON ({first_line(error)})") from error
