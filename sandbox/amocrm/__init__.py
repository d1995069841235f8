"""Stand-in for amoCRM: OAuth 2, API v4 and webhooks."""
