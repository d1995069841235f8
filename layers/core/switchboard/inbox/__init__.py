"""The inbox: events from machines, one subject's one after another, each to its flow."""
