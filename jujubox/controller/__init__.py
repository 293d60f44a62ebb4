"""The controller: one process that keeps the model, answers agents and commands, and makes machines."""
