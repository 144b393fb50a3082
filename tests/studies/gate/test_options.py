import json

from cnnfc.studies.gate.options import main, tables
from cnnfc.studies.gate.recorded import OPTIONS
from testkit import gate_points


def test_every_option_has_a_row_for_each_number_of_threads():
    lines = tables({"record": gate_points.recording()}, runs=5)
    assert lines[0] == "quiet, one thread, 24 recorded pairs"
    rows = [line for line in lines if line.startswith("low ")]
    assert len(rows) == 2 * sum(option.statistic == "low" for option in OPTIONS)
    ways = [f"low {leg} ms {blocks} " for blocks in (1, 2, 4, 6) for leg in ("12.5", "25")]
    assert [" ".join(line.split()[:4]) + " " for line in rows] == ways * 2
    assert "busy: 0 recorded pairs, 12 at least are needed" in lines


def test_the_file_of_the_study_is_what_is_read(tmp_path, capsys):
    path = tmp_path / "gate.json"
    section = {"question": "", "settings": {}, "software": {}, "sittings": []}
    machines = {"m1": {**section, "points": {"record 1": gate_points.recording()}}}
    path.write_text(json.dumps({"schema": 1, "study": "gate", "machines": machines}))
    assert main([str(path), "2"]) == 0
    assert capsys.readouterr().out.startswith("m1\n\nquiet, one thread, 24 recorded pairs\n")


def test_a_wrong_command_line_is_told_in_one_sentence(tmp_path, capsys):
    assert main([]) == 2
    assert main([str(tmp_path / "gate.json"), "many"]) == 2
    assert main([str(tmp_path / "gate.json")]) == 2
    usage, many, absent = capsys.readouterr().err.splitlines()
    assert usage == "usage: python -m cnnfc.studies.gate.options FILE [RUNS]"
    assert many == "'many' is not a number of simulated runs"
    assert absent.endswith("has no machine: `cnnfc study gate` records pairs")
