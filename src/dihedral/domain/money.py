"""Money: an amount that knows its currency. What is not known is `None`, never zero."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str = "USD"

    def __str__(self) -> str:
        return f"{self.amount:,.2f} {self.currency}"
