"""People, houses, units, key places, facilities and organisations of the cells."""
