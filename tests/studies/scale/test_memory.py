import subprocess
import sys

import pytest

from cnnfc.studies.scale import memory

PROGRAM = """
import subprocess, sys
from cnnfc.studies.scale.memory import own_peak, peak
before = own_peak()
block = bytearray(200 * 2**20)
print(before, own_peak(), peak())
"""


def test_a_block_of_memory_is_seen():
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    before, after, both = map(int, said.stdout.split())
    assert 190 * 2**20 < after - before < 260 * 2**20
    assert both >= after


@pytest.mark.skipif(sys.platform == "win32", reason="has no such accounts")
def test_where_the_system_has_no_such_file_its_accounts_are_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
    assert memory.own_peak() > 2**20
