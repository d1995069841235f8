"""The command line: `switchboard`."""
