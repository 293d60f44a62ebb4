"""The charm: observe -> plan -> apply, until nothing is left to do, then publish.

Knows: PostgreSQL, Patroni, etcd and what Juju tells a unit. Must not know: what runs Juju (a cloud or jujubox).
"""
