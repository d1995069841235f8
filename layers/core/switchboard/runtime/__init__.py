"""What a function is made of: settings, secrets, clients, logging, and the wiring of it all."""
