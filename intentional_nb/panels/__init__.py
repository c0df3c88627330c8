"""What people see: live panels in a notebook, each a module with its page side (``.js``, ``.css``) beside it."""
