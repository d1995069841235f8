"""How a bonus moves, and where a movement is written down."""

from typing import Literal

Movement = Literal["grant", "redeem", "restore", "expire", "reverse"]
"""`grant` and `restore` add to the client's bonuses, the others take from them."""
Place = Literal["crm", "loyalty"]
"""The contact's card in the CRM, or the loyalty system (1C)."""

ADDS: frozenset[Movement] = frozenset({"grant", "restore"})
