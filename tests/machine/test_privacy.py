import json
import math

import pytest

from cnnfc.machine.privacy import Redactor

ALICE = Redactor.of({"HOME": "/home/alice", "USER": "alice"})


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/home/alice/lib/libjemalloc.so", "~/lib/libjemalloc.so"),
        ("/home/alice", "~"),
        ("-L/home/alice/lib:/home/bob/lib", "-L~/lib:~/lib"),
        ("/Users/carol/torch", "~/torch"),
        (r"C:\Users\dave\x", r"~\x"),
        ("/scratch/alice/x.so /scratch/alicex", "/scratch/USER/x.so /scratch/alicex"),
        ("alice in wonderland", "alice in wonderland"),
        ("/usr/lib/libtcmalloc.so", "/usr/lib/libtcmalloc.so"),
        ("GPU-8a3b1c2d-0000-1111-2222-333344445555,1", "GPU-(serial),1"),
        ("MIG-GPU-8a3b1c2d-0000-1111-2222-333344445555/1/0", "MIG-(serial)"),
        ("a\udcffb", "a?b"),
    ],
)
def test_names_of_users_and_serial_numbers_are_taken_out(text, clean):
    assert ALICE.text(text) == clean


def test_a_home_outside_the_usual_places_is_known_from_the_environment():
    redactor = Redactor.of({"HOME": "/data/people/eve/", "LOGNAME": "eve"})
    assert redactor.text("/data/people/eve/lib /srv/eve") == "~/lib /srv/USER"


@pytest.mark.parametrize("home", ["/", "", "/root"])
def test_a_service_has_no_home_to_hide(home):
    redactor = Redactor.of({"HOME": home, "USER": "root"})
    assert redactor.text("/opt/root/lib") == "/opt/root/lib"


def test_nested_data_becomes_plain_json_without_secrets():
    data = {
        "TORCH_API_KEY": "hunter2",
        "paths": ("/home/alice/a", {"b": "/home/alice/b"}),
        "numbers": [1, 2.5, math.nan, math.inf, True, None],
        "set": {"y", "x"},
        1: object,
    }
    clean = ALICE.clean(data)
    assert json.loads(json.dumps(clean, allow_nan=False)) == {
        "TORCH_API_KEY": "(withheld)",
        "paths": ["~/a", {"b": "~/b"}],
        "numbers": [1, 2.5, None, None, True, None],
        "set": ["x", "y"],
        "1": "<class 'object'>",
    }
