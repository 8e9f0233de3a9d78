"""How passwords are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id over 46 MiB in one pass on one thread, the first of OWASP's recommended settings.

    Django's own figures take 0.2 s of a processor for each sign-in, and 100 MiB; on the evening of a deadline
    that is half of all the work there is. A hash made with other figures is made anew at the next sign-in.
    """

    time_cost = 1
    memory_cost = 47_104  # KiB
    parallelism = 1
