import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from cnnfc.measure import heap

#: Frees and takes 64 MiB five times after `keep` or without it, and counts the page faults.
PROGRAM = """
import ctypes, resource, sys
from cnnfc.measure import heap
if sys.argv[1] == "keep":
    assert heap.keep()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def once():
    block = libc.malloc(64 * 2**20)
    ctypes.memset(block, 1, 64 * 2**20)
    libc.free(block)
once()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    once()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""

glibc_only = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="another C library than glibc"
)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    monkeypatch.setattr(heap, "kept", heap.kept)


@pytest.fixture
def untuned(monkeypatch):
    """An environment in which no user has tuned the allocator."""
    for name in list(os.environ):
        if name.startswith(heap._TUNING):
            monkeypatch.delenv(name)


def printed(program, *arguments):
    """The number that `program` prints in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


@glibc_only
@pytest.mark.usefixtures("untuned")
def test_a_large_block_is_paged_in_once_when_the_heap_is_kept():
    pages = 64 * 2**20 // 4096
    assert printed(PROGRAM, "leave") >= 5 * pages // 512  # even with 2 MiB pages
    assert printed(PROGRAM, "keep") < 100


#: Takes 3 GiB, touches none of it and frees it; prints by how much that made the heap shrink.
LARGE = """
import ctypes
from cnnfc.measure import heap
assert heap.keep()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.sbrk.argtypes = [ctypes.c_ssize_t]
block = libc.malloc(3 * 2**30)
end = libc.sbrk(0)
if block is None:
    print(-1)
else:
    libc.free(block)
    print(end - libc.sbrk(0))
"""


@glibc_only
@pytest.mark.usefixtures("untuned")
def test_more_than_two_gib_of_freed_memory_are_kept_as_well():
    shrunk = printed(LARGE)
    if shrunk < 0:
        pytest.skip("3 GiB of addresses are not to be had here")
    assert shrunk == 0


@pytest.mark.usefixtures("untuned")
def test_trimming_is_switched_off_altogether_and_no_block_is_mapped_on_its_own(monkeypatch):
    told = []

    def mallopt(parameter, value):
        told.append((parameter, value))
        return 1

    libc = SimpleNamespace(gnu_get_libc_version=None, mallopt=mallopt)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    assert heap.keep() is True
    # malloc.h: M_TRIM_THRESHOLD is -1, M_MMAP_MAX -4; mallopt(3): a threshold of -1 disables it.
    assert told == [(-1, -1), (-4, 0)]


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD"])
def test_an_allocator_that_the_user_tuned_is_left_alone(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    monkeypatch.setattr(ctypes, "CDLL", None)  # would raise if it were asked
    assert heap.keep() is False


@pytest.mark.usefixtures("untuned")
def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert heap.keep() is False
