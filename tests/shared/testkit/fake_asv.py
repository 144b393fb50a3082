"""A program that stands in for asv: same arguments, events and files, no measuring.

``fake.json`` in its folder says what the suite is and what is to happen; every call is added to
``calls.jsonl``, so tests see what was asked for.  A call takes some 40 ms.
"""

import itertools
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

CALLS = Path("calls.jsonl")
NAN = float("nan")
COLUMNS = ["result", "params", "version", "started_at", "duration"]
COLUMNS += ["stats_ci_99_a", "stats_ci_99_b", "stats_q_25", "stats_q_75"]
COLUMNS += ["stats_number", "stats_repeat", "samples", "profile"]


def send(**event):
    os.write(int(os.environ["CNNFC_EVENTS"]), (json.dumps(event) + "\n").encode())


def option(name, arguments):
    return [arguments[i + 1] for i, word in enumerate(arguments) if word == name]


def load(path, otherwise):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else otherwise


def save(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.replace(path)


def points_of(benchmark):
    return list(itertools.product(*benchmark["params"]))


def full_name(benchmark, parameters):
    return f"{benchmark['name']}({', '.join(parameters)})" if parameters else benchmark["name"]


def main():
    arguments = sys.argv[1:]
    fake = load(Path("fake.json"), {})
    here = option("--set-commit-hash", arguments)
    commit = here[0] if here else sys.stdin.read().strip()
    patterns = option("--bench", arguments)
    environments = option("-E", arguments)
    if environments in ([], ["here"]):
        environments = [os.environ["CNNFC_ENV_NAME"]] if here else fake["environments"]
    record = {
        "arguments": arguments,
        "commit": commit,
        "profile": os.environ.get("CNNFC_PROFILE"),
        "listed": os.environ.get("CNNFC_LISTED"),
        "record": os.environ.get("CNNFC_RECORD"),
        "variables": {k: v for k, v in os.environ.items() if k.startswith(("CNNFC_C", "CNNFC_E"))},
    }
    with CALLS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    for environment in environments:
        send(kind="environment", name=environment)
    if commit in fake.get("broken", {}):
        send(kind="message", level="ERROR", text=fake["broken"][commit])
        if fake.get("falls_back"):
            text = "Failed: trying different commit/environment"
            send(kind="message", level="WARNING", text=text)
            time.sleep(30)
        return 1
    if fake.get("interrupt_in") == 0:
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(30)
    save(Path("results/benchmarks.json"), {**fake["benchmarks"], "version": 2})
    if patterns == ["just-discover"]:
        return 0
    return measure(fake, arguments, commit, environments[0], patterns)


def measure(fake, arguments, commit, environment, patterns):
    calls = [json.loads(line) for line in CALLS.read_text(encoding="utf-8").splitlines()]
    number = sum("just-discover" not in call["arguments"] for call in calls)
    machine = option("--machine", arguments)[0]
    path = Path(f"results/{machine}/{commit[:8]}-{environment}.json")
    content = load(path, {"version": 2, "commit_hash": commit, "env_name": environment})
    content.setdefault("result_columns", COLUMNS)
    rows = content.setdefault("results", {})
    failed = False
    for benchmark in fake["benchmarks"].values():
        points = points_of(benchmark)
        selected = [
            any(re.search(p, full_name(benchmark, point)) for p in patterns) for point in points
        ]
        if not any(selected):
            continue
        old = rows.get(benchmark["name"])
        values, samples = [NAN] * len(points), [None] * len(points)
        if old and old[2] == benchmark["version"]:
            combinations = list(itertools.product(*old[1]))
            known = dict(zip(combinations, old[0], strict=True))
            kept = dict(zip(combinations, old[11], strict=True))
            values = [known.get(point) for point in points]
            samples = [kept.get(point) for point in points]
        for index, point in enumerate(points):
            if not selected[index]:
                continue
            name = full_name(benchmark, point)
            outcome = fake.get("outcomes", {}).get(name, "measured")
            what = {"benchmark": benchmark["name"], "parameters": point}
            for _ in range(benchmark["rounds"]):
                if not fake.get("silent"):
                    send(kind="start", **what)
                happen(fake, number, name)
                output = {"measured": "", "skipped": f"cnnfc: skipped x on y: {name} is impossible"}
                if not fake.get("silent"):
                    send(
                        kind="end",
                        **what,
                        outcome=outcome,
                        seconds=0.25,
                        status=int(outcome == "failed"),
                        output=output.get(outcome, "ValueError: boom"),
                    )
            failed = failed or outcome == "failed"
            values[index] = {"measured": 1.5, "skipped": NAN, "failed": None}[outcome]
            if outcome == "measured":
                append = "--append-samples" in arguments and samples[index]
                samples[index] = [*(samples[index] if append else []), 1.5]
        row = [values, benchmark["params"], benchmark["version"], 0, 0.1]
        rows[benchmark["name"]] = [*row, None, None, None, None, None, None, samples]
    save(path, content)
    return 2 if failed else 0


def happen(fake, number, name):
    """What is to happen in this call of asv, before a point ends."""
    if number == fake.get("crash_in"):
        sys.exit("Traceback (most recent call last):\nRuntimeError: asv itself broke down")
    if number == fake.get("interrupt_in"):
        os.kill(os.getppid(), signal.SIGINT)
        time.sleep(30)
    if number == fake.get("terminate_in"):
        os.kill(os.getppid(), signal.SIGTERM)
        time.sleep(30)
    if number == fake.get("kill_parent_in"):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
