"""Whether more takes would help a taught action, judged by how its accuracy grew with those there are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stgat.teaching.report import Advice

#: This well told, an action needs no more takes; fewer takes than these say nothing sure.
GOOD, FEWEST = 0.9, 5
#: Gain over the last part of the curve from which more takes are worth their while; and most that are
#: advised.
_GAIN, _MOST = 0.05, 10


def advise(takes: int, curve: Sequence[tuple[int, float]]) -> tuple[Advice, int]:
    """The advice, and about how many more takes would help (0 unless they would).

    curve: (takes learned from, share right), by rising number; the last is the leave-one-out.
    The share wrong is taken to fall with a power of the number of takes, as errors do with the amount of
    data; how many are missing follows from where that reaches 1 - GOOD.

    >>> advise(10, [(2, 0.8), (5, 0.95), (9, 1.0)])
    (<Advice.ENOUGH: 'enough'>, 0)
    >>> advise(3, [(2, 1.0)])
    (<Advice.MORE_TAKES: 'more takes'>, 2)
    >>> advise(10, [(2, 0.3), (5, 0.3), (9, 0.3)])
    (<Advice.LOOKS_ALIKE: 'looks alike'>, 0)
    """
    size, share = curve[-1]
    if takes < FEWEST:
        return Advice.MORE_TAKES, FEWEST - takes
    if share >= GOOD:
        return Advice.ENOUGH, 0
    earlier = [(n, s) for n, s in curve[:-1] if n <= max(1, size * 2 / 3)]
    if not earlier:
        return Advice.MORE_TAKES, FEWEST
    first_size, first_share = earlier[-1]
    if share - first_share < _GAIN:
        return Advice.LOOKS_ALIKE, 0
    slope = math.log((1 - first_share) / (1 - share)) / math.log(size / first_size)
    wanted = size * ((1 - share) / (1 - GOOD)) ** (1 / slope)
    return Advice.MORE_TAKES, int(min(_MOST, max(1, math.ceil(wanted - size))))
