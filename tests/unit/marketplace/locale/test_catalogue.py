"""The Chinese catalogue: complete, compiled as it is written, one word for one thing."""

import gettext
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import catalogue
from devtools.environment import ROOT
from tests.factories.catalogue import Entry, read

CATALOGUE = ROOT / catalogue.CATALOGUE
COMMAND = "python3 dev.py messages"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}|</?\w+>")
HAN = "[\u4e00-\u9fff]"
HALF_WIDTH = re.compile(rf"{HAN} ?[,.;:?!()]|[,;:?!()] ?{HAN}")
CROWDED = re.compile(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}")
# What the trade says, and what one might say instead.
REJECTED = ("炉号", "冶炼厂", "批次", "交付期", "大块锭", "最小提货量", "报价溢价", "注销")
EVALUATION = (
    "the producer's evaluation certificate: certificates/ and its number in the confirmation"
)


@pytest.fixture(scope="module", name="entries")
def _entries() -> list[Entry]:
    return read(CATALOGUE)


def problems(entries: list[Entry], wrong: re.Pattern[str]) -> Iterator[str]:
    for entry in entries:
        plain = PLACEHOLDER.sub(" ", entry.translation)
        yield from (f"{entry.text}: {found[0]}" for found in wrong.finditer(plain))


def test_nothing_is_left_in_english(entries: list[Entry]) -> None:
    assert len(entries) > 1600
    assert [entry.text for entry in entries if not entry.translation] == []
    assert [entry.text for entry in entries if "fuzzy" in entry.flags] == []


def test_no_text_is_kept_that_is_gone(entries: list[Entry]) -> None:
    assert "\n#~" not in CATALOGUE.read_text(encoding="utf-8")
    repeated = [key for key, times in Counter(entry.key for entry in entries).items() if times > 1]
    assert repeated == []


def test_placeholders_and_tags_are_those_of_the_text(entries: list[Entry]) -> None:
    for entry in entries:
        expected = set(PLACEHOLDER.findall(entry.original))
        assert set(PLACEHOLDER.findall(entry.translation)) == expected, entry.text


def test_what_pages_read_is_what_translators_wrote(entries: list[Entry]) -> None:
    """The compiled file is committed, so that whoever runs the market needs no gettext."""
    written = {
        (entry.key, 0) if entry.plural else entry.key: entry.translation for entry in entries
    }
    with CATALOGUE.with_suffix(".mo").open("rb") as stream:
        compiled = dict(vars(gettext.GNUTranslations(stream))["_catalog"])
    compiled.pop("")
    assert compiled == written, f"run `{COMMAND}`"


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext finds the texts")
def test_the_catalogue_knows_every_text_of_the_sources(
    tmp_path: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the copies run is no part of the coverage.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    shutil.copy(ROOT / "manage.py", tmp_path)
    for package in ("marketplace", "matching"):
        skipped = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=skipped)
    catalogue.extract(tmp_path)
    known = {(entry.key, entry.plural) for entry in entries}
    found = {(entry.key, entry.plural) for entry in read(tmp_path / catalogue.CATALOGUE)}
    assert found == known, f"run `{COMMAND}` and translate what is new"


def test_a_sentence_ends_as_chinese_sentences_do(entries: list[Entry]) -> None:
    for entry in entries:
        if not entry.text.endswith("?"):
            assert entry.translation.endswith("。") == entry.original.endswith("."), entry.text


def test_signs_are_full_width_and_numbers_stand_free(entries: list[Entry]) -> None:
    assert list(problems(entries, HALF_WIDTH)) == []
    assert list(problems(entries, CROWDED)) == []
    assert [entry.text for entry in entries if "!" in entry.translation + entry.text] == []
    assert [entry.text for entry in entries if "！" in entry.translation] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Green premium", "绿色溢价"),
        ("Carbon intensity", "碳强度"),
        ("Cast or bundle numbers", "熔次号或捆号"),
        ("cradle-to-gate", "从摇篮到大门"),
        ("smelter 1+2", "电解铝厂范围 1+2"),
        ("Billet", "铝棒"),
        ("lot", "货批"),
        ("proposal", "撮合方案"),
        ("retired", "核销于"),
        ("CBAM (provisional)", "碳边境调节机制（CBAM，暂定）"),
        (EVALUATION, "生产商的绿电铝评价证书：见 certificates/，编号见成交确认书"),
    ],
)
def test_the_words_of_the_trade(entries: list[Entry], text: str, words: str) -> None:
    assert {entry.key: entry.translation for entry in entries}[text] == words


@pytest.mark.parametrize("word", REJECTED)
def test_one_word_for_one_thing(entries: list[Entry], word: str) -> None:
    assert [entry.text for entry in entries if word in entry.translation] == []
