"""Early warning (矛盾排查和预警): what of many incidents is more than chance, as arrays in and out."""
