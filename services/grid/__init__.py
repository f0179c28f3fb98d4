"""The grid registry: divisions, cells, versions of the boundary, and the way from a point to its cell."""
