"""What a rule is asked with: the mappings of a record, given a fact at a time."""

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
