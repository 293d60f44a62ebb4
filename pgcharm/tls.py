"""The cluster's own certificate authority, and certificates issued from it. Text in, text out.

Knows: X.509. Must not know: where anything is kept.
Every unit has the authority's key from the application's secret and issues its own certificates; they serve and ask
alike, because etcd's gateway and the members of a cluster are clients of one another.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pgcharm.observation import Certificate

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397
_SKEW = datetime.timedelta(hours=1)
"""Clocks of machines may differ by this much."""


def make_authority(name: str, now: float) -> tuple[str, str]:
    """A new authority: certificate and key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _builder(subject, subject, now, AUTHORITY_DAYS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pem(certificate), _key_pem(key)


def issue(ca_certificate: str, ca_key: str, name: str, names: tuple[str, ...], now: float) -> tuple[str, str]:
    """A certificate for addresses and host names, and its key, PEM.

    An address stands in it twice, as one and as a name: pgBackRest compares what it connects to with names only
    (src/common/io/tls/client.c, tlsClientHostVerify, 2.45).
    """
    authority = x509.load_pem_x509_certificate(ca_certificate.encode())
    signer = serialization.load_pem_private_key(ca_key.encode(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _builder(subject, authority.subject, now, CERTIFICATE_DAYS)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pem(certificate), _key_pem(key)


def fingerprint(certificate: str) -> str:
    """What identifies an authority: a digest of its public key, as certificates it signs name it."""
    loaded = x509.load_pem_x509_certificate(certificate.encode())
    key = loaded.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return hashlib.sha256(x509.AuthorityKeyIdentifier.from_issuer_public_key(key).key_identifier or b"").hexdigest()


def read(certificate: str) -> Certificate:
    """What a certificate says. Raises ValueError where the text is none."""
    loaded = x509.load_pem_x509_certificate(certificate.encode())
    issuer = loaded.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier or b""
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Certificate(
        issuer=hashlib.sha256(issuer).hexdigest(),
        names=tuple(sorted({str(name.value) for name in names})),
        expires=loaded.not_valid_after_utc.timestamp(),
    )


def _builder(subject: x509.Name, issuer: x509.Name, now: float, days: int) -> x509.CertificateBuilder:
    start = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _SKEW)
        .not_valid_after(start + datetime.timedelta(days=days))
    )


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = [x509.DNSName(text) for text in names]
    for text in names:
        with suppress(ValueError):
            found.append(x509.IPAddress(ipaddress.ip_address(text)))
    return found


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
