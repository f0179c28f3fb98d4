"""What the arrays of a planar index hold.

A square of the raster, or of a page, holds a face; or OUTSIDE; or, when edges divide it, ~record,
the first record of its list; or FIRST_PAGE - page, a page of finer squares. Records and pages are
numbered from 1.

A record is low, high, x, y, run, rise, east, west (units from the index's origin, and faces): in
rows low <= y < high, what lies on or east of the line from (x, y) along (run, rise) is the face
`east`; all else belongs to the next record if `west` is CONTINUE, and to the face `west` if not.
"""

OUTSIDE = -1
"""The answer for a point in no face."""

CONTINUE = -2
"""Below OUTSIDE, like all that is not yet an answer."""

FIRST_PAGE = -(2**30)

PAGE_BITS = 3
PAGE_SIDE = 1 << PAGE_BITS
"""A page has 8 × 8 squares."""
