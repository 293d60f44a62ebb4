"""Answers of a controller, as `controller/client_api.py` describes them."""

from __future__ import annotations

from typing import Any

NOW = "2026-08-21T10:11:12.345678Z"


def info(current: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"current": current, **({"message": message} if message else {}), "since": NOW, **more}


def unit(machine: str, workload: dict[str, Any], agent: str = "idle", **more: Any) -> dict[str, Any]:
    return {
        "workload-status": workload,
        "juju-status": info(agent, version="4.0.15"),
        "machine": machine,
        "public-address": f"10.7.0.{int(machine) + 2}",
        **more,
    }


def machine(number: int) -> dict[str, Any]:
    return {
        "juju-status": info("started", version="4.0.15"),
        "hostname": f"juju-0c4f-{number}",
        "dns-name": f"10.7.0.{number + 2}",
        "ip-addresses": [f"10.7.0.{number + 2}"],
        "instance-id": f"juju-0c4f-{number}",
        "machine-status": info("running", "Running"),
        "modification-status": info("idle"),
        "base": {"name": "debian", "channel": "12"},
        "network-interfaces": {
            "eth0": {"ip-addresses": [f"10.7.0.{number + 2}"], "mac-address": "02:00:00:00:00:01", "is-up": True}
        },
        "hardware": "arch=amd64 cores=2",
    }


def application(status: dict[str, Any], units: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = next(iter(units), "x/0").split("/")[0]
    return {
        "charm": f"local:{name}-0",
        "base": {"name": "debian", "channel": "12"},
        "charm-origin": "local",
        "charm-name": name,
        "charm-rev": 0,
        "exposed": False,
        "application-status": status,
        "units": units,
        **more,
    }


def status(**more: Any) -> dict[str, Any]:
    postgresql = {
        "postgresql/0": unit("0", info("active", "primary"), leader=True, **{"open-ports": ["5432/tcp"]}),
        "postgresql/1": unit("1", info("active", "standby, 0 B behind"), **{"open-ports": ["5432/tcp", "icmp"]}),
        "postgresql/10": unit("2", info("waiting", "cloning"), "executing"),
    }
    postgresql["postgresql/10"]["juju-status"]["message"] = "running config-changed hook"
    ledger = {"ledger/0": unit("3", info("error", 'hook failed: "db-relation-changed" for postgresql:db'))}
    return {
        "model": {
            "name": "default",
            "type": "iaas",
            "controller": "jujubox",
            "cloud": "jujubox",
            "region": "default",
            "version": "4.0.15",
            "model-status": info("available"),
        },
        "machines": {str(number): machine(number) for number in range(4)},
        "applications": {
            "ledger": application(info("error", 'hook failed: "db-relation-changed" for postgresql:db'), ledger),
            "postgresql": application(
                info("waiting", "cloning"), postgresql, version="15.12", relations={"db": []}, exposed=True
            ),
        },
        "storage": {
            "storage": {
                "pgdata/0": {
                    "kind": "filesystem",
                    "life": "alive",
                    "status": info("attached"),
                    "persistent": False,
                    "attachments": {
                        "units": {"postgresql/0": {"machine": "0", "location": "/srv/pgdata", "life": "alive"}}
                    },
                }
            },
            "filesystems": {
                "0": {
                    "storage": "pgdata/0",
                    "attachments": {"machines": {"0": {"mount-point": "/srv/pgdata", "read-only": False}}},
                    "pool": "rootfs",
                    "size": 1536,
                    "status": info("attached"),
                }
            },
        },
        "controller": {"timestamp": NOW},
        "relations": [
            {
                "id": 1,
                "provider": "postgresql:db",
                "requirer": "ledger:db",
                "interface": "pgsql",
                "type": "regular",
                "status": "joined",
                "message": "",
            },
            {
                "id": 0,
                "provider": "postgresql:cluster",
                "requirer": "postgresql:cluster",
                "interface": "pgpeer",
                "type": "peer",
                "status": "joining",
                "message": "",
            },
        ],
        "matched": True,
        **more,
    }


def empty_status(matched: bool = True) -> dict[str, Any]:
    return {**status(), "machines": {}, "applications": {}, "storage": {}, "relations": [], "matched": matched}


def task(task_id: str, unit_name: str, state: str = "completed", **more: Any) -> dict[str, Any]:
    return {
        "id": task_id,
        "status": state,
        "timing": {"enqueued": NOW, "started": NOW, "completed": NOW},
        "log": [],
        "results": {"return-code": 0},
        "unit": unit_name,
        **more,
    }


def queued(*units: str) -> dict[str, Any]:
    tasks = [
        {"id": str(number + 2), "unit": name, "receiver": "unit-" + name.replace("/", "-")}
        for number, name in enumerate(units)
    ]
    return {"operation": "1", "tasks": tasks, "errors": []}
