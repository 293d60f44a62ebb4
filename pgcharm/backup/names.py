"""What a cluster's backups are called in a repository that other clusters may use as well.

Knows: pgBackRest's rule for stanzas: what a directory may be called. Must not know: where the repository is.

    >>> stanza_name("postgresql", "1a2b3c4d-0000-4000-8000-000000000000")
    'postgresql-1a2b3c4d'
"""

from __future__ import annotations

import re

STANZA = "stanza"
"""The key of the application's peer bag with the stanza in use, where it is not the first one."""


def stanza_name(application: str, model_uuid: str) -> str:
    """The first stanza of an application: no two of different models share it."""
    return f"{application}-{re.sub('[^0-9a-f]', '', model_uuid.lower())[:8]}"
