"""When two names are one name: of organisations, grades, certificate issuers and numbers."""

import re
import unicodedata

ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


def comparable(text: str) -> str:
    """NFKC-normalised, case-folded, trimmed, with single spaces; zero-width characters removed."""
    plain = unicodedata.normalize("NFKC", text.translate(ZERO_WIDTH))
    return " ".join(plain.casefold().split())


def certificate_number(text: str) -> str:
    """As ``comparable``, further without spaces, with one kind of dash and no leading zeros."""
    plain = comparable(text).translate(DASHES).replace(" ", "")
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", plain)
