"""Telegram without a public address: takes updates by getUpdates and hands them to our own door.

A process of its own beside the host, which knows nothing of Telegram: it takes no time from the
doors, and if it ends, nothing ends with it.
"""

QUEUE = "telegram"
"""The queue of a dead letter that our door would not take: replayed, it goes to the door again."""
