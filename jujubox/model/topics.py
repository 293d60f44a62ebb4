"""What can change, as readers of the model name it. Knows spellings only.

A unit's view follows its unit, its application, its relations, its machine and the model; everybody who shows status
follows `whole`.
"""

from __future__ import annotations

from jujubox.model.database import Topic

TIMERS: Topic = ("timers",)
"""A lease, a secret or a forced removal has another due time."""
MACHINES: Topic = ("machines",)
"""The provisioner has something to do."""


def whole(model: int) -> Topic:
    """Anything in the model that `juju status` shows."""
    return ("whole", model)


def model_settings(model: int) -> Topic:
    """The model's config."""
    return ("model", model)


def application(model: int, name: str) -> Topic:
    """What all units of an application follow."""
    return ("application", model, name)


def unit(model: int, name: str) -> Topic:
    """What one unit follows."""
    return ("unit", model, name)


def relation(model: int, number: int) -> Topic:
    """Members, settings and life of a relation."""
    return ("relation", model, number)


def machine(model: int, number: str) -> Topic:
    """A machine's units and life."""
    return ("machine", model, number)


def tasks(model: int) -> Topic:
    """Tasks and their logs."""
    return ("tasks", model)
