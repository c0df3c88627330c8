"""Property tests here may take their time: how long one case takes says nothing on a shared machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
