"""`POST /v{N}.0/{phone_id}/messages`: type template, and type text within 24 hours.

There is no key of idempotency: a repeated request is a second message on the telephone.
"""

import asyncio
import hmac
from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.clock import now
from sandbox.faults import Fault, Faults
from sandbox.feed import Feed
from sandbox.phones import Phones
from sandbox.settings import SandboxSettings
from sandbox.whatsapp.errors import CloudRefusal, bad_token, invalid, too_many
from sandbox.whatsapp.hooks import HookDelivery
from sandbox.whatsapp.messages import Messages, callback_data, recipient
from sandbox.whatsapp.pace import Pace
from sandbox.whatsapp.settings import WhatsAppSettings
from sandbox.wire import BadBody, CutOff, Json, json_object


class WhatsAppStandIn:
    """One business number. `calls` is the log of requests, `hooks.log` that of webhooks."""

    def __init__(
        self,
        sandbox: SandboxSettings,
        settings: WhatsAppSettings,
        faults: Faults,
        feed: Feed,
        phones: Phones,
    ) -> None:
        self.settings = settings
        self.pace = Pace(settings.messages_per_second)
        self.hooks = HookDelivery(sandbox, settings, feed)
        self.messages = Messages(settings, sandbox.doors, feed, phones, self.hooks)
        self.calls: list[Json] = []
        self.counts: Counter[str] = Counter()
        self._faults = faults
        self._feed = feed

    async def stop(self) -> None:
        await self.hooks.stop()

    def routes(self) -> list[Route]:
        """To be mounted at /whatsapp, which then is https://graph.facebook.com."""
        return [Route("/v{major:int}.0/{phone_id}/messages", self._answered, methods=["POST"])]

    async def _answered(self, request: Request) -> Response:
        await asyncio.sleep(self._faults.latency["whatsapp"])
        fault = self._faults.strike("whatsapp")
        if fault and fault.kind == "abort":
            return await self._log(request, CutOff())
        if fault and fault.kind != "lost_answer":
            return await self._refused(request, _struck(fault))
        try:
            answer = self._send(request, await _body(request))
        except CloudRefusal as refusal:
            return await self._refused(request, refusal)
        answer = await self._log(request, answer)
        return CutOff() if fault else answer

    async def _refused(self, request: Request, refusal: CloudRefusal) -> Response:
        self._feed.tell(
            "fault", f"WhatsApp отказывает Switchboard · {refusal.code} {refusal}", bad=True
        )
        return await self._log(request, refusal.answer(), refusal.code)

    async def _log(self, request: Request, answer: Response, code: int | None = None) -> Response:
        status = 0 if isinstance(answer, CutOff) else answer.status_code
        body = (await request.body()).decode("utf-8", "replace")
        self.calls.append({"status": status, "code": code, "body": body, "at": now()})
        self.counts[f"{status} {code or ''}".strip()] += 1
        return answer

    def _send(self, request: Request, body: Json) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.settings.token}".encode()):
            raise bad_token()
        if request.path_params["phone_id"] != self.settings.phone_id:
            text = f"Object with ID '{request.path_params['phone_id']}' does not exist"
            raise CloudRefusal(400, 100, text, "", "GraphMethodException")
        person = recipient(body)
        message = self.messages.composed(body)
        self.pace.take(person)
        self.messages.refuse_at_once(person, message)
        sent = {"id": self.messages.deliver(person, message, callback_data(body))}
        if message.template:
            sent["message_status"] = "accepted"
        contact = {"input": body["to"], "wa_id": person}
        return JSONResponse(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}
        )


async def _body(request: Request) -> Json:
    try:
        return json_object(await request.body())
    except BadBody as error:
        raise invalid(str(error)) from error


def _struck(fault: Fault) -> CloudRefusal:
    if fault.kind == "too_many_requests":
        return too_many()
    if fault.kind == "server_error":
        return CloudRefusal(500, 131000, "Something went wrong", "Message failed to send.")
    return CloudRefusal(503, 131016, "Service unavailable", "A service is temporarily unavailable.")
