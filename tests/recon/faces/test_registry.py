import pytest

from recon.errors import UserError
from recon.faces import load


def test_a_name_is_always_the_same_model():
    assert load("default") is load("default") and load("default").name == "default"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("defualt", "did you mean 'default'"),
        ("bfm2099:x", "known: default, ict:DIR, flame:PATH, bfm:PATH"),
        ("default:2", "give default"),
        ("ict", "give ict:DIR"),
        ("ict:", "give ict:DIR"),
        ("ict:/nowhere", "/nowhere has no generic_neutral_mesh.obj"),
    ],
)
def test_a_name_that_is_none_says_which_there_are(name, message):
    with pytest.raises(UserError, match=message):
        load(name)
