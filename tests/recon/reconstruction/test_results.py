import pytest

from recon.errors import UserError
from recon.reconstruction.results import chosen_formats


def test_formats_are_names_between_commas():
    assert chosen_formats("obj, GLB") == ("obj", "glb") and chosen_formats("") == ("obj",)
    with pytest.raises(UserError, match="did you mean 'stl'"):
        chosen_formats("obj,stll")
