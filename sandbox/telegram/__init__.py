"""Stand-in for the Telegram Bot API."""
