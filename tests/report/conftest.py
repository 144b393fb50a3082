import pytest

from testkit import histories as make


@pytest.fixture(scope="session")
def page_of():
    """The pages about a history, by title."""
    from cnnfc.report.pages import build_site

    def build(history, **options):
        site = build_site(history, project="orchard", now=make.NOW, **options)
        return {page.title: page for page in site.pages}

    return build


@pytest.fixture(scope="session")
def small(page_of):
    """The pages about `make.small`, by title."""
    return page_of(make.small(), show_commit_url="https://example.org/commit/")


@pytest.fixture(scope="session")
def cells():
    """A table's texts, row by row."""

    def read(table):
        return [[cell.text for cell in row] for row in table.rows]

    return read
