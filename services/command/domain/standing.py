"""How states and evaluations of a matter count: which state is an end, and which word says somebody is satisfied."""

CANCELLED = "cancelled"
SELF_HANDLED = "self_handled"
CLOSED = ("closed", "evaluated")
DONE = (*CLOSED, SELF_HANDLED)

# 满意、基本满意; whoever was not asked, or does not answer, is in no rate.
SATISFIED = ("satisfied", "basically_satisfied")
EVALUATIONS = (*SATISFIED, "dissatisfied")
