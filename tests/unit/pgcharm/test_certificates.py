"""The authority and what it issues."""

from __future__ import annotations

import time
from dataclasses import replace

from pgcharm import tls
from pgcharm.plan import plan
from pgcharm.plan.steps import IssueCertificate
from tests.unit.pgcharm import made
from tests.unit.pgcharm.test_life import living

NOW = time.time()


def test_a_certificate_names_its_authority_and_its_addresses() -> None:
    ca, key = tls.make_authority("postgresql cluster", NOW)
    certificate, _ = tls.issue(ca, key, "postgresql-0", ("10.0.0.10", "127.0.0.1", "localhost", "::1"), NOW)
    seen = tls.read(certificate)
    assert seen.issuer == tls.fingerprint(ca)
    assert seen.names == ("10.0.0.10", "127.0.0.1", "::1", "localhost")
    assert 395 * 86400 < seen.expires - NOW < 398 * 86400


def test_two_authorities_are_told_apart() -> None:
    assert tls.fingerprint(tls.make_authority("a", NOW)[0]) != tls.fingerprint(tls.make_authority("a", NOW)[0])


def test_a_new_address_means_new_certificates() -> None:
    o = made.with_juju(living(units=1), address="10.0.0.99")
    reasons = [step.reason for step in plan(o).steps if isinstance(step, IssueCertificate)]
    assert reasons == ["its own is for 10.0.0.10, 127.0.0.1, host, localhost"] * 3


def test_a_certificate_is_renewed_a_month_before_its_end() -> None:
    o = living(units=1)
    late = replace(o, now=o.now + 368 * 86400)
    assert [step.reason for step in plan(late).steps if isinstance(step, IssueCertificate)] == [
        "its own is about to expire"
    ] * 3
