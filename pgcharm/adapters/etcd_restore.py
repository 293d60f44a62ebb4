"""A new cluster of etcd from a stopped member's data, made and cleaned before anybody else can see it.

Knows: etcd's programs, and how a member is run for a moment on this machine only. Must not know: when this is right.

The new cluster has ids of its own, so members of the old one are strangers to it. What it takes over are the keys and,
with them, leases: a former primary that renewed one of those would believe that it leads here. So they are ended, and
the leader's key with them, by a member that listens to nobody but this program.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pgcharm.adapters.etcd import EtcdEndpoint, EtcdError, until
from pgcharm.adapters.host import HostError, ensure_absent, run
from pgcharm.adapters.web import Credentials

START_SECONDS = 30.0


@dataclass(frozen=True)
class Beginning:
    """The one member that the new cluster begins with."""

    name: str
    peer_url: str
    token: str


def make(source: str, target: str, first: Beginning) -> None:
    """Make the data of a one-member cluster in `target` from the stopped member's in `source`. Raises HostError."""
    copy = Path(f"{target}.db")
    ensure_absent(target)
    shutil.copyfile(Path(source, "member", "snap", "db"), copy)
    tool = "etcdutl" if shutil.which("etcdutl") else "etcdctl"
    try:
        run(
            tool, "snapshot", "restore", str(copy), "--skip-hash-check=true", f"--data-dir={target}",
            f"--name={first.name}", f"--initial-cluster={first.name}={first.peer_url}",
            f"--initial-advertise-peer-urls={first.peer_url}", f"--initial-cluster-token={first.token}",
            env={"ETCDCTL_API": "3"},
        )  # fmt: skip
    finally:
        copy.unlink()
    run("chown", "-R", "etcd:etcd", target)
    os.chmod(target, 0o700)


def clean(target: str, first: Beginning, credentials: Credentials, gone: Iterable[str], epoch: tuple[str, str]) -> None:
    """End every lease, delete the keys in `gone` and write the epoch. Raises EtcdError, HostError."""
    with running(target, first, credentials) as endpoint:
        for lease in endpoint.leases():
            endpoint.release(lease)
        for key in gone:
            endpoint.delete(key)
        endpoint.put(*epoch)
        if left := endpoint.leases():
            raise EtcdError(f"cannot end the leases of the former cluster: {len(left)} are left (expected none)")


def read(source: str, scratch: str, credentials: Credentials, prefix: str) -> dict[str, str]:
    """The keys below a prefix in a member's data, read from a copy. Raises EtcdError, HostError, OSError.

    For a member that was started without a quorum: until it has seen one, it answers nobody.
    """
    nobody = Beginning("copy", "https://127.0.0.1:1", "copy")
    try:
        make(source, scratch, nobody)
        with running(scratch, nobody, credentials) as endpoint:
            return endpoint.get(prefix)
    finally:
        ensure_absent(scratch)


@contextmanager
def running(data: str, first: Beginning, credentials: Credentials) -> Iterator[EtcdEndpoint]:
    """A member that runs on this machine only, on ports that nobody knows. Raises HostError if it does not start."""
    client, peer = free_port(), free_port()
    url = f"https://127.0.0.1:{client}"
    own = {"cert": credentials.certificate, "key": credentials.key, "trusted-ca": credentials.ca}
    command = [
        "runuser", "-u", "etcd", "--", "/usr/bin/etcd", f"--name={first.name}", f"--data-dir={data}",
        f"--listen-client-urls={url}", f"--advertise-client-urls={url}", f"--listen-peer-urls=https://127.0.0.1:{peer}",
        *(f"--{kind}-file={path}" for kind, path in own.items()),
        *(f"--peer-{kind}-file={path}" for kind, path in own.items()),
        "--client-cert-auth", "--peer-client-cert-auth", "--logger=zap", "--log-level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    endpoint = EtcdEndpoint(url, credentials)
    try:
        if until(START_SECONDS, lambda: endpoint.get("/health-of-quorum") is not None or None) is None:
            raise HostError(f"cannot start the new member of etcd: {said(process)!r} (expected an answer)")
        yield endpoint
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it well; by force if it does not."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def said(process: subprocess.Popen[bytes]) -> str:
    """The end of what it complained of."""
    stop(process)
    return (process.stderr.read() if process.stderr else b"").decode(errors="replace")[-400:]


def settle(partial: str, target: str) -> None:
    """Give the new data its name, once all of it is on the disk."""
    os.sync()
    os.rename(partial, target)
    directory = os.open(Path(target).parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
