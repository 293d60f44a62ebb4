"""The ledger: a writer that notes every acknowledgement, a reader of standbys, and the account of both.

Knows: PostgreSQL through psycopg2, local files. Must not know: Juju (that is in hooks/ and actions/).
"""
