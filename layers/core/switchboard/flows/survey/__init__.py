"""Survey: a closed deal's client is asked, reminded once, thanked, and led on to a review."""
