"""Chooses the interpreter of each side, by what the two sides need."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import environments, requirements
from cnnfc.gate.preparing.environments import Makeshop
from cnnfc.gate.preparing.recipe import Recipe

#: Versions that a reader of a gate asks for, whether or not the package requires them.
_SHOWN: Final = ("torch", "numpy")
#: At most so many differences of two environments are named.
_NAMED: Final = 12


@dataclass(frozen=True)
class Need:
    """What one side requires beside its own ``package``, the folder that it is imported from."""

    package: Path
    requirements: tuple[str, ...]


def need(recipe: Recipe, package: Path, wishes: Sequence[str]) -> Need:
    """What a side with that `package` requires, with the `wishes` for it alone.

    Raises:
        UsageError: a wish is the package itself, or asv's matrix has something that cannot be read.
    """
    own = requirements.installed([package])
    for wish in wishes:
        if set(requirements.names([wish])) & set(own):
            raise UsageError(
                f"{wish!r} is the package that is compared: name its commit or tag as a side "
                f"instead"
            )
    listed = requirements.read_requirements(recipe.requirements, "matrix in asv.conf.json")
    required = requirements.package_requirements(package, recipe.extras)
    return Need(package, tuple(sorted({*listed, *required, *wishes})))


def choose(
    baseline: Need,
    contender: Need,
    shop: Makeshop,
    *,
    here: bool,
    say: Callable[[str], None],
) -> tuple[Path, Path]:
    """The interpreters: this one where it serves both, else one a set of requirements.

    Raises:
        UsageError: an environment cannot be made.
    """
    same = baseline.requirements == contender.requirements
    if here or (same and not requirements.unmet(baseline.requirements)):
        return Path(sys.executable), Path(sys.executable)
    changed = set(baseline.requirements) ^ set(contender.requirements)
    first, second = baseline, contender
    if shop.has(contender.requirements):
        # Whatever is new becomes like what is there.
        first, second = contender, baseline
    made = {first: shop.make(first.requirements, say=say)}
    like = {
        name: version
        for name, version in _installed(made[first]).items()
        if name not in requirements.names(changed)
    }
    made[second] = shop.make(second.requirements, like=like, say=say)
    return made[baseline], made[contender]


def software(python: Path, side: Need) -> Mapping[str, str]:
    """Versions by name of what matters to a side that `python` runs."""
    own = requirements.installed([side.package])
    others = _installed(python)
    wanted = dict.fromkeys((*_SHOWN, *requirements.names(side.requirements)))
    return {
        "python": platform.python_version(),
        **{name: others[name] for name in wanted if name in others and name not in own},
        **own,
    }


def remarks(pythons: tuple[Path, Path], needs: tuple[Need, Need]) -> Iterator[str]:
    """What a reader must know of the interpreters, a sentence each."""
    if pythons[0] != pythons[1]:
        old, new = map(_installed, pythons)
        changed = [
            f"{name} {old.get(name, 'absent')} -> {new.get(name, 'absent')}"
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
        more = len(changed) - _NAMED
        listed = ", ".join(changed[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield (
            "the two sides require different packages, so each has an environment of its own; "
            + (f"these differ: {listed}" if changed else "the same versions came to both")
        )
        return
    if pythons[0] != Path(sys.executable):
        yield "both sides run in an environment made for them, as this one lacks what they require"
        return
    for role, side in zip(("baseline", "contender"), needs, strict=True):
        lacking = requirements.unmet(side.requirements)
        if lacking:
            yield (
                f"the {role} requires {', '.join(lacking)}, which the interpreter that runs it "
                f"does not have"
            )


def _installed(python: Path) -> Mapping[str, str]:
    if python == Path(sys.executable):
        return requirements.installed()
    return requirements.installed([environments.site_packages(python.parent.parent)])
