"""Codes in words: listed as the reader's language lists them."""

from django.utils import translation

from marketplace.templatetags import trade


def test_lists_have_the_comma_of_the_language() -> None:
    assert trade.named(["INGOT", "SOW"], "product_form") == "Ingot, Sow"
    assert trade.series(["CN", "NO"]) == "CN, NO"
    with translation.override("zh-hans"):
        assert trade.named(["INGOT", "SOW"], "product_form") == "铝锭、大锭"
        assert trade.series(["CN", "NO"]) == "CN、NO"
