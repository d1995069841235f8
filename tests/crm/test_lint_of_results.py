"""What the lint says of a survey's results and their places in the CRM."""

import pytest

from switchboard.playbook.lint import lint

HEAD = """\
branch: tiles
telegram:
  bot: tiles_test_bot
  token: env:TOKEN
  webhook_secrets: [env:SECRET]
reviews:
  company: Плитка
  public_url: https://switchboard.example
  link_key: env:LINK_KEY
  survey:
    stages: [WON]
    questions:
      - {id: quality, text: Как качество?}
      - {id: why, kind: text, text: Почему?}
crm:
  base_url: https://crm.example.test
  webhook_secrets: [env:CRM_SECRET]
"""
GENERIC = """\
  kind: generic
  stages: {done: [WON]}
  results:
    path: /deals/{deal}
    body: {average: "{average}", quality: "{%s}"}
"""
BITRIX24 = """\
  kind: bitrix24
  user: 1
  code: env:CODE
  stages: {done: [WON]}
  claimed_stage: %s
  fields: {category: ufCrm_1}
  results: {average: %s, scores: {quality: ufCrm_3}, balance: ufCrm_1}
"""


def said(crm: str) -> list[tuple[str, str]]:
    found = lint(HEAD + crm)
    wanted = ("crm-placeholder", "field-twice", "claimed-stage")
    return [(one.code, one.where) for one in found if one.code in wanted]


def test_scores_have_placeholders_of_their_own() -> None:
    assert said(GENERIC % "score_quality") == []


@pytest.mark.parametrize("name", ["score_other", "score_why", "text", "balance"])
def test_a_placeholder_that_no_result_fills(name: str) -> None:
    assert said(GENERIC % name) == [("crm-placeholder", "crm.results.body.quality")]


def test_every_result_has_a_field_of_its_own() -> None:
    # `balance` is the contact's: its name may be one of the deal's too.
    assert said(BITRIX24 % ("EXECUTING", "ufCrm_2")) == []
    assert said(BITRIX24 % ("EXECUTING", "ufCrm_1")) == [("field-twice", "crm.results.average")]
    twice = said(BITRIX24 % ("EXECUTING", "ufCrm_3"))
    assert twice == [("field-twice", "crm.results.scores.quality")]


def test_a_claimed_stage_of_bitrix24_stands_in_no_list() -> None:
    assert said(BITRIX24 % ("WON", "ufCrm_2")) == [("claimed-stage", "crm.claimed_stage")]
