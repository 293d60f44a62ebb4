"""What a model may want on its machines before any agent comes to them."""

from __future__ import annotations

import pytest

from jujubox.cloudinit import parsed
from jujubox.machines import recipes
from jujubox.userdata import NOTHING, Userdata


def test_nothing_is_wanted_where_nothing_is_said() -> None:
    assert parsed("") == parsed("{}") == NOTHING


def test_commands_may_be_text_or_words() -> None:
    found = parsed("packages: [curl, 'etcd-server']\npreruncmd:\n- touch /a\n- [touch, /b c]\n")
    assert found == Userdata(("curl", "etcd-server"), ("touch /a", "touch '/b c'"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("users: []", "users (expected packages and preruncmd)"),
        ("packages: curl", "str (expected a list)"),
        ("packages: ['-o evil']", "'-o evil'"),
        ("preruncmd: [7]", "7"),
        ("[", "cannot read cloudinit-userdata"),
        ("- a", "list"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="cloudinit-userdata") as caught:
        parsed(text)
    assert said in str(caught.value)


def test_an_image_with_userdata_has_a_name_of_its_own() -> None:
    plain = recipes.recipe("debian@12").name
    assert recipes.recipe("debian@12", NOTHING).name == plain
    assert recipes.recipe("debian@12", Userdata(("curl",))).name != plain
