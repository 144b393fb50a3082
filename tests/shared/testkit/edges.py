"""A detector for values without noise: a step is where a value is 2% off the one before."""

import itertools

from cnnfc.analysis.changepoints.steps import Course, Segment, Step

SPREAD = 0.002


def detector(spread=SPREAD, reach=0, least=6):
    """Finds steps whose place is known to `reach` values either way, in `least` values or more."""

    def find(values, intervals=()):
        del intervals
        if not len(values):
            return Course((), (), 0.0, 0.0, enough=False)
        places = [
            index
            for index in range(1, len(values))
            if abs(values[index] - values[index - 1]) > 0.02 * abs(values[index - 1])
        ]
        if len(values) < least:
            places = []
        bounds = [0, *places, len(values)]
        segments = tuple(
            Segment(start, stop, values[start], values[start] * 0.99, values[start] * 1.01)
            for start, stop in itertools.pairwise(bounds)
        )
        steps = tuple(_step(values, place, reach) for place in places)
        return Course(segments, steps, spread, 0.0, len(values) >= least)

    return find


def _step(values, place, reach):
    old, new = values[place - 1], values[place]
    earliest, latest = max(1, place - reach), min(len(values) - 1, place + reach)
    if min(values) <= 0:
        return Step(place, earliest, latest, float("nan"), new - old, new - old, 0.001)
    ratio = new / old
    return Step(place, earliest, latest, ratio, ratio * 0.98, ratio * 1.02, 0.001)


find_edges = detector()
