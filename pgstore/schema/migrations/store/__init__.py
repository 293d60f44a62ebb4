"""The tables of each store."""
