"""Two ordered lines of migrations: `database` for what all stores share, `store` for the tables of each."""
