"""How somebody wants to hear of each event by e-mail."""

from typing import Any

from marketplace.models.choices import EVENTS, NOTICE_MODES
from marketplace.web.forms import base


class ChoiceForm(base.RawForm):
    """One field for each event, named by its code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for event, label in EVENTS:
            self.fields[event] = base.one_of(label, NOTICE_MODES, needed=True)
