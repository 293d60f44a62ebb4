from __future__ import annotations

from dataclasses import replace

import pytest

from jujubox.agent.state import Command, Hook, UnitState
from jujubox.protocol import SecretEvents
from tests.unit.agent.play import QUIET, Play, deployed, relation, storage

FIRST = ["deploy", "install", "config-changed", "start"]


def test_the_first_deployment_installs_configures_and_starts() -> None:
    assert Play().settle() == FIRST


def test_storage_is_attached_before_install() -> None:
    play = Play(replace(QUIET, storage=(storage("data/0"), storage("logs/1"))))
    assert play.settle() == ["deploy", "storage-attached data/0", "storage-attached logs/1", *FIRST[1:]]


def test_install_waits_for_storage_that_is_not_provisioned() -> None:
    play = Play(replace(QUIET, storage=(storage("data/0", ""),)))
    assert play.settle() == ["deploy"]
    play.see(storage=(storage("data/0"),))
    assert play.settle() == ["storage-attached data/0", *FIRST[1:]]


def test_relations_known_at_install_are_created_before_leadership_and_configuration() -> None:
    play = Play(replace(QUIET, leader=True, relations=(relation(0, "peers", peer=True), relation(1))))
    created = ["relation-created 0 app", "relation-created 1 client"]
    assert play.settle() == ["deploy", "install", *created, "leader-elected", "config-changed", "start"]


def test_nothing_comes_between_the_first_config_changed_and_start() -> None:
    play = Play(replace(QUIET, relations=(relation(1, members={"client/0": 1}),)))
    assert play.settle()[-4:] == [
        "config-changed",
        "start",
        "relation-joined 1 client/0",
        "relation-changed 1 client/0",
    ]


def test_a_relation_joins_each_member_and_follows_it_with_changed() -> None:
    play = deployed()
    play.see(relations=(relation(1, members={"client/10": 1, "client/2": 1}),))
    assert play.settle() == [
        "relation-created 1 client",
        "relation-joined 1 client/2",
        "relation-changed 1 client/2",
        "relation-joined 1 client/10",
        "relation-changed 1 client/10",
    ]


def test_an_application_bag_with_content_is_told_before_joined() -> None:
    play = deployed()
    play.see(relations=(relation(1, members={"client/0": 1}, application_members={"client": 7}),))
    assert play.settle() == [
        "relation-created 1 client",
        "relation-changed 1 client",
        "relation-joined 1 client/0",
        "relation-changed 1 client/0",
    ]


def test_an_application_bag_that_was_never_written_is_not_told() -> None:
    play = deployed()
    play.see(relations=(relation(1, application_members={"client": 0}),))
    assert play.settle() == ["relation-created 1 client"]


def test_a_leader_that_writes_the_peer_bag_is_told_too() -> None:
    play = deployed(replace(QUIET, relations=(relation(0, "peers", peer=True, application_members={"app": 0}),)))
    play.see(relations=(relation(0, "peers", peer=True, application_members={"app": 5}),))
    assert play.settle() == ["relation-changed 0 app"]


def test_several_writes_collapse_into_one_changed() -> None:
    play = deployed(replace(QUIET, relations=(relation(1, members={"client/0": 1}),)))
    play.see(relations=(relation(1, members={"client/0": 2}),))
    play.see(relations=(relation(1, members={"client/0": 9}),))
    assert play.settle() == ["relation-changed 1 client/0"]


def test_other_relations_come_before_peers() -> None:
    peers, db = relation(0, "peers", peer=True), relation(1)
    play = deployed(replace(QUIET, relations=(peers, db)))
    play.see(relations=(replace(peers, members={"app/1": 1}), replace(db, members={"client/0": 1})))
    assert play.settle() == [
        "relation-joined 1 client/0",
        "relation-changed 1 client/0",
        "relation-joined 0 app/1",
        "relation-changed 0 app/1",
    ]


def test_a_member_that_leaves_departs() -> None:
    play = deployed(replace(QUIET, relations=(relation(1, members={"client/0": 1, "client/1": 1}),)))
    play.see(relations=(relation(1, members={"client/0": 1}),))
    assert play.settle() == ["relation-departed 1 client/1 leaving client/1"]


def test_a_member_that_left_before_its_changed_still_gets_it() -> None:
    play = deployed(replace(QUIET, relations=(relation(1),)))
    play.state = replace(
        play.state,
        relations={"1": replace(play.state.relations["1"], changed_pending="client/0", members={"client/0": 3})},
    )
    assert play.settle() == ["relation-changed 1 client/0", "relation-departed 1 client/0 leaving client/0"]


@pytest.mark.parametrize("change", [{"life": "dying"}, {"suspended": True}])
def test_a_relation_that_ends_departs_and_breaks(change: dict[str, str]) -> None:
    db = relation(1, members={"client/0": 1})
    play = deployed(replace(QUIET, relations=(db,)))
    play.see(relations=(replace(db, **change),))  # type: ignore[arg-type]
    assert play.settle() == ["relation-departed 1 client/0 leaving client/0", "relation-broken 1 client"]
    assert play.state.relations == {}


def test_a_suspended_relation_that_resumes_is_created_again() -> None:
    db = relation(1)
    play = deployed(replace(QUIET, relations=(replace(db, suspended=True),)))
    play.see(relations=(db,))
    assert play.settle() == ["relation-created 1 client"]


def test_a_dying_unit_leaves_its_relations_then_stops_and_removes() -> None:
    peers, db = relation(0, "peers", peer=True, members={"app/1": 1}), relation(1, members={"client/0": 1})
    play = deployed(replace(QUIET, leader=True, relations=(peers, db), storage=(storage("data/0"),)))
    play.see(life="dying")
    assert play.settle() == [
        "resign",
        "storage-detaching data/0",
        "relation-departed 1 client/0 leaving app/0",
        "relation-broken 1 client",
        "relation-departed 0 app/1 leaving app/0",
        "stop",
        "remove",
    ]
    assert play.finished


def test_a_dying_unit_that_was_never_installed_is_finished_without_hooks() -> None:
    play = Play(replace(QUIET, life="dying"))
    assert play.settle() == []
    assert play.finished


def test_a_unit_that_dies_with_install_queued_runs_no_hook() -> None:
    play = Play(replace(QUIET, life="dying"), UnitState(kind="run-hook", step="queued", hook=Hook("install")))
    assert play.settle() == []
    assert play.finished


def test_a_queued_start_is_still_run_by_a_dying_unit() -> None:
    state = UnitState(kind="run-hook", step="queued", hook=Hook("start"), installed=True)
    assert Play(replace(QUIET, life="dying"), state).settle() == ["start", "stop", "remove"]


def test_an_upgrade_runs_upgrade_charm_and_config_changed() -> None:
    play = deployed()
    play.see(charm_url="local:app-1")
    assert play.settle() == ["upgrade", "upgrade-charm", "config-changed"]


def test_a_new_resource_counts_as_an_upgrade() -> None:
    play = deployed()
    play.see(charm_modified_version=1)
    assert play.settle() == ["upgrade", "upgrade-charm", "config-changed"]


@pytest.mark.parametrize("hash_", ["config_hash", "trust_hash", "address_hash"])
def test_config_changed_runs_when_settings_trust_or_addresses_change(hash_: str) -> None:
    play = deployed()
    play.see(**{hash_: "other"})
    assert play.settle() == ["config-changed"]
    assert play.settle() == []


def test_a_failed_hook_holds_up_other_hooks_but_not_actions_and_commands() -> None:
    play = deployed()
    play.failing = {"config-changed"}
    play.see(config_hash="c2", tasks=("4",), relations=(relation(1),))
    play.commands = (Command("x", "true"),)
    assert play.settle() == ["relation-created 1 client", "task 4", "command true", "config-changed"]
    play.see(tasks=("6",), relations=(relation(1, members={"client/0": 1}),))
    assert play.settle() == ["task 6"]
    assert play.state.hook == Hook("config-changed")


def test_a_retry_runs_the_failed_hook_again() -> None:
    play = deployed()
    play.failing = {"config-changed"}
    play.see(config_hash="c2")
    play.settle()
    play.retry_due = True
    assert play.settle() == ["config-changed"]
    play.failing, play.retry_due = set(), True
    assert play.settle() == ["config-changed"]
    assert play.state.kind == "continue"


def test_no_retry_when_the_model_forbids_it() -> None:
    play = deployed()
    play.failing = {"config-changed"}
    play.see(config_hash="c2", retry_hooks=False)
    play.settle()
    play.retry_due = True
    assert play.settle() == []


def test_resolved_retries_and_resolved_without_retry_commits() -> None:
    play = Play(failing={"install"})
    assert play.settle() == ["deploy", "install"]
    play.see(resolved="retry-hooks")
    assert play.settle() == ["install"]
    play.see(resolved="no-hooks")
    assert play.settle() == ["skip install", "config-changed", "start"]


def test_a_forced_upgrade_out_of_an_error_retries_the_hook_on_the_new_code() -> None:
    play = deployed()
    play.failing = {"config-changed"}
    play.see(config_hash="c2")
    play.settle()
    play.see(charm_url="local:app-1")
    assert play.settle() == []
    play.failing = set()
    play.see(force_charm_upgrade=True)
    assert play.settle() == ["upgrade"]
    play.retry_due = True
    assert play.settle() == ["config-changed"]


def test_an_agent_that_stopped_while_a_hook_ran_finds_it_failed() -> None:
    state = replace(deployed().state, kind="run-hook", step="pending", hook=Hook("update-status"))
    play = Play(state=state)
    assert play.settle() == []
    play.retry_due = True
    assert play.settle() == ["update-status"]


def test_an_agent_that_stopped_before_the_commit_only_commits() -> None:
    state = replace(deployed().state, kind="run-hook", step="done", hook=Hook("update-status"))
    assert Play(state=state).settle() == ["skip update-status"]


def test_an_interrupted_task_fails_and_a_hook_in_error_stays_in_error() -> None:
    state = replace(deployed().state, kind="run-action", step="pending", task="7", hook=Hook("config-changed"))
    play = Play(state=state)
    assert play.settle() == ["fail 7"]
    assert (play.state.kind, play.state.step, play.state.hook) == ("run-hook", "pending", Hook("config-changed"))


def test_tasks_run_in_order_before_relation_hooks() -> None:
    play = deployed(replace(QUIET, relations=(relation(1),)))
    play.see(tasks=("2", "4"), relations=(relation(1, members={"client/0": 1}),))
    assert play.settle() == ["task 2", "task 4", "relation-joined 1 client/0", "relation-changed 1 client/0"]


def test_leader_elected_runs_on_each_gain_and_nothing_runs_on_a_loss() -> None:
    play = deployed()
    play.see(leader=True)
    assert play.settle() == ["leader-elected"]
    play.see(leader=False)
    assert play.settle() == ["resign"]
    play.see(leader=True)
    assert play.settle() == ["leader-elected"]


def test_a_unit_that_does_not_lead_hears_of_leader_settings() -> None:
    play = deployed()
    play.see(leader_settings_version=3)
    assert play.settle() == ["leader-settings-changed"]
    assert play.settle() == []


def test_update_status_runs_when_nothing_else_does_and_other_hooks_absorb_it() -> None:
    play = deployed()
    play.update_status_due = True
    assert play.settle() == ["update-status"]
    play.update_status_due = True
    play.see(config_hash="c2")
    assert play.settle() == ["config-changed"]


def test_a_machine_that_restarted_runs_start_once() -> None:
    play = deployed()
    play.boot_id = "boot-2"
    play.see(config_hash="c2")
    assert play.settle() == ["start", "config-changed"]
    assert play.settle() == []


def test_start_after_a_restart_waits_for_a_hook_in_error() -> None:
    play = deployed()
    play.failing = {"config-changed"}
    play.see(config_hash="c2")
    play.settle()
    play.boot_id = "boot-2"
    assert play.settle() == []
    play.failing = set()
    play.retry_due = True
    assert play.settle() == ["config-changed", "start"]


def test_secret_hooks_come_in_their_order_and_each_revision_once() -> None:
    play = deployed()
    play.see(
        secrets=SecretEvents(
            changed=(("secret:c", "", 3),),
            expired=(("secret:e", "", 1),),
            rotate=(("secret:r", ""),),
            remove=(("secret:o", "", 2),),
        )
    )
    assert play.settle() == [
        "secret-expired secret:e",
        "secret-rotate secret:r",
        "secret-changed secret:c",
        "secret-remove secret:o",
    ]
    assert play.settle() == []
    play.see(secrets=replace(play.view.secrets, changed=(("secret:c", "", 4),)))
    assert play.settle() == ["secret-changed secret:c"]


def test_storage_added_later_is_attached_and_storage_that_goes_is_detached() -> None:
    play = deployed()
    play.see(storage=(storage("data/0"), storage("data/1", "")))
    assert play.settle() == ["storage-attached data/0"]
    play.see(storage=(storage("data/0", life="dying"), storage("data/1", "", "dying")))
    assert play.settle() == ["storage-detaching data/0"]
    assert play.view.storage == ()


def test_relations_are_not_entered_before_install_has_run() -> None:
    play = Play(replace(QUIET, relations=(relation(1),)), failing={"install"})
    play.settle()
    assert play.state.relations == {}


def test_a_relation_that_ends_before_the_charm_was_told_ends_silently() -> None:
    play = Play(replace(QUIET, relations=(relation(1),)), failing={"relation-created"})
    play.settle()
    play.see(relations=(replace(relation(1), life="dying"),), resolved="no-hooks")
    assert "relation-broken 1 client" in play.settle()
    assert play.state.relations == {}


@pytest.mark.parametrize(
    "hook", ["install", "relation-created", "config-changed", "start", "relation-joined", "leader-elected"]
)
def test_every_failure_on_the_way_is_made_good_by_one_retry(hook: str) -> None:
    view = replace(QUIET, leader=True, relations=(relation(1, members={"client/0": 1}),))
    straight = Play(view)
    straight.settle()
    bumpy = Play(view, failing={hook})
    bumpy.settle()
    bumpy.failing, bumpy.retry_due = set(), True
    bumpy.settle()
    assert bumpy.state == straight.state
