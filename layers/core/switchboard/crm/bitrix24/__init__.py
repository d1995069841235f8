"""Bitrix24: outbound and robots' webhooks in, REST through an inbound webhook out."""
