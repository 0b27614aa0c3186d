"""Why a lot or a requirement was not fully matched, as its owner may read it.

Owners never learn a counterpart's secret from a reason. Who lost against a hidden limit, against
other parties or against the volume reads the same words: no tonnes were left this round. The exact
reason is in the database, for market admins.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOT_SERVED = "NO_TONNES_LEFT"
NOT_EXPLAINED = "NOT_EXPLAINED"

UNBACKED = "CERTIFICATE_NOT_VALID"

# Shown to nobody but admins; and what tells a producer something about buyers' limits.
OTHERS_WON = frozenset({"OUTBID", "VOLUME_SHORT"})
LIMITS_OF_BUYERS = frozenset({"PREMIUM_TOO_HIGH", "AVERAGE_CI"})

LOT_WORDS: Mapping[str, Promise] = {
    UNBACKED: _("a certificate behind it is not verified, or not valid today"),
    "EXPIRED": _("the delivery window is over"),
    "NO_FX_RATE": _("no exchange rate that is recent enough"),
    "NO_COUNTERPART": _("no open requirements"),
    "PRODUCT": _("another product form"),
    "GRADE": _("another grade"),
    "SAME_PARTY": _("your own group"),
    "NOT_COMPARABLE": _("a carbon boundary that this lot does not state"),
    "CI_TOO_HIGH": _("less carbon wanted"),
    "CI_UNVERIFIED": _("verified carbon wanted"),
    "SCHEME_MISSING": _("a certificate scheme that this lot does not have"),
    "OFFSETS": _("no offsets accepted"),
    "ORIGIN": _("this origin not accepted"),
    "PRODUCER_EXCLUDED": _("the buyer's own rules"),
    "BUYER_EXCLUDED": _("a buyer that you exclude"),
    "ENERGY": _("another energy source wanted"),
    "RENEWABLE": _("more renewable power wanted"),
    "RECYCLED": _("more recycled metal wanted"),
    "REGION": _("delivery elsewhere"),
    "WINDOW": _("delivery at another time"),
    "TERMS": _("another Incoterm or duty status"),
    "MIN_TAKE": _("smaller or larger portions than yours"),
    "BLOCKED": _("declined before"),
    NOT_SERVED: _("no tonnes left for you this round"),
    NOT_EXPLAINED: _("not worked out in a round of this size"),
}
REQUIREMENT_WORDS: Mapping[str, Promise] = {
    "EXPIRED": _("the delivery window is over"),
    "NO_FX_RATE": _("no exchange rate that is recent enough"),
    "NO_COUNTERPART": _("no open lots"),
    "PRODUCT": _("another product form"),
    "GRADE": _("another grade"),
    "SAME_PARTY": _("your own group"),
    "NOT_COMPARABLE": _("no carbon value for your boundary"),
    "CI_TOO_HIGH": _("more carbon than your limit"),
    "CI_UNVERIFIED": _("carbon not verified"),
    "SCHEME_MISSING": _("a required certificate scheme is missing"),
    "OFFSETS": _("offsets used"),
    "ORIGIN": _("an origin that you do not accept"),
    "PRODUCER_EXCLUDED": _("a producer that you do not accept"),
    "BUYER_EXCLUDED": _("the producer's own rules"),
    "ENERGY": _("another energy source"),
    "RENEWABLE": _("less renewable power than you want"),
    "RECYCLED": _("less recycled metal than you want"),
    "REGION": _("not delivered to your region"),
    "WINDOW": _("not delivered in your time"),
    "TERMS": _("another Incoterm or duty status"),
    "MIN_TAKE": _("sold in larger portions, or smaller than you accept"),
    "BLOCKED": _("declined before"),
    "PREMIUM_TOO_HIGH": _("a higher ask than your limit"),
    "AVERAGE_CI": _("too much carbon for your average"),
    NOT_SERVED: _("no tonnes left for you this round"),
    NOT_EXPLAINED: _("not worked out in a round of this size"),
}


@dataclass(frozen=True)
class Reason:
    """A rule, its words, and how many counterparts fail it first (None: not told)."""

    code: str
    words: Promise
    counterparts: int | None = None


def of_lot(reason: str, failing_first: Mapping[str, int]) -> tuple[Reason, ...]:
    """The binding reason first, then the rules that counterparts fail, most frequent first."""
    return _told(reason, failing_first, LOT_WORDS, OTHERS_WON | LIMITS_OF_BUYERS)


def of_requirement(
    reason: str, failing_first: Mapping[str, int], *, may_see_asks: bool
) -> tuple[Reason, ...]:
    """As of_lot. Who may not see asks is not told how many are above the limit either."""
    hidden = OTHERS_WON if may_see_asks else OTHERS_WON | {"PREMIUM_TOO_HIGH"}
    return _told(reason, failing_first, REQUIREMENT_WORDS, hidden)


def _told(
    reason: str,
    failing_first: Mapping[str, int],
    words: Mapping[str, Promise],
    hidden: frozenset[str],
) -> tuple[Reason, ...]:
    binding = NOT_SERVED if reason in hidden else reason
    shown = {
        code: count
        for code, count in failing_first.items()
        if count and code in words and code not in hidden
    }
    first = Reason(binding, words.get(binding, words[NOT_SERVED]), shown.pop(binding, None))
    rest = sorted(shown.items(), key=lambda item: (-item[1], item[0]))
    return (first, *(Reason(code, words[code], count) for code, count in rest))
