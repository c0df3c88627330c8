"""The model that is always there: a server on this machine, a script for tests, and a language of its own.

Reading order: `server` (its thread and address), `http` (endpoints), `incoming` (what a request must be), `model` (who
answers), `reply` and `streaming` (from an answer to frames); `script` with `replies` and `expectations` for tests;
`language` for what it says by itself; `serve` for the command line.
"""
