"""Bitrix24: REST through an inbound webhook, deals and contacts, outbound webhooks."""
