"""What the charm knows of backups: the repository, the stanza, what pgBackRest says, when a backup is due. Pure.

Knows: pgBackRest's words and ours for them. Must not know: how pgBackRest is run, or what is done next.
"""
