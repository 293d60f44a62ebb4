"""Juju on one machine: real machines, agents and hooks, and the `juju` command, without a cloud."""
