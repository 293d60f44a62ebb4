"""A model of a unit: carries out steps on an observation, as the real machine would by the end of the step.

Good enough to ask: after the steps of a plan, is anything left to do?
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

from pgcharm.clients.catalogue import Catalogue, RoleFact
from pgcharm.observation import Certificate, DataDirectory, Etcd, File, Machine, Memory, Observation, Patroni, Service
from pgcharm.plan import backup_steps, epoch_steps, plan, steps
from pgcharm.plan.types import Step
from pgcharm.scram import verifier
from pgcharm.view import Unknown, View, known
from tests.unit.pgcharm import made


def settle(o: Observation, rounds: int = 4) -> Observation:
    """Plan and carry out until nothing is left; fails the test where that takes more rounds."""
    for _ in range(rounds):
        planned = plan(o)
        if not planned.steps:
            return o
        for step in planned.steps:
            o = carry_out(step, o)
    assert plan(o).steps == (), plan(o).text()
    return o


@singledispatch
def carry_out(step: Step, o: Observation) -> Observation:
    raise NotImplementedError(step)


def on_machine(o: Observation, **more: Any) -> Observation:
    return replace(o, machine=replace(o.machine, **more))


def remember(o: Observation, part: str, entries: Mapping[str, Any]) -> Observation:
    memory: Memory = o.machine.memories
    return on_machine(o, memories=replace(memory, **{part: {**(getattr(memory, part) or {}), **entries}}))


def with_service(o: Observation, name: str, service: Service) -> Observation:
    return on_machine(o, services={**o.machine.services, name: service})


@carry_out.register
def _(step: steps.MaskServices, o: Observation) -> Observation:
    for name in step.names:
        o = with_service(o, name, Service(False, False, True))
    return o


@carry_out.register(steps.InstallPooler)
@carry_out.register(steps.InstallPackages)
def _(step: steps.InstallPackages | steps.InstallPooler, o: Observation) -> Observation:
    return on_machine(o, packages={**o.machine.packages, **dict.fromkeys(step.names, "1")})


@carry_out.register
def _(step: steps.FetchLists, o: Observation) -> Observation:
    return o


@carry_out.register
def _(step: steps.GenerateLocale, o: Observation) -> Observation:
    return o


@carry_out.register
def _(step: steps.WriteFile, o: Observation) -> Observation:
    digest = hashlib.sha256(step.content.encode()).hexdigest()
    file = File(digest, step.owner, step.group, step.mode)
    return remember(on_machine(o, files={**o.machine.files, step.path: file}), "written", {step.path: digest})


@carry_out.register
def _(step: steps.MakeDirectory, o: Observation) -> Observation:
    return on_machine(o, files={**o.machine.files, step.path: File("", step.owner, step.group, step.mode)})


@carry_out.register
def _(step: steps.RemovePath, o: Observation) -> Observation:
    machine: Machine = o.machine
    gone = {path: file for path, file in machine.files.items() if path != step.path}
    left = tuple(path for path in machine.etcd_leftovers if path != step.path)
    own = step.path.endswith("/etcd") and step.path not in machine.etcd_leftovers
    o = replace(o, restoration=replace(o.restoration, beside=o.restoration.beside and ".restored" not in step.path))
    return on_machine(o, files=gone, etcd_has_data=machine.etcd_has_data and not own, etcd_leftovers=left)


@carry_out.register
def _(step: steps.NoteConfig, o: Observation) -> Observation:
    return on_machine(o, memories=replace(o.machine.memories, config=dict(step.config)))


@carry_out.register
def _(step: steps.MakeSecrets, o: Observation) -> Observation:
    return replace(o, secrets=View(made.SECRETS))


@carry_out.register
def _(step: steps.IssueCertificate, o: Observation) -> Observation:
    certificate = Certificate(made.SECRETS.ca_fingerprint, step.names, o.now + 397 * 86400)
    files = {step.certificate: File("crt", "root", "root", 0o644), step.key: File("key", step.owner, step.owner, 0o600)}
    o = on_machine(o, certificates={**o.machine.certificates, step.program: certificate})
    return on_machine(o, files={**o.machine.files, **files})


@carry_out.register
def _(step: steps.StartService, o: Observation) -> Observation:
    o = with_service(o, step.service, Service(True, True, False))
    o = remember(remember(o, "started_with", {step.service: step.inputs}), "loaded", step.loads)
    if "etcd" in step.service:
        return start_etcd(on_machine(o, etcd_has_data=True))
    return start_patroni(o) if "patroni" in step.service else o


def start_etcd(o: Observation) -> Observation:
    """A first member makes the cluster; a later one becomes known by its name."""
    number = int(o.juju.unit.split("/")[1])
    seen = known(o.etcd)
    if seen is None:
        epoch = o.machine.memories.etcd.get("epoch", 0)
        etcd = made.etcd(number, initialized=bool(epoch), primary=number if epoch else -1, epoch=epoch)
        return replace(o, etcd=View(etcd), remnant=None)
    own = f"postgresql-{number}"
    members = tuple(
        replace(member, name=own, client_url=f"https://{o.juju.address}:2379")
        if member.peer_url == f"https://{o.juju.address}:2380"
        else member
        for member in seen.members
    )
    down = tuple(name for name in seen.down if name != own)
    return replace(o, etcd=View(replace(seen, members=members, local=True, down=down)))


@carry_out.register
def _(step: steps.HandOnEtcdLead, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert isinstance(seen, Etcd)
    return replace(o, etcd=View(replace(seen, leader=step.id)))


@carry_out.register
def _(step: steps.MoveEtcdMember, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert isinstance(seen, Etcd)
    members = tuple(replace(m, peer_url=step.peer_url) if m.id == step.id else m for m in seen.members)
    return replace(o, etcd=View(replace(seen, members=members)))


def start_patroni(o: Observation) -> Observation:
    """The first makes the cluster, later ones stream from its primary at once: the model copies without delay."""
    number = int(o.juju.unit.split("/")[1])
    seen = known(o.etcd)
    assert isinstance(seen, Etcd)
    first = not seen.initialized or not seen.primary
    primary = number if first else int(seen.primary.rsplit("-", 1)[1])
    units = max(number, primary) + 1
    own = made.patroni(units, primary, number, settings={})
    roles = {"rewind": RoleFact(login=True)}
    server = replace(made.postgres(in_recovery=not first), catalogue=Catalogue(roles=roles))
    etcd = replace(seen, initialized=True, primary=f"postgresql-{primary}")
    return on_machine(replace(o, etcd=View(etcd), patroni=View(own), postgres=View(server)), data_version="15")


@carry_out.register
def _(step: steps.StopService, o: Observation) -> Observation:
    o = with_service(o, step.service, Service(False, False, False))
    if "patroni" in step.service:
        return replace(o, patroni=Unknown("Patroni is not running"), postgres=Unknown("Patroni is not running"))
    return replace(o, etcd=Unknown("stopped")) if "etcd" in step.service else o


@carry_out.register
def _(step: steps.AddEtcdLearner, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert seen is not None
    number = int(step.peer_url.split(":")[1].rsplit(".", 1)[1]) - 10
    return replace(o, etcd=View(replace(seen, members=(*seen.members, made.etcd_member(number, True, started=False)))))


@carry_out.register
def _(step: steps.PromoteEtcdMember, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert seen is not None
    members = tuple(replace(m, learner=False) if m.id == step.id else m for m in seen.members)
    return replace(o, etcd=View(replace(seen, members=members)))


@carry_out.register
def _(step: steps.RemoveEtcdMember, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert seen is not None
    return replace(o, etcd=View(replace(seen, members=tuple(m for m in seen.members if m.id != step.id))))


@carry_out.register
def _(step: steps.AwaitPatroni, o: Observation) -> Observation:
    return o


@carry_out.register
def _(step: steps.ReloadPatroni, o: Observation) -> Observation:
    return remember(o, "loaded", {"patroni": step.inputs})


@carry_out.register
def _(step: steps.ReloadPostgres, o: Observation) -> Observation:
    return remember(o, "loaded", {"postgres": step.inputs})


@carry_out.register
def _(step: steps.ForgetPoolerTrouble, o: Observation) -> Observation:
    return remember(o, "pooler", {"failed": "", "at": ""})


@carry_out.register
def _(step: steps.StartPooler, o: Observation) -> Observation:
    o = with_service(o, step.service, Service(True, True, False))
    o = on_machine(o, outdated=o.machine.outdated - {step.service})
    return remember(o, "started_with", {step.service: step.inputs})


@carry_out.register
def _(step: steps.ReloadPooler, o: Observation) -> Observation:
    return remember(o, "loaded", {"pooler": step.inputs})


@carry_out.register
def _(step: steps.ChangeSettings, o: Observation) -> Observation:
    seen = known(o.patroni)
    assert isinstance(seen, Patroni)
    return replace(o, patroni=View(replace(seen, settings=merged(seen.settings or {}, step.changes))))


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """As Patroni's PATCH does it."""
    result = dict(base)
    for key, value in changes.items():
        result[key] = merged(result.get(key) or {}, value) if isinstance(value, Mapping) else value
    return result


@carry_out.register
def _(step: steps.SwitchOver, o: Observation) -> Observation:
    return o


@carry_out.register
def _(step: steps.RestartPostgres, o: Observation) -> Observation:
    seen = known(o.postgres)
    assert seen is not None
    o = on_machine(o, outdated=o.machine.outdated - {"postgres"})
    return replace(o, postgres=View(replace(seen, pending_restart=())))


@carry_out.register
def _(step: steps.StopPostgres, o: Observation) -> Observation:
    return replace(o, postgres=Unknown("stopped"))


@carry_out.register
def _(step: steps.SetPassword, o: Observation) -> Observation:
    seen = known(o.postgres)
    assert seen is not None
    verifiers = {**seen.verifiers, step.role: verifier(step.password, "c2FsdA==")}
    return replace(o, postgres=View(replace(seen, verifiers=verifiers)))


@carry_out.register
def _(step: steps.LetMonitor, o: Observation) -> Observation:
    seen = known(o.postgres)
    assert seen is not None
    return replace(o, postgres=View(replace(seen, catalogue=made.CATALOGUE)))


@carry_out.register(steps.SetAside)
@carry_out.register(steps.RemoveData)
def _(step: Step, o: Observation) -> Observation:
    return replace(on_machine(o, data_version=""), data=DataDirectory())


@carry_out.register
def _(step: steps.NoteTrouble, o: Observation) -> Observation:
    return on_machine(o, memories=replace(o.machine.memories, trouble=step.trouble))


@carry_out.register
def _(step: steps.RestartInTurn, o: Observation) -> Observation:
    o = on_machine(o, outdated=o.machine.outdated - {"etcd"} if "etcd" in step.service else frozenset())
    return remember(o, "started_with", {step.service: step.inputs})


@carry_out.register
def _(step: steps.UpgradePackages, o: Observation) -> Observation:
    packages = {name: f"{version}+1" for name, version in o.machine.packages.items()}
    poolers = (name for name, service in o.machine.services.items() if "pooler" in name and service.active)
    o = on_machine(o, packages=packages, outdated=frozenset(("postgres", "etcd", *poolers)))
    return remember(o, "upgrade", {"packages": step.name})


@carry_out.register
def _(step: steps.NoteUpgrade, o: Observation) -> Observation:
    return remember(o, "upgrade", {"done": step.name})


@carry_out.register
def _(step: epoch_steps.FreezeEtcd, o: Observation) -> Observation:
    seen = known(o.remnant) if o.remnant else None
    o = with_service(o, step.service, Service(False, False, False))
    o = remember(o, "etcd", {"frozen": dict(step.held)})
    return replace(o, etcd=Unknown("stopped"), remnant=View(replace(seen, frozen=True)) if seen else None)


@carry_out.register
def _(step: epoch_steps.ThawEtcd, o: Observation) -> Observation:
    return remember(o, "etcd", {"frozen": None})


@carry_out.register
def _(step: epoch_steps.RestoreEtcd, o: Observation) -> Observation:
    """The member that is started then is the only one; what was before is left over."""
    o = remember(o, "etcd", {"epoch": step.number, "frozen": None})
    o = on_machine(o, etcd_has_data=True, etcd_leftovers=(step.source,))
    return replace(o, etcd=Unknown("stopped"), remnant=None)


@carry_out.register
def _(step: epoch_steps.AdoptEpoch, o: Observation) -> Observation:
    seen = known(o.etcd)
    had = o.machine.etcd_has_data and bool(seen and seen.local)
    return on_machine(remember(o, "etcd", {"epoch": step.number, "frozen": None}), etcd_has_data=had)


@carry_out.register
def _(step: epoch_steps.BanUnit, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert seen is not None
    return replace(o, etcd=View(replace(seen, banned=(*seen.banned, step.unit.replace("/", "-")))))


@carry_out.register
def _(step: backup_steps.ReloadService, o: Observation) -> Observation:
    return remember(o, "loaded", step.loads)


@carry_out.register
def _(step: backup_steps.MakeStanza, o: Observation) -> Observation:
    assert isinstance(o.repository, View)
    seen = o.repository.value
    stanza = replace(seen.stanza, code=2, message="no valid backups", systems=(step.system,) if step.system else ())
    return replace(o, repository=View(replace(seen, stanza=stanza)))


@carry_out.register
def _(step: backup_steps.NotePassphrase, o: Observation) -> Observation:
    return remember(o, "backup", {"passphrase": step.passphrase, "proved": step.proved})


@carry_out.register
def _(step: backup_steps.StartBackup, o: Observation) -> Observation:
    return with_service(o, step.service, Service(True, False, False))


@carry_out.register
def _(step: backup_steps.FillArchive, o: Observation) -> Observation:
    return remember(o, "backup", {"filled": step.word()})
