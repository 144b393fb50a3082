import pytest

from testkit import gate_reports as gates


def test_the_pull_request_is_the_one_whose_newest_commit_was_measured(script, hub, api, run):
    hub.pulls.insert(0, hub.pull(6, "orchard", "main-topic", "2e" * 20))
    assert script.comment.pull_request(api, run) == 7


@pytest.mark.parametrize(
    "change",
    [
        {"head_sha": "00" * 20},  # somebody pushed since
        {"head_branch": "other"},
        {"head_repository": None},
        {"head_repository": {"id": 12, "owner": {"login": "orchard"}}},
        {"head_branch": "main-topic&state=all#"},
    ],
)
def test_a_run_of_something_else_has_no_pull_request(script, api, run, change):
    assert script.comment.pull_request(api, run | change) is None


def test_a_comment_is_made_once_and_then_updated(script, hub, api):
    text = script.comment.body("**Slower**", "")
    hub.say("LGTM", "someone")
    assert script.comment.publish(api, 7, text, create=True) == "a comment was made"
    assert script.comment.publish(api, 7, text, create=True) == "the comment says it already"
    better = script.comment.body("Nothing is slower", "")
    assert script.comment.publish(api, 7, better, create=False) == "the comment was updated"
    assert [one["body"] for one in hub.comments] == ["LGTM", better]


def test_a_gate_without_a_change_makes_no_comment(script, hub, api):
    said = script.comment.publish(api, 7, script.comment.body("fine", ""), create=False)
    assert said == "no change and no failure: no comment"
    assert hub.comments == []


def test_a_comment_of_somebody_else_with_our_marker_is_left_alone(script, hub, api):
    forged = f"{script.comment.MARKER}\nAll is well"
    hub.say(forged, "mallory")
    script.comment.publish(api, 7, script.comment.body("**Slower**", ""), create=True)
    assert hub.comments[0]["body"] == forged
    assert len(hub.comments) == 2


def test_our_comment_is_found_behind_more_than_a_page_of_others(script, hub, api):
    for number in range(130):
        hub.say(f"comment {number}", "someone")
    hub.say(script.comment.body("old", ""))
    script.comment.publish(api, 7, script.comment.body("new", ""), create=True)
    assert len(hub.comments) == 131
    assert "new" in hub.comments[-1]["body"]


@pytest.mark.parametrize(
    ("name", "worth"),
    [
        *(("clean", False), ("usual", True), ("interrupted", True), ("nothing", True)),
        *(("moved", True), ("doubtful", False)),
    ],
)
def test_only_a_change_or_a_failure_is_worth_a_comment(script, name, worth):
    assert script.comment.is_worth_a_comment(gates.EVERY[name]()) is worth


def test_a_summary_that_is_too_long_is_cut_below_the_limit_of_github(script):
    text = script.comment.body("a line of the summary\n" * 10_000, "")
    assert len(text) < 65_536
    assert text.startswith(script.comment.MARKER)
    assert text.endswith("pull request.</sub>\n")


def test_only_the_address_of_a_run_becomes_a_link(script, run):
    assert f"]({run['html_url']})" in script.comment.body("x", run["html_url"])
    assert "](" not in script.comment.body("x", "https://example.org/) <b>")
