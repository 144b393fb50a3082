from cnnfc.report.pages import build_site
from testkit import histories as make


def test_every_page_asks_a_question_answers_it_and_says_how_to_read_it(small):
    for title, page in small.items():
        assert page.question.endswith("?"), title
        assert page.answer, title
        assert page.how_to_read, title


def test_the_site_is_the_same_however_often_it_is_built():
    built = [build_site(make.small(), project="orchard", now=make.NOW) for _ in range(2)]
    assert built[0] == built[1]


def test_navigation_leads_only_to_what_is_there():
    def texts(history):
        site = build_site(history, project="orchard", now=make.NOW)
        return [link.text for link in site.navigation]

    assert texts(make.small()) == [
        "Overview",
        "Changes",
        "Machines",
        "Parameters and latency",
        "Roofline",
        "Threads",
        "Benchmarks",
    ]
    assert texts(make.foreign()) == ["Overview", "Changes", "Machines", "Benchmarks"]
    assert texts(make.history()) == ["Overview", "Changes", "Benchmarks"]


def test_a_page_knows_its_way_to_the_root(small):
    assert small["Overview"].root == ""
    assert small["oak"].root == "../"
