"""Which commands there are, and how each one's module looks. Nothing is imported before it is wanted."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal, Protocol, cast

from jujubox.flags import FlagSet

if TYPE_CHECKING:
    from jujubox.cli.invocation import Invocation

COMMANDS = frozenset(
    """
    actions add-machine add-model add-secret add-storage add-unit attach-resource attach-storage cancel-task config
    constraints consume controllers debug-log deploy destroy-model detach-storage exec expose find-offers
    grant-secret help integrate machines model-config model-constraints models offer offers operations refresh
    remove-application remove-machine remove-offer remove-relation remove-saas remove-secret remove-storage
    remove-unit resolved resources revoke-secret run scp secrets set-constraints set-model-constraints
    show-application show-controller show-machine show-model show-offer show-operation show-secret show-status-log
    show-storage show-task show-unit ssh status storage switch trust unexpose update-secret version wait-for whoami
    """.split()
)
ALIASES = {
    "add-relation": "integrate",
    "list-actions": "actions",
    "list-controllers": "controllers",
    "list-machines": "machines",
    "list-models": "models",
    "list-offers": "offers",
    "list-operations": "operations",
    "list-resources": "resources",
    "list-secrets": "secrets",
    "list-storage": "storage",
    "relate": "integrate",
    "remove-consumed-application": "remove-saas",
    "resolve": "resolved",
    "upgrade-charm": "refresh",
}

Scope = Literal["model", "controller", "none"]


class Command(Protocol):
    """What a module below `commands` offers; its docstring is the help text."""

    __doc__: str
    USAGE: str
    """What follows the command's name in its usage line."""
    SCOPE: Scope
    """What the command works on: decides whether it takes --model or --controller."""

    def flags(self, known: FlagSet) -> None:
        """Defines the command's own flags."""

    def run(self, call: Invocation) -> int | None:
        """Does the work; the exit code, 0 if None."""


def resolve(word: str) -> str | None:
    """The command that `word` means."""
    name = ALIASES.get(word, word)
    return name if name in COMMANDS else None


def load(name: str) -> Command:
    """The module of a command that exists."""
    return cast(Command, importlib.import_module(f"jujubox.cli.commands.{name.replace('-', '_')}"))
