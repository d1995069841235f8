"""What the lint looks at, one file per concern."""
