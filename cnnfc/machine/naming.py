"""Makes the machine's name from what it is made of.

The name is a folder name and a key of the history, so it must not change with a driver, a kernel,
a BIOS setting or an operating system, and must not reveal whose machine it is.  It holds the CPU
model, the physical cores, the memory and the GPUs; a part that is not known is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

#: What brand strings hold besides the model, in the order in which it is cut away.
_CPU_NOISE: Final = (
    r"\((r|tm|c)\)",  # Intel(R) Core(TM)
    r"@.*$",  # @ 2.90GHz
    r",.*$",  # , 12 Compute Cores 4C+8G; (Skylake, IBRS)
    r"\s(with|w/)\s.*$",  # with Radeon Graphics
    r"\b\d+(st|nd|rd|th) gen\b",  # 13th Gen
    r"\b(\d+|dual|quad|six|eight)[- ]cores?\b",  # 96-Core: the cores have their own part
    r"\b(cpu|processor)\b",
)
_LONGEST_PART: Final = 60

GIB: Final = 2**30


def machine_name(
    cpu_model: str | None,
    architecture: str | None,
    cores: int | None,
    memory_bytes: int | None,
    gpus: Sequence[str],
) -> str:
    """The name of such a machine, of ``[a-z0-9-]`` only.

    Args:
        cpu_model: As the maker writes it; without it `architecture` (``"aarch64"``) stands there.
        architecture: Instruction set architecture.
        cores: Physical cores.
        memory_bytes: Already rounded by `round_memory`.
        gpus: Model of every GPU; equal ones are counted.

    >>> machine_name("AMD EPYC 9654 96-Core Processor", None, 96, 768 * GIB, ["NVIDIA H200"] * 4)
    'amd-epyc-9654-96c-768gb-4x-nvidia-h200'
    """
    parts = [_cpu(cpu_model or "") or _slug(architecture or "")]
    if cores is not None:
        parts.append(f"{cores}c")
    if memory_bytes is not None:
        parts.append(f"{memory_bytes // GIB}gb")
    for gpu, count in sorted(Counter(_gpu(gpu) for gpu in gpus).items()):
        parts.append(f"{count}x-{gpu}" if count > 1 else gpu)
    return "-".join(part for part in parts if part) or "unknown"


def round_memory(size: int) -> int:
    """Bytes of memory that a machine reporting `size` bytes was built with, in whole GiB.

    The kernel and the firmware keep some per cent for themselves, more or less with every update.
    Rounded up to a step of 1/8 to 1/4 of the size, at least 1 GiB: 14.9 GiB is 16, 23.5 is 24, 755
    is 768.
    """
    gib = -(-size // GIB)
    step = 1 << max(0, gib.bit_length() - 3)
    return -(-size // (step * GIB)) * step * GIB


def _cpu(model: str) -> str:
    text = model.lower()
    for noise in _CPU_NOISE:
        text = re.sub(noise, " ", text)
    return _slug(text)


def _gpu(model: str) -> str:
    slug = _slug(model.lower()) or "gpu"
    # Drivers before 460 left the maker out; the same card must not change its name.
    return slug if slug.startswith("nvidia") else f"nvidia-{slug}"


def _slug(text: str) -> str:
    """`text` with every run of other characters than ``[a-z0-9]`` as one dash.

    A plus behind a letter or digit is part of a model (Xeon 8480+ is not 8480).
    """
    text = re.sub(r"(?<=[a-z0-9])\+", "plus", text.lower())
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:_LONGEST_PART].strip("-")
