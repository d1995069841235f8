"""The control API: what a test or the page makes people and providers do."""
