"""The Realtime protocol as values: frames to happenings and commands to frames, for both sides, with no I/O."""
