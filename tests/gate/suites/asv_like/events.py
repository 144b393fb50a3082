"""Writes down what asv's hooks are called with."""

# asv reads parameters from class attributes.
# ruff: noqa: RUF012

from pathlib import Path


def note(*words):
    with Path("events").open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


class Hooked:
    params = [[1, 2], ["a", "b"]]
    param_names = ["n", "letter"]

    def setup(self, n, letter):
        note("setup", n, letter)
        self.is_fresh = True

    def teardown(self, n, letter):
        note("teardown", n, letter)

    def time_it(self, n, letter):
        if not self.is_fresh:
            raise ValueError("called twice on one setup")
        self.is_fresh = False
        note("call", n, letter)

    def track_it(self, n, letter):
        note("track", n, letter)
        return n


class Failing(Hooked):
    def time_it(self, n, letter):
        raise ValueError("it is broken")


class Cached:
    def setup(self, cache=None):
        note("setup", cache)

    def setup_cache(self):
        note("setup_cache")
        return {"answer": 42}

    def track_answer(self, cache):
        return cache["answer"]
