"""Small projects to break: with the fake asv, or with the real one."""

import pytest

from testkit import breakable, mounts


@pytest.fixture
def faked(home, tmp_path):
    """A project for the fake asv: 2 cases x 2 devices and a canary, unless it is told otherwise."""
    root = tmp_path / "project"
    root.mkdir()
    return breakable.Faked(root)


@pytest.fixture
def make_real(home, tmp_path):
    """Makes a `breakable.Real` project in the folder ``project``."""

    def make(body, cases, *, root=None, **options):
        return breakable.Real(root or tmp_path / "project", body, cases, **options)

    return make


def cannot_mount(why):
    """Many containers forbid mounts; CNNFC_MOUNTS=required says that this machine does not."""
    what = f"no disk can be mounted here ({why})"
    if mounts.must_mount():
        pytest.fail(
            f"{what}, but CNNFC_MOUNTS says that one must be: run pytest as root, where sudo asks "
            f"for no password, or as `unshare -rm python -m pytest`"
        )
    pytest.skip(what)


@pytest.fixture
def mount(tmp_path):
    """Mounts a small tmpfs, or what is in a folder read-only.

    Where that is not allowed, the test is skipped; it fails where CNNFC_MOUNTS=required.
    """
    mounted = []

    def do(path, *arguments):
        path.mkdir(exist_ok=True)
        done, why = mounts.as_root("mount", *arguments, str(path))
        if not done:
            cannot_mount(why)
        if str(path) not in mounted:
            mounted.append(str(path))
        return path

    yield do
    for path in reversed(mounted):
        assert mounts.as_root("umount", "-l", path)[0]
