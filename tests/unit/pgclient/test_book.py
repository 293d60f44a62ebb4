"""Who has which connection, and who waits."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pgclient.book import Book


class Days(RuleBasedStateMachine):
    """A book under everything that can happen to it, beside a plain account of the same."""

    def __init__(self) -> None:
        super().__init__()
        self.book: Book[int, str] = Book(size=3, most_waiting=5)
        self.names = 0
        self.queue: list[str] = []
        self.served: list[str] = []

    def new(self) -> int:
        self.names += 1
        return self.names

    def gave(self, waiter: str | None) -> None:
        assert waiter == (self.queue[0] if self.queue else None), "first come, first served"
        self.queue = [name for name in self.queue if name != waiter]

    @rule()
    def somebody_takes(self) -> None:
        idle = list(self.book.idle)
        taken = self.book.take()
        assert taken == (idle[-1] if idle else None)

    @rule(together=st.booleans())
    def somebody_waits(self, together: bool) -> None:
        if self.book.idle:
            return
        name = self.queue[-1] if together and self.queue else f"w{self.new()}"
        had_room = self.book.callers < 5
        assert self.book.join(name) is had_room
        if had_room:
            self.queue.append(name)
        for _ in range(self.book.to_make()):
            self.book.begin_one()

    @rule()
    def somebody_gives_up(self) -> None:
        if self.queue:
            self.book.leave(self.queue.pop())

    @rule()
    def one_was_made(self) -> None:
        if self.book.making:
            self.gave(self.book.made(self.new()))

    @rule()
    def one_was_not_made(self) -> None:
        if self.book.making:
            self.book.failed()

    @rule()
    def somebody_gives_back(self) -> None:
        if self.book.busy:
            self.gave(self.book.put(next(iter(self.book.busy))))

    @rule()
    def one_breaks(self) -> None:
        if self.book.busy:
            self.book.drop(next(iter(self.book.busy)))

    @rule()
    def all_are_dismissed(self) -> None:
        assert list(self.book.dismiss()) == list(dict.fromkeys(self.queue))
        self.queue = []

    @invariant()
    def the_sums_are_right(self) -> None:
        book = self.book
        assert 0 <= book.total <= book.size
        assert book.callers == len(self.queue)
        assert not book.busy & set(book.idle)
        assert book.making >= 0


Days.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
test_a_book_keeps_its_sums_whatever_happens = Days.TestCase


def test_one_connection_is_made_for_each_place_in_the_queue_not_for_each_caller() -> None:
    book: Book[int, str] = Book(size=10, most_waiting=100)
    for _ in range(7):
        book.join("a batch")
    book.join("ann")
    assert book.to_make() == 2
    book.begin_one()
    assert book.to_make() == 1
