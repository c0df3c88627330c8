"""Who runs the turn: the bot, its background loop and its transcript."""
