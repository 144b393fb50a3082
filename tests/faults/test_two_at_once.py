"""Two reports at once; two runs at once are in tests/commands/test_run.py and test_lock.py."""

import subprocess
import sys

#: Writes a site of three pages, all with the same number, again and again.
WRITER = """
import sys
from pathlib import Path
from cnnfc.report import writer

def pages(site, folder):
    for name in ("index.html", "b.html", writer.MARKER):
        (folder / name).write_text(number)

writer.build_site = lambda *_, **__: None
writer._write = pages
out = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for turn in range(60):
    number = f"{sys.argv[2]} {turn}"
    writer.write_site(None, out, project="p")
"""


def test_reports_at_once_take_turns_and_the_last_one_is_whole(tmp_path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "site"), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        with writer:
            _, complaint = writer.communicate(timeout=60)
        assert (writer.returncode, complaint) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    (content,) = {path.read_text() for path in (tmp_path / "site").iterdir()}
    assert content.endswith(" 59")
