"""structlog's events, masked; the processor to put before whatever renders or sends them.

    structlog.configure(processors=[..., maskpipe.events.Processor(live), JSONRenderer()])

Keys and values are masked inside containers of any depth. Where the secrets cannot be loaded the
event is withheld and says why; its level and time stay.
"""
from maskpipe.abi import Error
from maskpipe.logs import mask_value, withheld

_KEPT = ("level", "timestamp")


class Processor:
    def __init__(self, live):
        self._live = live

    def __call__(self, logger, method_name, event_dict):
        try:
            return {mask_value(self._live, k): mask_value(self._live, v)
                    for k, v in event_dict.items()}
        except Error as e:
            event = {k: event_dict[k] for k in _KEPT if k in event_dict}
            event["event"] = withheld(e)
            return event
