"""Makes two commits, or a commit and the work tree, into two sides to start workers on."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import interpreters, kept, packages, requirements, snapshot
from cnnfc.gate.preparing.bytecode import compile_ahead
from cnnfc.gate.preparing.environments import Makeshop
from cnnfc.gate.preparing.git import Git
from cnnfc.gate.preparing.recipe import Recipe
from cnnfc.gate.preparing.requirements import read_requirements
from cnnfc.gate.preparing.suites import own_suite, suite_of_both
from cnnfc.gate.preparing.versions import (
    Opened,
    Source,
    Version,
    find_versions,
    open_project,
    refuse_the_same,
)
from cnnfc.gate.sides import ROLES, Side, Sides
from cnnfc.machine.locked_files import remedy

#: Goes up when packages are built in another way, so that old ones are not taken for new ones.
_BUILD: Final = "2"
#: Variables that compilers of extensions go by, as distutils reads them.
_COMPILERS: Final = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS")
#: Folders below the scratch folder whose content is found again.
_KINDS: Final = ("trees", "packages", "envs", "suites")


@dataclass(frozen=True)
class _Built:
    """Files of a version: its whole ``tree``, and the ``package`` folder to import from."""

    tree: Path
    package: Path


def prepare(
    source: Source,
    base: str,
    head: str | None,
    scratch: Path,
    *,
    baseline_with: Sequence[str] = (),
    contender_with: Sequence[str] = (),
    here: bool = False,
    allow_same: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Sides:
    """Both sides of a comparison, built and ready for workers.

    Both run the contender's benchmarks.  Where both need the same packages and this interpreter has
    them, it runs both; otherwise each set of packages gets an environment of its own.  Whatever is
    made is kept below `scratch` and found again; nothing else is written.

    Args:
        source: the asv project, as it lies on this disk.
        base: what to compare with: a commit, branch or tag.
        head: what is judged; None is the work tree as it stands, with everything that git does not
            ignore.
        scratch: folder for everything that is made; it may lie in the work tree.  One process at a
            time uses it, as each writes the configuration of its sides there.
        baseline_with: more requirements for the environment of the baseline, ``"torch==2.12"``.
        contender_with: the same for the contender.
        here: run both sides with this interpreter, whatever they require.
        allow_same: whether the two may be the same.
        say: is told what is being done before something long begins.

    Raises:
        UsageError: there is no repository, no such commit, nothing to compare, no benchmarks, or
            something cannot be built, installed or written.
        DataError: asv's configuration cannot be read.
    """
    wishes = (
        read_requirements(baseline_with, "--baseline-with"),
        read_requirements(contender_with, "--contender-with"),
    )
    if here and any(wishes):
        raise UsageError(
            "other packages for one side need an environment of its own, so they cannot be "
            "combined with measuring in this one"
        )
    project = open_project(source, scratch)
    with _writing(scratch):
        kept.sweep(scratch)
        with snapshot.private(project.git, project.scratch) as git:
            versions = find_versions(project, git, base, head)
            if not allow_same and wishes[0] == wishes[1]:
                refuse_the_same(*versions)
            built = [_build(project, git, version, say) for version in versions]
        sides = _equip(project, versions, built, wishes, here=here, say=say)
        for kind in _KINDS:
            kept.tidy(project.scratch / kind)
    return sides


def changed_since(source: Source, sides: Sides, scratch: Path) -> bool:
    """Whether the work tree is another one now than the one that was taken for the contender."""
    if sides.contender.label != snapshot.WORK_TREE:
        return False
    project = open_project(source, scratch)
    with snapshot.private(project.git, project.scratch) as git:
        return snapshot.work_tree(git, project.generated()) != sides.contender.tree


@contextlib.contextmanager
def _writing(scratch: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = remedy(error, "make its folder writable")
        raise UsageError(f"{scratch} cannot be written ({error.strerror}): {advice}") from error


def _build(project: Opened, git: Git, version: Version, say: Callable[[str], None]) -> _Built:
    """Unpack and build `version`, unless that was done before."""
    recipe, scratch = project.recipe, project.scratch
    tree = kept.keep(
        scratch / "trees" / version.tree,
        lambda folder: snapshot.unpack(git, version.tree, folder),
    )
    source = tree / recipe.subfolder
    if not source.is_dir():
        raise UsageError(
            f"{version.name} has no folder {recipe.subfolder}, which is repo_subdir in "
            f"{project.source.config_path}: name commits that have it"
        )
    if not packages.is_package(source):
        compile_ahead(source)
        return _Built(tree, source)
    folder = scratch / "packages" / _key(recipe, version, packages.build_requirements(source))
    log = scratch / "logs" / f"build-{folder.name}.log"

    def make(made: Path) -> None:
        say(f"building {version.name}")
        with kept.temporary(scratch, "build") as work:
            # A copy of its own, as builds write beside the sources.
            snapshot.unpack(git, version.tree, work)
            snapshot.as_repository(git, version.tree, version.parent, work)
            packages.build_package(
                work / recipe.subfolder,
                made,
                log,
                f"{version.name} cannot be built",
                variables=recipe.build_variables,
                patience=recipe.patience,
            )
        compile_ahead(made, folder)

    return _Built(tree, kept.keep(folder, make))


def _key(recipe: Recipe, version: Version, needed: Sequence[str]) -> str:
    """Names what a build of `version` gives, by everything that it depends on.

    That is more than the tree: compilers and their options, and what of the `needed` packages is
    installed here, which it is built with.
    """
    variables = {name: os.environ[name] for name in _COMPILERS if name in os.environ}
    variables |= recipe.build_variables
    here = requirements.installed()
    parts = (
        _BUILD,
        version.tree,
        recipe.subfolder,
        str(sys.implementation.cache_tag),
        sysconfig.get_platform(),
        *(f"{name}={value}" for name, value in sorted(variables.items())),
        *(f"{name}=={here.get(name, '')}" for name in sorted(requirements.names(needed))),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _equip(
    project: Opened,
    versions: Sequence[Version],
    built: Sequence[_Built],
    wishes: Sequence[Sequence[str]],
    *,
    here: bool,
    say: Callable[[str], None],
) -> Sides:
    """Both sides with the interpreters they need, and everything there is to say of them."""
    recipe, scratch = project.recipe, project.scratch
    shop = Makeshop(scratch / "envs", scratch / "logs", recipe.patience, recipe.build_variables)
    suite = suite_of_both(project, built[1].tree)
    old, new = (
        interpreters.need(recipe, made.package, wish)
        for made, wish in zip(built, wishes, strict=True)
    )
    pythons = interpreters.choose(old, new, shop, here=here, say=say)
    baseline, contender = (
        Side(
            role=role,
            label=version.label,
            commit=version.commit,
            tree=version.tree,
            suite=suite,
            own_suite=own_suite(project, made.tree),
            path=(made.package,),
            python=python,
            config=_configuration(project, role),
            environment=recipe.variables,
            software=interpreters.software(python, need),
        )
        for role, version, made, python, need in zip(
            ROLES, versions, built, pythons, (old, new), strict=True
        )
    )
    notes = [
        *recipe.notes,
        *_remarks(project, versions, baseline, built),
        *interpreters.remarks(pythons, (old, new)),
        *_built_for_another((baseline, contender), built),
    ]
    return Sides(baseline, contender, tuple(notes))


def _configuration(project: Opened, role: str) -> Path:
    """A fresh folder with a copy of asv's configuration."""
    # Names of one length, as of all paths of the two sides: the environment lies on the stack of a
    # process, and its size shifts what comes after it (Mytkowicz et al., ASPLOS 2009).
    folder = project.scratch / "sides" / str(ROLES.index(role))
    kept.remove(folder)
    folder.mkdir(parents=True)
    shutil.copyfile(project.source.config_path, folder / project.source.config_path.name)
    return folder


def _built_for_another(sides: Sequence[Side], built: Sequence[_Built]) -> Iterator[str]:
    """A sentence for each side with compiled files that another environment was built for."""
    for side, made in zip(sides, built, strict=True):
        if side.python != Path(sys.executable) and packages.has_compiled_files(made.package):
            yield (
                f"the {side.role} has compiled files, which were built beside the packages of "
                f"{sys.executable} and not of the environment that runs them"
            )


def _remarks(
    project: Opened, versions: Sequence[Version], baseline: Side, built: Sequence[_Built]
) -> Iterator[str]:
    """What a reader must know of the two versions, a sentence each."""
    odd = snapshot.relation(project.git, versions[0].parent, versions[1].parent)
    if odd:
        yield odd
    if baseline.own_suite is None:
        yield (
            f"{versions[0].name} has no benchmarks of its own, so none can be missing in the "
            f"contender"
        )
    if any((made.tree / ".gitmodules").is_file() for made in built):
        yield "submodules are not built along, as git keeps their content outside of the commits"
