import pytest

from testkit import gate_reports as gates

#: What somebody might put into a name, a reason or standard error to be noticed by others.
NASTY = (
    "@octocat and @org/team",
    "see #12, GH-12, org/repo#12 and a1b2c3d4e5f6a7b8",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example mail@evil.example mailto:mail@evil.example",
    "<img src=x onerror=alert(1)><script>alert(1)</script><!-- -->",
    "a | b \\| c \\\\| d",
    "`code` ``more`` ```fence``` `",
    "*bold* _it_ ~~gone~~ $x$ **b** __u__ &lt;b&gt;",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x00\x07\x9b31m",
    "line\n\n</details>\n# heading\n- item\r\n| a | b |\n```\nout",
    "a\u202eb\ud800c\ufffed\u2028e",
    "x" * 5000,
)


@pytest.fixture(params=range(len(NASTY)))
def nasty(request):
    """A report with every verdict in which all texts are one of `NASTY`."""
    said = NASTY[request.param]
    found = [
        gates.result(
            verdict,
            5.0,
            number=number,
            name=said,
            params=(said,),
            unit=said,
            reason=said,
            failure=said,
            failed_on=("contender",) if verdict == "broken" else (),
            command=said,
            file=said,
            explanation={"differences": [said]},
        )
        for number, verdict in enumerate(gates.Verdict)
    ]
    waived = gates.result(gates.Verdict.REGRESSION, name=said, reason=said, waived_by=said)
    side = gates.SideFacts(said, None, None)
    return gates.report(
        *found,
        waived,
        baseline=side,
        contender=side,
        machine=said,
        command=said,
        started_at=said,
        notes=(said,),
        suite=said,
        cnnfc=said,
        policy={"waivers": said},
        hardware={"doctor": {"findings": [{"title": said}]}},
        canaries=(gates.CanaryResult(said, gates.effect(9), 0.09, True, said),),
        skipped=(gates.SkippedBenchmark(said, (said,), said),),
        waivers=(gates.WaiverUse(said, 1.08, said, said, "used", (said,)),),
    )
