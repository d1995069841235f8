"""Stand-in for any CRM with a plain JSON API."""
