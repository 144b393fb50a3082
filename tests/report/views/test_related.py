from cnnfc.report.pages import build_site
from testkit import histories as make


def texts(page):
    return [link.text for link in page.related]


def test_pages_of_one_device_lead_to_each_other(small):
    assert texts(small["Parameters against latency on oak, CPU, 1 thread"]) == [
        "Roofline",
        "Threads",
    ]
    assert texts(small["Roofline of oak, CPU, 1 thread"]) == ["Parameters and latency", "Threads"]
    assert texts(small["Threads of oak"]) == ["Roofline, CPU, 1 thread", "Roofline, CPU, 2 threads"]


def test_the_page_of_a_machine_leads_to_its_rooflines_and_its_threads(small):
    assert texts(small["oak"]) == [
        "Roofline, CPU, 1 thread",
        "Roofline, CPU, 2 threads",
        "Threads",
    ]


def test_environments_of_one_machine_are_told_apart(page_of):
    runs = [make.run(*make.layer_points(), environment=name) for name in ("py3.11", "py3.12")]
    assert texts(page_of(make.history(*runs))["oak"]) == [
        "Roofline, CPU, 1 thread · py3.11",
        "Threads · py3.11",
        "Roofline, CPU, 1 thread · py3.12",
        "Threads · py3.12",
    ]


def test_an_accelerator_has_no_threads(page_of):
    pages = page_of(make.history(make.run(*make.layer_points("cuda-0"))))
    assert texts(pages["Roofline of oak, cuda-0"]) == ["Parameters and latency"]
    assert "Threads of oak" not in pages


def test_every_related_page_is_there():
    for history in (make.small(), make.foreign(), make.history(), make.hostile()):
        site = build_site(history, project="orchard", now=make.NOW)
        paths = {page.path for page in site.pages}
        links = [link for page in site.pages for link in page.related]
        assert {link.href for link in links} <= paths
        navigation = {link.href.partition("#")[0] for link in site.navigation}
        assert navigation <= paths
