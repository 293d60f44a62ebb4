"""Every hook tool inside a real unit: outputs, errors, exit codes, and what a failed context leaves behind.

`alpha` has two units and `beta` one, on one machine; alpha's `source` is related to beta's `sink`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jubilant
import pytest
from driving.tools import Outcome, in_context, tool
from driving.waiting import quiet, until, workload


@dataclass(frozen=True)
class Place:
    """Who is who."""

    juju: jubilant.Juju
    leader: str
    other: str
    address: str
    gateway_prefix: str
    source: str
    ring: str
    storage: str

    def fill(self, text: str) -> str:
        """The names for `@LEADER`, `@OTHER`, `@ADDRESS`, `@SOURCE`, `@RING`, `@STORAGE`."""
        for name in ("leader", "other", "address", "source", "ring", "storage"):
            text = text.replace(f"@{name.upper()}", getattr(self, name))
        return text


@pytest.fixture(scope="module")
def place(juju: jubilant.Juju, recorder: Path) -> Place:
    """Deploy, relate, and look up the names."""
    juju.deploy(recorder, "alpha")
    juju.add_unit("alpha", to="0")
    juju.deploy(recorder, "beta", to="0")
    juju.integrate("alpha:source", "beta:sink")
    quiet(juju, "alpha", "beta")
    until(lambda: tool(juju, "beta/0", "relation-list -r $(relation-ids sink)").out, lambda out: out.count("\n") == 2)
    until(lambda: tool(juju, "alpha/0", "relation-list -r $(relation-ids source)").out, lambda out: "beta/0" in out)
    status = quiet(juju, "alpha", "beta")
    units = status.apps["alpha"].units
    leader = next(name for name, unit in units.items() if unit.leader)
    words = tool(juju, leader, "relation-ids source; relation-ids ring; storage-list").out.split()
    other = next(name for name in units if name != leader)
    address = units[leader].public_address
    return Place(juju, leader, other, address, address.rpartition(".")[0], *words)


@dataclass(frozen=True)
class Says:
    """A command and what it does; `out` and `err` are texts, or patterns when they begin with `~`."""

    command: str
    out: str = ""
    code: int = 0
    err: str = ""


def refuses(command: str, message: str, code: int = 2) -> Says:
    """A command that fails with one line on stderr."""
    return Says(command, "", code, f"~ERROR {message[1:]}\n" if message.startswith("~") else f"ERROR {message}\n")


LEADER = [
    # flags and formats
    refuses("config-get --cheese", "option provided but not defined: --cheese"),
    refuses("config-get --format bad", 'invalid value "bad" for option --format: unknown format "bad"'),
    refuses("config-get greeting surplus", 'unrecognized args: ["surplus"]'),
    refuses('is-leader x "y z"', 'unrecognized args: ["x" "y z"]'),
    refuses("JUJU_CONTEXT_ID=bogus is-leader", 'bad request: wrong context ID; got "bogus"', 1),
    refuses("env -u JUJU_CONTEXT_ID is-leader", "JUJU_CONTEXT_ID not set", 1),
    refuses("env -u JUJU_AGENT_SOCKET_ADDRESS is-leader", "JUJU_AGENT_SOCKET_ADDRESS not set", 1),
    Says("relation-set --help | grep -c -- --file", "~[1-9][0-9]*\n"),
    Says("relation-set -h >/dev/null"),
    # config-get
    Says("config-get greeting", "hello\n"),
    Says("config-get greeting --format json", '"hello"\n'),
    Says("config-get level", "1\n"),
    Says("config-get ratio", "0.5\n"),
    Says("config-get shout", "False\n"),
    Says("config-get shout --format=json", "false\n"),
    Says("config-get motto"),
    Says("config-get motto --format=json", "null\n"),
    Says("config-get unheard-of --format=json", "null\n"),
    Says("config-get --format=json", '{"fail-hooks":"","greeting":"hello","level":1,"ratio":0.5,"shout":false}\n'),
    Says(
        "config-get --all --format=json",
        '{"fail-hooks":"","greeting":"hello","level":1,"motto":null,"ratio":0.5,"shout":false}\n',
    ),
    Says("config-get", 'fail-hooks: ""\ngreeting: hello\nlevel: 1\nratio: 0.5\nshout: false\n'),
    Says("cd /tmp && config-get greeting -o written && cat /tmp/written", "hello\n"),
    refuses("config-get -a greeting", 'cannot use argument --all together with key "greeting"'),
    # relation-ids, relation-list
    Says("relation-ids source", "@SOURCE\n"),
    Says("relation-ids source --format=json", '["@SOURCE"]\n'),
    Says("relation-ids sink"),
    Says("relation-ids sink --format=json", "[]\n"),
    refuses("relation-ids", "no endpoint name specified"),
    Says("relation-list -r @SOURCE", "beta/0\n"),
    Says("relation-list -r anything:$(echo @SOURCE | cut -d: -f2)", "beta/0\n"),
    Says("relation-list -r $(echo @SOURCE | cut -d: -f2) --format=json", '["beta/0"]\n'),
    Says("relation-list --app -r @SOURCE", "beta\n"),
    Says("relation-list -r @RING", "@OTHER\n"),
    Says("relation-list -r @RING --app", "alpha\n"),
    refuses("relation-list", "no relation id specified"),
    refuses("relation-list -r one", 'invalid value "one" for option -r: invalid relation id'),
    refuses("relation-list -r 9999", 'invalid value "9999" for option -r: relation not found'),
    # relation-get
    Says(
        "relation-get -r @SOURCE - beta/0 --format=json",
        '{"egress-subnets":"@ADDRESS/32","ingress-address":"@ADDRESS"}\n',
    ),
    Says("relation-get -r @SOURCE ingress-address beta/0", "@ADDRESS\n"),
    Says("relation-get -r @SOURCE - beta/0", "egress-subnets: @ADDRESS/32\ningress-address: @ADDRESS\n"),
    Says("relation-get -r @SOURCE unheard-of beta/0"),
    Says("relation-get -r @SOURCE unheard-of beta/0 --format=json", "null\n"),
    Says("relation-get -r @SOURCE --app - beta --format=json", "{}\n"),
    Says("relation-get -r @SOURCE --app - beta/0 --format=json", "{}\n"),
    Says("relation-get -r @RING ingress-address @OTHER", "@ADDRESS\n"),
    refuses("relation-get", "no relation id specified"),
    refuses("relation-get -r @SOURCE word", "no unit or application specified"),
    refuses("relation-get -r @SOURCE word mysql", 'expected unit name, got application name "mysql"'),
    refuses("relation-get -r @SOURCE word unit//0", 'invalid unit name "unit//0"'),
    refuses("relation-get -r @SOURCE - beta/77", "relation unit not found", 1),
    # relation-set
    Says("relation-set -r @SOURCE word=mine gone=soon"),
    Says("relation-get -r @SOURCE word @LEADER", "mine\n"),
    Says("relation-set -r @SOURCE gone= && relation-get -r @SOURCE gone @LEADER --format=json", "null\n"),
    Says("printf 'x: one\\ny: two\\n' | relation-set -r @SOURCE --file - y=three"),
    Says("relation-get -r @SOURCE x @LEADER; relation-get -r @SOURCE y @LEADER", "one\nthree\n"),
    Says("printf 'x: null\\ny: \"null\"\\n' | relation-set -r @SOURCE --file -"),
    Says("relation-get -r @SOURCE x @LEADER; relation-get -r @SOURCE y @LEADER", "null\n"),
    Says("relation-set -r @SOURCE x=one y=three"),
    Says("relation-set -r @SOURCE --app shared=yes && relation-get -r @SOURCE --app shared alpha", "yes\n"),
    Says("relation-set -r @SOURCE equals=a=b && relation-get -r @SOURCE equals @LEADER", "a=b\n"),
    refuses("relation-set -r @SOURCE haha", 'expected "key=value", got "haha"'),
    refuses("relation-set -r @SOURCE a=1 a=2", 'key "a" specified more than once'),
    refuses("echo '[1, 2]' | relation-set -r @SOURCE --file -", "~yaml: unmarshal errors:[\\s\\S]*", 1),
    refuses("relation-set a=1", "no relation id specified"),
    Says("relation-model-get -r @SOURCE --format=json", '~{"uuid":"[0-9a-f-]{36}"}\n'),
    # status
    Says("status-get", "active\n"),
    Says("status-get --format=json", '{"status":"active"}\n'),
    Says("status-get --include-data --format=json", '{"message":"recording","status":"active","status-data":{}}\n'),
    refuses("status-set foo", 'invalid status "foo", expected one of [maintenance blocked waiting active]'),
    refuses("status-set", "invalid args, require <status> [message]"),
    Says("status-set --application active together"),
    refuses("application-version-set", "no version specified"),
    Says("application-version-set 2.0"),
    Says("is-leader", "True\n"),
    Says("is-leader --format=json", "true\n"),
    refuses("juju-log", "no message specified"),
    Says("juju-log -l ERROR a loud word"),
    Says("juju-log --debug a quiet word"),
    # network
    Says(
        "network-get source --format=json | python3 -c "
        '\'import json,sys; n=json.load(sys.stdin); print(sorted(n), n["egress-subnets"], n["ingress-addresses"],'
        ' n["bind-addresses"][0]["addresses"][0]["value"], sorted(n["bind-addresses"][0]))\'',
        "['bind-addresses', 'egress-subnets', 'ingress-addresses'] ['@ADDRESS/32'] ['@ADDRESS'] @ADDRESS"
        " ['addresses', 'interface-name', 'mac-address']\n",
    ),
    Says("network-get source --ingress-address", "@ADDRESS\n"),
    Says("network-get ring --bind-address", "@ADDRESS\n"),
    Says("network-get juju-info --primary-address", "@ADDRESS\n"),
    Says("network-get source --egress-subnets", "@ADDRESS/32\n"),
    Says(
        "network-get source --ingress-address --egress-subnets --format=json",
        '{"egress-subnets":["@ADDRESS/32"],"ingress-address":"@ADDRESS"}\n',
    ),
    Says("network-get source -r @SOURCE --bind-address", "@ADDRESS\n"),
    refuses("network-get", "no arguments specified"),
    refuses("network-get ''", "no binding name specified"),
    refuses("network-get unheard-of", 'no network config found for binding "unheard-of"', 1),
    Says("unit-get private-address", "@ADDRESS\n"),
    Says("unit-get public-address", "@ADDRESS\n"),
    refuses("unit-get", "no setting specified"),
    refuses("unit-get colour", 'unknown setting "colour"'),
    # ports
    Says("opened-ports"),
    Says("opened-ports --format=json", "[]\n"),
    Says("open-port 80 && open-port 8000-8010/TCP && open-port icmp && open-port 80/tcp"),
    Says("open-port --endpoints source,sink 53/udp"),
    Says("opened-ports | sort", "53/udp\n80/tcp\n8000-8010/tcp\nicmp\n"),
    Says("opened-ports --endpoints | sort", "53/udp (sink, source)\n80/tcp (*)\n8000-8010/tcp (*)\nicmp (*)\n"),
    Says("close-port 80/tcp && opened-ports | grep -c ^80/", "0\n", 1),
    refuses("open-port", "no port or range specified"),
    refuses("open-port 80/xyz", 'invalid protocol "xyz", expected "tcp", "udp", or "icmp"'),
    refuses("open-port eighty", '~invalid port "eighty".*'),
    refuses("open-port 70000", "~port range bounds must be between 0 and 65535, got 70000-70000.*"),
    # state
    Says("state-get --format=json", "null\n"),
    Says("state-get", "{}\n"),
    Says("state-set one=1 two=b"),
    Says("state-get one", "1\n"),
    Says("state-get --format=json", '{"one":"1","two":"b"}\n'),
    Says("state-get missing"),
    Says("state-get missing --format=json", '""\n'),
    refuses("state-get --strict missing", '"missing" not found', 1),
    Says("state-delete one && state-get --format=json", '{"two":"b"}\n'),
    Says("state-delete"),
    Says("state-set $(printf 'k%.0s' $(seq 300))=v 2>&1 | grep -c 'max allowed key length (256)'", "1\n"),
    Says("state-set k=$(printf 'v%.0s' $(seq 70000)) 2>&1 | grep -c 'max allowed value length (65536)'", "1\n"),
    # storage, resources
    Says("storage-list", "@STORAGE\n"),
    Says("storage-list data --format=json", '["@STORAGE"]\n'),
    Says("storage-list unheard-of --format=json", "[]\n"),
    Says("storage-get -s @STORAGE kind", "filesystem\n"),
    Says("test -d $(storage-get -s @STORAGE location)"),
    Says("storage-get -s @STORAGE --format=json", '~{"kind":"filesystem","location":"/.+"}\n'),
    refuses("storage-get", "no storage instance specified"),
    refuses("storage-get -s x", 'invalid value "x" for option -s: invalid storage ID "x"'),
    refuses("storage-get -s @STORAGE colour", 'invalid storage attribute "colour"', 1),
    refuses("storage-add", "storage add requires a storage directive"),
    refuses("storage-add data=pool", 'only count can be specified for "data"'),
    refuses("resource-get", "missing required resource name"),
    refuses("credential-get", "~cannot access cloud credentials.*", 1),
    # secrets
    refuses("secret-add", "missing secret value or filename"),
    refuses("secret-add s3cret", 'key value "s3cret" not valid'),
    refuses("secret-add --rotate foo password=x", 'rotate policy "foo" not valid'),
    refuses("secret-add --owner foo password=x", 'secret owner "foo" not valid'),
    refuses("secret-add --expire foo password=x", 'expire time or duration "foo" not valid'),
    refuses("secret-add --expire=-1h password=x", 'negative expire duration "-1h" not valid'),
    Says("secret-add k=x 2>&1", '~ERROR .*key "k" not valid.*\n', 2),
    refuses("secret-get", "require either a secret URI or label"),
    refuses("secret-get --peek --refresh --label x", "specify one of --peek or --refresh but not both"),
    refuses("secret-get foo", 'secret URI "foo" not valid'),
    Says("secret-ids"),
    Says("secret-ids --format=json", "null\n"),
    Says("secret-add --label one password=x user=me > /tmp/id; cat /tmp/id", "~secret://[0-9a-f-]{36}/[0-9a-v]{20}\n"),
    Says("secret-get $(cat /tmp/id) --format=json", '{"password":"x","user":"me"}\n'),
    Says("secret-get $(cat /tmp/id)", "password: x\nuser: me\n"),
    Says("secret-get $(cat /tmp/id) user", "me\n"),
    Says("secret-get $(cat /tmp/id) user#base64", "bWU=\n"),
    Says("secret-get --label one user", "me\n"),
    refuses("secret-get $(cat /tmp/id) nope", '~.*secret key value "nope" not found.*', 1),
    refuses("secret-add --label one password=y", '~.*secret with label "one" already exists.*', 1),
    Says("secret-add --owner unit --label own key-one=1 > /tmp/own && secret-get $(cat /tmp/own) key-one", '"1"\n'),
    refuses("secret-grant $(cat /tmp/id)", "no relation id specified"),
    refuses("secret-revoke $(cat /tmp/id)", "missing relation or application or unit"),
    refuses("secret-revoke $(cat /tmp/id) --app beta --unit beta/0", "specify only one of application or unit"),
    Says("command -v leader-get leader-set", "", 1),
]

OTHER = [
    Says("is-leader", "False\n"),
    refuses("relation-set -r @SOURCE --app shared=no", "cannot write relation settings", 1),
    refuses("relation-get -r @SOURCE --app - alpha", "permission denied", 1),
    Says("relation-get -r @RING --app - alpha --format=json", "{}\n"),
    refuses("status-set --application active", "this unit is not the leader", 1),
    refuses("status-get --application", "finding application status: this unit is not the leader", 1),
    refuses("secret-add password=x", "this unit is not the leader", 1),
    refuses(
        "open-port 8005",
        'cannot open 8005/tcp (unit "@OTHER"): port range conflicts with 8000-8010/tcp (unit "@LEADER")',
        1,
    ),
    Says("secret-get --label one user", "me\n"),
    Says("relation-get -r @RING ingress-address @LEADER", "@ADDRESS\n"),
]


@pytest.fixture(scope="module")
def leader_outcomes(place: Place) -> list[Outcome]:
    """What the leader's commands did, all in one context."""
    return in_context(place.juju, place.leader, [place.fill(row.command) for row in LEADER])


@pytest.fixture(scope="module")
def other_outcomes(place: Place, leader_outcomes: list[Outcome]) -> list[Outcome]:
    """What the other unit's commands did, after the leader's."""
    return in_context(place.juju, place.other, [place.fill(row.command) for row in OTHER])


def matches(text: str, wanted: str) -> bool:
    """Whether a text is the wanted one, or fits the pattern after `~`."""
    return re.fullmatch(wanted[1:], text) is not None if wanted.startswith("~") else text == wanted


def check(place: Place, row: Says, outcome: Outcome) -> None:
    """Compare one outcome."""
    out, err = place.fill(row.out), place.fill(row.err)
    assert matches(outcome.out, out), f"stdout {outcome.out!r} (expected {out!r}); stderr {outcome.err!r}"
    assert matches(outcome.err, err), f"stderr {outcome.err!r} (expected {err!r})"
    assert outcome.code == row.code


@pytest.mark.parametrize("index", range(len(LEADER)), ids=[row.command[:60] for row in LEADER])
def test_on_the_leader(place: Place, leader_outcomes: list[Outcome], index: int) -> None:
    check(place, LEADER[index], leader_outcomes[index])


@pytest.mark.parametrize("index", range(len(OTHER)), ids=[row.command[:60] for row in OTHER])
def test_on_another_unit(place: Place, other_outcomes: list[Outcome], index: int) -> None:
    check(place, OTHER[index], other_outcomes[index])


def test_all_of_it_took_effect(place: Place, leader_outcomes: list[Outcome]) -> None:
    juju = place.juju
    info = juju.show_unit("beta/0")
    (sink,) = [relation for relation in info.relation_info if relation.endpoint == "sink"]
    data = sink.related_units[place.leader].data
    assert {key: data.get(key) for key in ("word", "x", "y", "equals", "gone")} == {
        "word": "mine",
        "x": "one",
        "y": "three",
        "equals": "a=b",
        "gone": None,
    }
    assert sink.app_data == {"shared": "yes"}
    status = juju.status()
    assert status.apps["alpha"].app_status.message == "together"
    assert status.apps["alpha"].version == "2.0"
    assert sorted(status.apps["alpha"].units[place.leader].open_ports) == ["53/udp", "8000-8010/tcp", "icmp"]
    loud = r"unit-alpha-\d: .* ERROR unit\.alpha/\d\.juju-log a loud word"
    until(juju.debug_log, lambda log: re.search(loud, log) is not None)


def goal_state(place: Place, unit: str) -> dict[str, Any]:
    """goal-state of a unit."""
    seen: dict[str, Any] = json.loads(tool(place.juju, unit, "goal-state --format=json").out)
    return seen


def test_goal_state_names_units_and_relations(place: Place) -> None:
    quiet(place.juju, "alpha", "beta")
    seen = goal_state(place, place.leader)
    assert sorted(seen) == ["relations", "units"]
    assert {unit: each["status"] for unit, each in seen["units"].items()} == {"alpha/0": "active", "alpha/1": "active"}
    assert sorted(seen["relations"]) == ["source"]
    assert {name: each["status"] for name, each in seen["relations"]["source"].items()} == {
        "beta": "joined",
        "beta/0": "active",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", seen["units"]["alpha/0"]["since"])


def test_a_failed_context_leaves_only_what_is_immediate(place: Place) -> None:
    unit = place.leader
    command = place.fill(
        "relation-set -r @SOURCE word=lost; state-set lost=1; open-port 99; secret-add --label lost key-one=1;"
        " status-set active 'said in vain'; exit 9"
    )
    assert tool(place.juju, unit, command).code == 9
    assert workload(place.juju.status(), unit) == ("active", "said in vain")
    after = in_context(
        place.juju,
        unit,
        [
            place.fill("relation-get -r @SOURCE word @LEADER"),
            "state-get lost --format=json",
            "opened-ports | grep -c ^99/",
            "secret-get --label lost",
        ],
    )
    assert [outcome.out for outcome in after[:3]] == ["mine\n", '""\n', "0\n"]
    assert after[3].code == 1
    tool(place.juju, unit, "status-set active recording")


def test_what_is_flushed_is_there_in_the_next_context(place: Place) -> None:
    outcomes = in_context(
        place.juju,
        place.leader,
        [
            "state-get two",
            "secret-ids | wc -l",
            "secret-info-get --label one --format=json",
            "secret-get --label one user",
        ],
    )
    assert [outcome.out for outcome in outcomes[:2]] == ["b\n", "2\n"]
    ((secret, info),) = json.loads(outcomes[2].out).items()
    assert re.fullmatch("[0-9a-v]{20}", secret)
    assert (info["revision"], info["label"], info["owner"]) == (1, "one", "application")
    assert outcomes[3].out == "me\n"


def secret_id(place: Place, label: str = "one") -> str:
    """The bare id of a secret of the leader."""
    (bare,) = json.loads(tool(place.juju, place.leader, f"secret-info-get --label {label} --format=json").out)
    return str(bare)


def test_a_grant_lets_a_related_application_read_and_track(place: Place) -> None:
    juju, leader, secret = place.juju, place.leader, secret_id(place)
    refused = tool(juju, "beta/0", f"secret-get {secret}")
    assert refused.code == 1
    assert re.search("not allowed|permission denied", refused.err)
    wrong = tool(juju, leader, place.fill(f"secret-grant {secret} -r @SOURCE --unit gamma/0"))
    assert wrong.err == 'ERROR cannot specify unit "gamma/0" in relation to application "beta"\n'
    tool(juju, leader, place.fill(f"secret-grant {secret} -r @SOURCE"))
    assert tool(juju, "beta/0", f"secret-get secret:{secret} --label bound user").out == "me\n"

    tool(juju, leader, f"secret-set {secret} user=you password=x")
    reads = ["secret-get --label bound user", "secret-get --label bound user --peek", "secret-get --label bound user"]
    assert [each.out for each in in_context(juju, "beta/0", reads)] == ["me\n", "you\n", "me\n"]
    reads = ["secret-get --label bound user --refresh", "secret-get --label bound user"]
    assert [each.out for each in in_context(juju, "beta/0", reads)] == ["you\n", "you\n"]

    tool(juju, leader, f"secret-revoke {secret} --app beta")
    assert tool(juju, "beta/0", f"secret-get {secret} --refresh").code == 1


def test_unchanged_content_makes_no_revision_and_a_pending_update_shows_only_on_peek(place: Place) -> None:
    secret = secret_id(place)
    before = place.juju.show_secret(f"secret:{secret}").revision
    tool(place.juju, place.leader, f"secret-set {secret} user=you password=x")
    assert place.juju.show_secret(f"secret:{secret}").revision == before
    reads = [
        f"secret-set {secret} user=they",
        f"secret-get {secret} user --peek",
    ]
    outcomes = in_context(place.juju, place.leader, reads)
    assert outcomes[1].out == "they\n"
    assert place.juju.show_secret(f"secret:{secret}").revision == before + 1
    tool(place.juju, place.leader, f"secret-remove {secret}")
    assert tool(place.juju, place.leader, f"secret-get {secret}").code == 1


def test_juju_exec_on_the_machine_runs_in_a_units_context(place: Place) -> None:
    juju = place.juju
    said = juju.exec("sudo juju-exec beta/0 'echo $JUJU_UNIT_NAME; is-leader; action-get || true'", machine=0)
    assert said.stdout == "beta/0\nTrue\n"
    assert said.stderr == "ERROR not running an action\n"
    listing = place.fill("sudo juju-exec -r @SOURCE @LEADER 'echo $JUJU_REMOTE_UNIT; relation-list'")
    related = juju.exec(listing, machine=0)
    assert related.stdout == "beta/0\nbeta/0\n"
