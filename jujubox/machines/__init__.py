"""Machines on one host: images, a bridge, nspawn machines, the package cache, faults.

Knows: Linux (namespaces, cgroups, overlayfs, nftables, nspawn, apt).
Must not know: models, applications, units, charms.

    machines = Machines(Box.from_environment())
    await machines.ensure_network()
    await machines.ensure_packages()
    await machines.ensure_image("debian@12")
    await machines.create("m0", "debian@12", "juju-0f0f0f-0", "10.66.3.10", {"/etc/motd": File(0o644, b"hello")})
    await machines.start("m0")
    await machines.run("m0", ["uname", "-n"])     # Completed(code=0, stdout=b"juju-0f0f0f-0\\n", stderr=b"")
"""

from jujubox.machines.errors import MachinesError, NoSuchMachine, NotRunning
from jujubox.machines.faults import Faults
from jujubox.machines.files import File, Link
from jujubox.machines.host import Completed
from jujubox.machines.instances import Machines, State

__all__ = ["Completed", "Faults", "File", "Link", "Machines", "MachinesError", "NoSuchMachine", "NotRunning", "State"]
