"""What the lint finds in surveys, reviews, bonuses and the channels to phones."""

from tests.playbook.lint_case import Case

REVIEWS = """\
branch: wheels
telegram:
  bot: wheels_test_bot
  token: env:TOKEN
  webhook_secrets: [env:SECRET]
crm:
  kind: bitrix24
  base_url: https://wheels.example.test
  user: 1
  code: env:CRM_TOKEN
  webhook_secrets: [env:CRM_SECRET]
  stages:
    lost: [LOSE]
  fields:
    category: ufCrm_9
  results:
    average: ufCrm_1
    scores:
      quality: ufCrm_2
whatsapp:
  phone_id: "1000000001"
  token: env:WHATSAPP
  app_secrets: [env:WHATSAPP_SECRET]
  verify_token: env:WHATSAPP_VERIFY
  templates:
    survey:
      name: ask
      parameters: [first_name, company]
sms:
  kind: smsc
  login: env:SMS_LOGIN
  password: env:SMS_PASSWORD
reviews:
  company: Колёса
  public_url: https://wheels.example.test
  link_key: env:LINKS
  survey:
    stages: [WON]
    quiet_hours: {start: "21:00", end: "09:00"}
    questions:
      - id: quality
        text: Как вам качество?
      - id: master
        kind: choice
        text: Кто вас принял?
        choices: [Первый, Второй]
    variants:
      - name: A
        weight: 60
      - name: B
        weight: 40
        text: "{hello} Это {company}."
        sms: "{company}: {url}"
  sites:
    - name: Карты
      url: https://maps.example.test/add?review=1
    - name: Справочник
      url: https://guide.example.test/
texts:
  survey.reminder_sms: "Ждём: {url}"
"""

BONUS = REVIEWS.replace(
    "      url: https://guide.example.test/\n",
    """\
      url: https://guide.example.test/
      bonus: true
  bonus:
    amount: 300
    categories: [Шины]
    spend: take_off
    stages: [NEW]
    spent_stages: [WON]
    lost_stages: [LOSE]
loyalty:
  kind: onec_http
  base_url: https://onec.example.test/hs/points
  login: env:ONEC_LOGIN
  password: env:ONEC_PASSWORD
  grant:
    path: /grants
    body: {client.phone: "{phone}", sum: "{amount}", key: "{id}"}
  take:
    path: /takes
    body: {client.phone: "{phone}", sum: "{points}", key: "{id}"}
  find: /moves?key={id}
  balance: /clients/{phone}
""",
).replace(
    "    average: ufCrm_1\n", "    average: ufCrm_1\n    bonus: ufCrm_3\n    balance: ufCrm_4\n"
)

SECRETS = (
    "TOKEN", "SECRET", "CRM_SECRET", "CRM_TOKEN", "WHATSAPP", "WHATSAPP_SECRET", "WHATSAPP_VERIFY",
    "SMS_LOGIN", "SMS_PASSWORD", "LINKS", "ONEC_LOGIN", "ONEC_PASSWORD",
)  # fmt: skip

AMOCRM = REVIEWS.replace(
    REVIEWS[REVIEWS.index("  kind: bitrix24") : REVIEWS.index("whatsapp:")],
    """\
  kind: amocrm
  base_url: https://wheels.example.test
  webhook_secrets: [env:CRM_SECRET]
  auth: {kind: token, token: env:CRM_TOKEN}
  pipeline: 10
  stages: {lost: [143]}
  results:
    average: "501"
""",
)
GENERIC_BONUS = BONUS.replace(
    BONUS[BONUS.index("  kind: bitrix24") : BONUS.index("whatsapp:")],
    """\
  kind: generic
  base_url: https://wheels.example.test
  webhook_secrets: [env:CRM_SECRET]
  stages: {lost: [LOSE]}
""",
)


def _case(code: str, old: str, new: str, at: str, where: str, text: str = REVIEWS) -> Case:
    """The finding stands in the first line that holds `at`, after `old` became `new`."""
    changed = text.replace(old, new, 1)
    lines = changed.splitlines()
    line = next(number for number, one in enumerate(lines, 1) if at in one)
    return Case(code, old, new, line, where, text)


_SURVEY = "reviews.survey"
_LAST_QUESTION = "        choices: [Первый, Второй]\n"
_MAPS = "https://maps.example.test/add?review=1"
_SECOND = "      url: https://guide.example.test/\n"
_TEMPLATE = "      parameters: [first_name, company]\n"
_WHATSAPP = REVIEWS[REVIEWS.index("whatsapp:") : REVIEWS.index("sms:")]
_SMS = REVIEWS[REVIEWS.index("sms:") : REVIEWS.index("reviews:")]
_VARIANT_B = '        text: "{hello} Это {company}."\n        sms: "{company}: {url}"\n'
_DISPATCH = """\
dispatch:
  workers_chat: -100200
  workers: [{login: ivan_test, crm_user: ivan}]
reviews:
"""
_REVIEWS = REVIEWS[REVIEWS.index("reviews:") :]
_BONUS = BONUS[BONUS.index("  bonus:\n") : BONUS.index("loyalty:")]

CASES = [
    # What a playbook is for.
    _case("nothing-to-do", _REVIEWS, "", "branch:", ""),
    _case("search-missing", "reviews:\n", _DISPATCH, "lost: [LOSE]", "crm.stages.search"),
    # The CRM's ids.
    _case("field-id", "ufCrm_1", "UF_CRM_1", "UF_CRM_1", "crm.results.average"),
    _case("field-id", "ufCrm_2", "'2'", "'2'", "crm.results.scores.quality"),
    _case("field-id", "ufCrm_4", "UF_CRM_4", "UF_CRM_4", "crm.results.balance", BONUS),
    _case("field-id", '"501"', "ufCrm_1", "ufCrm_1", "crm.results.average", AMOCRM),
    _case("field-twice", "ufCrm_1", "ufCrm_9", "average", "crm.results.average"),
    _case("crm-user", "  sites:\n", "  low: {owner: pavel}\n  sites:\n", "pavel",
          "reviews.low.owner"),
    _case("crm-user", "reviews:\n", _DISPATCH, "crm_user", "dispatch.workers.0.crm_user"),
    _case("result-question", "      quality: ufCrm_2", "      speed: ufCrm_2", "ufCrm_2",
          "crm.results.scores.speed"),
    _case("result-question", "      quality: ufCrm_2", "      master: ufCrm_2", "ufCrm_2",
          "crm.results.scores.master"),
    # Addresses and secrets.
    _case("plain-http", "public_url: https", "public_url: http", "public_url",
          "reviews.public_url"),
    _case("plain-http", "  kind: smsc\n", "  kind: smsc\n  base_url: http://smsc.example.test\n",
          "http:", "sms.base_url"),
    _case("plain-http", "  token: env:WHATSAPP\n",
          "  token: env:WHATSAPP\n  base_url: http://graph.example.test/v23.0\n", "http:",
          "whatsapp.base_url"),
    _case("plain-http", "https://onec", "http://onec", "http:", "loyalty.base_url", BONUS),
    _case("secret-missing", "env:LINKS", "env:ABSENT", "ABSENT", "reviews.link_key"),
    _case("secret-missing", "env:WHATSAPP", "env:ABSENT", "ABSENT", "whatsapp.token"),
    _case("secret-missing", "env:ONEC_LOGIN", "env:ABSENT", "ABSENT", "loyalty.login", BONUS),
    _case("secret-missing", "code: env:CRM_TOKEN", "code: env:ABSENT", "ABSENT", "crm.code"),
    _case("secret-missing", "  user: 1\n", "  user: 1\n  application_tokens: [env:ABSENT]\n",
          "ABSENT", "crm.application_tokens.0"),
    _case("secret-shared", "env:LINKS", "env:SECRET", "link_key", "reviews.link_key"),
    # The survey.
    _case("wrong-value", "stages: [WON]", "stages: []", "stages: []", f"{_SURVEY}.stages"),
    _case("wrong-value", '"21:00"', '"9 pm"', "9 pm", f"{_SURVEY}.quiet_hours.start"),
    _case("wrong-value", _MAPS, "maps.example.test", "maps.", "reviews.sites.0.url"),
    _case("survey-stage", "stages: [WON]", "stages: [LOSE]", "    stages: [LOSE]",
          f"{_SURVEY}.stages.0"),
    _case("survey-stage", "    stages: [NEW]", "    stages: [WON]", "    stages: [WON]",
          f"{_SURVEY}.stages.0", BONUS),
    _case("survey-stage", "    lost: [LOSE]", "    search: [WON]", "    stages: [WON]",
          f"{_SURVEY}.stages.0"),
    _case("stage-twice", "stages: [WON]", "stages: [WON, WON]", "WON, WON", f"{_SURVEY}.stages.1"),
    _case("question-twice", "- id: master", "- id: quality", "kind: choice",
          f"{_SURVEY}.questions.1.id")._replace(line=43),
    _case("question-choices", "[Первый, Второй]", "[Первый]", "[Первый]",
          f"{_SURVEY}.questions.1.choices"),
    _case("question-choices", "[Первый, Второй]", "[Первый, первый]", "choices:",
          f"{_SURVEY}.questions.1.choices"),
    _case("question-choices", "kind: choice", "kind: text", "choices:",
          f"{_SURVEY}.questions.1.choices"),
    _case("score-missing", "- id: quality\n", "- id: quality\n        kind: nps\n", "- id: quality",
          f"{_SURVEY}.questions"),
    _case("happy-low", "  sites:\n", "  happy_from: 5\n  sites:\n", "happy_from",
          "reviews.happy_from"),
    _case("quiet-hours", '"21:00"', '"23:00"', "quiet_hours", f"{_SURVEY}.quiet_hours"),
    _case("quiet-hours", '"09:00"', '"07:59"', "quiet_hours", f"{_SURVEY}.quiet_hours"),
    _case("quiet-hours", '"09:00"', '"21:00"', "quiet_hours", f"{_SURVEY}.quiet_hours"),
    _case("quiet-hours", '"21:00"', '"01:00"', "quiet_hours", f"{_SURVEY}.quiet_hours"),
    _case("delay-long", "    variants:\n", "    delay_minutes: 2881\n    variants:\n", "2881",
          f"{_SURVEY}.delay_minutes"),
    _case("delay-long", "        weight: 40\n", "        weight: 40\n        delay_minutes: 2881\n",
          "2881", f"{_SURVEY}.variants.1.delay_minutes"),
    _case("reminder-late", "    variants:\n",
          "    remind_after_hours: 72\n    variants:\n", "remind_after",
          f"{_SURVEY}.remind_after_hours"),
    _case("link-short", "  sites:\n", "  link_days: 2\n  sites:\n", "link_days",
          "reviews.link_days"),
    _case("asked-too-often", "    variants:\n", "    again_after_days: 0\n    variants:\n",
          "again_after_days", f"{_SURVEY}.again_after_days"),
    _case("variant-weights", "weight: 40", "weight: 50", "- name: A", f"{_SURVEY}.variants"),
    _case("variant-twice", "- name: B", "- name: A", "weight: 40",
          f"{_SURVEY}.variants.1.name")._replace(line=50),
    _case("variant-alone", "60\n      - name: B\n        weight: 40\n" + _VARIANT_B, "100\n",
          "- name: A", f"{_SURVEY}.variants"),
    _case("variant-same", _VARIANT_B, "", "- name: B", f"{_SURVEY}.variants.1"),
    # Texts, those of variants included.
    _case("text-placeholder", "Это {company}", "Это {url}", "Это {url}",
          f"{_SURVEY}.variants.1.text"),
    _case("text-markup", "Это {company}", "<b>Это {company}", "Это {company}",
          f"{_SURVEY}.variants.1.text"),
    _case("text-plural", "Это {company}", "Это {company:а|б|в}", "Это {company",
          f"{_SURVEY}.variants.1.text"),
    _case("text-empty", '"{company}: {url}"', "''", "sms: ''", f"{_SURVEY}.variants.1.sms"),
    _case("text-markup-forbidden", '"{company}: {url}"', '"<b>{company}</b> {url}"', "<b>",
          f"{_SURVEY}.variants.1.sms"),
    _case("text-too-long", '"{company}: {url}"', f'"{{url}}{"щ" * 250}"', "щщ",
          f"{_SURVEY}.variants.1.sms"),
    _case("text-link", '"{company}: {url}"', '"{company}"', 'sms: "', f"{_SURVEY}.variants.1.sms"),
    _case("text-link", "Ждём: {url}", "Ждём!", "Ждём", "texts.survey.reminder_sms"),
    # Sites.
    _case("site-address", "https://maps", "http://maps", "http://maps", "reviews.sites.0.url"),
    _case("site-address", _MAPS, "'https://[maps'", "https://[", "reviews.sites.0.url"),
    _case("site-twice", "name: Справочник", "name: КАРТЫ", "КАРТЫ", "reviews.sites.1.name"),
    _case("site-rule", _MAPS, "https://g.page/r/x/review\n      ask: happy", "ask:",
          "reviews.sites.0.ask"),
    _case("site-rule", _MAPS, "https://www.yelp.com/biz/x\n      ask: happy", "yelp",
          "reviews.sites.0.url"),
    _case("site-rule-unsure", _MAPS, _MAPS + "\n      ask: happy", "ask:", "reviews.sites.0.ask"),
    # Bonuses.
    _case("bonus-missing", _SECOND, _SECOND + "      bonus: true\n", "bonus: true",
          "reviews.sites.1.bonus"),
    _case("bonus-unearned", "      bonus: true\n", "", "  bonus:", "reviews.bonus", BONUS)
    ._replace(line=62),
    _case("bonus-stages", "    spent_stages: [WON]\n", "", "    amount:", "reviews.bonus", BONUS),
    _case("bonus-stages", "    stages: [NEW]\n", "", "    amount:", "reviews.bonus", BONUS),
    _case("bonus-unshown", "    spend: take_off\n    stages: [NEW]\n    spent_stages: [WON]\n", "",
          "    amount:", "reviews.bonus", BONUS),
    _case("stage-twice", "lost_stages: [LOSE]", "lost_stages: [LOSE, WON]", "lost_stages",
          "reviews.bonus.lost_stages.1", BONUS),
    _case("bonus-categories", "    category: ufCrm_9\n", "    timezone: ufCrm_9\n", "categories:",
          "reviews.bonus.categories", BONUS),
    _case("bonus-unseen", "    bonus: ufCrm_3\n", "", "    average:", "crm.results", BONUS),
    _case("bonus-unseen", "    balance: ufCrm_4\n", "", "    average:", "crm.results", BONUS),
    _case("bonus-crm", "    categories: [Шины]\n", "", "spend:", "reviews.bonus.spend",
          GENERIC_BONUS),
    _case("loyalty-unused", "      bonus: true\n" + _BONUS, "", "kind: onec_http", "loyalty",
          BONUS),
    # 1C.
    _case("onec-placeholder", "/moves?key={id}", "/moves?key={key}", "{key}", "loyalty.find",
          BONUS),
    _case("onec-placeholder", 'sum: "{amount}"', 'sum: "{amount}{txt}"', "{txt}",
          "loyalty.grant.body.sum", BONUS),
    _case("onec-incomplete", 'client.phone: "{phone}", sum: "{points}"', 'sum: "{points}"',
          "path: /takes", "loyalty.take", BONUS),
    _case("onec-incomplete", 'sum: "{amount}"', "sum: all", "path: /grants", "loyalty.grant",
          BONUS),
    _case("onec-incomplete", 'sum: "{amount}"', 'client: x, sum: "{amount}"', "client: x",
          "loyalty.grant.body", BONUS),
    _case("onec-incomplete", "/clients/{phone}", "/clients", "balance: /", "loyalty.balance",
          BONUS),
    _case("onec-repeats", "  take:\n", "  take:\n    method: PUT\n", "path: /grants",
          "loyalty.grant", BONUS.replace("  find: /moves?key={id}\n", "")),
    # WhatsApp and SMS.
    _case("telegram-only", _WHATSAPP + _SMS, "", "company:", "reviews"),
    _case("whatsapp-template", "    survey:\n", "    apology:\n", "apology:", "whatsapp.templates"),
    _case("whatsapp-template", _SMS, "", "    survey:", "whatsapp.templates", REVIEWS.replace(
        _TEMPLATE, _TEMPLATE + "    reminder: {name: x}\n    apology: {name: y}\n")),
    _case("whatsapp-unheard", "  app_secrets: [env:WHATSAPP_SECRET]\n", "", "phone_id", "whatsapp"),
    _case("whatsapp-unheard", "  verify_token: env:WHATSAPP_VERIFY\n", "", "phone_id", "whatsapp"),
    _case("secret-missing", "[env:WHATSAPP_SECRET]", "[env:ABSENT]", "ABSENT",
          "whatsapp.app_secrets.0"),
    _case("secret-shared", "verify_token: env:WHATSAPP_VERIFY", "verify_token: env:WHATSAPP_SECRET",
          "verify_token", "whatsapp.verify_token"),
    _case("whatsapp-parameter", "[first_name, company]", "[first_name, until]", "until",
          "whatsapp.templates.survey.parameters.1"),
    _case("whatsapp-link", _TEMPLATE, _TEMPLATE + "      link: text\n", "name: ask",
          "whatsapp.templates.survey"),
    _case("whatsapp-promise", _TEMPLATE,
          _TEMPLATE + "    review:\n      name: write\n      parameters: [bonus]\n", "name: write",
          "whatsapp.templates.review"),
    _case("whatsapp-parameter", _TEMPLATE,
          _TEMPLATE + "    redeemed:\n      name: thanks\n      parameters: [url]\n", "[url]",
          "whatsapp.templates.redeemed.parameters.0", BONUS),
]  # fmt: skip
