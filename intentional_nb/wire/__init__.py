"""The protocols as values: frames to events and back, with no I/O."""
