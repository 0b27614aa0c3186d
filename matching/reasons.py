"""Why a lot or a requirement was not fully matched, as its owner may read it.

Owners never learn a counterpart's secret from a reason. Who lost against a hidden limit, against other
parties or against the volume reads the same words: no tonnes were left this round. The exact reason is in
the database, for market admins.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOT_SERVED = "NO_TONNES_LEFT"

# Shown to nobody but admins; and what tells a producer something about buyers' limits.
OTHERS_WON = frozenset({"OUTBID", "VOLUME_SHORT"})
LIMITS_OF_BUYERS = frozenset({"PREMIUM_TOO_HIGH", "AVERAGE_CI"})

LOT_WORDS: Mapping[str, Promise] = {
    "EXPIRED": _("the delivery window is over"),
    "NO_FX_RATE": _("no exchange rate that is recent enough"),
    "NO_COUNTERPART": _("no open requirements"),
    "PRODUCT": _("want another product form"),
    "GRADE": _("want another grade"),
    "SAME_PARTY": _("are of your own group"),
    "NOT_COMPARABLE": _("ask for a carbon boundary that this lot does not state"),
    "CI_TOO_HIGH": _("want less carbon"),
    "CI_UNVERIFIED": _("want verified carbon"),
    "SCHEME_MISSING": _("want a certificate scheme that this lot does not have"),
    "OFFSETS": _("do not accept offsets"),
    "ORIGIN": _("do not accept this origin"),
    "PRODUCER_EXCLUDED": _("the buyer's own rules"),
    "BUYER_EXCLUDED": _("are of buyers that you exclude"),
    "ENERGY": _("want another energy source"),
    "RENEWABLE": _("want more renewable power"),
    "RECYCLED": _("want more recycled metal"),
    "REGION": _("are to be delivered elsewhere"),
    "WINDOW": _("are to be delivered at another time"),
    "TERMS": _("want another Incoterm or duty status"),
    "MIN_TAKE": _("want less than your minimum take, or more than you have"),
    "BLOCKED": _("were declined before"),
    NOT_SERVED: _("no tonnes left for you this round"),
}
REQUIREMENT_WORDS: Mapping[str, Promise] = {
    "EXPIRED": _("the delivery window is over"),
    "NO_FX_RATE": _("no exchange rate that is recent enough"),
    "NO_COUNTERPART": _("no open lots"),
    "PRODUCT": _("are of another product form"),
    "GRADE": _("are of another grade"),
    "SAME_PARTY": _("are of your own group"),
    "NOT_COMPARABLE": _("do not state carbon for your boundary"),
    "CI_TOO_HIGH": _("have more carbon than your limit"),
    "CI_UNVERIFIED": _("have no verified carbon"),
    "SCHEME_MISSING": _("lack a certificate scheme that you require"),
    "OFFSETS": _("use offsets"),
    "ORIGIN": _("are of an origin that you do not accept"),
    "PRODUCER_EXCLUDED": _("are of producers that you do not accept"),
    "BUYER_EXCLUDED": _("the producer's own rules"),
    "ENERGY": _("were made with another energy source"),
    "RENEWABLE": _("have less renewable power than you want"),
    "RECYCLED": _("have less recycled metal than you want"),
    "REGION": _("cannot be delivered to your region"),
    "WINDOW": _("cannot be delivered in your time"),
    "TERMS": _("are on another Incoterm or duty status"),
    "MIN_TAKE": _("are sold in larger portions, or are smaller than you accept"),
    "BLOCKED": _("were declined before"),
    "PREMIUM_TOO_HIGH": _("ask more than your limit"),
    "AVERAGE_CI": _("would lift your average above the limit"),
    NOT_SERVED: _("no tonnes left for you this round"),
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
    reason: str, failing_first: Mapping[str, int], words: Mapping[str, Promise], hidden: frozenset[str]
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
