"""What the doors read of a playbook: sections by the model's names, without what workers read.

A person waits while a door starts, and the whole model is 60 ms of that. What is published has been
checked against the model, so the view checks no pattern and passes over fields that it does not
know. A test holds every field of it to the model's.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from switchboard.domain.errors import Misconfigured
from switchboard.playbook.snapshot import SnapshotOf


class View(BaseModel):
    """Validators are built at first use, all of a playbook's at once."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Telegram(View):
    webhook_secrets: tuple[str, ...]


class Amocrm(View):
    kind: Literal["amocrm"]
    webhook_secrets: tuple[str, ...]


class Bitrix24(View):
    kind: Literal["bitrix24"]
    webhook_secrets: tuple[str, ...]
    application_tokens: tuple[str, ...] | None = None


class Generic(View):
    kind: Literal["generic"]
    webhook_secrets: tuple[str, ...]
    webhook_deal_id: str = "deal.id"


Crm = Annotated[Amocrm | Bitrix24 | Generic, Field(discriminator="kind")]


class OnecHttp(View):
    kind: Literal["onec_http"]
    webhook_secrets: tuple[str, ...] | None = None


class OnecOdata(View):
    kind: Literal["onec_odata"]
    webhook_secrets: tuple[str, ...] | None = None


Loyalty = Annotated[OnecHttp | OnecOdata, Field(discriminator="kind")]


class Whatsapp(View):
    phone_id: str
    app_secrets: tuple[str, ...] | None = None
    verify_token: str | None = None


class Question(View):
    id: str
    kind: Literal["score", "nps", "choice", "text"] = "score"
    text: str
    choices: tuple[str, ...] = ()


class Survey(View):
    questions: tuple[Question, ...]


class Reviews(View):
    survey: Survey


class Playbook(View):
    branch: str
    language: Literal["ru", "en"] = "ru"
    telegram: Telegram
    crm: Crm
    whatsapp: Whatsapp | None = None
    loyalty: Loyalty | None = None
    reviews: Reviews | None = None
    texts: dict[str, str] = {}

    @property
    def reviewing(self) -> Reviews:
        """The reviews of a branch that has them. Raises Misconfigured."""
        if self.reviews is None:
            raise Misconfigured("the playbook has no section `reviews`")
        return self.reviews


Snapshot = SnapshotOf[Playbook]
