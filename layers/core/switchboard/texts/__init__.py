"""What clients and workers read: the catalogue, the two languages, and how a text is filled in."""
