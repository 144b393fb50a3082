import ctypes
import subprocess
import sys

import pytest

from cnnfc.measure import heap

#: Frees and takes 64 MiB fifty times after `keep` or without it, and counts the page faults.
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


def page_faults(what, monkeypatch):
    for name in ("LD_PRELOAD", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, what], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


@glibc_only
def test_a_large_block_is_paged_in_once_when_the_heap_is_kept(monkeypatch):
    pages = 64 * 2**20 // 4096
    assert page_faults("leave", monkeypatch) >= 5 * pages // 512  # even with 2 MiB pages
    assert page_faults("keep", monkeypatch) < 100


@pytest.mark.parametrize("name", ["MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD"])
def test_an_allocator_that_the_user_tuned_is_left_alone(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    monkeypatch.setattr(ctypes, "CDLL", None)  # would raise if it were asked
    assert heap.keep() is False


def test_another_c_library_is_left_alone(monkeypatch):
    for name in list(heap.os.environ):
        if name.startswith(heap._TUNING):
            monkeypatch.delenv(name)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert heap.keep() is False
