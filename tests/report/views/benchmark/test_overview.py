from cnnfc.report.views.benchmark import overview as benchmarks
from cnnfc.timeline.arrange import arrange
from testkit import histories as make


def test_every_benchmark_is_listed_with_what_it_measures(small):
    page = small["Benchmarks"]
    assert [(row[0].text, row[0].detail) for row in page.body.rows] == [
        (make.FORWARD, "Time: forward call of convolution layers"),
        (make.FIRST, "Time: forward call of convolution layers, first call of a process"),
        (make.DENSE, "Time: forward call of dense layers"),
        (make.COPY, "Reference kernel: memory copy"),
        (make.GEMM, "Reference kernel: matrix product"),
    ]
    assert page.answer[0].text == "5 benchmarks with 44 series on 2 machines."


def test_newest_values_moves_and_failures_are_counted(page_of, cells):
    runs = [
        make.run(make.point("b", "x", value=1e-3), make.point("b", "y", value=2.0), number=1),
        make.run(make.point("b", "x", value=2e-3), make.failed("b", "z"), number=2),
    ]
    page = page_of(make.history(*runs))["Benchmarks"]
    assert cells(page.body) == [["b", "2", "2 ms – 2 s", "lower", "1", "1", ""]]
    assert page.body.rows[0][4].detail == "0 better, 1 worse"


def test_a_long_list_is_cut_into_pages(monkeypatch):
    monkeypatch.setattr(benchmarks, "MOST_ROWS", 2)
    groups = arrange(make.history(make.run(*(make.point(name) for name in "abc"))))
    pages = list(benchmarks.pages(groups))
    assert [page.path for page in pages] == ["benchmarks.html", "benchmarks-2.html"]
    assert [len(page.body.rows) for page in pages] == [2, 1]
