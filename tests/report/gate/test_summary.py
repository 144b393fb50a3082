import re
from dataclasses import replace

import pytest

from cnnfc.report.gate.summary import LARGEST, markdown
from testkit import gate_reports as gates

markdown_it = pytest.importorskip("markdown_it")


def parse(text):
    """The blocks of `text`, as CommonMark with GitHub's tables and crossed out text."""
    parser = markdown_it.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return parser.parse(text)


def inline(blocks):
    return [part for block in blocks for part in block.children or ()]


def tables(text):
    """Rows of every table, each a list of its cells."""
    found, cell = [], False
    for block in parse(text):
        if block.type == "table_open":
            found.append([])
        elif block.type == "tr_open":
            found[-1].append([])
        elif block.type in ("th_open", "td_open"):
            cell = True
        elif block.type == "inline" and cell:
            found[-1][-1].append(block.content)
            cell = False
    return found


def test_the_answer_comes_first():
    assert markdown(gates.usual()).splitlines()[0] == (
        "### Did this change make anything slower? Yes: 2 of 14 benchmarks are slower and 1 fails "
        "that worked before."
    )


def test_changes_come_in_the_order_in_which_they_matter():
    rows = tables(markdown(gates.usual()))[0]
    assert [(row[0], row[3], row[4], row[6]) for row in rows[1:6]] == [
        ("`dense.Forward.time_layer[dense.256-64-cpu-1]`", "–", "–", "**broken**"),
        (
            "`dense.Forward.time_layer[dense.64-64-cpu-1]`",
            "+8.2%",
            "+6.8% to +9.6%",
            "**slower**",
        ),
        (
            "`dense.Forward.time_layer[dense.128-64-cpu-1]`",
            "+3.6%",
            "+2.9% to +4.3%",
            "**slower**",
        ),
        (
            "`dense.Forward.time_layer[dense.192-64-cpu-1]`",
            "+5.1%",
            "+4.2% to +6.0%",
            "slower, waived",
        ),
        (
            "`dense.Forward.time_layer[dense.640-64-cpu-1]`",
            "−6.4%",
            "−7.2% to −5.6%",
            "faster",
        ),
    ]


def test_at_most_ten_changes_are_unfolded():
    found = [gates.result(gates.Verdict.REGRESSION, 5.0 + n, number=n) for n in range(13)]
    text = markdown(gates.report(*found))
    unfolded = text[: text.index("<details>")]
    assert len(tables(unfolded)[0]) == 1 + 10
    assert "3 more changes stand in the table of all below." in unfolded
    assert "| +17.0% |" in unfolded
    assert "| +7.0% |" not in unfolded


def test_what_was_not_judged_is_unfolded():
    text = markdown(gates.usual())
    unfolded = text[: text.index("<details>")]
    for said in ("**1 machine-moved**", "**2 inconclusive**", "**1 missing**", "**1 new**"):
        assert said in unfolded
    assert "**Careful:** The machine moved: copy ran 5% slower" in unfolded
    assert "Careful" not in markdown(gates.clean())


def test_details_are_folded_and_every_fold_is_closed():
    text = markdown(gates.usual())
    assert re.findall(r"<summary>(.*)</summary>", text) == [
        "How far this can be trusted",
        "Why the gate fails",
        "Accept a slowdown",
        "What was not judged, and why",
        "All 14 benchmarks, the slowest first",
        "1 benchmark skipped on both sides",
        "Waivers",
    ]
    assert text.count("\n<details>") == text.count("\n</details>\n") == 7
    assert len(tables(text)[1]) == 1 + 14


def test_a_failure_is_explained_with_its_traceback():
    text = markdown(gates.usual())
    fences = [block.content for block in parse(text) if block.type == "fence"]
    assert fences[0].endswith("(1x64 and 65x64)\n")
    assert "- repeat: `cnnfc gate main --bench '^dense.*0'`" in text


def test_it_fits_into_a_comment_however_many_there_are():
    found = [
        gates.result(
            gates.Verdict.REGRESSION,
            5.0,
            number=n,
            params=(f"'{n}{'x' * 500}'",),
            failure="\n".join("y" * 500 for _ in range(500)),
            reason="z" * 5000,
        )
        for n in range(2000)
    ]
    text = markdown(gates.report(*found, waivers=(), notes=("n" * 5000,) * 500))
    assert len(text) <= LARGEST
    assert text.count("<details>") == text.count("</details>")
    assert "The rest is in `gate.json` and `index.html`." in text


@pytest.mark.parametrize("name", ["clean", "many", "interrupted", "nothing", "selftest", "moved"])
def test_every_kind_of_gate_has_one(name):
    text = markdown(gates.EVERY[name]())
    assert text.startswith("### D")
    assert text.endswith("</details>\n")


def test_no_text_becomes_markup_a_link_or_a_mention(nasty):
    text = markdown(nasty)
    blocks = parse(text)
    types = {part.type for part in inline(blocks)}
    # Strong and code are ours; a name in strong is a code span.
    assert types <= {"text", "code_inline", "strong_open", "strong_close", "text_special"}
    html = [block.content for block in blocks if block.type == "html_block"]
    for one in html:
        assert re.fullmatch(r"(</details>\n)?(<details><summary>[\w ,]+</summary>\n?)?", one), one
    assert sum(block.type == "heading_open" for block in blocks) == 1
    plain = "".join(p.content for p in inline(blocks) if p.type in ("text", "text_special"))
    # What GitHub looks for in texts after parsing, outside of code.
    assert not re.search(
        r"@\w|#\d|://|www\.|GH-\d|mailto:|\b[0-9a-f]{7,40}\b", plain, re.IGNORECASE
    )
    assert not {"\x00", "\x1b", "\x9b", "\u202e", "\ud800"} & set(text)
    assert len(text) <= LARGEST
    text.encode()


def test_tables_keep_their_columns_whatever_names_hold(nasty):
    found = tables(markdown(nasty))
    assert {len(row) for table in found for row in table} == {7}
    assert len(found[-1]) == 1 + 9
    # A parser drops cells too many without a word, so the bars are counted as well.
    for line in markdown(nasty).splitlines():
        if line.startswith("| `"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 8, line


def test_code_spans_show_names_as_they_are():
    name = "a `b` ``c"
    slower = gates.Verdict.REGRESSION
    text = markdown(gates.report(gates.result(slower, name=name, params=())))
    spans = [p.content for p in inline(parse(text)) if p.type == "code_inline"]
    assert spans.count(name) == 3


def test_what_was_never_measured_does_not_come_first_in_the_table_of_all():
    rows = tables(markdown(gates.usual()))[1][1:]
    assert [(row[3], row[6]) for row in rows[:4]] == [
        ("+8.2%", "**slower**"),
        ("+3.6%", "**slower**"),
        ("–", "**broken**"),
        ("+5.1%", "slower, waived"),
    ]
    assert [row[6] for row in rows[-2:]] == ["missing", "new"]


def test_a_self_test_neither_explains_nor_accepts_its_own_slowdowns():
    report = gates.selftest()
    folds = re.findall(r"<summary>(.*)</summary>", markdown(report))
    assert folds == ["How far this can be trusted", "All 8 benchmarks, the slowest first"]
    usual = re.findall(r"<summary>(.*)</summary>", markdown(replace(report, selftest=None)))
    assert usual[1:3] == ["Why the gate fails", "Accept a slowdown"]


def test_a_clock_that_differed_is_never_folded_away():
    report = gates.report(gates.result(gates.Verdict.MACHINE_MOVED, 5.0), gates.result(number=1))
    text = markdown(report)
    unfolded = text[: text.index("<details>")]
    assert "**Careful:** The machine moved: none of 3 reference kernels differs" in unfolded
    assert "a GPU's clock did." in unfolded
