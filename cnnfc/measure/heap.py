"""Keeps freed memory in the process, so that a layer's buffers are not paged in anew at every call.

glibc gives large blocks back to the kernel when they are freed, or not, depending on what happens
to lie above them on the heap.  A layer that allocates megabytes a call then either reuses them or
takes a page fault for every 4 KiB of them: the same training step took 10 ms in one process and
22 ms in the next.  With the heap kept, every process measures the first.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

#: Parameters of mallopt(3), from malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_MAX: Final = -4
#: A threshold that keeps glibc from ever giving back the top of the heap.
_NEVER: Final = -1
#: What a user sets to tune an allocator, or to replace it; then it is left as it is.
_TUNING: Final = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES")


#: Whether this process keeps its heap; a fork does what its parent did.
kept = False


def keep() -> bool:
    """Tell glibc to keep what is freed, for this process and its forks; False if it was not told.

    It holds for the arena of the main thread, where layers are called.  Other threads may allocate
    from arenas of their own, whose memory glibc still gives back.

    Nothing happens under another C library, or if a variable of the environment that begins with
    ``MALLOC_``, or ``GLIBC_TUNABLES`` or ``LD_PRELOAD``, says that the user has tuned or replaced
    the allocator.
    """
    if any(name.startswith(_TUNING) for name in os.environ):
        return False
    try:
        libc = ctypes.CDLL(None)
        is_glibc, mallopt = hasattr(libc, "gnu_get_libc_version"), libc.mallopt
    except (OSError, AttributeError, TypeError):
        return False
    global kept  # noqa: PLW0603 - what the process's allocator was told is process state
    # mallopt answers 1 if it has taken a parameter over.
    kept = is_glibc and all(
        mallopt(parameter, value) == 1
        for parameter, value in ((_M_TRIM_THRESHOLD, _NEVER), (_M_MMAP_MAX, 0))
    )
    return kept
