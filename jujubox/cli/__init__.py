"""The `juju` command: parse flags, call the controller, print."""
