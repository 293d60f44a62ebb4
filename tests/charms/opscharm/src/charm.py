#!/usr/bin/env python3
"""The ops charm: leadership, databags, secrets, storage, ports, an action, collect-status."""

import json
import logging
from typing import Any

import ops

logger = logging.getLogger(__name__)
PASSWORD = "password"
BACKEND = "backend-password"


class OpsCharm(ops.CharmBase):
    """Serves a password over `serve` and uses one from `backend`."""

    _stored = ops.StoredState()

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._stored.set_default(events=[], backend="", removed=[])
        on = self.on
        framework.observe(on.install, self._remember)
        framework.observe(on.start, self._start)
        framework.observe(on.config_changed, self._remember)
        framework.observe(on.upgrade_charm, self._remember)
        framework.observe(on.leader_elected, self._leader_elected)
        framework.observe(on["cluster"].relation_changed, self._remember)
        framework.observe(on["serve"].relation_created, self._serve)
        framework.observe(on["backend"].relation_changed, self._use)
        framework.observe(on["backend"].relation_broken, self._forget)
        framework.observe(on["files"].storage_attached, self._remember)
        framework.observe(on["files"].storage_detaching, self._remember)
        framework.observe(on.secret_changed, self._secret_changed)
        framework.observe(on.secret_remove, self._secret_remove)
        framework.observe(on.report_action, self._report)
        framework.observe(on.rotate_action, self._rotate)
        framework.observe(on.fail_action, self._fail)
        framework.observe(on.collect_unit_status, self._unit_status)
        framework.observe(on.collect_app_status, self._app_status)

    # events

    def _remember(self, event: ops.EventBase) -> None:
        self._stored.events.append(event.handle.kind)
        logger.info("seen %s", event.handle.kind)

    def _start(self, event: ops.StartEvent) -> None:
        self._remember(event)
        self.unit.set_workload_version(f"ops {ops.__version__}")
        self.unit.set_ports(8080, ops.Port("udp", 5353))

    def _leader_elected(self, event: ops.LeaderElectedEvent) -> None:
        self._remember(event)
        cluster = self.model.get_relation("cluster")
        assert cluster is not None
        if "secret-id" not in cluster.data[self.app]:
            secret = self.app.add_secret({"password": "first"}, label=PASSWORD, description="what clients need")
            cluster.data[self.app]["secret-id"] = secret.id or ""

    def _serve(self, event: ops.RelationCreatedEvent) -> None:
        self._remember(event)
        binding = self.model.get_binding(event.relation)
        assert binding is not None
        event.relation.data[self.unit]["host"] = str(binding.network.bind_address)
        if self.unit.is_leader():
            secret = self.model.get_secret(label=PASSWORD)
            secret.grant(event.relation)
            event.relation.data[self.app]["secret"] = self._secret_id()

    def _use(self, event: ops.RelationChangedEvent) -> None:
        self._remember(event)
        secret_id = event.relation.data[event.app].get("secret")
        if secret_id:
            secret = self.model.get_secret(id=secret_id, label=BACKEND)
            self._stored.backend = secret.get_content()["password"]

    def _forget(self, event: ops.RelationBrokenEvent) -> None:
        self._remember(event)
        self._stored.backend = ""

    def _secret_changed(self, event: ops.SecretChangedEvent) -> None:
        self._stored.events.append(f"secret_changed {event.secret.label}")
        if event.secret.label == BACKEND:
            tracked = event.secret.get_content()["password"]
            peeked = event.secret.peek_content()["password"]
            self._stored.events.append(f"tracked {tracked} peeked {peeked}")
            self._stored.backend = event.secret.get_content(refresh=True)["password"]
        elif event.secret.label == PASSWORD:
            event.secret.get_content(refresh=True)  # the owner, too, holds on to a revision that it has read

    def _secret_remove(self, event: ops.SecretRemoveEvent) -> None:
        self._stored.events.append(f"secret_remove {event.secret.label} {event.revision}")
        event.remove_revision()

    # actions

    def _report(self, event: ops.ActionEvent) -> None:
        event.log("looking around")
        event.set_results({"report": json.dumps(self._seen(), sort_keys=True)})

    def _rotate(self, event: ops.ActionEvent) -> None:
        if not self.unit.is_leader():
            event.fail("only the leader rotates")
            return
        self.model.get_secret(label=PASSWORD).set_content({"password": event.params["password"]})
        event.set_results({"rotated": "yes"})

    def _fail(self, event: ops.ActionEvent) -> None:
        event.set_results({"reached": "here"})
        event.fail("failed as asked")

    def _seen(self) -> dict[str, Any]:
        cluster = self.model.get_relation("cluster")
        assert cluster is not None
        serve = self.model.relations["serve"]
        return {
            "leader": self.unit.is_leader(),
            "planned": self.app.planned_units(),
            "peers": sorted(unit.name for unit in cluster.units),
            "cluster": dict(cluster.data[self.app]),
            "own-secret": self.model.get_secret(label=PASSWORD).peek_content() if self.unit.is_leader() else None,
            "clients": sorted(unit.name for relation in serve for unit in relation.units),
            "backend": self._stored.backend,
            "events": list(self._stored.events),
            "label": self.config["label"],
            "workers": self.config["workers"],
            "token": self._token(),
            "storages": sorted(str(storage.location) for storage in self.model.storages["files"]),
            "ports": sorted(f"{port.port}/{port.protocol}" for port in self.unit.opened_ports()),
            "model": self.model.name,
        }

    def _token(self) -> str:
        uri = self.config.get("token")
        if not uri:
            return ""
        try:
            return self.model.get_secret(id=str(uri)).get_content(refresh=True)["value"]
        except (ops.SecretNotFoundError, ops.ModelError) as error:
            return type(error).__name__

    def _secret_id(self) -> str:
        cluster = self.model.get_relation("cluster")
        assert cluster is not None
        return cluster.data[self.app]["secret-id"]

    # status

    def _unit_status(self, event: ops.CollectStatusEvent) -> None:
        if self.config["label"] == "bad":
            event.add_status(ops.BlockedStatus("label is bad"))
        if self.model.relations["backend"] and not self._stored.backend:
            event.add_status(ops.WaitingStatus("for the password of the backend"))
        event.add_status(ops.ActiveStatus(f"label {self.config['label']}"))

    def _app_status(self, event: ops.CollectStatusEvent) -> None:
        event.add_status(ops.ActiveStatus(f"{self.app.planned_units()} planned"))


if __name__ == "__main__":
    ops.main(OpsCharm)
