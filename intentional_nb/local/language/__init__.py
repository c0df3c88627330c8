"""The language of the local model: what a request asks for, understood by meaning, and an answer to it.

Begin with `answering`. A request is read in `request`; `options` finds the choices of a router in it, and `choosing`
takes one: by likeness (`matching`, over `embedding` where the weights are there), `polarity`, the `kinds` of answer
and what the message does (`acts`). `calling` fills a tool's arguments through `slots`, `values`, `dates`, `times`,
`numbers` and `free_text`; `reporting` tells its result; `speaking` and `goals` find words for a stage's goal.
"""

from intentional_nb.local.language.answering import Reply, ToolCall, load, notice, respond, words

__all__ = ["Reply", "ToolCall", "load", "notice", "respond", "words"]
