"""Keeps texts from files harmless in GitHub's Markdown: no markup, links, mentions or references.

Two forms suffice.  `code` shows a name exactly as it is; nothing inside a code span is looked at,
neither by the parser nor by the filters behind it that find mentions and references.  `prose` is
for sentences: characters of markup are escaped, and an invisible space splits what those filters
would take for a mention, a reference or an address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cnnfc.report.gate.words import line

#: No space to a reader, a break to whoever looks for ``@name``.
_SPLIT: Final = "\u200b"
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&~$#{}!]")
_FOUND_LATER: Final = re.compile(
    r"@|:(?=//)|\bwww(?=\.)|\bmailto(?=:)|\\#|\bGH(?=-[0-9])", re.IGNORECASE
)
_BACKTICKS: Final = re.compile(r"`+")
#: Hashes of commits become links.
_HASH: Final = re.compile(r"\b[0-9a-f]{7,}\b", re.IGNORECASE)


def prose(words: str, limit: int = 300) -> str:
    """`words` as a harmless part of one line of Markdown, which must not begin it."""
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", line(words, limit))
    split = _FOUND_LATER.sub(lambda match: match[0] + _SPLIT, escaped)
    split = _HASH.sub(lambda match: _SPLIT.join(re.findall(".{1,6}", match[0])), split)
    return split.replace("|", "&#124;")


def code(words: str, limit: int = 160, *, in_table: bool = False) -> str:
    """`words` as a code span that shows them as they are, on one line.

    In a table a bar is escaped even within code.  A backslash before it might take the escape away
    again, depending on who reads it, so that backslash becomes its look-alike.
    """
    plain = line(words, limit)
    if not plain:
        return "–"
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(plain)), default=0))
    space = " " if plain[0] == "`" or plain[-1] == "`" else ""
    if in_table:
        plain = re.sub(r"\\(?=\\*\|)", "⧵", plain).replace("|", "\\|")
    return f"{fence}{space}{plain}{space}{fence}"


def row(cells: Sequence[str]) -> str:
    """One line of a table of what `prose` and `code` made."""
    return f"| {' | '.join(cells)} |"


def fenced(lines: Sequence[str], language: str = "text") -> list[str]:
    """`lines` as a block of code that they cannot end."""
    longest = max((len(run) for one in lines for run in _BACKTICKS.findall(one)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *lines, fence]
