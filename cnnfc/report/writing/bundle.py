"""Makes the one script that draws charts in a browser: Vega, Vega-Lite and the expressions' reader.

The bundle comes out of the installed vl-convert, so a site has the very versions that its drawings
were made with, and nothing is downloaded.  It takes seconds to make and is the same every time
(with vl-convert 1.9: 898 kB, 305 kB gzipped), so it is kept among the user's caches.
"""

from __future__ import annotations

import contextlib
import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import vl_convert

from cnnfc.errors import DataError
from cnnfc.history.index.place import index_folder
from cnnfc.machine.locked_files import write_atomically

#: What the bundle leaves behind; Vega Embed brings the interpreter that its option ``ast`` needs.
_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"


@cache
def chart_library() -> str:
    """The text of the script; it sets ``window.vegaEmbed``."""
    place = _place()
    if place is not None:
        # Whatever is wrong with a cache, what it holds can be made again.
        with contextlib.suppress(OSError, ValueError):
            mark, _, text = place.read_text(encoding="utf-8").partition("\n")
            if mark == _mark(text):
                return text
    text = vl_convert.javascript_bundle(_SNIPPET)
    if place is not None:
        with contextlib.suppress(OSError, DataError):
            write_atomically(place, f"{_mark(text)}\n{text}")
    return text


def _mark(text: str) -> str:
    """The first line of a kept bundle, which a file that was damaged does not begin with."""
    return f"// sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def _place() -> Path | None:
    """Where the bundle of this vl-convert is kept; None for a user without caches."""
    index = index_folder(None)
    if index is None:
        return None
    made_by = hashlib.sha256(f"{version('vl-convert-python')} {_SNIPPET}".encode()).hexdigest()
    return index.with_name("charts") / f"vega-{made_by[:12]}.js"
