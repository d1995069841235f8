"""The channels, one folder each: parse in the doors, client in the sender."""
