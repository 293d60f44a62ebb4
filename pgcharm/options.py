"""The charm's configuration, read from Juju's plain values: `Options`, and what is wrong with it by option.

Knows: each option's form and what is allowed. Must not know: what is done with it.

    >>> options, mistakes = read_options({"listen_port": 80})
    >>> options.listen_port, str(mistakes[0])
    (5432, 'listen_port is 80 (allowed: 1024 to 65535)')
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from pgcharm.backup.authorities import NotPem, pem
from pgcharm.backup.schedule import BadCalendar, read_calendar
from pgcharm.layout import ETCD_CLIENT_PORT, ETCD_PEER_PORT, PATRONI_PORT

Value = str | int | float | bool | None

VERSIONS = ("14", "15", "16", "17")
ENCODINGS = (
    "UTF8", "SQL_ASCII", "LATIN1", "LATIN2", "LATIN3", "LATIN4", "LATIN5", "LATIN6", "LATIN7", "LATIN8", "LATIN9",
    "LATIN10", "ISO_8859_5", "ISO_8859_6", "ISO_8859_7", "ISO_8859_8", "KOI8R", "KOI8U", "EUC_CN", "EUC_JP", "EUC_KR",
    "EUC_TW", "WIN866", "WIN874", "WIN1250", "WIN1251", "WIN1252", "WIN1253", "WIN1254", "WIN1255", "WIN1256",
    "WIN1257", "WIN1258",
)  # fmt: skip
"""Encodings that a server can use, PostgreSQL's documentation, table 24.1."""

OWNED = frozenset(
    ("archive_command", "archive_library", "archive_mode", "cluster_name", "config_file", "data_directory",
     "external_pid_file", "hba_file", "hot_standby", "ident_file", "include", "include_dir", "include_if_exists",
     "listen_addresses", "max_connections", "max_locks_per_transaction", "max_prepared_transactions",
     "max_replication_slots", "max_wal_senders", "max_worker_processes", "port", "primary_conninfo",
     "primary_slot_name", "recovery_target", "restore_command", "ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file",
     "synchronous_standby_names", "track_commit_timestamp", "unix_socket_directories", "wal_level", "wal_log_hints",
     "fsync", "full_page_writes")
)  # fmt: skip
"""Settings of postgresql.conf that are the charm's or Patroni's, or without which nothing is safe."""

_PATH = re.compile(r"/?(?:[A-Za-z0-9._@+-]+/?)*")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*(?:=|\s)\s*('(?:[^']|'')*'|[^\s'#]+)\s*(?:#.*)?")
_AUTH_LINE = re.compile(r"\s*(local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)\s+\S+\s+\S+\s+\S+.*")
_LOCALE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9-]+)?(?:@[A-Za-z]+)?")


@dataclass(frozen=True)
class Mistake:
    """A value that cannot be used: the option, what was read, what is allowed."""

    option: str
    read: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.option} is {self.read} (allowed: {self.allowed})"


@dataclass(frozen=True)
class Options:
    """The configuration; defaults are those of config.yaml."""

    version: str = ""
    pgdg: bool = False
    locale: str = "C.UTF-8"
    encoding: str = "UTF8"
    listen_port: int = 5432
    admin_addresses: tuple[str, ...] = ()
    require_tls: bool = False
    synchronous: str = "auto"
    synchronous_standbys: int = 1
    diverged_standby: str = "set-aside"
    max_connections: int = 0
    memory_mb: int = 0
    pooler: str = "off"
    pooler_port: int = 6432
    pooler_size: int = 20
    pooler_clients: int = 1000
    pooler_default: bool = False
    extra_pg_conf: tuple[tuple[str, str], ...] = field(default=())
    extra_pg_auth: tuple[str, ...] = ()
    backup_repository: str = "local"
    backup_path: str = ""
    backup_s3_bucket: str = ""
    backup_s3_endpoint: str = ""
    backup_s3_region: str = "us-east-1"
    backup_s3_uri_style: str = "host"
    backup_s3_ca: str = ""
    backup_s3_credentials: str = ""
    """A secret's URI, as the two below."""
    backup_sftp_host: str = ""
    backup_sftp_user: str = ""
    backup_sftp_credentials: str = ""
    backup_encryption: str = ""
    backup_retention_full: int = 2
    backup_retention_days: int = 0
    backup_full_schedule: str = "Sun 02:00"
    backup_incremental_schedule: str = "Mon..Sat 02:00"


def spelled(name: str) -> str:
    """What an option is called in config.yaml."""
    return name.replace("_", "-") if name.startswith("backup_") or name == "diverged_standby" else name


class _Wrong(ValueError):
    """What is allowed, where something else was read."""


def read_options(config: Mapping[str, Value]) -> tuple[Options, tuple[Mistake, ...]]:
    """The options, with the default in place of every value that cannot be used, and the mistakes."""
    found: dict[str, object] = {}
    mistakes = []
    for name in (f.name for f in fields(Options)):
        option = spelled(name)
        if (value := config.get(option)) is None:
            continue
        try:
            found[name] = _READERS[name](value)
        except _Wrong as error:
            mistakes.append(Mistake(option, _shown(value), str(error)))
    options = Options(**found)  # type: ignore[arg-type]
    if clash := _port_clash(options):
        return replace(options, pooler_port=Options.pooler_port), (*mistakes, clash)
    return options, tuple(mistakes)


def _port_clash(options: Options) -> Mistake | None:
    """The poolers' ports where somebody else listens already; None where they are free."""
    taken = {options.listen_port, ETCD_CLIENT_PORT, ETCD_PEER_PORT, PATRONI_PORT}
    if options.pooler == "off" or taken.isdisjoint((options.pooler_port, options.pooler_port + 1)):
        return None
    allowed = f"a port that is free, and the next one too: not {', '.join(map(str, sorted(taken)))}"
    return Mistake("pooler_port", str(options.pooler_port), allowed)


def effective(
    config: Mapping[str, Value], last_good: Mapping[str, Value] | None
) -> tuple[Options, tuple[Mistake, ...]]:
    """The options in force: where a value cannot be used, the last one that could."""
    options, mistakes = read_options(config)
    if not mistakes or last_good is None:
        return options, mistakes
    mended = {**config, **{mistake.option: last_good.get(mistake.option) for mistake in mistakes}}
    return read_options(mended)[0], mistakes


def _shown(value: Value) -> str:
    text = str(value) if isinstance(value, int | float | bool) else repr(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _one_of(*allowed: str):  # type: ignore[no-untyped-def]
    def read(value: Value) -> str:
        if str(value) not in allowed:
            raise _Wrong(", ".join(word or "empty" for word in allowed))
        return str(value)

    return read


def _between(low: int, high: int, *also: int):  # type: ignore[no-untyped-def]
    def read(value: Value) -> int:
        if not isinstance(value, int) or not (low <= value <= high or value in also):
            raise _Wrong(f"{low} to {high}" + "".join(f", or {number}" for number in also))
        return value

    return read


def _boolean(value: Value) -> bool:
    return bool(value)


def _locale(value: Value) -> str:
    if not _LOCALE.fullmatch(str(value)):
        raise _Wrong("a locale's name, such as C.UTF-8 or en_GB.UTF-8")
    return str(value)


def _networks(value: Value) -> tuple[str, ...]:
    networks = []
    for text in filter(None, (part.strip() for part in str(value).split(","))):
        try:
            networks.append(str(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            raise _Wrong("addresses or CIDR networks, separated by commas") from None
    return tuple(dict.fromkeys(networks))


def _settings(value: Value) -> tuple[tuple[str, str], ...]:
    """`name = value` lines, the last of a name counting, values unquoted."""
    settings: dict[str, str] = {}
    for line in _lines(value):
        match = _LINE.fullmatch(line)
        if match is None:
            raise _Wrong(f"lines of the form name = value, which {line.strip()[:40]!r} is not")
        name, text = match[1].lower(), match[2]
        if name in OWNED:
            raise _Wrong(f"settings other than {name}, which the charm sets itself")
        settings[name] = text[1:-1].replace("''", "'") if text.startswith("'") else text
    return tuple(settings.items())


def _auth_lines(value: Value) -> tuple[str, ...]:
    lines = tuple(line.strip() for line in _lines(value))
    for line in lines:
        if not _AUTH_LINE.fullmatch(line):
            raise _Wrong(f"lines of pg_hba.conf, which {line[:40]!r} is not")
    return lines


def _form(pattern: re.Pattern[str], allowed: str):  # type: ignore[no-untyped-def]
    def read(value: Value) -> str:
        if value and not pattern.fullmatch(str(value)):
            raise _Wrong(allowed)
        return str(value)

    return read


def _calendar(value: Value) -> str:
    text = " ".join(str(value).split())
    try:
        if text:
            read_calendar(text)
    except BadCalendar as error:
        raise _Wrong(f"systemd's OnCalendar, e.g. Sun 02:00, or empty; {error}") from None
    return text


def _authorities(value: Value) -> str:
    try:
        return pem(str(value))
    except NotPem as error:
        raise _Wrong(f"certificates as PEM, or base64 of that; {error}") from None


def _secret(value: Value) -> str:
    return str(value)


def _lines(value: Value) -> list[str]:
    return [line for line in str(value).splitlines() if line.strip() and not line.strip().startswith("#")]


_READERS = {
    "version": _one_of("", *VERSIONS),
    "pgdg": _boolean,
    "locale": _locale,
    "encoding": _one_of(*ENCODINGS),
    "listen_port": _between(1024, 65535),
    "admin_addresses": _networks,
    "require_tls": _boolean,
    "synchronous": _one_of("auto", "strict", "off"),
    "synchronous_standbys": _between(1, 4),
    "diverged_standby": _one_of("set-aside", "reclone", "block"),
    "max_connections": _between(20, 10000, 0),
    "memory_mb": _between(128, 1 << 24, 0),
    "pooler": _one_of("off", "transaction", "session"),
    "pooler_port": _between(1024, 65534),
    "pooler_size": _between(1, 10000),
    "pooler_clients": _between(1, 50000),
    "pooler_default": _boolean,
    "extra_pg_conf": _settings,
    "extra_pg_auth": _auth_lines,
    "backup_repository": _one_of("local", "path", "s3", "sftp"),
    "backup_path": _form(_PATH, "a path without spaces, such as /mnt/backups"),
    "backup_s3_bucket": _form(_WORD, "a bucket's name"),
    "backup_s3_endpoint": _form(_HOST, "a server's name, with :port where it is not 443"),
    "backup_s3_region": _form(_WORD, "a region's name"),
    "backup_s3_uri_style": _one_of("host", "path"),
    "backup_s3_ca": _authorities,
    "backup_s3_credentials": _secret,
    "backup_sftp_host": _form(_HOST, "a server's name, with :port where it is not 22"),
    "backup_sftp_user": _form(_WORD, "a user's name"),
    "backup_sftp_credentials": _secret,
    "backup_encryption": _secret,
    "backup_retention_full": _between(1, 999),
    "backup_retention_days": _between(1, 9999, 0),
    "backup_full_schedule": _calendar,
    "backup_incremental_schedule": _calendar,
}
