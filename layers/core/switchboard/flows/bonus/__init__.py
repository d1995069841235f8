"""Bonus: earned once, told, shown on or taken off a later deal, spent, expired or reversed."""
