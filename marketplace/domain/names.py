"""When two names are one name: of organisations, grades, certificate issuers and numbers."""

import re
import unicodedata

from marketplace.domain.vocabulary import Scheme

# Besides the format characters (zero widths, soft hyphen, direction marks): the grapheme joiner,
# the fillers of Hangul, and variation selectors. Nobody sees them.
INVISIBLE = frozenset(
    map(
        chr,
        (
            0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0,
            *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
        ),
    )
)  # fmt: skip
# Besides the dashes that Unicode calls so: modifier minus, hyphen bullet, minus, heavy minus.
DASHES = frozenset("\u02d7\u2043\u2212\u2796")
# After case-folding: Cyrillic and Greek letters of which a capital or small form reads as Latin.
LOOK_ALIKES = str.maketrans(
    "авекмнорстухѕіјһԁԛԝӏαβεζηικμνορτυχϳı",
    "abekmhopctyxsijhdqwlabezhikmnoptyxji",
)
# Numbers of these schemes are counted with leading zeros; elsewhere a zero may tell two apart.
ZERO_PADDED = frozenset(
    {
        Scheme.CGMC_GREEN_POWER,
        Scheme.CGMC_GREEN_LOW_CARBON,
        Scheme.ASI_PS,
        Scheme.ASI_COC,
        Scheme.EPD,
    }
)
LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def comparable(text: str) -> str:
    """NFKC-normalised, case-folded, trimmed, with single spaces; nothing invisible is left."""
    seen = "".join(one for one in text if not _invisible(one))
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join(plain.split())


def certificate_issuer(text: str) -> str:
    """As ``comparable``, further with one kind of dash, and Latin for letters that look like it."""
    plain = comparable(text).translate(LOOK_ALIKES)
    return re.sub(" ?-+ ?", "-", "".join("-" if _dash(one) else one for one in plain))


def certificate_number(text: str, scheme: Scheme) -> str:
    """As ``certificate_issuer``, further without spaces, in ASCII digits, and without the leading
    zeros of each group of digits where the scheme pads its numbers with them.
    """
    plain = "".join(map(_digit, certificate_issuer(text).replace(" ", "")))
    return LEADING_ZEROS.sub("", plain) if scheme in ZERO_PADDED else plain


def _invisible(one: str) -> bool:
    return one in INVISIBLE or unicodedata.category(one) == "Cf"


def _dash(one: str) -> bool:
    return one in DASHES or unicodedata.category(one) == "Pd"


def _digit(one: str) -> str:
    value = unicodedata.decimal(one, None)
    return one if value is None else str(value)
