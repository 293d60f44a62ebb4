"""This unit's poolers, through their consoles.

Knows: whom to ask. Must not know: who ought to be connected.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgcharm.adapters.bouncer import Bouncer, BouncerError
from pgcharm.layout import Layout
from pgcharm.observation import Pooler, Service
from pgcharm.options import Options
from pgcharm.view import Unknown, View


def observe_pooler(services: Mapping[str, Service], layout: Layout, options: Options) -> View[Pooler] | Unknown | None:
    """How many clients are connected; None where no pooler runs."""
    ports = {layout.pooler_service: options.pooler_port, layout.reads_service: options.pooler_port + 1}
    running = {name: port for name, port in ports.items() if services[name].active}
    if not running:
        return None
    try:
        bouncers = [Bouncer(name, layout.pooler_sockets, port) for name, port in running.items()]
        return View(Pooler(sum(bouncer.clients() for bouncer in bouncers)))
    except BouncerError as error:
        return Unknown(str(error))
