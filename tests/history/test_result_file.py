import pytest

from cnnfc.errors import DataError
from cnnfc.history.result_file import ResultFile
from cnnfc.history.result_folders import Machine, machine_of, result_folders


@pytest.fixture
def file(real):
    """A file that asv has written, in the folder of another machine, if one is named."""

    def make(machine=None, alias=None):
        folder = next(one for one in result_folders(real, []) if one.path.name == "elm")
        owner = machine_of(folder, []) if machine is None else Machine(machine, {})
        return ResultFile(folder, folder.names[0], owner, alias)

    return make


def test_it_is_read_as_a_run_of_its_machine(file):
    run, wrong = file().read()
    assert (run.machine, wrong) == ("elm", ())
    assert run.path == file().shown == "real/elm/96f3d5c1-virtualenv-py3.11.json"
    assert file(alias="ash").read()[0].machine == "ash"


def test_in_the_folder_of_another_machine_it_is_left_out(file):
    with pytest.raises(DataError, match="it is of machine elm in the folder of oak"):
        file("oak").read()
