"""The chain's links: each rests on all before it."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.chain import BEGIN, Head, link

ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 9), st.binary(max_size=4)),
    min_size=1,
    max_size=6,
)


def chain(rows: list[tuple[str, int, bytes]]) -> bytes:
    found = BEGIN
    for table, row, digest in rows:
        found = link(found, table=table, row=row, digest=digest)
    return found


def test_worked_example() -> None:
    digest = hashlib.sha256(b"{}").digest()
    first = link(BEGIN, table="lot_event", row=7, digest=digest)
    assert first == hashlib.sha256(bytes(32) + b"lot_event 7 " + digest).digest()
    assert str(Head(1, first)) == f"1:{first.hex()}"


@given(ROWS, st.data())
def test_any_other_row_or_order_gives_another_head(
    rows: list[tuple[str, int, bytes]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    table, row, digest = rows[place]
    other = [*rows[:place], (table, row, digest + b"x"), *rows[place + 1 :]]
    assert chain(other) != chain(rows)
    assert chain(rows[:-1]) != chain(rows)
    if rows[::-1] != rows:
        assert chain(rows[::-1]) != chain(rows)
