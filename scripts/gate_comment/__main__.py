"""Says on a pull request what its gate found.

Run by ``.github/workflows/gate-comment.yml`` from a checkout of the default branch, after the
workflow that measured has ended.  That one runs the code of the pull request and has no rights;
this one has the right to comment, and so takes nothing from it but numbers and names: of the
artifact only ``gate.json`` is read, and the text is written anew here.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import artifact
import comment
from github import GitHub, Refusal

from cnnfc.errors import CnnfcError
from cnnfc.history import gate_json
from cnnfc.report.gate import summary
from cnnfc.verdicts import GateReport


def main(environment: Mapping[str, str]) -> int:
    """Comment on the pull request of the event; 0 unless something is wrong.

    ``GATE_ARTIFACT`` is the action's input ``artifact``, where that is not the default.
    """
    try:
        print(_comment(environment))  # noqa: T201 - the log of the job
    except (Refusal, CnnfcError) as error:
        print(f"no comment: {error}", file=sys.stderr)  # noqa: T201 - the same
        return 1
    return 0


def _comment(environment: Mapping[str, str]) -> str:
    api = GitHub(
        environment.get("GITHUB_API_URL", "https://api.github.com"),
        environment["GITHUB_REPOSITORY"],
        environment["GITHUB_TOKEN"],
    )
    event = Path(environment["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8")
    run: dict[str, Any] = json.loads(event)["workflow_run"]
    number = comment.pull_request(api, run)
    if number is None:
        return "no open pull request has this commit as its newest: no comment"
    name = environment.get("GATE_ARTIFACT") or artifact.NAME
    data = artifact.gate_json(api, int(run["id"]), name)
    if data is None:
        return f"the run left no artifact {name}: no comment"
    report = _report(data)
    text = comment.body(summary.markdown(report), str(run.get("html_url", "")))
    return comment.publish(api, number, text, create=comment.is_worth_a_comment(report))


def _report(data: bytes) -> GateReport:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gate.json")
        path.write_bytes(data)
        return gate_json.read(path)


if __name__ == "__main__":
    sys.exit(main(os.environ))
