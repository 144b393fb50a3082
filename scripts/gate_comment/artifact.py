"""Takes gate.json, and nothing else, out of an artifact that a pull request's own code wrote."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from github import GitHub, Refusal

#: What the action calls it if nobody says otherwise.
NAME: Final = "cnnfc-gate"
#: A gate of a thousand benchmarks is below 3 MB.
LARGEST_ARCHIVE: Final = 32_000_000
LARGEST_FILE: Final = 16_000_000
_FILE: Final = "gate.json"


def gate_json(api: GitHub, run: int, name: str = NAME) -> bytes | None:
    """What workflow run number `run` left as ``gate.json`` in artifact `name`; None if nothing.

    Raises:
        Refusal: the artifact is too large, damaged, or without that file.
    """
    found = [
        one
        for one in api.every(f"/actions/runs/{run}/artifacts", "artifacts")
        if one["name"] == name and not one["expired"]
    ]
    if not found:
        return None
    newest = max(found, key=lambda one: int(one["id"]))  # a run that was started again has two
    if newest["size_in_bytes"] > LARGEST_ARCHIVE:
        raise Refusal(f"the artifact is larger than {LARGEST_ARCHIVE:,} bytes")
    return unpacked(api.download(f"/actions/artifacts/{newest['id']}/zip", LARGEST_ARCHIVE))


def unpacked(archive: bytes) -> bytes:
    """``gate.json`` of `archive`; nothing is written to disk, whatever the other names are.

    Raises:
        Refusal: it is no archive, has no such file, or the file is too large unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(_FILE) as file:
            # The size that the archive tells may be a lie.
            data = file.read(LARGEST_FILE + 1)
    except KeyError:
        raise Refusal(f"the artifact has no {_FILE}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refusal(f"the artifact cannot be unpacked: {error}") from None
    if len(data) > LARGEST_FILE:
        raise Refusal(f"{_FILE} is larger than {LARGEST_FILE:,} bytes")
    return data
