"""What a playbook may say. The model is the reference: its JSON Schema is what editors show.

Secrets never stand in a playbook: a field of type Secret names where the value lies, as `env:NAME`
or `ssm:/path`. Every provider's base URL stands here, so that a proxy, an own Bot API server or a
stand-in can be put in its place.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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
    """Which of the CRM's stages mean what to the dispatch. A stage may stand in one list only."""

    search: Stages = Field(min_length=1, description="A deal here is looking for a worker.")
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
    requests_per_second: float = Field(5, gt=0, le=100)

    @property
    def reconcile(self) -> bool:
        return self.changed is not None


Crm = Annotated[Amocrm | Generic, Field(discriminator="kind")]


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


class Playbook(Section):
    """One branch's process."""

    branch: BranchName
    language: Literal["ru", "en"] = "ru"
    timezone: str = "Europe/Moscow"
    telegram: Telegram
    crm: Crm
    dispatch: Dispatch
    texts: dict[str, str] = Field({}, description="Your own wording, by the text's key.")
