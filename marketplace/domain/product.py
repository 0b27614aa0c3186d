"""What the metal is: grade purity and customs code against the product form."""

from marketplace.domain.errors import gettext_noop
from marketplace.domain.fields import Reader
from marketplace.domain.names import comparable
from marketplace.domain.vocabulary import ProductForm

# One grade under two names; an admin may add more (the site's table of synonyms).
SYNONYMS = {"al99.70": "p1020a", "al 99.70": "p1020a", "al99.7": "p1020a"}
P1020A_LEAST_CENTI_PCT = 9970
PURITY = gettext_noop("P1020A (Al99.70) has at least 99.70 % aluminium.")
CN_FORMAT = gettext_noop("A CN code has 4 to 8 digits, such as 7601 10 90.")
CN_WIRE = gettext_noop("Wire rod is CN 7605, not 7601.")
CN_FORM = gettext_noop("This CN code is not one of this product form's: {known}.")
# EU CN8 of 2026 (domain facts, section 3).
CN8 = {
    ProductForm.SLAB: ("76011010", "76012030"),
    ProductForm.BILLET: ("76011090", "76012040"),
    ProductForm.INGOT: ("76011090", "76012080"),
    ProductForm.SOW: ("76011090", "76012080"),
    ProductForm.TBAR: ("76011090", "76012080"),
    ProductForm.FOUNDRY_ALLOY: ("76012080",),
}


def grade_key(grade: str) -> str:
    """What two grades are compared by where no other synonyms are known."""
    text = comparable(grade)
    return SYNONYMS.get(text, text)


def aluminium(row: Reader, grade: str) -> int | None:
    """Aluminium content in 1/100 %, checked against the grade; None when absent."""
    content = row.scaled("al_pct", "0", "100", decimals=2, required=False)
    least = P1020A_LEAST_CENTI_PCT if grade_key(grade) == "p1020a" else 0
    if content is not None and content < least:
        row.refuse("al_pct", "below_grade", PURITY)
    return content


def cn_code(row: Reader, form: ProductForm | None) -> str:
    """Digits only; empty when absent."""
    digits = row.text("cn_code", limit=20).replace(" ", "").replace(".", "")
    if not digits or form is None:
        return ""
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 8):
        row.refuse("cn_code", "not_a_cn_code", CN_FORMAT)
    elif form == ProductForm.WIRE_ROD:
        if not digits.startswith("7605"):
            row.refuse("cn_code", "wrong_cn_code", CN_WIRE)
    elif not any(code.startswith(digits) for code in CN8[form]):
        row.refuse("cn_code", "wrong_cn_code", CN_FORM, known=", ".join(CN8[form]))
    return digits
