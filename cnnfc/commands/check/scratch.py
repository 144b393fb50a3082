"""Makes the folder that a check measures in, with asv's configuration and a log elsewhere."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cnnfc.commands.project import Project
from cnnfc.errors import DataError, UsageError

#: How many logs of earlier checks are kept.
KEPT_LOGS: Final = 20
#: asv's settings that are paths, relative to its configuration file.
_PATHS: Final = ("benchmark_dir", "env_dir", "html_dir", "repo", "conda_environment_file")


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away with the check.

    Raises:
        UsageError: there is no place for temporary files.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="cnnfc-check-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UsageError(
            f"there is no folder for temporary files ({error.strerror}): name one that you may "
            f"write to in TMPDIR"
        ) from None


def write_config(project: Project, folder: Path) -> None:
    """Write asv's configuration to `folder`: the project's, but for where results go.

    Raises:
        DataError: the project's has gone, or was damaged a moment ago.
    """
    import json5  # noqa: PLC0415  # only commands that need a project pay for the parser

    try:
        fields: Mapping[str, Any] = json5.loads(project.config_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{project.config_path} cannot be read any more ({error})") from None
    # asv's own default, which must not be looked for beside the copy.
    fields = {"env_dir": "env", "benchmark_dir": "benchmarks", **fields}
    absolute = {
        name: str((project.root / fields[name]).resolve())
        for name in _PATHS
        if isinstance(fields.get(name), str) and (project.root / fields[name]).exists()
    }
    absolute.setdefault("env_dir", str(project.root / str(fields["env_dir"])))
    content = {**fields, **absolute, "results_dir": str(folder / "results")}
    (folder / "asv.conf.json").write_text(json.dumps(content), encoding="utf-8")
    # asv installs what builds the project into an environment that it makes, and looks here for it.
    if (project.root / "pyproject.toml").is_file():
        shutil.copy(project.root / "pyproject.toml", folder)


def new_log(folder: Path) -> Path:
    """The path of this check's log; older ones beyond `KEPT_LOGS` are removed."""
    for old in sorted(folder.glob("*-check.log"))[: -(KEPT_LOGS - 1)]:
        old.unlink(missing_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return folder / f"{stamp}-check.log"
