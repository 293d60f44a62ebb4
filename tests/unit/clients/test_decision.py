"""How clients are served: what is decided, in which order things become true, and what is taken back."""

from __future__ import annotations

from dataclasses import replace

from pgcharm.clients import Catalogue, ClientRelation, Cluster, Decision, Member, decide, passwords
from pgcharm.clients.catalogue import DatabaseFact, RoleFact
from pgcharm.clients.changes import EnsureDatabase, EnsureExtension, EnsureRole, RevokeLogin
from pgcharm.clients.wishes import RoleWish

KEY = passwords.ClientKey.from_text("a key")
AVAILABLE = frozenset(("postgis", "pg_trgm", "btree_gist", "hstore"))
EMPTY = Catalogue(available=AVAILABLE)
MEMBERS = (Member("pg/0", "10.0.0.1"), Member("pg/1", "10.0.0.2"), Member("pg/2", "10.0.0.3"))


def client(number: int = 1, application: str = "shop", units: int = 1, **wish: str) -> ClientRelation:
    bags = {f"{application}/{n}": {"egress-subnets": f"10.1.{number}.{n}/32", **wish} for n in range(units)}
    return ClientRelation(number, "db", application, units=bags)


def cluster(unit: str = "pg/0", primary: str | None = "pg/0", catalogue: Catalogue | None = EMPTY) -> Cluster:
    return Cluster(unit, MEMBERS, primary, "15", KEY, catalogue, loaded=frozenset())


def done(decision: Decision, catalogue: Catalogue) -> Catalogue:
    """The catalogue after the changes, as PostgreSQL would show it."""
    roles, databases = dict(catalogue.roles), dict(catalogue.databases)
    for change in decision.changes:
        if isinstance(change, EnsureRole):
            roles[change.wish.name] = role(change.wish)
        elif isinstance(change, EnsureDatabase):
            wish = change.wish
            comment = f"juju sysname {wish.sysname}" if wish.sysname else ""
            databases[wish.name] = DatabaseFact(
                wish.owner, wish.grants, comment, wish.public_schema, wish.default_grants, {}, frozenset({"public"})
            )
        elif isinstance(change, EnsureExtension):
            fact = databases[change.database]
            schema = change.extension.schema or "public"
            databases[change.database] = replace(fact, extensions={**fact.extensions, change.extension.name: schema})
        elif isinstance(change, RevokeLogin):
            roles[change.role] = replace(roles[change.role], login=False)
    return Catalogue(roles, databases, catalogue.available)


def role(wish: RoleWish) -> RoleFact:
    return RoleFact(wish.login, wish.superuser, False, wish.salt, wish.member_of, wish.default_roles)


def served(*relations: ClientRelation, view: Cluster | None = None) -> tuple[Decision, Cluster]:
    """The decision after everything that was decided is done and loaded."""
    view = view or cluster()
    first = decide(relations, view)
    assert view.catalogue is not None
    view = replace(view, catalogue=done(first, view.catalogue), loaded=frozenset(first.access))
    return decide(relations, view), view


def publish(relation: ClientRelation, decision: Decision) -> ClientRelation:
    bag = {**relation.published, **decision.publications[relation.id]}
    return replace(relation, published={key: value for key, value in bag.items() if value})


def test_nothing_is_published_before_it_exists() -> None:
    decision = decide([client()], cluster())
    assert decision.publications == {1: {}}
    assert [type(change).__name__ for change in decision.changes] == [
        "EnsureRole", "EnsureRole", "EnsureRole", "EnsureDatabase", "EnsureRole", "EnsureRole",
    ]  # fmt: skip
    assert decision.waits[0].startswith("shop (db:1): not yet there: ensure role jujuowner_shop")


def test_when_all_is_done_nothing_is_left_and_every_key_is_there() -> None:
    decision, _ = served(client(units=2, roles="a,b", extensions="hstore"))
    told = decision.publications[1]
    assert decision.changes == ()
    assert decision.waits == ()
    assert told["allowed-units"] == "shop/0 shop/1"
    assert told["allowed-subnets"] == "10.1.1.0/32,10.1.1.1/32"
    assert told["state"] == "master"
    assert told["host"] == "10.0.0.1"
    assert (told["user"], told["schema_user"]) == ("juju_shop", "jujuschema_shop")
    assert (told["roles"], told["extensions"], told["database"]) == ("a,b", "hstore", "shop")


def test_connection_strings_have_no_quotes_or_blanks_in_their_values() -> None:
    told = served(client())[0].publications[1]
    keys = dict(part.split("=", 1) for part in str(told["master"]).split(" "))
    assert keys == {
        "host": "10.0.0.1", "port": "5432", "dbname": "shop", "user": "juju_shop", "password": told["password"]
    }  # fmt: skip
    assert [line.split()[0] for line in str(told["standbys"]).split("\n")] == ["host=10.0.0.2", "host=10.0.0.3"]


def test_a_published_relation_is_not_published_again() -> None:
    decision, view = served(client())
    assert decide([publish(client(), decision)], view).publications == {1: {}}


def test_a_standby_changes_nothing_and_takes_the_primarys_word() -> None:
    primary, view = served(client())
    on_standby = replace(view, unit="pg/1")
    waiting = decide([client()], on_standby)
    assert waiting.changes == ()
    assert waiting.notice == "", "a standby has a word only where the leader answers for all"
    assert waiting.publications == {1: {}}, "its own pg_hba is right, but the primary may not let the client in yet"
    agreed = decide([client()], replace(on_standby, notice=primary.notice or ""))
    told = agreed.publications[1]
    assert (told["state"], told["host"]) == ("hot standby", "10.0.0.2")
    assert told["master"] == primary.publications[1]["master"]
    assert told["standbys"] == primary.publications[1]["standbys"]
    assert told["password"] == primary.publications[1]["password"]


def test_a_word_that_is_no_word_is_not_believed() -> None:
    view = replace(served(client())[1], unit="pg/1")
    for notice in ("", "no json", "[]", '{"1": 7}', '{"1": "other"}'):
        assert decide([client()], replace(view, notice=notice)).publications == {1: {}}


def test_a_new_client_unit_is_admitted_before_it_is_told() -> None:
    first, view = served(client())
    grown = replace(client(units=2), published=publish(client(), first).published)
    waiting = decide([grown], view)
    assert "allowed-units" not in waiting.publications[1]
    assert waiting.waits == ("shop (db:1): not yet admitted: shop/1",)
    loaded = decide([grown], replace(view, loaded=frozenset(waiting.access)))
    assert loaded.publications[1] == {"allowed-units": "shop/0 shop/1", "allowed-subnets": "10.1.1.0/32,10.1.1.1/32"}


def test_a_client_unit_that_left_is_taken_back_at_once_on_every_unit() -> None:
    two = client(units=2)
    first, view = served(two)
    shrunk = replace(client(units=1), published=publish(two, first).published)
    assert decide([shrunk], view).publications[1]["allowed-units"] == "shop/0"
    assert decide([shrunk], replace(view, unit="pg/1")).publications[1]["allowed-units"] == "shop/0"
    assert len(decide([shrunk], view).access) == 1


def test_failover_leaves_the_keys_and_says_so_and_then_names_the_new_primary() -> None:
    first, view = served(client())
    relation = publish(client(), first)
    between = decide([relation], replace(view, primary=None))
    assert between.publications[1] == {"state": "failover"}
    after = decide([relation], replace(view, primary="pg/1"))
    told = after.publications[1]
    assert told["state"] == "hot standby"
    assert str(told["master"]).startswith("host=10.0.0.2 ")
    assert "password" not in told


def test_a_unit_whose_server_does_not_answer_is_not_to_be_used() -> None:
    first, view = served(client())
    relation = publish(client(), first)
    down = decide([relation], replace(view, unit="pg/1", catalogue=None, loaded=None))
    assert down.publications[1]["state"] == "failover"
    assert "allowed-units" not in down.publications[1]
    assert decide([relation], replace(view, catalogue=None, loaded=None)).notice is None


def test_one_unit_stands_alone() -> None:
    alone = replace(cluster(), members=MEMBERS[:1])
    told = served(client(), view=alone)[0].publications[1]
    assert told["state"] == "standalone"
    assert told.get("standbys") is None


def test_without_the_key_nothing_is_done_and_everybody_is_told_why() -> None:
    decision = decide([client()], replace(cluster(), key=None))
    assert decision.changes == ()
    assert decision.waits == ("shop (db:1): the leader has not made the key of client passwords yet",)


def test_a_broken_relation_costs_the_users_their_login_and_an_empty_one_does_not() -> None:
    _, view = served(client())
    gone = decide([], view)
    revoked = {change.role for change in gone.changes if isinstance(change, RevokeLogin)}
    assert revoked == {"juju_shop", "jujuschema_shop"}
    assert decide([client(units=0)], view).changes == ()
    assert decide([client(database="postgres")], view).changes == ()


def test_other_clients_are_served_when_one_is_refused() -> None:
    decision, _ = served(client(1, extensions="no_such"), client(2, "wiki"), client(3, "bad", database="'"))
    assert decision.publications[2]["allowed-units"] == "wiki/0"
    assert [refusal.application for refusal in decision.refusals] == ["bad", "shop"]
    assert all(rule.database == "wiki" for rule in decision.access)


def test_a_refused_relation_takes_its_keys_back() -> None:
    first, view = served(client())
    relation = replace(client(roles="postgres"), published=publish(client(), first).published)
    decision = decide([relation], view)
    assert set(decision.publications[1]) == set(relation.published)
    assert not any(decision.publications[1].values())


def test_the_database_of_a_system_is_closed_to_plain_requests_in_whatever_order_they_came() -> None:
    plain, system = client(1, "wiki", database="demo"), client(2, sysname="Demo")
    decision, _ = served(plain, system)
    assert [str(refusal) for refusal in decision.refusals] == [
        "cannot serve wiki (db:1): database demo is that of sysname Demo (shop asked for it)"
    ]
    assert decision.publications[2]["sysname"] == "Demo"


def test_two_clients_cannot_have_one_extension_in_two_schemas() -> None:
    one, other = (
        client(1, database="d", extensions="hstore(a)"),
        client(2, "wiki", database="d", extensions="hstore(b)"),
    )
    assert "shop asked for it in a" in str(decide([one, other], cluster()).refusals[0])


def test_two_relations_of_one_application_share_its_user() -> None:
    decision, _ = served(client(1, database="one", roles="r1"), client(2, database="two", roles="r2"))
    assert decision.publications[1]["password"] == decision.publications[2]["password"]
    assert decision.publications[1]["user"] == decision.publications[2]["user"]


def test_a_rotated_password_is_new_for_that_user_alone() -> None:
    relations = (client(1), client(2, "wiki"))
    before, view = served(*relations)
    published = [publish(relation, before) for relation in relations]
    rotated = replace(view, generations={"juju_shop": 1})
    steps = decide(published, rotated).changes
    assert [change.wish.name for change in steps if isinstance(change, EnsureRole)] == ["juju_shop"]
    after, _ = served(*published, view=rotated)
    assert set(after.publications[1]) == {"password", "master", "standbys"}
    assert after.publications[2] == {}


def test_no_secret_shows_in_a_printed_decision() -> None:
    decision, view = served(client())
    first = decide([client()], cluster())
    secret = str(decision.publications[1]["password"])
    verifier = passwords.verifier(KEY, "juju_shop")
    for value in (decision, first, view, publish(client(), decision)):
        assert secret not in repr(value)
        assert verifier not in repr(value)
        assert "a key" not in repr(value)


def test_one_client_of_many_is_changed_alone() -> None:
    many = [client(number, f"app{number}x") for number in range(1, 30)]
    _, view = served(*many)
    changed = [*many[:-1], client(29, "app29x", roles="extra")]
    touched = {change.wish.name for change in decide(changed, view).changes if isinstance(change, EnsureRole)}
    assert touched == {"extra", "juju_app29x"}
