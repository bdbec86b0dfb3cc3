"""What is warned of."""


class DifferentOnPurpose(UserWarning):
    """A result is not what the official function gives, which is known to be wrong there: see ``install(strict=True)``."""
