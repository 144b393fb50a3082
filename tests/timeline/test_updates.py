from cnnfc.timeline.arrange import arrange
from cnnfc.timeline.updates import updates
from testkit import histories as make


def _found(records, count=5):
    runs = [make.run(make.point("b"), number=number) for number in range(1, count + 1)]
    (group,) = arrange(make.history(*runs, hardware=records))
    return [(one.before, one.after, list(map(str, one.differences))) for one in updates(group)]


def test_an_update_is_between_the_two_runs_whose_records_differ():
    records = [make.record(n, torch="2.12.0" if n < 4 else "2.13.0") for n in range(1, 6)]
    assert _found(records) == [(2, 3, ["torch 2.12.0 before, 2.13.0 after"])]


def test_runs_without_a_record_are_passed_over():
    records = [make.record(1), make.record(5, torch="2.13.0")]
    assert [found[:2] for found in _found(records)] == [(0, 4)]


def test_an_old_commit_measured_with_new_software_is_an_update_there_and_back():
    records = [make.record(n, torch="2.13.0" if n == 2 else "2.12.0") for n in (1, 2, 3)]
    assert [found[:2] for found in _found(records)] == [(0, 1), (1, 2)]


def test_settings_of_the_hardware_are_no_software():
    records = [make.record(1), make.record(2, governor="powersave")]
    assert _found(records) == []
    assert _found([]) == []
