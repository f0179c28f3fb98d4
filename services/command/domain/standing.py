"""How the states of a matter count, and what was said of its result: which is an end, which one nobody has worked for."""

CANCELLED = "cancelled"
SELF_HANDLED = "self_handled"
CLOSED = ("closed", "evaluated")
DONE = (*CLOSED, SELF_HANDLED)
# What was said of the result; of whom nobody could ask counts for nothing.
SATISFIED = ("satisfied", "basically_satisfied")
GIVEN = (*SATISFIED, "dissatisfied")
