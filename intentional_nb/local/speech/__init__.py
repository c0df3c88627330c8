"""The ears and the mouth of the local model, in this process and without a network.

Begin with `detection` (somebody speaks: `turns` has the rules, `silero` the network), `recognition` (what they say:
`pauses` cuts it, `mel` draws it, `whisper` reads it) and `synthesis` (saying something: `plain_words` and `sentences`
cut it, `voice` says it). `loading` gets all of it ready, once, from what `weights` finds.
"""

from intentional_nb.local.speech.loading import is_installed, load, notice

__all__ = ["is_installed", "load", "notice"]
