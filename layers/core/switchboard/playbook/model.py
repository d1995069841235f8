"""What a playbook may say. The model is the reference: its JSON Schema is what editors show.

Secrets never stand in a playbook: a field of type Secret names where the value lies, as `env:NAME`
or `ssm:/path`. Every provider's base URL stands here, so that a proxy, an own Bot API server or a
stand-in can be put in its place.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from switchboard.domain.errors import Misconfigured

Secret = Annotated[
    str,
    Field(
        pattern=r"^(env:[A-Z][A-Z0-9_]*|ssm:/[A-Za-z0-9_./-]+)$",
        description="Where the value lies: env:NAME or ssm:/path. Never the value itself.",
    ),
]
Secrets = Annotated[
    tuple[Secret, ...],
    Field(min_length=1, max_length=3, description="Any of these is accepted, so that they rotate."),
]
BaseUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s?#]*$")]
PageUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=2000)]
BranchName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
StageId = Annotated[str, Field(min_length=1, max_length=64, coerce_numbers_to_str=True)]
Stages = Annotated[tuple[StageId, ...], Field(max_length=20)]
FieldId = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """Closed, so that a misspelt field is found by the lint and not by a client."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TelegramLimits(Section):
    """Telegram's own limits by default; lower them to leave room for another program."""

    per_second: float = Field(30, gt=0, le=1000, description="Messages a second in all.")
    per_chat_per_second: float = Field(1, gt=0, le=30, description="Messages a second in a chat.")
    per_group_per_minute: float = Field(
        20, gt=0, le=600, description="Messages a minute in a group."
    )


class Telegram(Section):
    """The bot that speaks for this branch."""

    bot: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]{3,31}$", description="The bot's login, without the @."
    )
    token: Secret
    mode: Literal["webhook", "polling"] = Field(
        "webhook",
        description="Telegram calls us, or, on a box without a public address, we ask Telegram.",
    )
    webhook_secrets: Secrets
    base_url: BaseUrl = Field(
        "https://api.telegram.org/bot",
        description="Where the Bot API answers; the token is appended to it.",
    )
    proxy: Secret | None = Field(None, description="An HTTP or SOCKS proxy for outbound calls.")
    limits: TelegramLimits = TelegramLimits()


class StageMap(Section):
    """Which of the CRM's stages mean what. A stage may stand in one list only."""

    search: Stages = Field((), description="A deal here is looking for a worker.")
    done: Stages = Field((), description="The work is done.")
    lost: Stages = Field((), description="The deal came to nothing.")


class OAuth(Section):
    """amoCRM's OAuth 2: the refresh token is used once and replaced, under a lock."""

    kind: Literal["oauth"]
    client_id: Secret
    client_secret: Secret
    redirect_uri: str
    refresh_token: Secret = Field(description="The first one; its successors are kept by us.")


class LongLivedToken(Section):
    """A bearer token with a long life, made in the CRM's settings."""

    kind: Literal["token"]
    token: Secret


class AmocrmFields(Section):
    """Ids of the deal's custom fields: five that are read, two that are written."""

    conditions: FieldId | None = None
    deadline: FieldId | None = None
    pay: FieldId | None = None
    skills: FieldId | None = None
    worker_name: FieldId | None = None
    worker_login: FieldId | None = None


class Results(Section):
    """Which of the CRM's fields take a survey's results and the client's bonuses, by their ids.

    What has no field here is not written. Fields of the deal, but for `balance`.
    """

    average: StageId | None = Field(None, description="The average of the scores, a number.")
    variant: StageId | None = Field(None, description="Which variant of the message he saw.")
    answers: StageId | None = Field(None, description="All questions with their answers, as text.")
    scores: dict[str, StageId] = Field({}, description="A field for each question, by its id.")
    review: StageId | None = Field(None, description="The site whose review link was pressed.")
    bonus: StageId | None = Field(None, description="The bonus that may be taken off this deal.")
    balance: StageId | None = Field(None, description="The contact's: all the bonuses he has.")


class Amocrm(Section):
    """An amoCRM or Kommo account."""

    kind: Literal["amocrm"]
    base_url: BaseUrl = Field(description="The account's address, e.g. https://example.amocrm.ru")
    webhook_secrets: Secrets
    auth: Annotated[OAuth | LongLivedToken, Field(discriminator="kind")]
    pipeline: int = Field(gt=0, description="The pipeline whose deals are dispatched.")
    stages: StageMap
    claimed_stage: StageId | None = Field(
        None, description="Where a deal is moved when a worker has taken it; nowhere when absent."
    )
    fields: AmocrmFields = AmocrmFields()
    results: Results = Results()
    requests_per_second: float = Field(7, gt=0, le=50)
    reconcile: bool = Field(True, description="Look every minute for changes that no webhook told.")


class GenericPaths(Section):
    """Where in the CRM's JSON each thing stands, as keys and indexes: `client.phones.0`."""

    id: str = "id"
    stage: str = "stage"
    title: str = "title"
    conditions: str | None = None
    deadline: str | None = None
    pay: str | None = None
    skills: str | None = None
    url: str | None = None
    manager: str | None = None
    updated_at: str | None = Field(None, description="Seconds since 1970, or an ISO 8601 moment.")
    contact_name: str | None = None
    contact_first_name: str | None = None
    contact_phone: str | None = None


class GenericRequest(Section):
    """One call to the CRM. Placeholders stand in braces, in `path` and in the values of `body`."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: str = Field(pattern=r"^/")
    body: dict[str, str] = {}


class Generic(Section):
    """Any CRM that speaks JSON over HTTP; the mapping is data, so no code is needed for it."""

    kind: Literal["generic"]
    base_url: BaseUrl
    webhook_secrets: Secrets
    token: Secret | None = Field(None, description="Sent as `Authorization: Bearer …`.")
    stages: StageMap
    webhook_deal_id: str = Field("deal.id", description="Where a webhook's JSON names the deal.")
    read: str = Field("/deals/{deal}", pattern=r"^/", description="GET: one deal.")
    changed: str | None = Field(
        None, pattern=r"^/", description="GET: a list of deals changed since {since}."
    )
    paths: GenericPaths = GenericPaths()
    assign: GenericRequest | None = None
    note: GenericRequest | None = None
    task: GenericRequest | None = None
    results: GenericRequest | None = Field(
        None, description="A survey's results; its body says which goes where: {average} …"
    )
    requests_per_second: float = Field(5, gt=0, le=100)

    @property
    def reconcile(self) -> bool:
        return self.changed is not None


class Bitrix24Fields(Section):
    """Names of the deal's own fields as the REST API writes them: `ufCrm_1700000001`."""

    conditions: StageId | None = None
    deadline: StageId | None = None
    pay: StageId | None = None
    skills: StageId | None = None
    worker_name: StageId | None = None
    worker_login: StageId | None = None
    category: StageId | None = Field(None, description="The kind of service.")
    timezone: StageId | None = Field(None, description="The client's time zone, as Asia/Omsk.")


class Bitrix24(Section):
    """A Bitrix24 account, spoken to through an inbound webhook with the right `crm`."""

    kind: Literal["bitrix24"]
    base_url: BaseUrl = Field(description="The account's address, e.g. https://example.bitrix24.ru")
    user: int = Field(gt=0, description="The user who made the inbound webhook: /rest/USER/…")
    code: Secret = Field(description="The inbound webhook's code: /rest/…/CODE/")
    webhook_secrets: Secrets
    application_tokens: Secrets | None = Field(
        None, description="The outgoing webhook's token; the robots' webhooks have none."
    )
    category: int = Field(0, ge=0, description="The pipeline whose deals are looked at.")
    stages: StageMap = StageMap()
    claimed_stage: StageId | None = None
    fields: Bitrix24Fields = Bitrix24Fields()
    results: Results = Results()
    requests_per_second: float = Field(2, gt=0, le=50)
    burst: int = Field(50, gt=0, le=250, description="Requests that may come at once.")
    reconcile: bool = Field(True, description="Look every minute for changes that no webhook told.")


Crm = Annotated[Amocrm | Bitrix24 | Generic, Field(discriminator="kind")]


class WorkerInCrm(Section):
    """Which CRM user a worker is, so that he can stand as responsible for the deal."""

    telegram: int | None = Field(None, description="The worker's Telegram id.")
    login: str | None = Field(None, description="Or his Telegram login, without the @.")
    crm_user: StageId


class ManagerTask(Section):
    """The task that the manager gets when a worker is found."""

    due_minutes: int = Field(60, gt=0, le=60 * 24 * 30)


class Dispatch(Section):
    """Jobs for the workers' chat."""

    workers_chat: int = Field(description="The group where jobs are posted.")
    manager_chat: int | None = Field(None, description="Where the manager is told, if anywhere.")
    workers: tuple[WorkerInCrm, ...] = ()
    task: ManagerTask | None = ManagerTask()
    unclaimed_after_minutes: int | None = Field(
        None, gt=0, le=60 * 24 * 30, description="Tell the manager when nobody took it by then."
    )


class WhatsappTemplate(Section):
    """An approved template. Its variables are filled in this order."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str = Field("ru", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")
    parameters: tuple[Literal["first_name", "company", "bonus", "until", "url"], ...] = ()
    link: Literal["button", "text"] = Field(
        "button",
        description="Whether the link's code ends the template's button or is in its text.",
    )


class Whatsapp(Section):
    """A number of the WhatsApp Cloud API. What has no template here goes by SMS."""

    base_url: BaseUrl = "https://graph.facebook.com/v23.0"
    phone_id: str = Field(pattern=r"^[0-9]{5,20}$")
    token: Secret
    app_secrets: Secrets | None = Field(
        None, description="The application's secret: signs what WhatsApp tells us."
    )
    verify_token: Secret | None = Field(
        None, description="Any random line; Meta asks for it once, when the webhook is set up."
    )
    templates: dict[
        Literal["survey", "reminder", "review", "apology", "bonus", "redeemed", "expired"],
        WhatsappTemplate,
    ] = {}
    messages_per_second: float = Field(80, gt=0, le=1000)


class Sms(Section):
    """An account at SMSC.ru."""

    kind: Literal["smsc"]
    base_url: BaseUrl = "https://smsc.ru"
    login: Secret
    password: Secret
    sender: str | None = Field(None, max_length=15, description="The sender's name, as registered.")
    messages_per_second: float = Field(10, gt=0, le=100)


class OnecHttp(Section):
    """1C through an HTTP service of the customer's own.

    Placeholders: {phone} {id} {amount} {points} {comment} {until} {deal}; `points` is below 0 where
    bonuses are taken away. `id` is the same whenever one movement is sent again.
    """

    kind: Literal["onec_http"]
    base_url: BaseUrl = Field(description="With the service's root: https://…/base/hs/loyalty")
    login: Secret
    password: Secret
    webhook_secrets: Secrets | None = Field(None, description="For 1C's own calls to us.")
    grant: GenericRequest
    take: GenericRequest
    find: str | None = Field(
        None, pattern=r"^/", description="GET: a movement by its {id}; 404 or an empty list: none."
    )
    balance: str | None = Field(None, pattern=r"^/", description="GET: the bonuses of {phone}.")
    balance_path: str = Field("balance", description="Where in that answer the number stands.")
    requests_per_second: float = Field(5, gt=0, le=100)


class OnecDocument(Section):
    """A document of 1C's: its name in OData and its attributes."""

    name: str = Field(pattern=r"^Document_\w{1,100}$")
    client: str = Field(description="The attribute with the client's key, e.g. Контрагент_Key.")
    amount: str = Field(description="The attribute with the number of bonuses.")
    comment: str | None = None
    until: str | None = None


class OnecOdata(Section):
    """1C through its standard OData interface."""

    kind: Literal["onec_odata"]
    base_url: BaseUrl = Field(description="With …/odata/standard.odata at its end.")
    login: Secret
    password: Secret
    webhook_secrets: Secrets | None = Field(None, description="For 1C's own calls to us.")
    clients: str = Field("Catalog_Контрагенты", pattern=r"^Catalog_\w{1,100}$")
    phone: str = Field("Телефон", description="The clients' attribute with the phone.")
    grant: OnecDocument
    take: OnecDocument
    requests_per_second: float = Field(5, gt=0, le=100)


Loyalty = Annotated[OnecHttp | OnecOdata, Field(discriminator="kind")]

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietHours(Section):
    """No client is written to between these times of his day; `start` may be after `end`."""

    start: TimeOfDay = "20:00"
    end: TimeOfDay = "10:00"


class Question(Section):
    """One question of a survey. A score is from 1 to 10, an NPS from 0 to 10."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")
    kind: Literal["score", "nps", "choice", "text"] = "score"
    text: str = Field(min_length=1, max_length=500)
    choices: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(
        (), max_length=8, description="For `choice`: what may be chosen."
    )


class Variant(Section):
    """One of the A/B test's arms: another wording, another delay, or both."""

    name: str = Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")
    weight: int = Field(gt=0, le=100, description="Per cent of the clients.")
    delay_minutes: int | None = Field(None, ge=0, le=60 * 24 * 14)
    text: str | None = Field(None, max_length=1000, description="The invitation in a messenger.")
    sms: str | None = Field(None, max_length=300, description="The invitation by SMS.")


class Survey(Section):
    """When a client is asked, what, and how long we wait for him."""

    stages: Stages = Field(min_length=1, description="A deal that comes here starts the survey.")
    delay_minutes: int = Field(120, ge=0, le=60 * 24 * 14)
    latest_hours: int = Field(
        48,
        gt=0,
        le=24 * 60,
        description="A deal that has been there for longer is not asked about.",
    )
    quiet_hours: QuietHours = QuietHours()
    again_after_days: int = Field(30, ge=0, le=730, description="Nobody is asked more often.")
    per_day: int | None = Field(None, gt=0, le=2000, description="Clients asked a day at most.")
    questions: tuple[Question, ...] = Field(min_length=1, max_length=10)
    remind_after_hours: int | None = Field(24, gt=0, le=24 * 14)
    close_after_hours: int = Field(72, gt=0, le=24 * 30)
    experiment: str = Field(
        "survey", pattern=r"^[a-z0-9-]{1,30}$", description="Another name deals the variants anew."
    )
    variants: tuple[Variant, ...] = Field((), max_length=8)


class Site(Section):
    """A site for reviews. Most forbid to reward a review, or to ask only the happy."""

    name: str = Field(min_length=1, max_length=40)
    url: PageUrl
    weight: int = Field(1, gt=0, le=100, description="Its share among the sites that fit.")
    ask: Literal["everyone", "happy"] = "everyone"
    bonus: bool = Field(False, description="Whether the press on its link earns the bonus.")


class LowScores(Section):
    """What becomes of a client who is not happy."""

    owner: StageId | None = Field(None, description="The CRM user who calls; else the deal's own.")
    due_hours: int = Field(24, gt=0, le=24 * 30)


class Bonus(Section):
    """What a press on a review link earns, and how it is spent."""

    amount: int = Field(gt=0, le=1_000_000)
    lifetime_days: int = Field(90, gt=0, le=3650)
    stages: Stages = Field((), description="A deal here is shown the client's bonus.")
    categories: tuple[str, ...] = Field((), description="Only in these; empty: in all.")
    spend: Literal["show", "take_off"] = Field(
        "show", description="Shown to the manager, or taken off the deal's price by itself."
    )
    percent_at_most: int = Field(100, gt=0, le=100, description="Of the price.")
    spent_stages: Stages = Field((), description="Here the bonus is spent for good.")
    lost_stages: Stages = Field((), description="Here it goes back to the client.")


class Reviews(Section):
    """From a closed deal to scores, a review and a bonus."""

    company: str = Field(
        min_length=1, max_length=60, description="Who writes, in the client's eyes."
    )
    public_url: BaseUrl = Field(description="The address of our doors, as clients open it.")
    link_key: Secret = Field(description="Makes the codes of links; any long random text.")
    survey: Survey
    happy_from: float = Field(8, ge=1, le=10, description="The average of a happy client.")
    low: LowScores = LowScores()
    sites: tuple[Site, ...] = Field((), max_length=10)
    link_days: int = Field(30, gt=0, le=365, description="How long a link leads anywhere.")
    bonus: Bonus | None = None


class Playbook(Section):
    """One branch's process."""

    branch: BranchName
    language: Literal["ru", "en"] = "ru"
    timezone: str = "Europe/Moscow"
    telegram: Telegram
    crm: Crm
    whatsapp: Whatsapp | None = None
    sms: Sms | None = None
    loyalty: Loyalty | None = None
    dispatch: Dispatch | None = None
    reviews: Reviews | None = None
    texts: dict[str, str] = Field({}, description="Your own wording, by the text's key.")

    @property
    def dispatching(self) -> Dispatch:
        """The dispatch of a branch that has one. Raises Misconfigured."""
        if self.dispatch is None:
            raise Misconfigured("the playbook has no section `dispatch`")
        return self.dispatch

    @property
    def reviewing(self) -> Reviews:
        """The reviews of a branch that has them. Raises Misconfigured."""
        if self.reviews is None:
            raise Misconfigured("the playbook has no section `reviews`")
        return self.reviews
