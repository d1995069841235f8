"""The WhatsApp Cloud API: approved templates to a client's phone."""
