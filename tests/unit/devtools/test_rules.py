"""This project's own rules of the source: what they find, and what they let pass."""

import pytest

from devtools.rules import broken


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Lot.objects.select_for_update().get(pk=1)", "no_key"),
        ("Lot.objects.select_for_update(of=('self',))", "no_key"),
        ("Lot.objects.filter(**request.GET.dict())", "whitelist"),
        ("rows.exclude(**form.cleaned_data)", "whitelist"),
        ("rows.update(**request.data)", "whitelist"),
        ("class Meta:\n    fields = '__all__'", "__all__"),
    ],
)
def test_what_is_found(source: str, words: str) -> None:
    ((line, told),) = broken(source)
    assert words in told
    assert line == source.count("\n") + 1


@pytest.mark.parametrize(
    "source",
    [
        "Lot.objects.select_for_update(no_key=True)",
        "rows.filter(**{f'{prefix}state': state})",
        "rows.filter(pk=request.GET['pk'])",
        "class Meta:\n    fields = ('name',)",
    ],
)
def test_what_passes(source: str) -> None:
    assert list(broken(source)) == []
