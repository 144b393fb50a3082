"""The shapes of the histories that the study generates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Size:
    """A history: so many machines have measured so many commits, 250 series each.

    Suites of asv that are known for their history have about as many values a file.

    Attributes:
        name: Names it in the study's file.
        machines: Machines; each has a file a commit.
        commits: Commits in the repository, all of them measured.
    """

    name: str
    machines: int
    commits: int

    @property
    def values(self) -> int:
        """How many values all files have together."""
        return self.machines * self.commits * SERIES


BENCHMARKS: Final = 25
#: Values of the two parameters that every benchmark has.
AXES: Final = (("'conv'", "'dense'"), ("1", "2", "4", "8", "16"))
SERIES: Final = BENCHMARKS * len(AXES[0]) * len(AXES[1])

#: Histories grow in both directions: more machines, and more commits on each.
SIZES: Final = {
    size.name: size for size in (Size("1e5", 4, 100), Size("1e6", 8, 500), Size("1e7", 20, 2000))
}
