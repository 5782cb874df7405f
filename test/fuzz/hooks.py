"""What Schemathesis must know beyond the document."""

import itertools
import re

import schemathesis

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Gives each valid Idempotency-Key to one request only: with another request it is refused, rightly."""
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[\x20-\x7e]{1,255}", key):
        headers["Idempotency-Key"] = f"{key[:240]}-{next(numbers)}"
