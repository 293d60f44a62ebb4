"""What a unit does when etcd has lost its quorum: every row of the argument in docs/explanation/two-units.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm.cluster import Epoch, epoch, read_epoch
from pgcharm.observation import Observation, Remnant, Request, Service, Sync
from pgcharm.plan import plan
from pgcharm.plan.epoch_steps import AdoptEpoch, BanUnit, ClaimEpoch, FreezeEtcd, RestoreEtcd, ThawEtcd
from pgcharm.plan.quorum import BLOCKED_AFTER, MARGIN, PRIMARY_PATIENCE, STANDBY_PATIENCE, TTL
from pgcharm.plan.settings import wanted_settings
from pgcharm.plan.situation import situation
from pgcharm.plan.steps import RemoveEtcdMember, RemovePath, StopService, WriteFile
from pgcharm.plan.types import Plan
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made
from tests.unit.pgcharm.host import carry_out, on_machine, remember, settle, with_service

ETCD = "postgresql-etcd.service"
TWO = Sync("postgresql-0", ("postgresql-1",))
QUORUM = Sync("postgresql-0", ("postgresql-1", "postgresql-2"), 1)


def living(number: int, units: int, **more: Any) -> Observation:
    """A unit of a settled cluster, unit 0 its primary, which every unit has a vote in."""
    o = made.observation(number=number, units=units, founding=made.FOUNDED, **more)
    o = on_machine(replace(o, etcd=View(made.etcd(*range(units)))), etcd_has_data=True)
    o = settle(o, rounds=6)
    own = made.patroni(units, 0, number, settings=wanted_settings(situation(o)))
    return settle(replace(o, patroni=View(own), postgres=View(made.postgres(in_recovery=number != 0))), rounds=6)


def alone(number: int = 1, units: int = 2, leader: bool = True, **more: Any) -> Observation:
    """The same when none of the others can be reached, for long enough; `more` is what differs in what is left."""
    o = living(number, units, leader=leader)
    others = tuple(f"postgresql-{n}" for n in range(units) if n != number)
    members = tuple(made.etcd_member(n) for n in range(units))
    held = {"applied": 7}
    left = Remnant(members, "postgresql-0", TWO if units == 2 else QUORUM, held, silent=others, seconds=100)
    patroni = known(o.patroni)
    assert patroni is not None
    blind = View(replace(patroni, members=(), settings=None))
    return replace(o, etcd=Unknown("it has no quorum"), patroni=blind, remnant=View(replace(left, **more)))


def with_epoch(o: Observation, text: str) -> Observation:
    """The same in a later hook, when the controller has noted an epoch down."""
    assert o.juju.peers is not None
    return made.with_juju(o, peers=replace(o.juju.peers, application={**o.juju.peers.application, "epoch": text}))


def next_hook(o: Observation) -> Observation:
    """What was published for the application is there when the next hook begins."""
    (peers,) = plan(o).publication.relations
    return with_epoch(o, peers.application.get("epoch") or "")


def claims(planned: Plan) -> str:
    return "".join(part.application.get("epoch") or "" for part in planned.publication.relations)


def acts(o: Observation) -> list[str]:
    """What is done, files aside: those follow the number of units."""
    return [type(step).__name__ for step in plan(o).steps if not isinstance(step, WriteFile)]


def test_the_way_of_a_standby_that_is_left_alone() -> None:
    o = alone()
    assert acts(o) == ["FreezeEtcd"]
    assert claims(plan(o)) == ""
    (freeze,) = plan(o).steps
    frozen = carry_out(freeze, o)
    assert acts(frozen) == []
    assert claims(plan(frozen)) == "1 postgresql/1"
    later = next_hook(frozen)
    restore = plan(later).steps[0]
    assert isinstance(restore, RestoreEtcd)
    assert (restore.number, restore.name, restore.drop_sync) == (1, "postgresql-1", False)
    assert (restore.source, restore.target) == (
        "/var/lib/postgresql-charm/etcd",
        "/var/lib/postgresql-charm/etcd-1",
    )
    over = settle(later, rounds=5)
    assert plan(over).steps == ()
    seen = known(over.etcd)
    assert seen is not None
    assert [member.name for member in seen.members] == ["postgresql-1"]


def test_a_crash_between_any_two_steps_leads_to_the_same_end() -> None:
    """The steps are carried out one by one; before each, the unit may start over with a new look at everything."""
    o = alone()
    for _ in range(12):
        planned = plan(o)
        if claims(planned):
            o = next_hook(o)
        elif planned.steps:
            o = carry_out(planned.steps[0], o)
    assert plan(o).steps == ()
    assert o.machine.memories.etcd == {"epoch": 1, "frozen": None}
    assert o.machine.services[ETCD].active


def test_nothing_is_claimed_before_the_own_member_is_stopped() -> None:
    assert claims(plan(alone())) == ""


def test_the_primary_goes_on_before_it_would_have_to_stop_writing() -> None:
    assert PRIMARY_PATIENCE < 12  # loop_wait and retry_timeout
    assert acts(alone(0, seconds=PRIMARY_PATIENCE)) == ["FreezeEtcd"]
    assert acts(alone(0, seconds=PRIMARY_PATIENCE - 1)) == []


def test_a_standby_waits_until_the_former_primary_has_stopped_writing() -> None:
    assert acts(alone(seconds=STANDBY_PATIENCE - 1)) == []
    named = with_epoch(carry_out(plan(alone()).steps[0], alone()), "1 postgresql/1")
    left = known(named.remnant) if named.remnant else None
    assert left is not None
    early = replace(named, remnant=View(replace(left, seconds=TTL + MARGIN - 1)))
    assert acts(early) == []
    assert "the former primary to have stopped" in plan(early).text()
    assert acts(replace(named, remnant=View(replace(left, seconds=TTL + MARGIN)))) == ["RestoreEtcd", "StartService"]


def test_only_the_leader_acts_when_both_reach_the_controller_and_not_each_other() -> None:
    assert acts(alone(0, leader=True)) == ["FreezeEtcd"]
    other = alone(1, leader=False)
    assert acts(other) == []
    assert claims(plan(other)) == ""
    assert "for Juju to make this unit the leader" in plan(other).publication.status.message


def test_the_unit_that_was_not_named_stops_its_member_and_never_acts() -> None:
    o = with_epoch(alone(1, leader=True), "1 postgresql/0")
    assert acts(o) == ["StopService"]
    stopped = carry_out(plan(o).steps[0], o)
    assert acts(stopped) == []
    assert claims(plan(stopped)) == ""
    assert "waiting for postgresql/0 to begin epoch 1" in plan(stopped).publication.status.message


def test_an_older_quorum_does_not_keep_a_unit_that_was_left_behind_from_stopping() -> None:
    o = with_epoch(living(1, 3), "1 postgresql/2")
    assert acts(o) == ["StopService"]


def test_who_was_left_behind_goes_over_joins_and_votes() -> None:
    o = with_epoch(living(0, 2), "1 postgresql/1")
    newer = replace(made.etcd(1, primary=1, epoch=1), local=False)
    o = replace(with_service(o, ETCD, Service(False, False, False)), etcd=View(newer))
    assert acts(o) == ["AdoptEpoch"]
    over = settle(o, rounds=8)
    seen = known(over.etcd)
    assert seen is not None
    assert [(m.name, m.learner) for m in seen.members] == [("postgresql-1", False), ("postgresql-0", False)]


def test_a_new_unit_belongs_to_the_epoch_that_runs() -> None:
    o = with_epoch(made.observation(number=2, units=3, founding=made.FOUNDED), "4 postgresql/1")
    o = replace(o, etcd=View(replace(made.etcd(0, 1, epoch=4), local=False)))
    over = settle(o, rounds=8)
    assert over.machine.memories.etcd["epoch"] == 4


def test_a_standby_that_is_not_listed_does_nothing() -> None:
    for sync in (None, Sync("postgresql-0"), Sync("postgresql-0", ("postgresql-2",))):
        o = alone(sync=sync)
        assert acts(o) == []
        assert plan(o).publication.status.level == "blocked"
        assert "postgresql/0 may have commits that this unit lacks" in plan(o).publication.status.message


@pytest.mark.parametrize("what", ["the members", "the primary", "the synchronous standbys", "a later term"])
def test_what_may_have_been_agreed_without_this_unit_is_the_operators_to_judge(what: str) -> None:
    o = alone(beyond=(what,))
    assert acts(o) == []
    assert f"{what} may have changed without this unit" in plan(o).publication.status.message


def test_a_frozen_member_runs_again_when_the_other_one_answers() -> None:
    o = carry_out(plan(alone()).steps[0], alone())
    left = known(o.remnant) if o.remnant else None
    assert left is not None
    assert acts(replace(o, remnant=View(replace(left, silent=())))) == ["ThawEtcd", "StartService"]


def test_a_frozen_member_runs_again_when_leadership_was_lost_before_the_claim() -> None:
    o = made.with_juju(carry_out(plan(alone()).steps[0], alone()), leader=False)
    assert acts(o) == ["ThawEtcd", "StartService"]


def test_what_was_noted_down_is_carried_out_whatever_has_changed_since() -> None:
    named = with_epoch(carry_out(plan(alone()).steps[0], alone()), "1 postgresql/1")
    left = known(named.remnant) if named.remnant else None
    assert left is not None
    named = made.with_juju(replace(named, remnant=View(replace(left, silent=()))), leader=False)
    assert acts(named) == ["RestoreEtcd", "StartService"]


def test_a_primary_that_is_heard_of_through_failsafe_mode_is_not_replaced() -> None:
    o = alone()
    seen = known(o.patroni)
    assert seen is not None
    assert acts(replace(o, patroni=View(replace(seen, failsafe=True)))) == []


def test_while_failover_is_paused_nobody_takes_over() -> None:
    assert acts(alone(paused=True)) == []


def test_a_member_that_can_be_reached_otherwise_is_waited_for() -> None:
    o = alone(silent=())
    assert acts(o) == []
    assert "etcd of postgresql/0, which answers otherwise" in plan(o).publication.status.message


def test_a_member_that_says_it_has_lost_its_data_is_not() -> None:
    o = alone(silent=())
    assert o.juju.peers is not None
    others = {"postgresql/0": {**o.juju.peers.others["postgresql/0"], "etcd": "lost"}}
    assert acts(made.with_juju(o, peers=replace(o.juju.peers, others=others))) == ["FreezeEtcd"]


def test_a_unit_without_a_vote_does_not_decide() -> None:
    members = (made.etcd_member(0), made.etcd_member(1, learner=True))
    assert acts(alone(members=members)) == []


def test_two_of_three_lost_is_never_decided_by_itself() -> None:
    o = alone(0, units=3)
    planned = plan(o)
    assert planned.steps == ()
    assert claims(planned) == ""
    assert planned.publication.status.level == "blocked"
    message = planned.publication.status.message
    assert message.startswith("no quorum: 1 of 3 voters, without postgresql/1, postgresql/2; bring ")
    assert "recover-quorum" in message
    assert "remove-unit --force" in message
    status = planned.publication.application_status
    assert status is not None
    assert status.message == "no quorum: 1 of 3 voters, without postgresql/1, postgresql/2"


def test_for_a_minute_lost_voters_are_waited_for() -> None:
    assert plan(alone(0, units=3, seconds=BLOCKED_AFTER - 1)).publication.status.level == "waiting"


def test_without_the_controller_nothing_is_begun() -> None:
    """The hook that would be told of the epoch does not come: the frozen member stays as it is."""
    frozen = carry_out(plan(alone()).steps[0], alone())
    assert acts(frozen) == []


def test_lost_units_that_were_removed_are_not_waited_for() -> None:
    o = made.with_juju(alone(0, units=3), goal={"postgresql/0": "active"})
    assert acts(o) == []
    assert claims(plan(o)) == "1 postgresql/0"
    follower = made.with_juju(alone(0, units=3, leader=False), goal={"postgresql/0": "active"})
    assert claims(plan(follower)) == ""


def test_who_has_more_and_was_removed_is_lost_and_the_list_of_standbys_with_it() -> None:
    o = made.with_juju(alone(2, units=3), goal={"postgresql/2": "active"})
    assert claims(plan(o)) == "1 postgresql/2 accept-loss"
    named = next_hook(o)
    for step in plan(named).steps:
        named = carry_out(step, named)
    restore = plan(named).steps[0]
    assert isinstance(restore, RestoreEtcd)
    assert restore.drop_sync


def test_one_removed_of_three_is_not_enough_while_another_may_come_back() -> None:
    o = made.with_juju(alone(0, units=3), goal={"postgresql/0": "active", "postgresql/1": "active"})
    assert claims(plan(o)) == ""


def test_an_epoch_that_the_controller_has_lost_is_written_again() -> None:
    o = remember(living(0, 2, leader=True), "etcd", {"epoch": 3})
    assert claims(plan(replace(o, etcd=View(made.etcd(0, 1, epoch=3))))) == "3 postgresql/0"


def test_an_older_etcd_that_answers_does_not_count() -> None:
    o = remember(living(1, 2), "etcd", {"epoch": 2})
    stale = replace(o, etcd=View(replace(made.etcd(0, epoch=1), local=False)))
    assert situation(stale).etcd is None
    assert not [s for s in plan(stale).steps if isinstance(s, (AdoptEpoch, RemoveEtcdMember, RemovePath))]


def test_data_of_an_older_epoch_goes_when_this_unit_votes_in_its_own() -> None:
    o = on_machine(remember(living(0, 2), "etcd", {"epoch": 1}), etcd_leftovers=("/var/lib/postgresql-charm/etcd",))
    o = replace(o, etcd=View(made.etcd(0, 1, epoch=1)))
    assert [s.path for s in plan(o).steps if isinstance(s, RemovePath)] == ["/var/lib/postgresql-charm/etcd"]
    learner = replace(made.etcd(1, epoch=1), members=(made.etcd_member(1), made.etcd_member(0, learner=True)))
    assert not [s for s in plan(replace(o, etcd=View(learner))).steps if isinstance(s, RemovePath)]


def test_a_unit_that_is_gone_is_written_down_so_that_it_stays_away() -> None:
    o = made.with_juju(living(0, 3, leader=True), goal={"postgresql/0": "active", "postgresql/1": "active"})
    found = [step for step in plan(o).steps if isinstance(step, (BanUnit, RemoveEtcdMember))]
    assert [type(step) for step in found] == [RemoveEtcdMember, BanUnit]
    registered = replace(made.etcd(0, 1), registered=("postgresql-0", "postgresql-1", "postgresql-9"))
    (ban,) = [s for s in plan(replace(o, etcd=View(registered))).steps if isinstance(s, BanUnit)]
    assert ban.unit == "postgresql/9"


def asked(o: Observation, **parameters: object) -> Plan:
    """What action recover-quorum does."""
    request = Request("recover-quorum", {"confirm": "postgresql", **parameters})
    return plan(replace(o, event=replace(o.event, name="recover-quorum", request=request)))


def refusal(o: Observation, **parameters: object) -> str:
    found = asked(o, **parameters)
    assert found.refusal is not None
    assert found.steps == ()
    return found.refusal.text


def test_recover_quorum_begins_from_the_former_primary_without_loss() -> None:
    (claim,) = asked(alone(0, units=3)).steps
    assert isinstance(claim, ClaimEpoch)
    assert claim.epoch == Epoch(1, "postgresql/0")


def test_recover_quorum_asks_for_a_word_where_commits_may_be_lost() -> None:
    o = alone(2, units=3)
    assert "may have commits that postgresql/2 lacks; the primary was postgresql/0" in refusal(o)
    (claim,) = asked(o, **{"accept-loss": True}).steps
    assert isinstance(claim, ClaimEpoch)
    assert claim.epoch == Epoch(1, "postgresql/2", accept_loss=True)


def test_recover_quorum_is_refused_where_it_is_not_needed_or_not_meant() -> None:
    assert "etcd has a quorum" in refusal(living(0, 3, leader=True))
    assert "is not Juju's leader" in refusal(alone(0, units=3, leader=False))
    assert "confirm=postgresql" in refusal(alone(0, units=3), confirm="yes")
    assert "can be reached" in refusal(alone(0, units=3, silent=("postgresql-2",)))
    assert "there is no postgresql/7" in refusal(alone(0, units=3), unit="postgresql/7")
    assert "under way by itself" in refusal(alone())


def test_recover_quorum_overrules_an_epoch_whose_owner_is_lost_with_the_operators_word() -> None:
    o = with_epoch(alone(0, leader=True), "1 postgresql/1")
    assert "accept-loss=true" in refusal(o)
    (claim,) = asked(o, **{"accept-loss": True}).steps
    assert isinstance(claim, ClaimEpoch)
    assert claim.epoch == Epoch(2, "postgresql/0", accept_loss=True)


def test_an_order_is_carried_out_by_the_unit_that_it_names() -> None:
    o = with_epoch(alone(2, units=3, leader=False), "1 postgresql/2 accept-loss")
    assert acts(o) == ["FreezeEtcd"]
    over = settle(o, rounds=6)
    assert over.machine.memories.etcd["epoch"] == 1
    assert plan(over).steps == ()


def test_an_order_without_loss_is_not_carried_out_where_something_would_be_lost() -> None:
    o = with_epoch(alone(2, units=3, leader=False), "1 postgresql/2")
    planned = plan(carry_out(plan(o).steps[0], o))
    assert planned.steps == ()
    assert "others may have commits" in planned.publication.status.message


@given(st.integers(0, 99), st.integers(0, 9), st.booleans())
def test_an_epoch_reads_as_it_is_written(number: int, unit: int, loss: bool) -> None:
    written = Epoch(number, f"a-b/{unit}", loss)
    assert read_epoch(str(written)) == written


@given(
    number=st.integers(0, 1),
    leader=st.booleans(),
    primary=st.sampled_from(["", "postgresql-0", "postgresql-1"]),
    sync=st.sampled_from(
        [None, TWO, Sync("postgresql-1", ("postgresql-0",)), Sync("postgresql-0"), Sync("postgresql-1")]
    ),
    beyond=st.sampled_from([(), ("the primary",)]),
    quiet=st.booleans(),
    seconds=st.floats(0, 200),
)
def test_never_do_both_act_and_never_one_that_may_lack_a_commit(
    number: int, leader: bool, primary: str, sync: Sync | None, beyond: tuple[str, ...], quiet: bool, seconds: float
) -> None:
    name, other = f"postgresql-{number}", f"postgresql-{1 - number}"
    o = BOTH[number, leader]
    left = known(o.remnant) if o.remnant else None
    assert left is not None
    silent = (other,) if quiet else ()
    seen = replace(left, primary=primary, sync=sync, beyond=beyond, silent=silent, seconds=seconds)
    if "FreezeEtcd" in acts(replace(o, remnant=View(seen))):
        assert leader
        assert quiet
        assert not beyond
        held_key = primary == name or (not primary and sync is not None and sync.leader == name)
        assert held_key or (sync is not None and name in sync.standbys and seconds >= TTL)


BOTH = {(number, leader): alone(number, leader=leader) for number in (0, 1) for leader in (False, True)}


def test_the_epoch_is_read_from_the_application_and_only_from_there() -> None:
    o = with_epoch(alone(), "3 postgresql/0")
    assert epoch(o.juju) == Epoch(3, "postgresql/0")
    assert isinstance(plan(o).steps[0], StopService)
    assert not [step for step in plan(o).steps if isinstance(step, (ThawEtcd, FreezeEtcd))]
