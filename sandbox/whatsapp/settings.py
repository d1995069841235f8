"""The business number of the tyre services, and the templates that were approved for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Template:
    """An approved template: `{{1}}`, `{{2}}` … stand for the parameters of its body.

    `url` is the address of its button, ending with `{{1}}`; `{doors}` is Switchboard's address.
    `replies` are the labels of its quick replies, which stand below that button.
    """

    name: str
    body: str
    url: str | None = None
    button: str = ""
    language: str = "ru"
    replies: tuple[str, ...] = ()


ANSWER_HERE = "Ответить в чате"

TEMPLATES = (
    Template(
        "tyres_survey",
        "{{1}}, здравствуйте! Это {{2}}. Вчера вы были у нас в сервисе — как всё прошло? "
        "Три вопроса, меньше минуты.",
        "{doors}/s/{{1}}",
        "Ответить",
        replies=(ANSWER_HERE,),
    ),
    Template(
        "tyres_reminder",
        "{{1}}, это снова {{2}}. Если есть минута, ответьте на три вопроса — больше не напомним.",
        "{doors}/s/{{1}}",
        "Ответить",
        replies=(ANSWER_HERE,),
    ),
    Template(
        "tyres_review",
        "{{1}}, спасибо за оценку! Расскажите о нас другим. За переход по ссылке мы начислим {{2}} "
        "бонусов.",
        "{doors}/r/{{1}}",
        "Оставить отзыв",
    ),
    Template(
        "tyres_apology",
        "{{1}}, нам жаль, что вышло не так, как вы ждали. Мы во всём разберёмся и позвоним. {{2}}",
    ),
    Template("tyres_bonus", "{{1}}, вам начислено {{2}} бонусов. Их можно потратить до {{3}}."),
    Template("tyres_expired", "{{1}}, срок действия ваших бонусов ({{2}}) закончился."),
)


@dataclass(frozen=True)
class WhatsAppSettings:
    """`app_secret` signs the webhooks to /whatsapp/{branch}, `verify_token` introduces them."""

    branch: str = "tyres"
    phone_id: str = "106500000000001"
    display_phone: str = "79000000000"
    account_id: str = "102300000000001"
    token: str = "tyres-whatsapp-token"
    app_secret: str = "tyres-whatsapp-app-secret"
    verify_token: str = "demo-verify-token"
    business: str = "Шинный центр"
    messages_per_second: int = 80
    templates: tuple[Template, ...] = field(default=TEMPLATES)
