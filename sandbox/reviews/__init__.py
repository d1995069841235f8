"""Stand-ins of review sites: where a review link leads in the end."""
