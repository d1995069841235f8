"""What happens and what follows from it, in the words of the business; pydantic and stdlib only."""
