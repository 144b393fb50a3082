"""Works out which packages a side needs, and whether this interpreter has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.metadata import Metadata
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from cnnfc.errors import UsageError

#: What every environment needs to find benchmarks; the version is that of this interpreter.
RUNNER: Final = "asv_runner"


def read_requirements(texts: Iterable[str], where: str) -> tuple[str, ...]:
    """`texts` in one spelling, in order, each once, without those that do not hold on this system.

    Args:
        texts: as pip takes them, ``"torch ==2.12"``.
        where: what they are from, for the error.

    Raises:
        UsageError: one cannot be read.
    """
    return tuple(sorted({_spelt(r) for r in _parsed(texts, where) if _holds(r, ("",))}))


def package_requirements(package: Path, extras: Iterable[str]) -> tuple[str, ...]:
    """What the package installed in the folder `package` requires with `extras`, as above.

    A package without metadata, or an extra that it does not have, requires nothing.
    """
    wanted: set[str] = {canonicalize_name(extra) for extra in extras}
    found: set[str] = set()
    for distribution in metadata.distributions(path=[str(package)]):
        needs = _metadata(distribution)
        # An extra may be made of others: "project[measure]" within the extra "test" of project.
        waiting: set[str] = {"", *wanted}
        known: set[str] = set()
        while waiting:
            known |= waiting
            active = [need for need in needs if _holds(need, waiting)]
            own = [need for need in active if _is(need, distribution)]
            found |= {_spelt(need) for need in active if not _is(need, distribution)}
            named: set[str] = {canonicalize_name(extra) for need in own for extra in need.extras}
            waiting = named - known
    return tuple(sorted(found))


def unmet(requirements: Iterable[str]) -> tuple[str, ...]:
    """Those of `requirements` that this interpreter does not meet."""
    return tuple(text for text in requirements if not _is_met(Requirement(text)))


def names(requirements: Iterable[str]) -> tuple[str, ...]:
    """Names of the required packages, in one spelling."""
    return tuple(dict.fromkeys(canonicalize_name(Requirement(text).name) for text in requirements))


def installed(paths: Iterable[Path] | None = None) -> Mapping[str, str]:
    """Versions by name of what is installed in the folders `paths`, or for this interpreter."""
    found = (
        metadata.distributions()
        if paths is None
        else metadata.distributions(path=[str(path) for path in paths])
    )
    versions: dict[str, str] = {}
    for distribution in found:
        # A folder that was only half removed has no name, or raises that it has none (as the
        # backport does that asv loads); the first of two of one name is loaded.
        try:
            name = distribution.metadata["Name"]
        except (FileNotFoundError, KeyError):
            continue
        if name:
            versions.setdefault(canonicalize_name(name), distribution.version)
    return versions


def _parsed(texts: Iterable[str], where: str) -> Iterator[Requirement]:
    for text in texts:
        try:
            yield Requirement(text)
        except InvalidRequirement as error:
            reason = str(error).partition("\n")[0]
            raise UsageError(
                f"{text!r} of {where} is not a requirement ({reason}): write it as for pip, such "
                f"as 'torch==2.12'"
            ) from None


def _metadata(distribution: metadata.Distribution) -> list[Requirement]:
    text = distribution.read_text("METADATA")
    if text is None:
        return []
    return list(Metadata.from_email(text, validate=False).requires_dist or ())


def _holds(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Whether `requirement` counts on this system with one of `extras` ("" is none)."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def _is(requirement: Requirement, distribution: metadata.Distribution) -> bool:
    return canonicalize_name(requirement.name) == canonicalize_name(distribution.metadata["Name"])


def _spelt(requirement: Requirement) -> str:
    """One spelling for requirements that mean the same on this system."""
    extras = ",".join(sorted(canonicalize_name(extra) for extra in requirement.extras))
    name = canonicalize_name(requirement.name) + (f"[{extras}]" if extras else "")
    if requirement.url:
        return f"{name} @ {requirement.url}"
    return name + ",".join(sorted(str(specifier) for specifier in requirement.specifier))


def _is_met(requirement: Requirement, *, deep: bool = True) -> bool:
    try:
        distribution = metadata.distribution(requirement.name)
    except metadata.PackageNotFoundError:
        return False
    if requirement.url:
        return _origin(distribution) == requirement.url
    if not requirement.specifier.contains(distribution.version, prereleases=True):
        return False
    extras = {canonicalize_name(extra) for extra in requirement.extras}
    if not extras or not deep:
        return True
    # What the extras need, without what the package needs anyway.
    added = [n for n in _metadata(distribution) if _holds(n, extras) and not _holds(n, ("",))]
    return all(_is_met(need, deep=False) for need in added)


def _origin(distribution: metadata.Distribution) -> str | None:
    """The address that `distribution` was installed from, where it was not an index."""
    try:
        said = json.loads(distribution.read_text("direct_url.json") or "{}")
        return str(said["url"])
    except (ValueError, KeyError, TypeError):
        return None
