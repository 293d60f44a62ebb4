"""Where Debian's packages come from on this host.

Knows: how apt tells its sources and its proxy.
Must not know: what is installed from there.

On a Debian host machines use the host's own mirror; elsewhere mmdebstrap's default, which is None here.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

from jujubox.machines import host


@dataclass(frozen=True)
class Archive:
    """A mirror: `main` for a release and its updates, `security` for its security updates; None for the default."""

    main: str | None
    security: str | None
    proxy: str | None

    def sources(self, codename: str) -> list[str]:
        """The lines of a sources.list for a release; none means that mmdebstrap writes its default."""
        if self.main is None:
            return []
        main, security = through_cache(self.main), through_cache(self.security or "")
        lines = [f"deb {main} {codename} main", f"deb {main} {codename}-updates main"]
        return lines + ([f"deb {security} {codename}-security main"] if security else [])


def through_cache(uri: str) -> str:
    """A mirror's address as the machines use it: the cache itself fetches from https mirrors (acng's notation)."""
    uri = uri.rstrip("/")
    return uri.replace("https://", "http://HTTPS///", 1)


def read_targets(text: str, codename: str, proxy: str) -> Archive:
    """The archive of a host of release `codename`, from lines of `<uri> <release>` by `apt-get indextargets`."""
    by_release: dict[str, str] = {}
    for line in text.splitlines():
        uri, _, release = line.partition(" ")
        if uri.startswith(("http://", "https://")):
            by_release.setdefault(release, uri)
    return Archive(by_release.get(codename), by_release.get(f"{codename}-security"), proxy or None)


async def find_archive() -> Archive:
    """The archive and proxy that this host's apt uses."""
    proxy = await host.attempt(["sh", "-c", 'eval "$(apt-config shell p Acquire::http::Proxy)"; printf %s "${p:-}"'])
    release = platform.freedesktop_os_release()
    if release.get("ID") != "debian":
        return Archive(None, None, proxy.stdout.decode() or None)
    targets = await host.attempt(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages", "Component: main"]
    )
    return read_targets(targets.stdout.decode(), release.get("VERSION_CODENAME", ""), proxy.stdout.decode())
