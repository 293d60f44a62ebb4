"""The model of a unit, continued: what the steps of a restore do to it. Data is named by what is in it."""

from __future__ import annotations

from dataclasses import replace

from pgcharm.observation import DataDirectory, Observation, Restoration
from pgcharm.plan import restore_steps as steps
from pgcharm.view import View, known
from tests.unit.pgcharm.host import carry_out, on_machine


@carry_out.register
def _(step: steps.NoteRestore, o: Observation) -> Observation:
    return on_machine(o, memories=replace(o.machine.memories, restore=step.entries))


@carry_out.register
def _(step: steps.CloseLog, o: Observation) -> Observation:
    return on_machine(o, memories=replace(o.machine.memories, restore={"number": str(step.number), "closed": "yes"}))


@carry_out.register
def _(step: steps.EndWork, o: Observation) -> Observation:
    return replace(o, data=replace(o.data, programs={}))


@carry_out.register
def _(step: steps.MoveData, o: Observation) -> Observation:
    o = replace(o, data=DataDirectory(room=o.data.room), restoration=replace(o.restoration, beside=True))
    return on_machine(o, data_version="")


@carry_out.register
def _(step: steps.ForgetCluster, o: Observation) -> Observation:
    seen = known(o.etcd)
    assert seen is not None
    return replace(o, etcd=View(replace(seen, initialized=False, primary="", system="", restored=step.number)))


@carry_out.register
def _(step: steps.PutInPlace, o: Observation) -> Observation:
    seen: Restoration = o.restoration
    data = DataDirectory(True, "restored", {})
    return on_machine(replace(o, data=data, restoration=replace(seen, beside=False)), data_version="15")
