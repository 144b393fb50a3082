import importlib.util
import subprocess
import sys

import pytest

from cnnfc.errors import DataError
from cnnfc.history import gate_json
from cnnfc.report.gate import write_all
from testkit import gate_reports as gates


def test_a_folder_holds_every_form_of_a_gate(tmp_path):
    folder = tmp_path / "gate" / "main-tree"
    written = write_all(gates.usual(), folder)
    assert [path.name for path in written] == [
        *("gate.json", "summary.md", "junit.xml", "gate.sarif", "index.html"),
    ]
    assert sorted(folder.iterdir()) == sorted(written)
    assert gate_json.read(folder / "gate.json") == gates.usual()
    assert all(path.stat().st_size > 1000 for path in written)


def test_the_data_is_there_if_another_form_cannot_be_written(tmp_path):
    (tmp_path / "summary.md").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*summary\.md"):
        write_all(gates.clean(), tmp_path)
    assert gate_json.read(tmp_path / "gate.json") == gates.clean()


def test_hostile_names_reach_every_form_without_harm(nasty, tmp_path):
    assert len(write_all(nasty, tmp_path)) == 5
    assert len(write_all(gates.hostile(), tmp_path)) == 5


def test_reading_and_writing_needs_neither_torch_nor_templates():
    code = (
        "import sys; import cnnfc.history.gate_json, cnnfc.report.gate.summary\n"
        "import cnnfc.report.gate.junit, cnnfc.report.gate.sarif, cnnfc.report.gate.text\n"
        "print([m for m in ('torch', 'jinja2', 'numpy', 'altair') if m in sys.modules])"
    )
    assert importlib.util.find_spec("jinja2")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_places_in_sarif_begin_at_the_root_of_the_repository(tmp_path):
    found = gates.result(gates.Verdict.REGRESSION, file="benchmarks/dense.py")
    write_all(gates.report(found), tmp_path, project="tools/layers")
    assert '"tools/layers/benchmarks/dense.py"' in (tmp_path / "gate.sarif").read_text()
