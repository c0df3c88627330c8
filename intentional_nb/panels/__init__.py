"""What people see: live panels in a notebook, each a module with its page side (``.js``, ``.css``) beside it.

What the pages of several panels have in common is in the folder ``page``; `bundle` makes one text of it all.
"""
