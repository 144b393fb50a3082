"""The workflows and the action: valid, with no more rights than they need, deaf to names."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"


def _read(path):
    # YAML 1.1 reads the key `on` as true.
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _steps(path):
    data = _read(path)
    if "runs" in data:
        return data["runs"]["steps"]
    return [step for job in data["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
def test_no_expression_stands_inside_a_script(path):
    for step in _steps(path):
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_job_ends_and_states_its_rights(path):
    data = _read(path)
    assert "permissions" in data
    assert all("timeout-minutes" in job for job in data["jobs"].values())


def test_what_runs_a_pull_requests_code_has_no_rights_and_no_secrets():
    text = (ROOT / ".github" / "workflows" / "gate.yml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    assert data[True] == {"pull_request": None}  # not pull_request_target
    assert data["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    assert "github.token" not in text
    (checkout,) = [
        s for s in _steps(ROOT / ".github/workflows/gate.yml") if "checkout" in s.get("uses", "")
    ]
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}


def test_what_comments_runs_the_default_branch_alone():
    path = ROOT / ".github" / "workflows" / "gate-comment.yml"
    data = _read(path)
    gate = _read(ROOT / ".github" / "workflows" / "gate.yml")
    assert data[True] == {"workflow_run": {"workflows": [gate["name"]], "types": ["completed"]}}
    assert data["permissions"] == {}
    (job,) = data["jobs"].values()
    assert job["permissions"] == {
        "actions": "read",
        "contents": "read",
        "pull-requests": "write",
    }
    (checkout,) = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert "ref" not in checkout["with"]
    assert not [step for step in job["steps"] if "download-artifact" in step.get("uses", "")]
    assert (ROOT / "scripts" / "gate_comment" / "__main__.py").is_file()


def test_the_comment_looks_for_the_artifact_that_the_action_leaves():
    script = (ROOT / "scripts" / "gate_comment" / "artifact.py").read_text(encoding="utf-8")
    (name,) = re.findall(r'^NAME: Final = "(.*)"$', script, re.MULTILINE)
    assert _read(ACTION)["inputs"]["artifact"]["default"] == name
    (step,) = [
        step
        for step in _steps(ROOT / ".github/workflows/gate-comment.yml")
        if "gate_comment" in step.get("run", "")
    ]
    assert step["env"]["GATE_ARTIFACT"] == name  # gate.yml leaves it as it is


def _run(step, folder, **environment):
    """A step of the action as GitHub runs it, with a `cnnfc` that notes its arguments."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    fake = bin_ / "cnnfc"
    fake.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" >"$OUT"\nmkdir -p reports/gate\n'
        'echo said >reports/gate/summary.md\nexit "${ANSWER:-0}"\n'
    )
    fake.chmod(0o755)
    given = {
        "PATH": f"{bin_}:/usr/local/bin:/usr/bin:/bin",
        "OUT": str(folder / "arguments"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=given | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def _step(name):
    (found,) = [step for step in _steps(ACTION) if step["name"] == name]
    return found


@pytest.mark.parametrize(
    ("args", "options"),
    [
        ("", []),
        ("--strict  --budget '20 min'", ["--strict", "--budget", "20 min"]),
        (
            '--bench "a b" --contender-with torch==2.13',
            ["--bench", "a b", "--contender-with", "torch==2.13"],
        ),
        ("--bench $(touch here);`touch here`", ["--bench", "$(touch", "here);`touch", "here`"]),
    ],
)
def test_the_action_hands_on_its_inputs_and_runs_none_of_them(tmp_path, args, options):
    done = _run(_step("Measure"), tmp_path, BASE="HEAD^1", HEAD="", ARGS=args, ANSWER="4")
    assert (done.returncode, done.stderr) == (0, "")
    said = (tmp_path / "arguments").read_text().splitlines()
    assert said == ["gate", "--out", "reports/gate", *options, "--", "HEAD^1"]
    assert (tmp_path / "output").read_text() == "code=4\n"
    assert not (tmp_path / "here").exists()


def test_the_action_names_the_head_if_it_is_given(tmp_path):
    _run(_step("Measure"), tmp_path, BASE="main", HEAD="topic", ARGS="")
    assert (tmp_path / "arguments").read_text().split() == [
        "gate",
        "--out",
        "reports/gate",
        "--",
        "main",
        "topic",
    ]


def test_the_verdict_comes_last_whatever_it_is(tmp_path):
    names = [step["name"] for step in _steps(ACTION)]
    assert names == ["Install cnnfc", "Measure", "Summary", "Keep the report", "Verdict"]
    after = [step for step in _steps(ACTION) if step["name"] in names[2:]]
    assert all(step["if"].startswith("always()") for step in after)
    assert _run(_step("Verdict"), tmp_path, CODE="4").returncode == 4
    _run(_step("Measure"), tmp_path, BASE="main", HEAD="", ARGS="")
    _run(_step("Summary"), tmp_path)
    assert (tmp_path / "summary").read_text() == "said\n"
