"""The doors: HTTP webhook → verify → parse → event; then decide now, or into the inbox."""
