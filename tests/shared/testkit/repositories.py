"""Runs git in small repositories, beyond the reach of the user's settings."""

import os
import subprocess


def git(root, *words, **variables):
    """Run git in the folder `root`, as somebody with a name; gives what it says, stripped.

    `variables` of the environment such as GIT_AUTHOR_DATE are the only ones of git's.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.com", *words],
        env={**others, **alone, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def isolate(monkeypatch, settings=os.devnull):
    """What is tested runs git with the file `settings` and nothing else that a user has set."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
