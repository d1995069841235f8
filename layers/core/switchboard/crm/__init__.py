"""The CRMs, one folder each: verify, parse, client. `port` is what the rest of us sees of them."""
