"""A small service on each unit that looks at Patroni and etcd and wakes the charm when something has changed.

Knows: what is worth waking for. Must not know: what the charm then does.
"""
