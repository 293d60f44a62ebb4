from __future__ import annotations

import re

import pytest

from jujubox.model import relations, removal, secret_access, secret_events, secrets
from jujubox.model.database import NotFound, Refused
from jujubox.protocol import SecretChange

DB = {"db": {"interface": "pgsql"}}


@pytest.fixture
def shared(world):
    """A secret of pg that web/0 may read by their relation."""
    world.deploy("pg", 2, provides=DB)
    world.deploy("web", requires=DB)
    number = world.relate("web", "pg")
    world.enter(number, "pg/0", "web/0")
    world.lead("pg/0")
    secret = make(world, "application", "pg", label="pw")
    secret_access.grant(world.db, secret, "web", number)
    return secret


def make(world, kind: str, owner: str, **change) -> secrets.Secret:
    given = SecretChange("create", "", content={"password": "b25l"}, **change)
    return secrets.create(world.db, world.model.id, secrets.new_id(), kind, owner, given)


def renew(world, secret, value: str, **change) -> None:
    current = secrets.find(world.db, world.model.id, secret.id)
    secrets.update(world.db, current, SecretChange("update", secret.id, content={"password": value}, **change))


def get(world, secret, unit: str = "web/0", refresh=False, peek=False, label=None) -> tuple[int, str]:
    _, revision, content = secret_access.read(world.db, world.model.id, unit, secret.id, None, refresh, peek, label)
    return revision, content["password"]


def events(world, unit: str):
    return secret_events.events(world.db, world.model.id, world.model.uuid, unit)


def test_ids_are_twenty_letters_of_base32hex() -> None:
    ids = [secrets.new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(re.fullmatch("[0-9a-v]{20}", id_) for id_ in ids)


@pytest.mark.parametrize("uri", ["secret://1b-c/abc", "secret:abc", "abc"])
def test_every_spelling_of_a_uri_means_the_same_secret(uri) -> None:
    assert secrets.bare_id(uri) == "abc"


def test_a_reader_keeps_its_revision_until_it_refreshes(world, shared) -> None:
    assert get(world, shared) == (1, "b25l")
    renew(world, shared, "dHdv")
    assert get(world, shared) == (1, "b25l")
    assert get(world, shared, peek=True) == (2, "dHdv")
    assert get(world, shared) == (1, "b25l")
    assert get(world, shared, refresh=True) == (2, "dHdv")
    assert get(world, shared) == (2, "dHdv")


def test_equal_content_makes_no_revision(world, shared) -> None:
    renew(world, shared, "b25l")
    assert secrets.find(world.db, world.model.id, shared.id).latest == 1


def test_a_reader_of_an_old_revision_is_told_of_the_new_one(world, shared) -> None:
    get(world, shared, label="mine")
    assert events(world, "web/0").changed == ()
    renew(world, shared, "dHdv")
    assert events(world, "web/0").changed == ((secrets.uri_of(world.model.uuid, shared.id), "mine", 2),)
    get(world, shared, refresh=True)
    assert events(world, "web/0").changed == ()


def test_the_leader_is_told_of_revisions_that_nobody_uses(world, shared) -> None:
    get(world, shared)
    renew(world, shared, "dHdv")
    assert events(world, "pg/0").remove == ()
    get(world, shared, refresh=True)
    assert events(world, "pg/0").remove == ((secrets.uri_of(world.model.uuid, shared.id), "pw", 1),)
    assert events(world, "pg/1").remove == ()


def test_a_stranger_may_not_read(world, shared) -> None:
    world.deploy("other")
    with pytest.raises(Refused, match='"other/0" is not allowed to read this secret'):
        get(world, shared, "other/0")


def test_a_grant_dies_with_its_relation(world, shared) -> None:
    get(world, shared)
    [relation] = [r for r in relations.every(world.db, world.model.id) if not r.peer]
    relations.remove(world.db, world.model.id, relation.id)
    with pytest.raises(Refused, match="not allowed"):
        get(world, shared)


def test_every_unit_of_the_owner_reads_by_the_owners_label(world, shared) -> None:
    found, revision, _ = secret_access.read(world.db, world.model.id, "pg/1", None, "pw", False, False, None)
    assert (found.id, revision) == (shared.id, 1)


def test_a_reader_finds_a_secret_by_the_label_that_it_gave(world, shared) -> None:
    get(world, shared, label="mine")
    found, _, _ = secret_access.read(world.db, world.model.id, "web/0", None, "mine", False, False, None)
    assert found.id == shared.id


def test_an_owner_has_each_label_once(world, shared) -> None:
    with pytest.raises(Refused, match='secret with label "pw" already exists'):
        make(world, "application", "pg", label="pw")
    make(world, "unit", "pg/0", label="pw")


def test_a_rotation_that_changes_nothing_is_due_again_after_five_minutes(world) -> None:
    world.deploy("pg")
    secret = make(world, "unit", "pg/0", rotate="hourly")
    world.time += 3599
    assert events(world, "pg/0").rotate == ()
    world.time += 2
    assert len(events(world, "pg/0").rotate) == 1
    secret_events.hook_done(world.db, secrets.find(world.db, world.model.id, secret.id), "secret-rotate", None)
    assert events(world, "pg/0").rotate == ()
    world.time += 301
    assert len(events(world, "pg/0").rotate) == 1
    renew(world, secret, "dHdv")
    assert secrets.find(world.db, world.model.id, secret.id).rotates == world.time + 3600


def test_an_expired_revision_is_reported_until_it_is_removed(world) -> None:
    world.deploy("pg")
    secret = make(world, "unit", "pg/0", expire="1970-01-12T13:46:50Z")
    assert events(world, "pg/0").expired == ()
    world.time += 20
    assert events(world, "pg/0").expired == ((secrets.uri_of(world.model.uuid, secret.id), "", 1),)
    secret_events.hook_done(world.db, secret, "secret-expired", 1)
    assert events(world, "pg/0").expired == ()
    assert secret_events.next_due(world.db) == world.time + 300
    world.time += 301
    assert len(events(world, "pg/0").expired) == 1


def test_the_owner_hears_of_what_falls_due(world) -> None:
    world.deploy("pg")
    with world.db.transaction():
        make(world, "unit", "pg/0", rotate="hourly")
    world.heard.clear()
    since, world.time = world.time, world.time + 3601
    with world.db.transaction():
        secret_events.touch_due(world.db, since)
    assert ("unit", world.model.id, "pg/0") in world.heard


def test_a_units_secrets_go_with_it(world, shared) -> None:
    own = make(world, "unit", "web/0")
    removal.remove_unit(world.db, world.unit("web/0"))
    with pytest.raises(NotFound, match=f'secret "{own.id}" not found'):
        secrets.find(world.db, world.model.id, own.id)
    assert secrets.find(world.db, world.model.id, shared.id).latest == 1


def test_the_last_revision_takes_the_secret_along(world, shared) -> None:
    renew(world, shared, "dHdv")
    current = secrets.find(world.db, world.model.id, shared.id)
    secrets.remove(world.db, current, 1)
    secrets.remove(world.db, current, 2)
    with pytest.raises(NotFound):
        secrets.find(world.db, world.model.id, shared.id)


def test_an_operators_secret_prunes_itself_when_asked(world) -> None:
    world.deploy("web")
    secret = make(world, "model", "<model>", label="token")
    secret_access.grant(world.db, secret, "web", -1)
    get(world, secret)
    secrets.set_auto_prune(world.db, secret, True)
    renew(world, secret, "dHdv")
    get(world, secret, refresh=True)
    found = secrets.find(world.db, world.model.id, secret.id)
    assert [row["revision"] for row in secrets.revisions(world.db, found)] == [2]
    assert secrets.named(world.db, world.model.id, "token").id == secret.id
