"""amoCRM and Kommo: webhooks as nested forms, API v4, OAuth 2 with one-time refresh tokens."""
