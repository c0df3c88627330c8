"""What the model may do: tools, their schemas, and running them.

Reading order: `tool` (a tool as a class), `function` (a tool from a function), `registry` (tools by id), `running`
(executing the model's calls), `end` and `samples` (tools that come with the package).
"""
