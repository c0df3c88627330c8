"""Property tests try the same cases on every machine, and none fails for being slow on a busy one."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
