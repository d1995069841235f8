"""What was sent by SMS, what it costs, and what became of it."""

import math
import re
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.clock import now
from sandbox.samples import ACCOUNT_ZONE
from sandbox.wire import Json

# GSM 03.38, one unit each; a message with any other character is sent in UCS-2.
GSM = re.compile(
    r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*"
)
WAITING, HANDED_OVER, DELIVERED, UNREACHABLE = -1, 0, 1, 25


@dataclass
class Sms:
    """`status` as SMSC numbers it: -1 waits, 0 with the operator, 1 delivered, 20–25 failed."""

    id: str
    phone: str
    text: str
    status: int = DELIVERED
    at: float = field(default_factory=now)

    def told(self) -> Json:
        moment = datetime.fromtimestamp(self.at, ACCOUNT_ZONE)
        return {
            "status": self.status,
            "last_date": moment.strftime("%d.%m.%Y %H:%M:%S"),
            "last_timestamp": int(self.at),
            "flag": 0,
            "err": 0,
        }


def segments(text: str) -> int:
    """Parts of one message: 160 or 153 characters of GSM, 70 or 67 of anything else."""
    units, whole, part = len(text), 160, 153
    if not GSM.fullmatch(text):
        units, whole, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= whole else math.ceil(units / part)
