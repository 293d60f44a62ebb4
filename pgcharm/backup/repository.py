"""Where backups are kept, as one value: from the options, the secrets that they name, and the relation `s3-parameters`.

Knows: pgBackRest's options for each kind of repository. Must not know: who reads them, or whether the place answers.

    >>> found = repository_of(Options(backup_repository="path", backup_path="/mnt/backups"), Given())
    >>> found.kind, found.settings["path"]
    ('path', '/mnt/backups')
    >>> repository_of(Options(backup_repository="s3"), Given())
    Lacking(what='backup-s3-bucket is empty (expected the name of a bucket, or a relation through s3-parameters)')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pgcharm.backup.authorities import NotPem, pem
from pgcharm.layout import bracketed
from pgcharm.options import Options, spelled
from pgcharm.view import Unknown, View

LOCAL, PATH, S3, SFTP = "local", "path", "s3", "sftp"
S3_ENDPOINT = "s3-parameters"
SECRETS = ("backup_s3_credentials", "backup_sftp_credentials", "backup_encryption")
"""Options that name a secret."""
_FINGERPRINT = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Given:
    """What is not in the options themselves."""

    secrets: Mapping[str, View[Mapping[str, str]] | Unknown] = field(default_factory=dict, repr=False)
    """What each option's secret holds, or why it cannot be read; by the option's field."""
    related: View[Mapping[str, str]] | Unknown | None = field(default=None, repr=False)
    """What the relation `s3-parameters` says, secrets in it read; None where there is no such relation."""
    relation: int | None = None
    """The number of that relation."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """What we have asked for in it; seen by the leader only."""
    fallback: str = ""
    """The directory of a local repository."""
    version: tuple[int, ...] = (2, 45)
    """pgBackRest's."""


@dataclass(frozen=True)
class Lacking:
    """Why there is no repository: what the operator has to give."""

    what: str


@dataclass(frozen=True)
class Repository:
    """A repository, with everything that pgBackRest has to know of it."""

    kind: str
    settings: Mapping[str, str]
    """Without `repo1-`: `path`, `s3-bucket`, ..."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The same, of what nobody else may read."""
    authorities: str = field(default="", repr=False)
    """Certificates to trust; empty trusts those of the machine."""
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        path = self.settings["path"]
        if self.kind == S3:
            endpoint = _addressed(self.settings["s3-endpoint"], self.settings.get("storage-port", ""))
            return f"s3 bucket {self.settings['s3-bucket']} at {endpoint}{path}"
        if self.kind == SFTP:
            server = _addressed(self.settings["sftp-host"], self.settings.get("sftp-host-port", ""))
            return f"sftp server {server}{path}"
        return path


def repository_of(options: Options, given: Given) -> Repository | Lacking:
    """The repository that is asked for, or what is lacking."""
    passphrase = ""
    if options.backup_encryption:
        found = secret(given, "backup_encryption", ("passphrase",))
        if isinstance(found, Lacking):
            return found
        passphrase = found["passphrase"]
    kind = S3 if given.related is not None else options.backup_repository
    made = {LOCAL: _local, PATH: _path, S3: _s3, SFTP: _sftp}[kind](options, given)
    if isinstance(made, Lacking):
        return made
    return Repository(made.kind, made.settings, made.secrets, made.authorities, made.private_key, passphrase)


def secret(given: Given, option: str, keys: tuple[str, ...]) -> Mapping[str, str] | Lacking:
    """What a secret holds, if it can be read and has all keys."""
    seen = given.secrets.get(option)
    if seen is None:
        return Lacking(f"{spelled(option)} is empty (expected a secret with {' and '.join(keys)})")
    if isinstance(seen, Unknown):
        return Lacking(f"{spelled(option)} cannot be read: {seen.why}")
    if missing := [key for key in keys if not seen.value.get(key, "").strip()]:
        return Lacking(
            f"the secret of {spelled(option)} has no {' and no '.join(missing)} (expected {', '.join(keys)})"
        )
    if any("\n" in seen.value[key].strip() for key in keys if key != "private-key"):
        return Lacking(f"the secret of {spelled(option)} has a line break in it (expected none)")
    return {key: seen.value[key].strip() for key in keys}


def _local(_: Options, given: Given) -> Repository | Lacking:
    return Repository(LOCAL, {"path": given.fallback})


def _path(options: Options, _: Given) -> Repository | Lacking:
    if not options.backup_path.startswith("/"):
        seen = repr(options.backup_path) if options.backup_path else "empty"
        return Lacking(f"backup-path is {seen} (expected the directory that every unit has mounted, e.g. /mnt/backups)")
    return Repository(PATH, {"path": options.backup_path.rstrip("/") or "/"})


def _s3(options: Options, given: Given) -> Repository | Lacking:
    if isinstance(given.related, Unknown):
        return Lacking(f"the relation s3-parameters cannot be used: {given.related.why}")
    if given.related is not None:
        return _related(given.related.value)
    if not options.backup_s3_bucket:
        return Lacking("backup-s3-bucket is empty (expected the name of a bucket, or a relation through s3-parameters)")
    if not options.backup_s3_endpoint:
        return Lacking("backup-s3-endpoint is empty (expected the server's name, e.g. s3.eu-west-1.amazonaws.com)")
    keys = secret(given, "backup_s3_credentials", ("access-key", "secret-key"))
    if isinstance(keys, Lacking):
        return keys
    return _bucket(
        options.backup_s3_bucket, options.backup_s3_endpoint, options.backup_s3_region, options.backup_s3_uri_style,
        options.backup_path, options.backup_s3_ca, keys,
    )  # fmt: skip


def wishes(options: Options, given: Given) -> dict[str, str | None]:
    """What we ask for in the relation: a bucket's name where the provider has none, and credentials in a secret."""
    bucket = options.backup_s3_bucket or f"relation-{given.relation}"
    path = {"path": options.backup_path} if options.backup_path else {}
    return {"bucket": bucket, **path, "requested-secrets": '["access-key", "secret-key", "tls-ca-chain"]'}


def _related(said: Mapping[str, str]) -> Repository | Lacking:
    """As the s3-integrator says it; source: charmlib s3, interface `s3` version 0 and 1."""
    needed = ("bucket", "access-key", "secret-key")
    if missing := [key for key in needed if not said.get(key)]:
        return Lacking(f"the relation s3-parameters says no {', no '.join(missing)} (expected {', '.join(needed)})")
    scheme, _, rest = said.get("endpoint", "https://s3.amazonaws.com").rpartition("://")
    if scheme not in ("", "https"):
        return Lacking(
            f"the relation s3-parameters names {scheme}://{rest} (expected https: pgBackRest speaks TLS only)"
        )
    try:
        authorities = pem(_chain(said.get("tls-ca-chain", "")))
    except NotPem as error:
        return Lacking(f"the relation s3-parameters gives a tls-ca-chain that cannot be used: {error}")
    return _bucket(
        said["bucket"], rest.rstrip("/"), said.get("region") or "us-east-1", said.get("s3-uri-style") or "host",
        said.get("path", ""), authorities, said,
    )  # fmt: skip


def _chain(text: str) -> str:
    """A JSON list of certificates, as one text."""
    return text.replace("\\n", "\n") if text.startswith("[") else text


def _bucket(
    bucket: str, endpoint: str, region: str, style: str, path: str, authorities: str, keys: Mapping[str, str]
) -> Repository | Lacking:
    host, port = _host_and_port(endpoint)
    settings = {
        "type": "s3", "path": f"/{path.strip('/')}", "s3-bucket": bucket, "s3-endpoint": host, "s3-region": region,
        "s3-uri-style": style if style in ("host", "path") else "host", **({"storage-port": port} if port else {}),
    }  # fmt: skip
    return Repository(S3, settings, {"s3-key": keys["access-key"], "s3-key-secret": keys["secret-key"]}, authorities)


def _sftp(options: Options, given: Given) -> Repository | Lacking:
    if given.version < (2, 46):
        seen = ".".join(map(str, given.version))
        return Lacking(
            f"backup-repository is sftp, and this base's pgBackRest is {seen} (expected 2.46 or newer, as on Debian 13 "
            "or with pgdg=true; or use path or s3)"
        )
    for name in ("backup_sftp_host", "backup_sftp_user"):
        if not getattr(options, name):
            return Lacking(f"{spelled(name)} is empty (expected it with backup-repository=sftp)")
    keys = secret(given, "backup_sftp_credentials", ("private-key", "host-fingerprint"))
    if isinstance(keys, Lacking):
        return keys
    fingerprint = keys["host-fingerprint"].replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(fingerprint):
        return Lacking("host-fingerprint of backup-sftp-credentials is not 64 hexadecimal digits (expected SHA-256)")
    host, port = _host_and_port(options.backup_sftp_host)
    settings = {
        "type": "sftp", "path": f"/{options.backup_path.strip('/')}", "sftp-host": host, "sftp-host-user":
        options.backup_sftp_user, "sftp-host-key-check-type": "fingerprint", "sftp-host-key-hash-type": "sha256",
        "sftp-host-fingerprint": fingerprint, **({"sftp-host-port": port} if port else {}),
    }  # fmt: skip
    return Repository(SFTP, settings, private_key=keys["private-key"].strip() + "\n")


def _host_and_port(text: str) -> tuple[str, str]:
    """
    >>> _host_and_port("s3.local:9000"), _host_and_port("[fd00::1]:9000"), _host_and_port("s3.local")
    (('s3.local', '9000'), ('fd00::1', '9000'), ('s3.local', ''))
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        return text.strip("[]"), ""
    return host.strip("[]"), port


def _addressed(host: str, port: str) -> str:
    """The other way round.

    >>> _addressed("s3.local", "9000"), _addressed("fd00::1", "9000"), _addressed("s3.local", "")
    ('s3.local:9000', '[fd00::1]:9000', 's3.local')
    """
    return f"{bracketed(host)}:{port}" if port else bracketed(host)
