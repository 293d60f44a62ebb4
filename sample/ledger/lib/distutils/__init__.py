"""What charmhelpers needs of the distutils that Python has no longer had since 3.12: LooseVersion."""
