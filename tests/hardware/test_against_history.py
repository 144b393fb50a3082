"""Each canary and each of a few layers of this machine, as fast as in its history."""

import pytest

from cnnfc.commands.check.words import sentence

pytestmark = pytest.mark.hardware


def test_it_is_as_fast_as_in_its_history(thing, plan, request):
    if thing is None:
        pytest.skip(plan.why_not or "the suite has nothing that a check measures")
    if thing.why_not:
        pytest.skip(plan.why_not or f"{thing.label}: {thing.why_not}")
    # Not before: with nothing to judge nothing is to be measured.
    checked = request.getfixturevalue("checked")
    if isinstance(checked, str):
        pytest.fail(checked, pytrace=False)
    result = checked.of(thing.key)
    if result.is_slower:
        differences = [f"\n  {one}" for one in checked.differences or ()]
        pytest.fail("".join((sentence(result), *differences)), pytrace=False)
    if not result.is_judged:
        pytest.skip(sentence(result))
