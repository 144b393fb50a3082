import pytest

from cnnfc.machine.doctor import checks_cpu
from cnnfc.machine.doctor.answers import Cores, Jitter, Repeatability, Skipped


def jitter(reading):
    return Jitter(1.0, 0.0, 0.0, 0, reading)


def loop(mean=1.0, start=0.0):
    """Fast repetitions of 1 ms; `mean` in ms."""
    return Repeatability(900, 0.9e-3, 1e-3, 1.01e-3, mean * 1e-3, 2e-3, start)


@pytest.mark.parametrize(
    ("governor", "driver", "preference", "severity"),
    [
        ("performance", "acpi-cpufreq", None, "fine"),
        ("powersave", "intel_pstate", "performance", "fine"),
        ("powersave", "intel_pstate", "balance_performance", "minor"),
        ("powersave", "amd-pstate-epp", None, "minor"),
        ("powersave", "intel_pstate", "power", "moderate"),
        ("powersave", "acpi-cpufreq", None, "moderate"),
        ("schedutil", "acpi-cpufreq", None, "moderate"),
        ("ondemand", None, None, "moderate"),
        ("performance, powersave", "intel_pstate", None, "moderate"),
        (None, None, None, "unknown"),
    ],
)
def test_governors_that_let_the_clock_fall_are_named(ask, governor, driver, preference, severity):
    cpu = {"governor": governor, "frequency_driver": driver, "energy_preference": preference}
    found = ask(checks_cpu.governor, cpu={k: v for k, v in cpu.items() if v})
    assert found.severity == severity
    assert bool(found.fix) == (severity in ("minor", "moderate"))


def test_the_fix_of_the_governor_is_a_command_and_belongs_on_a_containers_host(ask):
    cpu = {"governor": "schedutil"}
    command = "sudo cpupower frequency-set --governor performance"
    assert ask(checks_cpu.governor, cpu=cpu).fix == command
    inside = ask(checks_cpu.governor, cpu=cpu, detail={"container": "docker"})
    assert inside.fix == f"on the container's host: {command}"


@pytest.mark.parametrize(
    ("detail", "platform", "why"),
    [
        ({"virtual": True}, "linux", "The hypervisor does not show it to this virtual machine."),
        ({"container": "docker"}, "linux", "This container does not show it."),
        ({}, "linux", "This kernel does not say it."),
        ({}, "darwin", "macOS does not say it."),
        ({}, "win32", "Windows does not say it."),
        ({}, "", "This system does not say it."),
    ],
)
def test_what_is_not_known_is_unknown_and_says_why(ask, detail, platform, why):
    for rule in (checks_cpu.governor, checks_cpu.turbo, checks_cpu.clock_source):
        found = ask(rule, detail=detail, platform=platform)
        assert (found.severity, found.evidence, found.fix) == ("unknown", why, "")


def test_what_was_measured_of_a_rising_clock_is_said_with_the_governor(ask):
    found = ask(checks_cpu.governor, cpu={"governor": "schedutil"}, loop=loop(start=0.25))
    assert found.effect.endswith("Measured here: the first tenth was 25% slower than the rest.")


def test_turbo_is_moderate_and_its_switch_depends_on_the_driver(ask):
    intel = ask(checks_cpu.turbo, cpu={"turbo": True, "frequency_driver": "intel_pstate"})
    passive = ask(checks_cpu.turbo, cpu={"turbo": True, "frequency_driver": "intel_cpufreq"})
    other = ask(checks_cpu.turbo, cpu={"turbo": True})
    assert intel.severity == other.severity == "moderate"
    assert "intel_pstate/no_turbo" in intel.fix
    assert passive.fix == intel.fix
    assert "cpufreq/boost" in other.fix
    assert ask(checks_cpu.turbo, cpu={"turbo": False}).severity == "fine"


def test_smt_is_minor_and_a_virtual_machine_cannot_tell(ask):
    assert ask(checks_cpu.smt, cpu={"smt_active": True}).severity == "minor"
    assert ask(checks_cpu.smt, cpu={"smt_active": False}).severity == "fine"
    guest = ask(checks_cpu.smt, cpu={"smt_active": False}, detail={"virtual": True})
    assert guest.severity == "unknown"
    assert ask(checks_cpu.smt, identity={"smt": True}).severity == "minor"
    assert ask(checks_cpu.smt).severity == "unknown"


def test_cpus_that_share_cores_are_named_where_a_process_is_bound_to_them(ask):
    bound = {"affinity": "0,2", "affinity_cpus": 2, "affinity_cores": 1}
    found = ask(checks_cpu.affinity, cpu=bound)
    assert found.severity == "minor"
    assert found.evidence == "This process may run on CPUs 0,2 of 4."
    apart = {"affinity": "0-1", "affinity_cpus": 2, "affinity_cores": 2}
    assert ask(checks_cpu.affinity, cpu=apart).severity == "fine"
    free = {"affinity": "0-3", "affinity_cpus": 4, "affinity_cores": 2}
    assert ask(checks_cpu.affinity, cpu=free).severity == "fine"
    assert ask(checks_cpu.affinity).severity == "unknown"


@pytest.mark.parametrize(
    ("source", "cost", "severity"),
    [
        ("tsc", None, "fine"),
        ("kvm-clock", None, "fine"),
        ("hpet", None, "moderate"),
        ("acpi_pm", 1.2e-6, "moderate"),
        ("hpet", 80e-9, "fine"),  # measured goes before the name
        ("tsc", 900e-9, "moderate"),
        (None, 60e-9, "fine"),
        (None, 700e-9, "moderate"),
        (None, None, "unknown"),
    ],
)
def test_clocks_that_are_slow_to_read_are_named(ask, source, cost, severity):
    found = ask(
        checks_cpu.clock_source,
        cpu={} if source is None else {"clock_source": source},
        jitter=None if cost is None else jitter(cost),
    )
    assert found.severity == severity
    assert found.figures == ({} if cost is None else {"reading_seconds": cost})


@pytest.mark.parametrize(
    ("slowest", "severity"),
    [(1.019, "fine"), (1.021, "minor"), (1.05, "moderate"), (1.5, "severe")],
)
def test_cpus_of_different_speed_are_named(ask, slowest, severity):
    found = ask(checks_cpu.cores, cores=Cores({0: 1.0, 4: slowest, 2: 1.001}, 8))
    assert found.severity == severity
    assert found.evidence.startswith("The slowest of 3 CPUs tried (4) took")
    assert found.figures["spread_share"] == pytest.approx(slowest - 1)


@pytest.mark.parametrize(
    ("mean", "start", "severity"),
    [
        (1.005, 0.005, "fine"),
        (1.02, 0.0, "minor"),
        (1.05, 0.0, "moderate"),
        (1.005, 0.05, "moderate"),
        (1.005, -0.05, "moderate"),
        (1.2, 0.0, "severe"),
    ],
)
def test_a_loop_that_does_not_repeat_is_named(ask, mean, start, severity):
    assert ask(checks_cpu.loop, loop=loop(mean, start)).severity == severity


def test_a_loop_that_drifts_is_not_called_a_loop_that_varies(ask):
    faster = ask(checks_cpu.loop, loop=loop(1.02, 0.08))
    assert faster.effect == ("The processor raised its clock while it worked, or other work ended.")
    assert "lowered its clock" in ask(checks_cpu.loop, loop=loop(1.02, -0.08)).effect
    assert "varies by this much" in ask(checks_cpu.loop, loop=loop(1.2, 0.08)).effect


def test_probes_that_could_not_run_are_unknown_with_the_reason(ask):
    found = ask(checks_cpu.cores, cores=Skipped("there is one CPU"))
    assert (found.severity, found.evidence) == ("unknown", "Not measured: there is one CPU.")
    assert ask(checks_cpu.loop, loop=Skipped("too few")).severity == "unknown"


def test_probes_that_were_not_asked_say_nothing(ask):
    assert ask(checks_cpu.cores) is None
    assert ask(checks_cpu.loop) is None
