"""The hook tools, one a file: what a charm's code runs to speak to its unit's agent.

Knows: flags, formats, exit codes and texts of the tools (juju-hooks reference §4, §5).
Must not know: how a call reaches the agent, or the agent the controller.
"""
