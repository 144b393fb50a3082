"""What a rule is asked with: the mappings of a record, given a fact at a time."""

from types import SimpleNamespace

import pytest

from cnnfc.machine.doctor.answers import Measured
from cnnfc.machine.doctor.evidence import Evidence


@pytest.fixture
def ask():
    """Ask one rule about a Linux machine; the one finding, or None if it has nothing to say."""

    def ask_one(rule, *, cpu=None, memory=None, detail=None, environment=None, **more):
        evidence = Evidence(
            identity={"threads": 4, "detail": {"virtual": False, **(detail or {})}}
            | more.pop("identity", {}),
            state={"cpu": cpu or {}, "memory": memory or {}} | more.pop("state", {}),
            software={
                "python": {"platform": more.pop("platform", "linux")},
                "environment": environment or {},
            },
            measured=Measured(**more),
        )
        found = list(rule(evidence))
        assert len(found) <= 1
        return found[0] if found else None

    return ask_one


class Clock:
    """A clock whose readings are `steps` seconds apart, and `usual` apart after them."""

    def __init__(self, *steps, usual=1e-6):
        self.now = 100.0
        self.steps = list(steps)
        self.usual = usual
        self.readings = 0

    def __call__(self):
        self.readings += 1
        self.now += self.steps.pop(0) if self.steps else self.usual
        return self.now

    def work(self, seconds):
        """A piece of work that takes so long."""

        def run():
            self.now += seconds

        return run


@pytest.fixture
def clocks():
    return SimpleNamespace(Clock=Clock)
