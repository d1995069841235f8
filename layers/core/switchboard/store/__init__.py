"""The tables, one file each: pure builders of requests, and `database`, which alone sends them."""
