"""The `pgclient` command: what a cluster looks like from here, one subcommand a module."""
