"""The CRMs' door: which deals a webhook names goes into the inbox; the rest is read back later."""

from collections.abc import Callable
from typing import Any

from switchboard.crm.onec.parse import parse_sale
from switchboard.crm.parsed import Malformed
from switchboard.crm.parsers import parser
from switchboard.domain.events import DealTouched, Envelope, SaleClosed
from switchboard.domain.identity import sale_id
from switchboard.domain.verify import verified
from switchboard.doors.refusal import refuse
from switchboard.doors.telegram import Inbox, Log, Playbooks
from switchboard.playbook.view import Snapshot
from switchboard.runtime import http
from switchboard.runtime.http import Request

_LOYALTY = "onec"
"""Who calls where the branch's loyalty system tells of a sale."""


class CrmDoor:
    def __init__(
        self,
        playbooks: Playbooks,
        inbox: Inbox,
        secrets: Callable[[tuple[str, ...]], tuple[str, ...]],
        log: Log,
    ) -> None:
        self._playbooks = playbooks
        self._inbox = inbox
        self._secrets = secrets
        self._log = log

    def __call__(self, request: Request) -> dict[str, Any]:
        branch, provider = request.path.get("branch", ""), request.path.get("provider", "")
        snapshot = self._playbooks.get(branch)
        if provider == _LOYALTY and snapshot is not None:
            return self._sale(request, snapshot)
        parse = parser(provider)
        if snapshot is None or parse is None or snapshot.playbook.crm.kind != provider:
            return refuse(self._log, 401, "unauthorized", request)
        crm = snapshot.playbook.crm
        if not verified(request.path.get("secret", ""), self._secrets(crm.webhook_secrets)):
            return refuse(self._log, 401, "unauthorized", request)
        if len(request.body) > http.MAX_BODY:
            return refuse(self._log, 413, "too large", request)
        try:
            parsed = parse(request.headers, request.body, crm)
        except Malformed as malformed:
            return refuse(self._log, 400, malformed.reason, request)
        proof = parsed.proof
        if proof is not None and not verified(proof.given, self._secrets(proof.secrets)):
            return refuse(self._log, 401, "unauthorized", request)
        for deal in parsed.deals:
            event = DealTouched(provider=provider, deal=deal)
            envelope = Envelope(branch=branch, trace=request.id, event=event)
            self._inbox.put(envelope, once=f"{request.id}.{envelope.subject}")
        self._log.info(
            "webhook",
            branch=branch,
            outcome="accepted",
            provider=provider,
            deals=len(parsed.deals),
            ignored=list(parsed.ignored),
        )
        return http.answer(200)

    def _sale(self, request: Request, snapshot: Snapshot) -> dict[str, Any]:
        """The loyalty system knows the client's phone; whose deal that is, the inbox finds out."""
        loyalty, branch = snapshot.playbook.loyalty, snapshot.playbook.branch
        names = loyalty.webhook_secrets if loyalty else None
        # Without a secret, or anything to ask about, the door is closed.
        secrets = self._secrets(names) if names and snapshot.playbook.reviews else ()
        if loyalty is None or not verified(request.path.get("secret", ""), secrets):
            return refuse(self._log, 401, "unauthorized", request)
        if len(request.body) > http.MAX_BODY:
            return refuse(self._log, 413, "too large", request)
        try:
            sale = parse_sale(request.headers, request.body, loyalty)
        except Malformed as malformed:
            return refuse(self._log, 400, malformed.reason, request)
        event = SaleClosed(id=sale_id(sale.id), phone=sale.phone)
        envelope = Envelope(branch=branch, trace=request.id, event=event)
        self._inbox.put(envelope, once=f"{request.id}.{envelope.subject}")
        self._log.info("webhook", branch=branch, outcome="accepted", provider=_LOYALTY, deals=1)
        return http.answer(200)
