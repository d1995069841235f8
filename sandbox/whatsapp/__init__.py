"""Stand-in for the WhatsApp Cloud API: messages, templates, statuses."""
