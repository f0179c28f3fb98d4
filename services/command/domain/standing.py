"""How the states of a matter count: which are an end, and which of them is one nobody has worked for."""

CANCELLED = "cancelled"
SELF_HANDLED = "self_handled"
CLOSED = ("closed", "evaluated")
DONE = (*CLOSED, SELF_HANDLED)
