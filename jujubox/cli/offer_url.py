"""Where an offer is, as it is typed: `[<controller>:][<owner>/]<model>.<offer>[:<endpoint>]`.

Knows: the spelling.
Must not know: whether there is such an offer.

    >>> OfferUrl.parse("prod.mysql:db")
    OfferUrl(path='admin/prod.mysql', name='mysql', endpoint='db')
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jujubox.cli.errors import CommandError
from jujubox.cli.selection import refuse_other_controller
from jujubox.flags import quote
from jujubox.names import is_application

_FORM = re.compile(r"^(?:([^:/.]+):)?(?:([^/:.]+)/)?([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.([^:/.]+)(?::([^:/]+))?$")


@dataclass(frozen=True)
class OfferUrl:
    """An offer of some model of this controller."""

    path: str
    """`owner/model.offer`."""
    name: str
    endpoint: str

    @classmethod
    def parse(cls, text: str) -> OfferUrl:
        """The offer that is meant. Raises CommandError."""
        found = _FORM.match(text)
        if found is None:
            form = "[<source>:][<qualifier>/]<model>.<offername>"
            raise CommandError(f"offer URL has invalid form, must be {form}: {quote(text)}")
        controller, owner, model, name, endpoint = found.groups()
        refuse_other_controller(controller or "")
        if not is_application(name):
            raise CommandError(f"offer name {quote(name)} not valid")
        return cls(f"{owner or 'admin'}/{model}.{name}", name, endpoint or "")


def is_offer_url(text: str) -> bool:
    """Whether a word names an offer of a model: no application's name has a dot."""
    return "." in text
