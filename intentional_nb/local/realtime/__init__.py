"""The local model's voice: the Realtime protocol over a WebSocket of the local server.

Begin with `endpoint`, which opens a `session` for each connection. A session gives what the client sends to the
server's half of the protocol (`intentional_nb.wire.realtime.server`), finds turns in the audio (`hearing`), and lets a
`model` respond: the spoken one, which thinks with the chat model (`chatting`) and speaks sentence by sentence
(`speaking`), or a `script` that says what a test tells it.
"""
