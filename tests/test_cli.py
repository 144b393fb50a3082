import argparse
import importlib
import inspect
import os
import re
import subprocess
import sys

import pytest

import cnnfc
from cnnfc import cli
from cnnfc.commands.run import RunOptions
from cnnfc.errors import DataError, NothingMeasured


@pytest.fixture
def said(capsys):
    """Runs a command line; gives exit code, standard output and standard error."""

    def run(*arguments):
        code = cli.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def called(monkeypatch):
    """Replaces a command by one that remembers its arguments, if they fit the real one."""

    def replace(name, function):
        module = importlib.import_module(f"cnnfc.commands.{name}")
        signature = inspect.signature(getattr(module, function))
        heard = []

        def remember(*arguments, **options):
            signature.bind(*arguments, **options)
            heard.append((arguments, options))
            return 0

        monkeypatch.setattr(module, function, remember)
        return heard

    return replace


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"cnnfc {cnnfc.__version__}\n"


def test_a_gate_gets_what_was_typed(said, called):
    heard = called("gate", "run_gate")
    options = ["--bench", "^it", "--bench", "conv", "--threshold", "2.5%", "--budget", "5 min"]
    options += ["--strict", "--seed", "7", "--here", "--json", "--out", "there"]
    options += ["--baseline-with", "torch==2.12", "--contender-with", "torch==2.13"]
    code, out, _ = said("gate", "main", "topic", *options)
    ((asked, stream), _) = heard[0]
    assert (code, out) == (0, "")
    assert stream is not None
    assert (asked.base, asked.head) == ("main", "topic")
    assert asked.bench == ("^it", "conv")
    assert asked.threshold == pytest.approx(0.025)
    assert asked.budget == 300
    assert (asked.strict, asked.selftest, asked.here, asked.as_json) == (True, False, True, True)
    assert (asked.seed, str(asked.out)) == (7, "there")
    assert asked.baseline_with == ("torch==2.12",)
    assert asked.contender_with == ("torch==2.13",)


@pytest.mark.parametrize(
    ("words", "base", "head"),
    [
        (["main"], "main", None),
        (["--selftest"], "HEAD", "HEAD"),
        (["main", "--selftest"], "main", None),
    ],
)
def test_a_gate_judges_the_work_tree_unless_it_tests_itself(said, called, words, base, head):
    heard = called("gate", "run_gate")
    said("gate", *words)
    asked = heard[0][0][0]
    assert (asked.base, asked.head) == (base, head)
    assert asked.threshold is None
    assert asked.budget is None
    assert asked.seed is None


def test_a_gate_needs_something_to_compare_with(said):
    code, _, err = said("gate")
    assert code == 2
    assert err == (
        "cnnfc: error: BASE is missing: name the commit to compare with, `cnnfc gate main`\n"
    )


@pytest.mark.parametrize("option", ["--thresh=3%", "--seed=x"])
def test_a_gate_refuses_options_that_it_does_not_know(said, option):
    code, _, err = said("gate", "main", option)
    assert code == 2
    assert "see `cnnfc gate --help`" in err or "see `cnnfc --help`" in err


def test_no_command_shows_the_help(said):
    code, out, _ = said()
    assert code == 0
    for name in cli.COMMANDS:
        assert name in out


@pytest.mark.parametrize("name", ["", *cli.COMMANDS])
def test_every_help_has_an_example(name, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([*filter(None, [name]), "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "example" in out
    assert f"cnnfc {name or 'run'} " in out.partition("example")[2]


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_example_is_a_command_line_that_is_understood(name):
    parser = cli._make_parser()
    for example in cli.COMMANDS[name].examples:
        words = example.split()
        assert words[:2] == ["cnnfc", name]
        assert isinstance(parser.parse_args(words[1:]), argparse.Namespace)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rum"], "unknown command 'rum': choose one of run, .*did you mean 'run'?"),
        (
            ["frobnicate"],
            "unknown command 'frobnicate': choose one of run, report, ",
        ),
        (["run", "--profile", "fast"], "invalid choice: 'fast'.*see `cnnfc run --help`"),
        (["run", "--prof", "quick"], "unrecognized arguments: --prof"),
        (["run", "a", "b"], "unrecognized arguments: b"),
        (["cases", "--catalogue"], "--catalogue: expected one argument"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(said, arguments, sentence):
    code, out, err = said(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("cnnfc: error: ")
    assert err.count("\n") == 1
    assert re.search(".*".join(map(re.escape, sentence.split(".*"))), err)


def test_run_hands_everything_over(called, said):
    heard = called("run", "run_suite")
    code, _, _ = said(
        *("run", "v1..v2", "--profile", "full", "--bench", "a", "--bench", "b"),
        *("--catalogue", "c", "--case", "d", "--device", "cpu-1", "--here", "--no-report"),
    )
    assert code == 0
    (((options, out), _),) = heard
    assert options == RunOptions(
        range="v1..v2",
        profile="full",
        bench=("a", "b"),
        catalogues=("c",),
        cases=("d",),
        devices=("cpu-1",),
        here=True,
        report=False,
    )
    assert out is sys.stdout


def test_run_without_options_is_the_standard_profile_of_the_checked_out_commit(called, said):
    heard = called("run", "run_suite")
    said("run")
    (((options, _), _),) = heard
    assert (options.range, options.profile, options.report) == ("HEAD", "standard", True)
    assert (options.bench, options.cases, options.here) == ((), (), False)


def test_report_hands_everything_over(called, said, tmp_path):
    heard = called("report", "write_report")
    said("report", "--results", "r", "--hardware", "h", "--out", str(tmp_path), "--open")
    ((_, options),) = heard
    assert {k: str(v) for k, v in options.items() if k != "stream"} == {
        "results": "r",
        "hardware": "h",
        "out": str(tmp_path),
        "open_browser": "True",
    }


def test_cases_hands_everything_over(called, said):
    heard = called("cases", "list_cases")
    said(
        *("cases", "--catalogue", "a", "--case", "b", "--match", "m"),
        *("--family", "conv", "--sort", "macs", "--json"),
    )
    ((_, options),) = heard
    del options["out"]
    assert options == {
        "catalogues": ("a",),
        "cases": ("b",),
        "match": "m",
        "family": "conv",
        "sort": "macs",
        "as_json": True,
    }


def test_machine_hands_everything_over(called, said):
    heard = called("machine", "show_machine")
    said("machine", "--json", "--register")
    ((_, options),) = heard
    del options["out"]
    assert options == {"as_json": True, "register": True}


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("r.json is damaged"), 2), (NothingMeasured("nothing was measured"), 5)],
)
def test_an_error_is_its_sentence_and_its_exit_code(said, monkeypatch, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("cnnfc.commands.machine.show_machine", fail)
    assert said("machine") == (code, "", f"cnnfc: error: {error}\n")


def test_an_interrupt_ends_with_the_shells_code_for_it(said, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("cnnfc.commands.machine.show_machine", interrupt)
    code, _, err = said("machine")
    assert code == 130
    assert "Traceback" not in err


def test_the_exit_code_is_the_commands(said, monkeypatch):
    monkeypatch.setattr("cnnfc.commands.machine.show_machine", lambda **_: 3)
    assert said("machine")[0] == 3


def test_a_reader_that_has_seen_enough_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-m", "cnnfc.cli", "machine", "--json"],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_terminal_that_lacks_a_character_is_no_error():
    ended = subprocess.run(
        [sys.executable, "-m", "cnnfc.cli", "run", "--case", "dense.µ"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr
