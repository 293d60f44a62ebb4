"""Base images: one directory with a root file system per recipe, made once and shared by all boxes.

Knows: mmdebstrap and what is done to its result.
Must not know: machines made from an image.

An image with userdata is a copy of the base's with the packages and commands carried out in it.
An image is built beside its place and renamed into it, under a lock: it is there whole or not at all, and an
interrupted build leaves a directory that the next one sweeps away.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
from pathlib import Path

from jujubox.box import Box
from jujubox.machines import archive, host, locks, recipes
from jujubox.machines.errors import MachinesError
from jujubox.machines.files import write_files
from jujubox.userdata import NOTHING, Userdata

TIMEOUT = 900


def place(box: Box, base: str, userdata: Userdata = NOTHING) -> Path:
    """Where the image of `base` is, or will be. Raises MachinesError for a base without a recipe."""
    try:
        return box.cache / "images" / recipes.recipe(base, userdata).name
    except KeyError:
        known = " or ".join(recipes.CODENAMES)
        raise MachinesError(f"cannot make a machine with base {base}: no image (expected {known})") from None


async def ensure(box: Box, base: str, userdata: Userdata = NOTHING) -> Path:
    """Have the image of `base`, and say where. The package proxy must be up."""
    image = place(box, base, userdata)
    if image.exists():
        return image
    below = await ensure(box, base) if userdata != NOTHING else None
    async with locks.held(image.with_suffix(".lock")):
        if not image.exists():
            aside = image.with_suffix(".aside")
            await asyncio.to_thread(shutil.rmtree, aside, ignore_errors=True)
            await (_bootstrap(box, recipes.recipe(base), aside) if below is None else _add(box, below, userdata, aside))
            aside.replace(image)
    return image


async def _add(box: Box, below: Path, userdata: Userdata, aside: Path) -> None:
    """A copy of an image with userdata carried out in it; nothing that is installed is started."""
    await host.run("cp", "-a", "--reflink=auto", str(below), str(aside))
    inside = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe", f"--directory={aside}"]
    install = ["apt-get", "-qq", "--yes", "--no-install-recommends", "-o", f"Acquire::http::Proxy={box.package_proxy}"]
    update = [*install, "--error-on=any", "update"]
    starts_nothing = "printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d"
    words = [
        *(["sh", "-c", command] for command in (*userdata.commands, starts_nothing)),
        *([update, [*install, "install", *userdata.packages]] if userdata.packages else []),
        ["rm", "/usr/sbin/policy-rc.d"],
    ]
    for command in words:
        environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
        done = await host.attempt([*inside, *environment, *command], timeout=TIMEOUT)
        if done.code != 0:
            raise MachinesError(f"cannot make an image with cloudinit-userdata: {shlex.join(command)}: {_said(done)}")
    (aside / "etc/machine-id").write_text("")


def _said(done: host.Completed) -> str:
    text = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return text[-1] if text else f"exit code {done.code}"


async def _bootstrap(box: Box, recipe: recipes.Recipe, aside: Path) -> None:
    found = await archive.find_archive()
    sources = found.sources(recipe.codename)
    done = await host.attempt(
        mmdebstrap(recipe, aside, box.package_proxy, bool(sources)),
        stdin="\n".join(sources).encode() or None,
        timeout=TIMEOUT,
    )
    if done.code != 0:
        raise MachinesError(
            f"cannot make the image of {recipe.base}: {_reason(done.stderr)}",
            "see whether this host reaches its package archive: apt-get update",
        )
    await _finish(aside)


def mmdebstrap(recipe: recipes.Recipe, target: Path, proxy: str, with_sources: bool) -> list[str]:
    """The command that fills `target`. Sources, if the host has its own, come on standard input."""
    return [
        "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory",
        f"--include={','.join(recipe.packages)}",
        f"--aptopt=Acquire::http::Proxy \"{proxy}\"",
        "--aptopt=Acquire::Languages \"none\"", "--aptopt=Acquire::Retries \"3\"",
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={path}" for path in recipes.LEFT_OUT),
        *(f"--dpkgopt=path-include={path}" for path in recipes.KEPT),
        "--skip=cleanup/apt/lists",
        recipe.codename, str(target), *(["-"] if with_sources else []),
    ]  # fmt: skip


def _reason(stderr: bytes) -> str:
    lines = [line for line in stderr.decode(errors="replace").splitlines() if line.startswith("E:")]
    return (lines or ["mmdebstrap failed"])[0].removeprefix("E:").strip()


async def _finish(root: Path) -> None:
    """Settings, the user that `juju ssh` logs in as, and apt's indexes in the form in which it reads them."""
    write_files(root, recipes.SETTINGS)
    for leftover in ("etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap", "etc/resolv.conf"):
        (root / leftover).unlink(missing_ok=True)
    await host.run("chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", "--uid", "1000", "ubuntu")
    await host.run("chroot", str(root), "apt-cache", "gencaches")
    (root / "etc/machine-id").write_text("")
