"""Programs that are installed on a machine and speak to its agent. They import nothing of this package."""
