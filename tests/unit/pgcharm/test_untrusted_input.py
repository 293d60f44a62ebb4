"""Configuration and action parameters are hostile until proven otherwise: whatever they say, a plan comes of it."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgcharm.observation import Observation, Request
from pgcharm.options import Options, Value, read_options
from pgcharm.plan import plan
from pgcharm.plan.requests import REQUESTS
from tests.unit.clients.test_untrusted import NASTY
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living
from tests.unit.pgcharm.test_requests_clients import related, with_databases

TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))
VALUES: st.SearchStrategy[Value] = st.one_of(TEXTS, st.integers(-(1 << 70), 1 << 70), st.booleans(), st.floats())
NAMES = sorted({field.name for field in fields(Options)} | {"diverged-standby", "unheard-of"})
PARAMETERS = ("to", "unit", "application", "database", "confirm", "confirmed", "lost", "anything")
GENEROUS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def cluster() -> Observation:
    return with_databases(related(living(leader=True)), "orders", "pages")


@GENEROUS
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6))
def test_a_configuration_is_read_and_every_mistake_is_named_in_one_printable_line(config: dict[str, Value]) -> None:
    options, mistakes = read_options(config)
    again, none = read_options({key: value for key, value in config.items() if key not in {m.option for m in mistakes}})
    assert (again, none) == (options, ()), "what is no mistake is as if it were alone"
    for mistake in mistakes:
        assert str(mistake).isprintable()
        assert len(str(mistake)) < 500


@GENEROUS
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4))
def test_whatever_the_configuration_the_unit_goes_on_and_says_what_is_wrong(config: dict[str, Value]) -> None:
    planned = plan(made.with_juju(cluster(), config={**made.DEFAULTS, **config}))
    _, mistakes = read_options({**made.DEFAULTS, **config})
    assert (planned.publication.status.level == "blocked") is bool(mistakes)
    assert all(mistake.option in planned.publication.status.message for mistake in mistakes)


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_whatever_an_action_asks_for_it_is_planned_or_refused_in_printable_words(name: str) -> None:
    for text in NASTY:
        asked = Request(name, dict.fromkeys(PARAMETERS, text))
        planned = plan(replace(cluster(), event=replace(cluster().event, request=asked)))
        said = planned.text()
        assert all(line.isprintable() for line in said.splitlines()), (text, said)
        assert len(said) < 1000
        assert name != "drop-database" or planned.steps == ()
