"""What every face of a store stands on.

Knows: the door, the shape of the store. Must not know: what is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pgclient import Transaction
from pgstore.documents import Kind
from pgstore.door import Door
from pgstore.ids import unique_id
from pgstore.names import scoped_name
from pgstore.places.rules import Rules
from pgstore.schema.profiles import StoreShape
from pgstore.schema.tables import Tables, tables


@dataclass(frozen=True)
class Backing:
    """A store's door, tables and habits."""

    door: Door
    shape: StoreShape
    scope: str = ""
    rules: Rules = field(default_factory=Rules)
    new_id: Callable[[], str] = unique_id

    @property
    def tables(self) -> Tables:
        return tables(self.shape)

    @property
    def name(self) -> str:
        return scoped_name(self.shape.name, self.scope)

    def rules_for(self, kind: Kind) -> Rules | None:
        """Only resources are somewhere."""
        return self.rules if kind is Kind.RESOURCE and self.shape.profile.has_resources else None


F = TypeVar("F", bound="Face")


class Face:
    """One concern of a store."""

    def __init__(self, backing: Backing) -> None:
        self._backing = backing

    def _inside(self: F, tx: Transaction) -> F:
        """The same face inside of a transaction."""
        return type(self)(replace(self._backing, door=replace(self._backing.door, tx=tx)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._backing.name}, {self._backing.shape.profile.value})"
