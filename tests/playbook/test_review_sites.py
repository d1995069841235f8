"""Which rules a review site has is known by its address, or by the name it is given."""

import pytest

from switchboard.playbook.lint import examine
from switchboard.playbook.model import Site
from switchboard.playbook.rules.sites import POLICIES, policy_of
from tests.playbook.review_cases import REVIEWS

PAGE = "https://maps.example.test/add?review=1"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://search.google.com/local/writereview?placeid=x", "Google Maps"),
        ("https://www.google.co.uk/maps/place/x", "Google Maps"),
        ("https://maps.app.goo.gl/x", "Google Maps"),
        ("https://g.page/r/x/review", "Google Maps"),
        ("https://yandex.ru/maps/org/1/reviews/?add-review=true", "Yandex Maps"),
        ("https://yandex.com.tr/maps/org/1/", "Yandex Maps"),
        ("https://2gis.ru/moscow/firm/1/tab/reviews", "2GIS"),
        ("https://www.tripadvisor.ru/UserReviewEdit-x", "Tripadvisor"),
        ("https://www.trustpilot.com/evaluate/x", "Trustpilot"),
        ("https://www.yelp.com/writeareview/biz/x", "Yelp"),
        ("https://otzovik.com/addreview/1", "Otzovik"),
        ("https://irecommend.ru/content/x", "iRecommend"),
        ("https://zoon.ru/msk/x/", "Zoon"),
        ("https://www.yell.ru/moscow/com/x/", "Yell"),
        ("https://moscow.flamp.ru/firm/x", "Flamp"),
    ],
)
def test_a_site_is_known_by_its_address(url: str, name: str) -> None:
    policy = policy_of(Site(name="Отзывы", url=url))
    assert policy is not None
    assert policy.name == name


@pytest.mark.parametrize(
    "url",
    [
        "https://google.com.example.test/",
        "https://notgoogle.com/",
        "https://example.test/google.com",
        "https://google.com@example.test/",
        "https://[",
    ],
)
def test_another_host_is_not_taken_for_it(url: str) -> None:
    assert policy_of(Site(name="Отзывы", url=url)) is None


@pytest.mark.parametrize("name", ["Google Карты", "отзыв на гугле", "GOOGLE"])
def test_behind_a_short_link_the_name_tells(name: str) -> None:
    policy = policy_of(Site(name=name, url="https://short.example.test/x"))
    assert policy is not None
    assert policy.name == "Google Maps"


def test_the_address_goes_before_the_name() -> None:
    policy = policy_of(Site(name="Как в Google", url="https://yandex.ru/maps/org/1"))
    assert policy is not None
    assert policy.name == "Yandex Maps"


def test_whatever_is_said_of_a_site_has_a_source() -> None:
    for policy in POLICIES:
        assert bool(policy.source) == any((policy.rewards, policy.happy, policy.asking)), policy


@pytest.mark.parametrize(
    ("url", "lines", "codes"),
    [
        ("https://g.page/r/x", "", []),
        ("https://g.page/r/x", "ask: happy", ["site-rule"]),
        ("https://g.page/r/x", "bonus: true", ["site-rule"]),
        ("https://yandex.ru/maps/org/1", "", []),
        ("https://yandex.ru/maps/org/1", "ask: happy", ["site-rule-unsure"]),
        ("https://yandex.ru/maps/org/1", "bonus: true", ["site-rule"]),
        ("https://2gis.ru/x", "", []),
        ("https://2gis.ru/x", "bonus: true", ["site-rule-unsure"]),
        ("https://www.yelp.com/x", "", ["site-rule"]),
        ("https://reviews.example.test/x", "", []),
        ("https://reviews.example.test/x", "ask: happy", ["site-rule-unsure"]),
    ],
)
def test_neutral_mode_is_not_objected_to_and_the_rest_is(
    url: str, lines: str, codes: list[str]
) -> None:
    text = REVIEWS.replace(PAGE, f"{url}\n      {lines}")
    found = [one for one in examine(text).findings if one.code.startswith("site-rule")]
    assert [one.code for one in found] == codes
    for one in found:
        assert one.level == "warning"
        assert "rule" in one.advice


def test_a_known_rule_is_told_with_its_page() -> None:
    text = REVIEWS.replace(PAGE, "https://g.page/r/x\n      ask: happy\n      bonus: true")
    said = [one for one in examine(text).findings if one.code == "site-rule"]
    assert [one.where for one in said] == ["reviews.sites.0.ask", "reviews.sites.0.bonus"]
    for one in said:
        assert "Google" in one.reason
        assert "support.google.com/contributionpolicy/answer/7400114" in one.advice
