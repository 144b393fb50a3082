import pytest

from cnnfc.machine.doctor import checks_sharing
from cnnfc.machine.doctor.answers import Jitter, Sharing, Skipped


def sharing(**known):
    return Sharing(2.0, 4, **known)


@pytest.mark.parametrize(
    ("lost", "longest", "severity"),
    [
        (0.005, 1e-4, "fine"),
        (0.005, 1e-3, "minor"),
        (0.02, 1e-4, "minor"),
        (0.05, 1e-4, "moderate"),
        (0.2, 1e-4, "severe"),
    ],
)
def test_time_that_was_taken_is_graded_by_its_share_and_the_longest_pause(
    ask, lost, longest, severity
):
    found = ask(checks_sharing.jitter, jitter=Jitter(2.0, 2 * lost, longest, 300, 1e-7))
    assert found.severity == severity
    assert found.figures["lost_share"] == pytest.approx(lost)
    assert found.figures["longest_seconds"] == longest


def test_time_that_could_not_be_watched_is_unknown(ask):
    found = ask(checks_sharing.jitter, jitter=Skipped("the clock did not advance"))
    assert found.evidence == "Not measured: the clock did not advance."
    assert ask(checks_sharing.jitter) is None


@pytest.mark.parametrize(
    ("others", "severity"),
    [(0.07, "fine"), (0.08, "minor"), (0.4, "moderate"), (2.0, "severe")],
)
def test_work_of_others_is_graded_by_its_share_of_all_cpus(ask, others, severity):
    # The averages, which also hold our own work, do not count where it was measured.
    cpu = {"load_average": [9.0, 1, 1], "pressure_percent": 80.0}
    found = ask(checks_sharing.load, cpu=cpu, sharing=sharing(others_cpus=others))
    assert found.severity == severity
    assert found.figures["others_cpus"] == others


@pytest.mark.parametrize(
    ("average", "pressure", "severity"),
    [
        (0.5, 0.0, "fine"),
        (0.6, 0.0, "minor"),
        (2.9, 0.0, "minor"),
        (3.0, 0.0, "moderate"),
        (99.0, 0.0, "moderate"),  # it may be our own work of the last minute
        (0.0, 5.0, "minor"),
        (0.0, 20.0, "moderate"),
        (0.0, 50.0, "severe"),
        (0.0, None, "fine"),
    ],
)
def test_unmeasured_load_is_judged_by_average_and_pressure(ask, average, pressure, severity):
    cpu = {"load_average": [average, 7, 7]}
    if pressure is not None:
        cpu["pressure_percent"] = pressure
    assert ask(checks_sharing.load, cpu=cpu).severity == severity


def test_averages_that_are_not_numbers_are_not_known(ask):
    assert ask(checks_sharing.load, cpu={"load_average": [None, None, None]}).severity == "unknown"
    assert ask(checks_sharing.load).severity == "unknown"


def test_load_says_what_was_measured_and_what_the_kernel_says(ask):
    cpu = {"load_average": [1.5, 1, 1], "pressure_percent": 12.5}
    found = ask(
        checks_sharing.load,
        cpu=cpu,
        sharing=sharing(others_cpus=1.25, switches=400, preemptions=7),
    )
    assert found.evidence == (
        "Others used 1.25 of 4 CPUs while we measured; load average 1.50 over the last minute; "
        "tasks waited for a CPU in 12% of the last 10 s."
    )
    assert (found.figures["context_switches"], found.figures["preemptions"]) == (400, 7)


def test_an_average_alone_is_said_to_hold_our_own_work_too(ask):
    assert ask(checks_sharing.load, cpu={"load_average": [1.5, 1, 1]}).evidence == (
        "Load average 1.50 over the last minute, our own preparations counted."
    )


@pytest.mark.parametrize(
    ("stolen", "busy", "severity"),
    [
        (0.0, 2.0, "fine"),
        (0.05, 0.95, "moderate"),
        (0.3, 0.7, "severe"),
        # In 2 s four threads ran: 0.15 s is 7.5% of one CPU, but 1.9% of what they wanted.
        (0.15, 7.85, "minor"),
    ],
)
def test_stolen_time_counts_against_all_time_that_was_wanted(ask, stolen, busy, severity):
    found = ask(checks_sharing.steal, sharing=sharing(steal_seconds=stolen, busy_seconds=busy))
    assert found.severity == severity
    assert found.figures["steal_share"] == pytest.approx(stolen / (stolen + busy))


def test_stolen_time_says_its_share_of_what_was_wanted(ask):
    found = ask(checks_sharing.steal, sharing=sharing(steal_seconds=1.0, busy_seconds=3.0))
    assert found.evidence == "25% of the CPU time wanted while we measured was stolen."


@pytest.mark.parametrize("busy", [None, 0.0])
def test_stolen_time_beside_counters_that_stand_still_is_unknown(ask, busy):
    seen = sharing(steal_seconds=0.0, busy_seconds=busy)
    assert ask(checks_sharing.steal, sharing=seen).severity == "unknown"


def test_stolen_time_since_boot_is_never_severe_since_it_is_past(ask):
    found = ask(checks_sharing.steal, cpu={"steal_seconds": 50.0, "busy_seconds": 50.0})
    assert found.severity == "moderate"
    assert found.evidence == "50% of the CPU time wanted since boot was stolen."
    assert found.figures == {"steal_since_boot_share": 0.5}
    quiet = {"steal_seconds": 0.0, "busy_seconds": 50.0}
    assert ask(checks_sharing.steal, cpu=quiet).severity == "fine"


def test_stolen_time_is_unknown_on_linux_alone_where_others_do_not_count_it(ask):
    assert ask(checks_sharing.steal).severity == "unknown"
    assert ask(checks_sharing.steal, platform="darwin") is None


@pytest.mark.parametrize(
    ("cpu", "severity"),
    [
        ({"cgroup_version": 2}, "fine"),
        ({}, "unknown"),
        ({"quota_cpus": 0.5, "cgroup_version": 2}, "severe"),
        ({"quota_cpus": 2.0, "throttled_periods": 0}, "minor"),
        ({"quota_cpus": 2.0, "throttled_periods": 9, "throttled_seconds": 0.4}, "moderate"),
    ],
)
def test_a_quota_is_severe_below_one_cpu_and_moderate_where_it_stopped_something(
    ask, cpu, severity
):
    assert ask(checks_sharing.quota, cpu=cpu).severity == severity


def test_being_stopped_while_we_measure_is_severe(ask):
    cpu = {"quota_cpus": 2.0}
    found = ask(checks_sharing.quota, cpu=cpu, sharing=sharing(throttled_periods=3))
    assert found.severity == "severe"
    assert found.evidence == "A quota of 2 CPUs stopped this group 3 times while we measured."
    assert ask(checks_sharing.quota, cpu=cpu, sharing=sharing(throttled_periods=0)).severity == (
        "minor"
    )


@pytest.mark.parametrize(
    ("stopped", "severity"), [(0.01, "minor"), (0.1, "moderate"), (0.2, "severe")]
)
def test_stops_are_graded_by_the_time_that_they_took(ask, stopped, severity):
    seen = sharing(throttled_periods=3, throttled_seconds=stopped)  # in 2 s
    found = ask(checks_sharing.quota, cpu={"quota_cpus": 2.0}, sharing=seen)
    assert found.severity == severity
    assert found.figures["throttled_share"] == stopped / 2


def test_stops_of_several_cpus_at_once_are_all_of_the_time_at_most(ask):
    # In 2 s four threads stood still for 1.5 s each; the kernel counts their sum.
    seen = sharing(throttled_periods=20, throttled_seconds=6.0)
    found = ask(checks_sharing.quota, cpu={"quota_cpus": 1.0}, sharing=seen)
    assert (found.severity, found.figures["throttled_share"]) == ("severe", 1.0)


def test_systems_without_control_groups_have_no_quota_to_speak_of(ask):
    assert ask(checks_sharing.quota, platform="win32") is None


def test_a_virtual_machine_is_minor_and_named(ask):
    found = ask(checks_sharing.virtual_machine, detail={"virtual": True, "hypervisor": "kvm"})
    assert (found.severity, found.evidence) == ("minor", "This is a virtual machine (kvm).")
    assert ask(checks_sharing.virtual_machine, detail={"virtual": False}).severity == "fine"
    assert ask(checks_sharing.virtual_machine, detail={"virtual": None}).severity == "unknown"
