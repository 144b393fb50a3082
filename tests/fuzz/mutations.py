"""Damages files in every way that disks, networks, editors, merges and other programs know."""

import json
import math
import re

#: What a program that writes a file wrongly may put into the place of anything.
WRONG = [
    *(None, True, False, 0, -1, 3, 1.5, -2.5, math.nan, math.inf, -math.inf),
    *(10**30, 10**400, -(10**400), 2**63, 2**31, 1e308, 5e-324),
    *("", "x", "'", "\x00", "\ud800", "a" * 3000, "NaN", "1e999", "../../etc/passwd"),
    *([], {}, [[]], [None], [[[1]]], {"a": 1}, [1, 2, 3], ["'x'", "'y'"], [[1.0] * 50] * 3),
    [[repr(f"v{number}") for number in range(900)]] * 4,
    {"result": [1]},
    [{"ci_99": 1}],
]
#: Numbers that JSON can write and hardly anything can hold.
HUGE = [b"1e400", b"-1e400", b"9" * 400, b"9" * 5000, b"1e999999999", b"0." + b"1" * 5000, b"-0"]
#: Bytes that are no UTF-8: a lone continuation, an overlong form, a surrogate, beyond Unicode.
NO_TEXT = [b"\x80", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"]
OPENINGS = [b"[", b'{"a":', b"[[{}", b'{"results":[']


def mutate(content, other, chance):
    """`content` damaged once to three times; `other` is a sound file to mix it with."""
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        content = chance.choice(WAYS)(content, other, chance)
    return content


def flip_bits(content, _, chance):
    damaged = bytearray(content or b"\0")
    for _ in range(chance.choice([1, 1, 2, 5, 50])):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def cut(content, _, chance):
    place = chance.randrange(len(content) + 1)
    return chance.choice([content[:place], content[place:]])


def drop_a_piece(content, _, chance):
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.choice([1, 10, 500]) :]


def repeat_a_piece(content, _, chance):
    start = chance.randrange(len(content) + 1)
    piece = content[start : start + chance.choice([1, 20, 400])]
    return content[:start] + piece * chance.choice([2, 3, 20]) + content[start:]


def splice(content, other, chance):
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other) + 1) :]


def zero_a_block(content, _, chance):
    start = chance.randrange(len(content) + 1)
    length = chance.choice([1, 64, 512])
    return content[:start] + b"\0" * length + content[start + length :]


def put_in(content, piece, chance):
    place = chance.randrange(len(content) + 1)
    return content[:place] + piece + content[place:]


def no_text(content, _, chance):
    return put_in(content, chance.choice(NO_TEXT), chance)


def other_encoding(content, _, chance):
    text = content.decode("utf-8", "replace")
    return text.encode(chance.choice(["utf-16", "utf-8-sig", "utf-32", "utf-7"]))


def conflict(content, _, chance):
    return put_in(content, b"\n<<<<<<< ours\n=======\n>>>>>>> theirs\n", chance)


def number_for_number(content, _, chance):
    """A huge number in the place of one that is there."""
    places = [found.span() for found in re.finditer(rb"[0-9]+", content)]
    if not places:
        return content
    start, end = chance.choice(places)
    return content[:start] + chance.choice(HUGE) + content[end:]


def nest_deeply(content, _, chance):
    return put_in(content, chance.choice(OPENINGS) * chance.choice([50, 900, 30_000]), chance)


def twice(content, _, chance):
    """A key once more, in an object that has it."""
    keys = list(re.finditer(rb'\{("[^"]*"):', content))
    if not keys:
        return content
    found = chance.choice(keys)
    again = found[1] + b":" + chance.choice([b"1", b"{}", b"[]", b"null"]) + b","
    return content[: found.start(1)] + again + content[found.start(1) :]


def other_value(content, _, chance):
    """Something wrong in the place of any value; what is no JSON any more stays as it is."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return content
    places = list(_places(data))
    for _ in range(chance.choice([1, 1, 2, 4])):
        if places:
            _put(data, chance.choice(places), chance)
    return json.dumps(data).encode()


def _put(data, place, chance):
    *parents, last = place
    try:
        for key in parents:
            data = data[key]
        if chance.random() < 0.2:
            del data[last]
        else:
            data[last] = chance.choice(WRONG)
    except (KeyError, IndexError, TypeError):
        pass  # an earlier change has taken the place away


def _places(data, here=()):
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield (*here, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*here, key))


WAYS = [
    flip_bits,
    cut,
    drop_a_piece,
    repeat_a_piece,
    splice,
    zero_a_block,
    no_text,
    other_encoding,
    conflict,
    number_for_number,
    nest_deeply,
    twice,
    *[other_value] * 6,
]
