"""Codes that people type, tokens that programs keep, and how both are compared."""

import hashlib
import hmac
import secrets

# No letter or digit that could be taken for another one, and no vowel that would make words.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXYZ"
LENGTH = 8  # 27**8 is 2.8e11: who may guess once a second would need thousands of years


def new_code():
    """Return a code that learners type, such as "K7QM-3TXB"."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def new_secret():
    """Return what nobody types and nobody guesses: a token or the instructor's key."""
    return secrets.token_urlsafe(24)


def same_code(given, code):
    """Tell whether a code was typed, however it was spaced and in small or capital letters.

    Examples
    --------
    >>> same_code(" k7qm 3txb", "K7QM-3TXB")
    True
    """
    return isinstance(given, str) and same(_plain(given), _plain(code))


def same(one, other):
    """Tell whether two secrets are the same; how long it takes says nothing of them."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def digest(secret):
    """Return what may be kept of a secret to know it again."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _plain(code):
    return "".join(c for c in code[:100].upper() if c.isalnum())
