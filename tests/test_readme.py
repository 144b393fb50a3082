"""What the README tells people to type."""

import re
import shlex
from pathlib import Path

import pytest

from cnnfc import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = [line for line in LINES if line.startswith("cnnfc ")]
QUICK = ("cnnfc cases", "cnnfc machine")


def test_the_two_set_up_commands_stand_first():
    assert LINES[:2] == [
        "python -m pip install -e . && cnnfc run",
        'python -m pip install -e ".[test]" && python -m pytest',
    ]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith(QUICK)])
def test_commands_that_end_within_seconds_run(command, capsys):
    assert cli.main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(QUICK)])
def test_the_options_of_the_others_exist(command):
    options = cli._make_parser().parse_args(shlex.split(command)[1:])
    assert callable(options.command)


def test_the_files_that_it_links_to_are_there():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target
