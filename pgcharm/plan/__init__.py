"""From one observation to one plan, purely: what to do next, what to wait for, what to tell the world.

Knows: the order of questions; each question is a module or a function of its own. Must not know: how anything is
observed or done.
"""

from __future__ import annotations

from collections.abc import Callable

from pgcharm.observation import Observation, Request
from pgcharm.plan.backup import backups
from pgcharm.plan.clients import serve
from pgcharm.plan.epoch import epochs
from pgcharm.plan.etcd import membership, quorum
from pgcharm.plan.files import files
from pgcharm.plan.machine import certificates, directories, note_config, packages
from pgcharm.plan.passwords import passwords
from pgcharm.plan.patroni import database
from pgcharm.plan.pooling import poolers
from pgcharm.plan.publication import publication
from pgcharm.plan.requests import answer
from pgcharm.plan.restore import restoring
from pgcharm.plan.settings import settings
from pgcharm.plan.situation import Part, Situation, situation
from pgcharm.plan.steps import MakeSecrets
from pgcharm.plan.teardown import leave
from pgcharm.plan.types import Block, Plan, Refusal, Step, Wait
from pgcharm.view import Unknown

__all__ = ["plan"]

Question = Callable[[Situation], Part]


def plan(o: Observation) -> Plan:
    """What to do next, and why."""
    s = situation(o)
    if o.event.request is not None:
        return asked(s, o.event.request)
    steps: list[Step] = []
    waits: list[Wait] = []
    blocks: list[Block] = []
    for question in (leave,) if o.juju.stopping else _QUESTIONS:
        answer = question(s)
        steps += answer.steps
        waits += answer.waits
        blocks += answer.blocks
        if answer.final or blocks:
            break
    return Plan(tuple(steps), tuple(waits), tuple(blocks), publication(s, waits, blocks))


def asked(s: Situation, request: Request) -> Plan:
    """What an action asks for, and nothing else: the usual rounds follow when it is done."""
    found = answer(s, request)
    told = publication(s, (), ())
    return Plan(publication=told, refusal=found) if isinstance(found, Refusal) else Plan(found.steps, publication=told)


def beginning(s: Situation) -> Part:
    """Before anything is done there is a peer relation, a configuration that once had no mistake, and a founding.

    The leader commits the founding, and the secrets with it, in a hook of their own: what is written there is known to
    the controller before anything follows from it.
    """
    if s.o.juju.peers is None:
        return Part(waits=(Wait("the peer relation", "Juju has not made it yet"),), final=True)
    if s.mistakes and s.o.machine.memories.config is None:
        return Part(final=True)
    if s.founding is None and s.o.juju.leader:
        missing = not isinstance(s.o.secrets, Unknown) and s.secrets is None
        steps = (MakeSecrets("there are none", s.o.juju.application),) if missing else ()
        return Part(
            steps, (Wait("the controller", "it has to note down the founding of the cluster first"),), final=True
        )
    return Part()


def agreement(s: Situation) -> Part:
    """What follows needs the founding and the secrets."""
    if s.founding is None:
        return Part(waits=(Wait("the leader to found the cluster", "it has not said so yet"),), final=True)
    if isinstance(s.o.secrets, Unknown):
        return Part(waits=(Wait("the cluster's secrets", s.o.secrets.why),), final=True)
    if s.secrets is None:
        return Part(waits=(Wait("the cluster's secrets", "the leader has not made them yet"),), final=True)
    if not s.o.juju.address:
        return Part(waits=(Wait("an address", "Juju has not given this unit one"),), final=True)
    return Part()


_QUESTIONS: tuple[Question, ...] = (
    beginning,
    packages,
    directories,
    note_config,
    agreement,
    certificates,
    files,
    epochs,
    quorum,
    restoring,
    database,
    settings,
    passwords,
    serve,
    poolers,
    membership,
    backups,
)
