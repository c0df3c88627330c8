"""What may be said: the graph, where a conversation stands in it, and what the model is told there.

Reading order: `graph` (the values), `position` (where it stands, and the legal moves), `prompt` (what the model reads),
`router` (the tool that moves it); then how a graph comes to be: `builder`, `loading` with `fields`, `document` and
`reading`, `checks` with `flow`, `likeness` and `problems`; and how it looks: `schema` and `diagram`.
"""
