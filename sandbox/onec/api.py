"""1C as a whole: the database, OData, HTTP services, the webhook."""

from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.feed import Feed
from sandbox.onec.books import Books
from sandbox.onec.gate import Gate
from sandbox.onec.odata import Odata
from sandbox.onec.services import Services
from sandbox.onec.settings import OneCSettings
from sandbox.onec.webhook import OneCWebhook
from sandbox.settings import SandboxSettings

ODATA_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class OneCStandIn:
    """One published database. `gate.calls` is the log of requests, `webhook.log` that of calls."""

    def __init__(
        self, sandbox: SandboxSettings, settings: OneCSettings, faults: Faults, feed: Feed
    ) -> None:
        self.settings = settings
        self.books = Books(settings)
        self.gate = Gate(settings, faults, feed)
        self.services = Services(self.books, feed)
        self.webhook = OneCWebhook(sandbox, settings, feed)
        self._odata = Odata(self.books, feed)

    async def stop(self) -> None:
        await self.webhook.stop()

    def routes(self) -> list[Route]:
        """To be mounted at /onec, which then is the published database's address."""
        odata = self.gate.guarded(self._odata.handle)
        return [
            Route("/odata/standard.odata/{resource:path}", odata, methods=ODATA_METHODS),
            *(
                Route(f"/hs{path}", self.gate.guarded(handler), methods=[verb])
                for verb, path, handler in self.services.table()
            ),
        ]
