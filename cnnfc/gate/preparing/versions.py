"""Finds out which two contents of a repository are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cnnfc.errors import UsageError
from cnnfc.gate.preparing import snapshot
from cnnfc.gate.preparing.git import Git, open_work_tree
from cnnfc.gate.preparing.recipe import Recipe, read_recipe

#: Where gates write what they found, relative to the project, if nobody says otherwise.
_OUTPUTS: Final = ("reports/gate",)


class Source(Protocol):
    """Where an asv project is: `cnnfc.commands.project.Project` is one."""

    @property
    def root(self) -> Path: ...

    @property
    def benchmarks(self) -> Path: ...

    @property
    def config_path(self) -> Path: ...


@dataclass(frozen=True)
class Opened:
    """A project with its recipe, the repository of its code, and the folder for what is made."""

    source: Source
    recipe: Recipe
    git: Git
    scratch: Path

    def inside(self, path: Path) -> Path | None:
        """`path` relative to the top of the repository; None if it lies elsewhere."""
        path, top = path.resolve(), self.git.folder.resolve()
        return path.relative_to(top) if path.is_relative_to(top) else None

    def generated(self) -> tuple[Path, ...]:
        """Folders whose files are nobody's work."""
        names = (*self.recipe.generated, *_OUTPUTS)
        return (self.scratch, *(self.source.root / name for name in names))


@dataclass(frozen=True)
class Version:
    """One of the two contents.

    Attributes:
        label: What was typed, or ``work tree``.
        commit: Full hash; None for a work tree with changes.
        tree: Hash of the content.
        parent: The commit, or the one that the work tree was made from.
    """

    label: str
    commit: str | None
    tree: str
    parent: str

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        if self.label == snapshot.WORK_TREE:
            return f"the {self.label}"
        short = self.parent[:12]
        known = self.parent.startswith(self.label)
        return f"commit {short}" if known else f"commit {short} ({self.label})"


def open_project(source: Source, scratch: Path) -> Opened:
    """The project at `source`, ready for questions.

    Raises:
        UsageError: its code lies in no git repository on this disk.
        DataError: asv's configuration cannot be read.
    """
    recipe = read_recipe(source.config_path)
    folder = (source.root / recipe.repository).resolve()
    if not folder.is_dir():
        raise UsageError(
            f"repo is {recipe.repository!r} in {source.config_path}: the gate needs a repository "
            f"on this disk, such as '.'"
        )
    return Opened(source, recipe, open_work_tree(folder), scratch.resolve())


def find_versions(
    project: Opened, git: Git, base: str, head: str | None
) -> tuple[Version, Version]:
    """Baseline and contender; a `head` of None is the work tree as it stands.

    Args:
        project: from `open_project`.
        git: from `snapshot.private`; the content of the work tree goes there.
        base: a commit, branch or tag.
        head: the same.

    Raises:
        UsageError: there is no such commit, or git refuses.
    """
    first = snapshot.find_commit(git, base)
    baseline = Version(base, first, snapshot.tree_of(git, first), first)
    if head is not None:
        second = snapshot.find_commit(git, head)
        return baseline, Version(head, second, snapshot.tree_of(git, second), second)
    parent = snapshot.find_commit(git, "HEAD")
    tree = snapshot.work_tree(git, project.generated())
    commit = parent if tree == snapshot.tree_of(git, parent) else None
    return baseline, Version(snapshot.WORK_TREE, commit, tree, parent)


def refuse_the_same(baseline: Version, contender: Version) -> None:
    """Raise `UsageError` where both have the same files."""
    if baseline.tree != contender.tree:
        return
    if contender.label == snapshot.WORK_TREE:
        raise UsageError(
            f"the work tree has the same files as {baseline.label}: there is nothing to compare, "
            f"so change something or name an older commit"
        )
    raise UsageError(
        f"{baseline.label} and {contender.label} have the same files: there is nothing to compare, "
        f"so name two commits that differ"
    )
