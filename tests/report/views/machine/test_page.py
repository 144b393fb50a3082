from dataclasses import replace

from cnnfc.machine.doctor.findings import Examination, Finding, Severity
from cnnfc.machine.schema import Note
from testkit import histories as make


def test_the_answer_says_when_and_whether_the_machine_held_still(small):
    assert [notice.text for notice in small["oak"].answer] == [
        "Last measured 23 hours ago: 30 of 30 combinations of 00000009 have a value.",
        "None of 4 reference kernels has an interval apart from its previous reading.",
        (
            "1 setting of hardware or software changed since the run before: differences in the "
            "numbers may come from there."
        ),
    ]


def test_hardware_software_and_settings_come_from_the_latest_record(small):
    body = small["oak"].body
    hardware = {fact.name: fact.value for fact in body.identity.facts}
    assert hardware == {"CPU model": "Oak 1", "Cores": "2", "Memory": "8 GiB"}
    assert {fact.name: fact.value for fact in body.software.facts} == {"Packages · torch": "2.13.0"}
    assert ("CPU · governor", "performance") in [(f.name, f.value) for f in body.settings.facts]


def test_what_changed_since_the_run_before_is_a_table(small, cells):
    table = small["oak"].body.changes
    assert cells(table) == [["torch", "2.12.0", "2.13.0"]]
    assert table.note == "The run before began 2026-03-04 11:00 UTC (6 days ago)."


def test_without_a_record_asv_s_own_words_are_shown(page_of):
    run = make.run(make.point("b"), machine_facts={"cpu": "Elm 2", "num_cpu": "4", "ram": ""})
    body = page_of(make.history(run))["oak"].body
    assert [(f.name, f.value) for f in body.identity.facts] == [("CPU", "Elm 2"), ("Num CPU", "4")]
    assert "what asv wrote down" in body.identity.note
    assert (body.software, body.settings, body.readings, body.changes) == (None,) * 4


def test_skips_with_one_reason_are_counted_together(page_of, cells):
    notes = [Note("too large", "b", f"case-{n}", "cpu-1") for n in range(6)]
    record = make.record(1, notes=[*notes, Note("no CUDA device")])
    run = make.run(make.point("b"), at=replace(record).finished_at)
    table = page_of(make.history(run, hardware=[record]))["oak"].body.notes
    assert cells(table) == [
        [
            "too large",
            "6",
            (
                "b · case-0 · cpu-1, b · case-1 · cpu-1, b · case-2 · cpu-1, b · case-3 · cpu-1 "
                "and 2 more"
            ),
        ],
        ["no CUDA device", "1", "the whole run"],
    ]


def test_runs_are_listed_the_newest_commit_first(small, cells):
    rows = cells(small["oak"].body.runs)
    assert [row[0] for row in rows] == ["00000009", "00000004", "00000001"]
    assert rows[0][1:] == [
        "2026-03-09",
        "2026-03-09 13:00 UTC",
        "py3.11",
        "2.13.0",
        "not examined",
        "30",
        "0",
        "0",
        "5 min 00 s",
    ]
    # The first commit has no record.
    assert rows[2][4:6] == ["–", "–"]
    details = [row[3].detail for row in small["oak"].body.runs.rows]
    assert details == ["standard", "standard", ""]


def test_uncommitted_changes_are_said(page_of):
    record = replace(make.record(1), dirty=True)
    run = make.run(make.point("b"), at=record.finished_at)
    table = page_of(make.history(run, hardware=[record]))["oak"].body.runs
    assert table.rows[0][-1].text == "uncommitted changes"


def test_reference_kernels_have_their_range_over_the_runs(page_of, cells):
    runs = [
        make.run(make.point(make.GEMM, "gemm.2048", "cpu-1", value=value), number=number)
        for number, value in ((1, 50e9), (2, 48e9), (3, 52e9))
    ]
    (canaries,) = page_of(make.history(*runs))["oak"].body.canaries
    assert cells(canaries.table) == [
        [
            "gemm.2048",
            "CPU, 1 thread",
            "52 GFLOP/s",
            "51.5 – 52.5",
            "7",
            "▲ +8.3%",
            "−4.0% to +4.0%",
            "",
        ]
    ]
    assert canaries.table.rows[0][5].tone == "good"
    assert len(canaries.figures) == 1


def test_one_run_of_reference_kernels_is_no_history(page_of):
    run = make.run(make.point(make.GEMM, "gemm.2048", "cpu-1", value=50e9))
    (canaries,) = page_of(make.history(run))["oak"].body.canaries
    assert canaries.figures == ()
    assert [column.title for column in canaries.table.columns][-1] == "n"


def test_every_run_names_its_torch_with_its_build(page_of):
    records = [
        replace(make.record(number), software={"torch": {"torch": version, **build}})
        for number, version, build in (
            (1, "2.13.0+cpu", {"cuda": None, "hip": None, "git": "cf30153c4c13"}),
            (2, "2.14.0.dev2026", {"cuda": "13.0", "hip": None}),
            (3, "2.13.0+rocm7", {"cuda": None, "hip": "7.0.1"}),
        )
    ]
    runs = [
        make.run(make.point("b"), number=number, at=record.finished_at)
        for number, record in enumerate(records, 1)
    ]
    table = page_of(make.history(*runs, hardware=records))["oak"].body.runs
    assert [(row[4].text, row[4].detail) for row in table.rows] == [
        ("2.13.0+rocm7", "ROCm 7.0.1"),
        ("2.14.0.dev2026", "CUDA 13.0"),
        ("2.13.0+cpu", "CPU build, cf30153c"),
    ]


def test_runs_of_another_project_have_no_columns_of_ours(page_of):
    table = page_of(make.history(make.run(make.point("b"))))["oak"].body.runs
    titles = [column.title for column in table.columns]
    assert not {"Torch", "Steadiness", "Notes"} & set(titles)
    assert all(len(row) == len(titles) for row in table.rows)


def test_the_findings_of_the_latest_run_are_shown_with_their_fixes(page_of, cells):
    turbo = Finding("turbo", "CPU turbo", Severity.MODERATE, "On.", "Heat.", "switch it off")
    record = replace(make.record(1), doctor=Examination.of([turbo]))
    run = make.run(make.point("b"), at=record.finished_at)
    page = page_of(make.history(run, hardware=[record]))["oak"]
    assert cells(page.body.doctor) == [["CPU turbo", "moderate", "switch it off"]]
    assert cells(page.body.runs)[0][5] == "1 finding"
    assert page.answer[-1].text.startswith("CPU turbo: numbers measured now can differ by several")
