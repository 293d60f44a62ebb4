"""The agent of one machine and of the units on it: runs inside the machine, drives charms as Juju's unit agent does."""
