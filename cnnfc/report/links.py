"""Safe addresses: file names of pages and links to commits, from names that nobody has checked."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

_SLUG_LENGTH: Final = 48
_COMMIT: Final = re.compile(r"[0-9a-f]{7,40}")
_BASE: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/@%+?=;&-]*)?")


def page_path(folder: str, *names: str) -> str:
    """The path of the page about `names` inside the site, as ``machine/box-1f2e3d4c.html``.

    Made of ``[a-z0-9-]`` only and at most 70 characters, whatever the names hold.  The hash tells
    apart names that look alike once simplified (``A`` and ``a``) and keeps a page from having the
    name of a device of Windows (``con``).
    """
    return f"{folder}/{slug(*names)}.html"


def slug(*names: str) -> str:
    """A short name of a file or fragment: readable words of `names`, 8 digits of their SHA-256."""
    whole = "\x1f".join(names)
    ascii_ = unicodedata.normalize("NFKD", " ".join(names)).encode("ascii", "ignore").decode()
    # An underscore of a benchmark's name and a dot read as a dash just as well.
    words = re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")[:_SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{words}-{digest}" if words else digest


def commit_href(base: str | None, commit: str) -> str:
    """`base` + `commit` if both are what they should be, else ``""`` (print the commit unlinked).

    `base` is asv's ``show_commit_url``: an http(s) address without credentials, quotes or spaces.
    """
    if base is None or not _BASE.fullmatch(base) or not is_commit(commit):
        return ""
    return base + commit


def is_commit(commit: str) -> bool:
    """Whether `commit` is a hash, whole or shortened, and nothing else."""
    return _COMMIT.fullmatch(commit) is not None


def short_commit(commit: str) -> str:
    """The first 8 characters, as asv's file names have them; a commit that is no hash, whole."""
    return commit[:8] if is_commit(commit) else commit
