"""The playbook: a business process as data. `model` says what may stand in it."""
