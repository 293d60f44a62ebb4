"""The model in SQLite: one module a noun, and the rules of Juju's domain. Knows no socket and no process."""
