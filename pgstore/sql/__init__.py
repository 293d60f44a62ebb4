"""What the store says to PostgreSQL, as SQLAlchemy Core; nothing is glued from strings."""
