import ast
import subprocess
import sys


def test_the_script_needs_the_standard_library_alone(script):
    own = {path.stem for path in script.folder.glob("*.py")}
    imported = {
        name.split(".")[0]
        for path in script.folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - own <= sys.stdlib_module_names


def test_the_folder_is_a_program_that_explains_its_budget(script):
    ran = subprocess.run(
        [sys.executable, "-I", str(script.folder), "run", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    words = " ".join(ran.stdout.split())
    assert "the last 70 are kept for stopping a step and writing the archive" in words
    assert "such as 540 where everything is killed after 600" in words


def test_an_unknown_step_is_refused(script, capsys):
    assert script.main(["run", "--steps", "suite,lunch"]) == 2
    assert "unknown step 'lunch': choose of tests, suite, fidelity" in capsys.readouterr().err


def test_results_that_cannot_be_written_are_one_sentence(bare, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    bare.programs = {"suite": ""}
    assert bare.run("--out", str(tmp_path / "file" / "out")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bare_machine: error: {tmp_path / 'file'}")
    assert line.endswith("Not a directory: name a folder that can be written to with --out")
