"""What tests on real machines share: a box of their own, packed charms, waits on conditions, the recorder's tape."""
