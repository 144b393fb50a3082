"""Runs what only root may, where this machine is known to allow it."""

import os
import shutil
import subprocess


def must_mount():
    """Whether this is a machine that is known to allow mounts, so that none may be left out."""
    return os.environ.get("CNNFC_MOUNTS") == "required"


def as_root(*command):
    """Run `command`; gives whether it went well, and what was said.

    Who is not root asks `sudo` for it, where mounts are required alone: on a desk, tests change
    nothing for all.
    """
    if os.geteuid() != 0 and must_mount() and shutil.which("sudo"):
        command = ("sudo", "-n", *command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except OSError as error:
        return False, str(error)
    return done.returncode == 0, done.stderr.strip()
