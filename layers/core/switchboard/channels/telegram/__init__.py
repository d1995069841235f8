"""Telegram: updates in the door (small pydantic models), python-telegram-bot in the sender."""
