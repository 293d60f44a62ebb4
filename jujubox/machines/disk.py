"""The disk of one machine: a file system of its own, and on it the machine's changes over the base image.

Knows: sparse files, loop devices, ext4 and overlayfs.
Must not know: what is in the image.

    disk.img    a sparse file with an ext4 file system: what the machine writes, and no more room than its size
    disk/       where that is mounted: upper/ and work/ for the overlay
    root/       the overlay of image and upper/: the machine's root
"""

from __future__ import annotations

import os
from pathlib import Path

from jujubox.machines import host
from jujubox.machines.errors import MachinesError

SIZE = 20 * 1024**3


class Disk:
    """The disk in a machine's directory."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "disk.img"
        self.volume = directory / "disk"
        self.root = directory / "root"

    async def make(self, size: int = SIZE) -> None:
        """An empty disk of `size` bytes, of which only what is written takes room on the host."""
        with open(self.file, "wb") as stream:
            stream.truncate(size)
        options = ["-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-O", "^resize_inode", "-m", "0"]
        await host.run("mkfs.ext4", "-q", "-F", *options, str(self.file))
        self.volume.mkdir()
        self.root.mkdir()

    async def mount(self, image: Path) -> None:
        """Have the machine's root in place, over `image`."""
        if not os.path.ismount(self.volume):
            await host.run("mount", "-o", "loop,discard,noatime", str(self.file), str(self.volume))
        if not os.path.ismount(self.root):
            for name in ("upper", "work"):
                (self.volume / name).mkdir(exist_ok=True)
            layers = f"lowerdir={image},upperdir={self.volume}/upper,workdir={self.volume}/work"
            await host.run("mount", "-t", "overlay", "-o", layers, "jujubox", str(self.root))

    async def unmount(self) -> None:
        """Take the machine's root away; its content stays in the file."""
        for place in (self.root, self.volume):
            if os.path.ismount(place):
                await host.run("umount", str(place))

    async def fill(self) -> None:
        """Leave no room on the disk, without writing anything to the host's."""
        await host.attempt(["fallocate", "-l", str(_free(self.volume)), str(self.volume / "fill")])
        for number, step in enumerate((1 << 20, 1 << 12)):
            while _free(self.volume) >= step:
                name = self.volume / f"fill.{number}.{_free(self.volume)}"
                if (await host.attempt(["fallocate", "-l", str(step), str(name)])).code != 0:
                    break
        if _free(self.volume) > 1 << 20:
            raise MachinesError(f"cannot fill {self.file}: {_free(self.volume)} bytes are still free")

    def drain(self) -> None:
        """Give back the room that `fill` took."""
        for path in self.volume.glob("fill*"):
            path.unlink()

    @property
    def full(self) -> bool:
        """Whether `fill` was applied."""
        return (self.volume / "fill").exists()


def _free(path: Path) -> int:
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def mounts_below(directory: Path) -> list[Path]:
    """Every mount at or below `directory`, innermost first."""
    below = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        target = Path(line.split()[4].replace("\\040", " "))
        if target == directory or directory in target.parents:
            below.append(target)
    return below[::-1]
