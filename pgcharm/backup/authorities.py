"""Certificates as people hand them over: PEM, several of them, or base64 of that.

Knows: how they look. Must not know: whom they belong to.

    >>> pem("-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----")
    '-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n'
"""

from __future__ import annotations

import base64
import binascii
import re

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END CERTIFICATE-----")


class NotPem(ValueError):
    """A text with no certificate in it."""


def pem(text: str) -> str:
    """The certificates in a text, each line as it has to be; empty where the text is. Raises NotPem."""
    if not text.strip():
        return ""
    found = _BLOCK.findall(text) or _BLOCK.findall(_decoded(text))
    if not found:
        raise NotPem("no -----BEGIN CERTIFICATE----- was found in it")
    bodies = ("\n".join(body.split()) for body in found)
    return "".join(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n" for body in bodies)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
