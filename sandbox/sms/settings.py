"""The account at SMSC.ru."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SmsSettings:
    """`price` in roubles for one segment."""

    login: str = "tyres"
    password: str = "tyres-sms-password"
    apikey: str = "tyres-sms-apikey"
    sender: str = "TYRES"
    balance: float = 1000.0
    price: float = 5.4
