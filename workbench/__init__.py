"""From a bare machine to a running demo: checks, packages, the environment, the demo itself and the run of all tests.

Knows: what the project needs from the machine it is tried on, and the commands `juju` and `jujubox`.
Must not know: how either of them works inside.
"""
