"""What the kernel allows all machines together, raised where its default is too little.

Knows: the kernel's settings.
Must not know: how many machines there are.

Every machine's root is the host's root, and the kernel's default of 128 inotify instances a user is used up by about
ten systemds: the next machine's boot then hangs without a word.
"""

from __future__ import annotations

from pathlib import Path

INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
INSTANCES = 4096


def ensure(setting: Path = INOTIFY, least: int = INSTANCES) -> bool:
    """Have the setting at `least` or more, until the host is booted again; whether it was changed."""
    if int(setting.read_text()) >= least:
        return False
    setting.write_text(f"{least}\n")
    return True
