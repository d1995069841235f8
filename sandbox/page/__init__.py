"""The page where a person plays the story."""
