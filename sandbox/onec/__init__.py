"""Stand-in for 1C:Enterprise: the standard OData interface, HTTP services, a webhook to us."""
