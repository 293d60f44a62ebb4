"""The `jujubox` command, one command a file."""
