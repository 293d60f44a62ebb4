"""The only modules that reach outside: hook tools, the machine, etcd, Patroni, PostgreSQL.

Knows: how to ask and how to act, one small verb each. Must not know: why.
"""
