"""Answers to the `juju` command, one module a subject; `client_api` lists them all."""
