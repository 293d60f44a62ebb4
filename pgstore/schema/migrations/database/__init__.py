"""What all stores of a database share."""
