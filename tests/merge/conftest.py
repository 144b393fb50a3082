import pytest

from testkit.report_folders import Reports


@pytest.fixture
def reports(tmp_path):
    """Makes folders of reports by their names."""
    return lambda name: Reports(tmp_path / name)
