"""This machine against its own history: measures for about a minute, so only when asked for.

``pytest -m hardware tests/hardware``.  Without ``-m hardware`` nothing here is even read.
"""

import contextlib
import re
import sys
from pathlib import Path

import pytest

from cnnfc.commands.check.command import run_check
from cnnfc.commands.check.plan import plan_check
from cnnfc.errors import CnnfcError

ROOT = Path(__file__).parents[2]
#: Where a session keeps its `Plan`, or the sentence that says why there is none.
PLAN = pytest.StashKey()


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "hardware: measures this machine against its history; only with -m hardware",
    )


def _is_asked_for(config):
    return re.search(r"\bhardware\b", config.option.markexpr or "") is not None


def pytest_collection_modifyitems(config, items):
    if _is_asked_for(config):
        return
    off = [item for item in items if item.get_closest_marker("hardware")]
    if off:
        config.hook.pytest_deselected(items=off)
        items[:] = [item for item in items if item not in off]


def pytest_generate_tests(metafunc):
    """One item a canary or layer; one that says why, where there are none."""
    if "thing" not in metafunc.fixturenames:
        return
    if not _is_asked_for(metafunc.config):
        metafunc.parametrize("thing", [None], ids=["off"])
        return
    plan = _plan(metafunc.config)
    things = plan.items if not isinstance(plan, str) else ()
    metafunc.parametrize("thing", things or [None], ids=lambda one: one.id if one else "nothing")


def _plan(config):
    """The plan, made once, or the sentence that says why there is none."""
    if PLAN not in config.stash:
        try:
            config.stash[PLAN] = plan_check(ROOT)
        except CnnfcError as error:
            config.stash[PLAN] = str(error)
    return config.stash[PLAN]


@pytest.fixture(scope="session")
def plan(request):
    found = _plan(request.config)
    if isinstance(found, str):
        pytest.fail(found, pytrace=False)
    return found


@pytest.fixture(scope="session")
def checked(request, plan):
    """One check of everything that was selected, shared by all items."""
    keys = {
        item.callspec.params["thing"].key
        for item in request.session.items
        if item.get_closest_marker("hardware") and item.callspec.params.get("thing")
    }
    capture = request.config.pluginmanager.getplugin("capturemanager")
    shown = capture.global_and_fixture_disabled() if capture else contextlib.nullcontext()
    with shown:
        sys.stderr.write("\n")
        try:
            return run_check(plan, sys.stderr, keys=keys)
        except CnnfcError as error:
            return str(error)
