"""The `pgstore` command."""
