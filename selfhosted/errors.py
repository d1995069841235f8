"""What can go wrong with the host itself, told in one line."""


class HostError(Exception):
    """The host cannot start or be reached; the message is for the person at the terminal.

    `exit_code` is 2 where the command was wrong (a port that is taken) and 1 otherwise.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class TemplateError(HostError):
    """The template asks for something that the host does not have."""
