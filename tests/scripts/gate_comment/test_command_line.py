"""The whole way from an event to a comment, with the files that a real gate leaves."""

import importlib.util
import json
import re

import pytest

from cnnfc.history import gate_json
from testkit import gate_reports as gates


@pytest.fixture
def main(script):
    path = script.folder / "__main__.py"
    spec = importlib.util.spec_from_file_location("gate_comment_main", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.fixture
def environment(hub, run, tmp_path):
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": run}))
    return {
        "GITHUB_API_URL": hub.api,
        "GITHUB_REPOSITORY": "orchard/layers",
        "GITHUB_TOKEN": "a-token-of-the-job",
        "GITHUB_EVENT_PATH": str(event),
    }


def _leave(hub, report, folder, **names):
    path = folder / "gate.json"
    gate_json.write(report, path)
    hub.leave(hub.archive(gate__json=path.read_bytes()), **names)


def test_a_slowdown_is_said_on_the_pull_request(main, hub, environment, tmp_path, capsys):
    _leave(hub, gates.usual(), tmp_path)
    assert main(environment) == 0
    assert capsys.readouterr().out == "a comment was made\n"
    (one,) = hub.comments
    assert one["body"].startswith("<!-- cnnfc-gate -->\n")
    assert "8.2%" in one["body"]
    assert "actions/runs/99" in one["body"]


def test_names_of_an_attacker_neither_mention_nor_mark_up(main, hub, environment, tmp_path):
    evil = "@everyone <img src=x> ](https://evil.example) | `"
    _leave(hub, gates.report(gates.result(gates.Verdict.REGRESSION, 9.0, name=evil)), tmp_path)
    assert main(environment) == 0
    # Inside a code span nothing is markup or a mention; a table's bar is escaped there too.
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", hub.comments[0]["body"])
    assert outside != hub.comments[0]["body"]
    assert "<img" not in outside
    assert "@everyone" not in outside
    assert "](https://evil.example)" not in outside


def test_a_file_that_is_no_gate_makes_no_comment(main, hub, environment, capsys):
    hub.leave(hub.archive(gate__json="[1, 2"))
    assert main(environment) == 1
    assert capsys.readouterr().err.startswith("no comment: ")
    assert hub.comments == []


def test_a_pull_request_that_moved_on_is_left_alone(main, hub, environment, tmp_path):
    _leave(hub, gates.usual(), tmp_path)
    hub.pulls[0]["head"]["sha"] = "00" * 20
    assert main(environment) == 0
    assert hub.comments == []
    assert not [path for _, path, _ in hub.asked if "artifact" in path]


def test_a_run_that_left_nothing_is_no_failure(main, hub, environment, capsys):
    assert main(environment) == 0
    assert capsys.readouterr().out == "the run left no artifact cnnfc-gate: no comment\n"


def test_the_artifact_may_have_another_name(main, hub, environment, tmp_path, capsys):
    _leave(hub, gates.usual(), tmp_path, name="gate-of-linux")
    assert main(environment) == 0
    assert capsys.readouterr().out == "the run left no artifact cnnfc-gate: no comment\n"
    assert main(environment | {"GATE_ARTIFACT": "gate-of-linux"}) == 0
    assert len(hub.comments) == 1


def test_a_github_that_nobody_reaches_is_told_in_a_sentence(main, environment, capsys):
    # Nothing listens at port 1.
    assert main(environment | {"GITHUB_API_URL": "http://127.0.0.1:1"}) == 1
    said = capsys.readouterr().err
    assert said.startswith("no comment: GitHub cannot be reached for GET /pulls?")
    assert said.count("\n") == 1
