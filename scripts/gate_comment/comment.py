"""Keeps one comment of a pull request up to date with its gate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from github import GitHub

from cnnfc.verdicts import GateReport, Verdict

MARKER: Final = "<!-- cnnfc-gate -->"
#: Who comments with the token of a workflow; the marker alone could be anybody's.
AUTHOR: Final = "github-actions[bot]"
#: GitHub takes 65,536 characters.
_LONGEST: Final = 60_000
_WORTH: Final = (Verdict.REGRESSION, Verdict.IMPROVEMENT, Verdict.BROKEN, Verdict.MISSING)
_RUN: Final = re.compile(r"https://[A-Za-z0-9.-]+/[A-Za-z0-9._/-]+/actions/runs/[0-9]+")


def pull_request(api: GitHub, run: Mapping[str, Any]) -> int | None:
    """The number of the open pull request whose newest commit `run` (of the event) was about.

    The event of a fork names no number, and what the artifact says is not to be trusted; so it is
    asked for by branch, and its commit is compared.  None if there is none any more.
    """
    head, source = run["head_sha"], run.get("head_repository") or {}
    owner = (source.get("owner") or {}).get("login")
    if not owner:
        return None  # the fork is gone
    query = {"state": "open", "head": f"{owner}:{run['head_branch']}"}
    for one in api.every("/pulls", **query):
        if one["head"]["sha"] == head and (one["head"]["repo"] or {}).get("id") == source["id"]:
            return int(one["number"])
    return None


def is_worth_a_comment(report: GateReport) -> bool:
    """Whether there is a change or a failure: a clean gate needs no comment to be read."""
    return report.exit_code != 0 or any(one.verdict in _WORTH for one in report.benchmarks)


def body(markdown: str, address: str) -> str:
    """The comment: marker, summary, where the rest is; a summary that is too long is cut."""
    if len(markdown) > _LONGEST:
        # A cut inside a table or a folded part would swallow what follows.
        markdown = f"{markdown[:2_000].rpartition(chr(10))[0]}\n\n…"
    said = "Measured by a job that ran the code of this pull request."
    if _RUN.fullmatch(address):
        said = f"[The whole page is an artifact of this run]({address}). {said}"
    return f"{MARKER}\n{markdown.rstrip()}\n\n<sub>{said}</sub>\n"


def publish(api: GitHub, number: int, text: str, *, create: bool) -> str:
    """Update our comment on pull request `number`, or make one if `create`; says what was done."""
    for one in api.every(f"/issues/{number}/comments"):
        user = one.get("user") or {}
        if user.get("login") == AUTHOR and str(one.get("body") or "").startswith(MARKER):
            if one["body"].strip() == text.strip():
                return "the comment says it already"
            api.send("PATCH", f"/issues/comments/{int(one['id'])}", {"body": text})
            return "the comment was updated"
    if not create:
        return "no change and no failure: no comment"
    api.send("POST", f"/issues/{number}/comments", {"body": text})
    return "a comment was made"
