from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from cnnfc.machine.doctor.text import describe, short_lines, verdict


def finding(severity, title, effect="It waits.", fix="mend it"):
    return Finding(title, title, Severity(severity), f"{title} was read.", effect, fix)


SOME = Examination.of([
    finding("fine", "swapping", "", ""),
    finding("fine", "memory", "", ""),
    finding("moderate", "turbo"),
    finding("severe", "quota"),
    finding("unknown", "governor", "", ""),
    finding("minor", "virtual machine"),
])  # fmt: skip


def test_findings_are_blocks_worst_first_then_the_rest_and_a_verdict():
    assert list(describe(SOME)) == [
        "SEVERE    quota",
        "  found   quota was read.",
        "  effect  It waits.",
        "  fix     mend it",
        "",
        "MODERATE  turbo",
        "  found   turbo was read.",
        "  effect  It waits.",
        "  fix     mend it",
        "",
        "MINOR     virtual machine",
        "  found   virtual machine was read.",
        "  effect  It waits.",
        "  fix     mend it",
        "",
        "UNKNOWN   governor: governor was read.",
        "FINE      swapping: swapping was read.",
        "          memory: memory was read.",
        "",
        (
            "VERDICT   1 severe, 1 moderate, 1 minor, 1 unknown, 2 fine: numbers measured now can "
            "be off by a"
        ),
        "          tenth and more without any change of code.",
    ]


def test_lines_are_short_and_without_control_characters():
    odd = Examination.of([finding("minor", "word\x1b[31m " * 40, "x\ny")])
    lines = list(describe(odd))
    assert max(len(line) for line in lines if "found" in line or line.startswith(" ")) <= 100
    assert not any("\x1b" in line or "\n" in line for line in lines if line.startswith(" "))


def test_a_verdict_on_nothing_but_unknowns_does_not_say_that_all_is_well():
    assert verdict(Examination.of([finding("unknown", "governor")])) == (
        "1 unknown: nothing of this machine is known."
    )
    assert verdict(Examination.of([finding("fine", "swap")])) == (
        "1 fine: nothing was found that makes timings unsteady."
    )


def test_before_a_run_the_two_worst_are_named_with_their_fix():
    assert list(short_lines(SOME)) == [
        "doctor: severe: quota: quota was read. Fix: mend it",
        "doctor: moderate: turbo: turbo was read. Fix: mend it",
        "doctor: 1 more: see cnnfc doctor",
    ]


def test_minor_findings_are_one_line_before_a_run():
    minor = Examination.of([finding("minor", "smt"), finding("fine", "swap")])
    assert list(short_lines(minor)) == [
        "doctor: 1 minor, 1 fine: nothing here moves numbers by more than a few percent."
    ]


def test_a_single_finding_is_followed_by_where_to_read_more():
    assert list(short_lines(Examination.of([finding("severe", "quota")])))[-1] == (
        "doctor: more: see cnnfc doctor"
    )
