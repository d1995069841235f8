"""One file per flow: its states, its table of transitions, and `step`. Pure: no clock, no I/O."""
