"""The text of every file that the charm writes, from templates and values. Pure.

Knows: what a file should say. Must not know: what it says now.
"""
