"""The programs that systemd runs for what takes long: backups, their verification.

Knows: how to do one thing from beginning to end and to write down how it went. Must not know: Juju, or when it is due.
"""
