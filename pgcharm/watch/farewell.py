"""A machine that shuts down as planned gives up its vote of two: `python -m pgcharm.watch.farewell watch.json`.

Knows: that the machine is going down, and who votes. Must not know: anything of hooks; there is none at a shutdown.

Run when etcd is about to stop, which is after Patroni has handed over. Of two voters the one that stays has a majority
of one then, and nobody has to break a tie. With three and more the rest is a majority anyway. The machine joins again
at its next boot, as a unit does whose member is gone.

>>> gives_up(("a-0", "a-1"), "a-0"), gives_up(("a-0",), "a-0"), gives_up(("a-0", "a-1", "a-2"), "a-0")
(True, False, False)
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError
from pgcharm.adapters.host import is_shutting_down
from pgcharm.adapters.web import Credentials, WebError
from pgcharm.layout import member_name


def gives_up(voters: Sequence[str], own: str) -> bool:
    """Whether the vote of a member that goes is better given up."""
    return len(voters) == 2 and own in voters


def main(path: str) -> None:
    """Leave, where that is right. Whatever fails, the machine goes down all the same."""
    if not is_shutting_down():
        return
    found = json.loads(Path(path).read_text())
    own = member_name(found["unit"])
    endpoint = EtcdEndpoint(found["etcd"], Credentials(found["ca"], found["certificate"], found["key"]))
    try:
        members = endpoint.members()
        if gives_up([member.name for member in members if not member.learner], own):
            endpoint.remove(next(member.id for member in members if member.name == own))
            print(f"{own} has given up its vote: the machine is going down", flush=True)
    except (EtcdError, WebError) as error:
        print(f"cannot give up the vote of {own}: {error}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
