"""From a charm's directory to a `.charm` file, its Python packages inside.

Knows: what belongs into a charm, and how wheels for the Pythons of all bases are gathered.
Must not know: where the file goes, or what the charm does.
"""
