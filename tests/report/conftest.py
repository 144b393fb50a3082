import importlib.util
from pathlib import Path

import pytest


def _load():
    """``histories.py``; with pytest's importlib mode tests cannot import their neighbours."""
    path = Path(__file__).with_name("histories.py")
    spec = importlib.util.spec_from_file_location("report_histories", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make():
    """Builders of histories."""
    return _load()


@pytest.fixture(scope="session")
def page_of(make):
    """The pages about a history, by title."""
    from cnnfc.report.pages import build_site

    def build(history, **options):
        site = build_site(history, project="orchard", now=make.NOW, **options)
        return {page.title: page for page in site.pages}

    return build


@pytest.fixture(scope="session")
def small(make, page_of):
    """The pages about `make.small`, by title."""
    return page_of(make.small(), show_commit_url="https://example.org/commit/")


@pytest.fixture(scope="session")
def cells():
    """A table's texts, row by row."""

    def read(table):
        return [[cell.text for cell in row] for row in table.rows]

    return read
