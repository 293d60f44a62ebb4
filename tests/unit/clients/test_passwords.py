"""Passwords that are derived, and what PostgreSQL stores of them."""

from __future__ import annotations

import re

from pgcharm.clients import passwords

KEY = passwords.ClientKey.from_text("a key")


def test_a_password_depends_on_key_user_and_generation_and_on_nothing_else() -> None:
    other = passwords.ClientKey.from_text("another key")
    made = {
        passwords.password(key, user, generation)
        for key in (KEY, other)
        for user in ("a", "b")
        for generation in (0, 1)
    }
    assert len(made) == 8
    assert passwords.password(KEY, "a") == passwords.password(passwords.ClientKey.from_text("a key"), "a", 0)


def test_a_password_needs_no_quotes() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", passwords.password(KEY, f"user{n}")) for n in range(200))


def test_a_verifier_shows_its_salt_and_is_the_same_each_time() -> None:
    verifier = passwords.verifier(KEY, "a")
    assert verifier == passwords.verifier(KEY, "a")
    assert passwords.salt_of(verifier) == passwords.salt(KEY, "a")
    assert passwords.password(KEY, "a") not in verifier


def test_what_is_no_verifier_has_no_salt() -> None:
    assert [passwords.salt_of(text) for text in (None, "", "md5abc", "SCRAM-SHA-256$4096")] == [""] * 4


def test_keys_differ_and_do_not_show() -> None:
    assert passwords.new_key() != passwords.new_key()
    assert "a key" not in repr(KEY)
