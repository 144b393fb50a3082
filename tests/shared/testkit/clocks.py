"""A clock that goes as a test says."""


class Clock:
    """Time in seconds that stands still until a test moves ``now``, or that readings move.

    Readings are `steps` apart, and `usual` apart after them.
    """

    def __init__(self, *steps, usual=0.0, now=0.0):
        self.steps, self.usual, self.now = list(steps), usual, now

    def __call__(self):
        self.now += self.steps.pop(0) if self.steps else self.usual
        return self.now
