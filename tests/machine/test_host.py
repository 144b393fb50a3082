import subprocess
import sys
from types import SimpleNamespace

import pytest

from cnnfc.machine import host as host_module
from cnnfc.machine.host import (
    ask,
    attempt,
    cpu_list,
    format_cpu_list,
    integer,
    known,
    printable,
    reading,
    this_host,
)


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-3,8", {0, 1, 2, 3, 8}), ("5", {5}), ("", set()), (None, set()), ("x-2,1", {1})],
)
def test_the_kernels_cpu_lists_are_read(text, cpus):
    assert cpu_list(text) == cpus


@pytest.mark.parametrize("text", ["0-3,8", "0,2,4", "7", ""])
def test_cpu_lists_are_written_as_the_kernel_writes_them(text):
    assert format_cpu_list(cpu_list(text)) == text


def test_text_is_read_below_the_root_and_stripped(make_host):
    host = make_host({"proc/x": " 12\n"})
    assert (host.text("/proc/x"), host.number("/proc/x")) == ("12", 12)


def test_a_missing_file_a_folder_and_a_word_are_no_number(make_host):
    host = make_host({"proc/folder/x": "word"})
    numbers = [host.number(path) for path in ("/proc/none", "/proc/folder", "/proc/folder/x")]
    assert numbers == [None, None, None]


def test_a_file_that_may_not_be_read_is_unknown(make_host, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    host = make_host({"proc/x": "1"})
    monkeypatch.setattr(host_module.Path, "read_text", refuse)
    assert host.text("/proc/x") is None


def test_bytes_that_are_no_utf8_are_replaced(make_host):
    host = make_host({"proc/x": ""})
    host.path("/proc/x").write_bytes(b"a\xffb")
    assert host.text("/proc/x") == "a�b"


def test_numbered_entries_are_sorted_by_number_and_others_left_out(make_host):
    host = make_host(
        {f"sys/{name}/f": "" for name in ("cpu10", "cpu9", "cpufreq", "cpu²", "node1")}
    )
    assert host.numbered("/sys", "cpu") == [9, 10]
    assert host.numbered("/nowhere", "cpu") == []


def test_whatever_is_raised_means_not_known():
    def fail():
        raise RuntimeError

    assert attempt(fail) is None
    assert ask(SimpleNamespace(f=fail), "f") is None
    assert ask(SimpleNamespace(), "sensors_temperatures") is None
    assert ask(None, "anything") is None


def test_a_reading_is_converted_or_unknown():
    answer = SimpleNamespace(total="12", bad="x")
    assert reading(answer, "total", int) == 12
    assert reading(answer, "bad", int) is None
    assert reading(answer, "missing", int) is None
    assert reading(None, "total", int) is None


def test_numbers_in_other_bases_are_read():
    assert (integer("0xd40", base=16), integer("7"), integer("x"), integer(None)) == (
        *(3392, 7),
        *(None, None),
    )


def test_firmware_strings_lose_control_characters_and_padding():
    assert printable(" AMD\x00\x1b[31m  EPYC\n") == "AMD [31m EPYC"


def test_only_what_is_known_is_kept():
    assert known(a=1, b=None, c=False, d=0, e=[]) == {"a": 1, "c": False, "d": 0, "e": []}


def test_sysctl_lines_become_a_mapping(monkeypatch):
    output = "hw.memsize: 17179869184\nmachdep.cpu.brand_string: Apple M1: fast\nnonsense\n"
    asked = []

    def run(command, **_):
        asked.append(command)
        return SimpleNamespace(stdout=output)

    monkeypatch.setattr(host_module.subprocess, "run", run)
    host_module._read_sysctl.cache_clear()
    try:
        values = host_module._read_sysctl()
    finally:
        host_module._read_sysctl.cache_clear()
    assert values == {"hw.memsize": "17179869184", "machdep.cpu.brand_string": "Apple M1: fast"}
    assert asked == [["/usr/sbin/sysctl", "hw", "machdep.cpu", "kern.hv_vmm_present"]]


def test_a_machine_without_sysctl_has_no_values(monkeypatch):
    monkeypatch.setattr(host_module, "_SYSCTL", "/nowhere/sysctl")
    host_module._read_sysctl.cache_clear()
    try:
        assert host_module._read_sysctl() == {}
    finally:
        host_module._read_sysctl.cache_clear()


def test_this_host_is_the_machine_itself():
    host = this_host()
    assert (str(host.root), host.logical_cpus, host.psutil.__name__) == (
        *("/", __import__("os").cpu_count()),
        "psutil",
    )


def test_importing_the_room_starts_nothing_and_imports_nothing_heavy():
    code = (
        "import sys, cnnfc.machine.record, cnnfc.commands.machine\n"
        "heavy = {'torch', 'asv', 'jinja2', 'numpy', 'pytest', 'altair', 'pynvml', 'psutil'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
