"""What runs outside of hooks to bring data back: the restore itself, and a trial of a backup.

Knows: pgBackRest and a PostgreSQL server of its own that nobody else reaches. Must not know: Juju, Patroni, etcd.
"""
