"""The site in Simplified Chinese: by what the browser asks for, and by what its reader chose."""

import pytest
from django.test import Client
from django.urls import reverse

from marketplace.models import Requirement
from marketplace.services import readers
from tests.factories import market as made
from tests.integration.marketplace.web.conftest import Place

BROWSER = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}
WRONG = {"volume_t": "-5", "max_ci": "4,0"}


@pytest.mark.parametrize("asked", ["zh-CN", "zh-cn,zh;q=0.9,en;q=0.8", "zh-Hans", "zh"])
def test_the_home_page_speaks_chinese_to_a_chinese_browser(db: None, asked: str) -> None:
    page = Client().get(reverse("home"), headers={"accept-language": asked})
    text = page.content.decode()
    assert page["Content-Language"] == "zh-hans"
    assert '<html lang="zh-hans">' in text
    assert "电解铝厂挂牌经认证的货批" in text
    assert "采购方的溢价上限及其他保密数字绝不向他人披露" in text
    assert "Sign in" not in text


def test_a_refused_form_says_why_in_chinese(place: Place) -> None:
    answer = place.browser(place.buyer).post(
        reverse("requirement_new"), made.requirement_values() | WRONG, headers=BROWSER
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "2 项填写有误，内容未保存" in text
    assert answer.context["form"].errors == {
        "volume_t": ["请填写大于 0 且不超过 500000 的值。"],
        "max_ci": ["请填写数字，以小数点分隔，例如 3.200。"],
    }
    assert 'href="#id_max_ci_about"' in text
    assert not Requirement.objects.exists()


def test_the_readers_choice_counts_before_the_browsers(place: Place) -> None:
    readers.choose(by=place.buyer.user, raw={"language": "zh-hans", "time_zone": "Asia/Shanghai"})
    browser, english = place.browser(place.buyer), {"accept-language": "en"}
    home = browser.get(reverse("dashboard"), headers=english)
    assert "工作台" in home.content.decode()
    answer = browser.post(
        reverse("requirement_new"), made.requirement_values() | WRONG, headers=english
    )
    assert "请填写数字，以小数点分隔，例如 3.200。" in answer.content.decode()
    readers.choose(by=place.buyer.user, raw={"language": "en", "time_zone": ""})
    page = place.browser(place.buyer).get(reverse("dashboard"), headers=BROWSER)
    assert page["Content-Language"] == "en"


def test_lists_may_be_typed_with_chinese_commas(place: Place) -> None:
    typed = {"grades": "P1020A，AA6063", "allowed_origins": "CN、NO", "excluded_origins": "IN；RU"}
    answer = place.browser(place.buyer).post(
        reverse("requirement_new"), made.requirement_values() | typed, headers=BROWSER
    )
    assert answer.status_code == 302
    wanted = Requirement.objects.get()
    assert len(wanted.grades) == 2
    assert (wanted.allowed_origins, wanted.excluded_origins) == (["CN", "NO"], ["IN", "RU"])
