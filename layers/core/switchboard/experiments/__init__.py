"""Variants of what clients are told: who gets which, and what came of it. Pure."""
