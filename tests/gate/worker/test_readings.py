import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "cnnfc" / "gate" / "worker"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells the peak of a program")
def test_the_peak_is_that_of_the_program_and_not_of_a_large_parent():
    held = bytearray(b"1") * 2**29
    program = (
        f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n"
        "from readings import peak_bytes\n"
        "before = peak_bytes()\n"
        "bytearray(b'1') * 2**27\n"
        "print(before, peak_bytes())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    before, after = map(int, ran.stdout.split())
    assert len(held) == 2**29
    assert before < 2**28
    assert after >= before + 2**27 - 2**22
