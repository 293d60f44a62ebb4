"""What a base image consists of.

Knows: the packages, settings and services of a machine before a charm comes to it.
Must not know: how an image is built (see `images`).

A machine resembles one that Juju makes: systemd, an `ubuntu` user with sudo, Python. What would only cost time in a
short-lived machine is off: documentation and translations, periodic timers, synchronous writes of dpkg.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from jujubox.machines.files import File, Link
from jujubox.userdata import NOTHING, Userdata

CODENAMES = {"debian@12": "bookworm", "debian@13": "trixie"}

PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "libpam-systemd", "sudo", "adduser", "netbase", "procps", "iproute2",
    "ca-certificates", "debian-archive-keyring", "python3", "python3-yaml",
)  # fmt: skip

LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*")
KEPT = ("/usr/share/doc/*/copyright", "/usr/share/locale/locale.alias")

# Mount units too: nspawn has mounted what a machine needs before systemd starts.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "man-db.timer", "systemd-tmpfiles-clean.timer",
    "console-getty.service", "getty.target", "getty-static.service",
    "systemd-networkd.service", "systemd-networkd.socket", "systemd-networkd-wait-online.service",
    "systemd-firstboot.service", "systemd-udev-trigger.service", "systemd-update-utmp-runlevel.service",
    "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-config.mount", "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount", "sys-fs-fuse-connections.mount",
    "modprobe@.service", "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service",
)  # fmt: skip

DPKG = (
    "force-unsafe-io\n"
    + "".join(f"path-exclude={p}\n" for p in LEFT_OUT)
    + "".join(f"path-include={p}\n" for p in KEPT)
)

APT = """\
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::Retries::Delay::Maximum "2";
APT::Periodic::Enable "0";
Binary::apt::APT::Keep-Downloaded-Packages "0";
APT::Keep-Downloaded-Packages "0";
DPkg::Lock::Timeout "120";
Dpkg::Use-Pty "0";
"""

SETTINGS: dict[str, File | Link] = {
    "/etc/dpkg/dpkg.cfg.d/jujubox": File(0o644, DPKG.encode()),
    "/etc/apt/apt.conf.d/90jujubox": File(0o644, APT.encode()),
    "/etc/sudoers.d/90-jujubox": File(0o440, b"ubuntu ALL=(ALL) NOPASSWD:ALL\n"),
    "/etc/default/locale": File(0o644, b"LANG=C.UTF-8\n"),
    "/etc/systemd/journald.conf.d/jujubox.conf": File(0o644, b"[Journal]\nStorage=persistent\nSystemMaxUse=64M\n"),
    "/etc/systemd/system.conf.d/jujubox.conf": File(0o644, b"[Manager]\nShowStatus=no\n"),
    "/etc/fstab": File(0o644, b""),
    **{f"/etc/systemd/system/{unit}": Link("/dev/null") for unit in MASKED},
}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what an image becomes."""

    base: str
    codename: str
    packages: tuple[str, ...] = PACKAGES
    userdata: Userdata = NOTHING

    @property
    def name(self) -> str:
        """The image's directory, e.g. `debian-12-1f0c9a2e`: a changed recipe makes another image."""
        text = repr((self.codename, self.packages, sorted(SETTINGS.items())))
        if self.userdata != NOTHING:
            text += repr(self.userdata)
        return f"{self.base.replace('@', '-')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def recipe(base: str, userdata: Userdata = NOTHING) -> Recipe:
    """The recipe of a base such as `debian@12`. Raises KeyError for a base that jujubox has no image of."""
    return Recipe(base, CODENAMES[base], userdata=userdata)
