"""Pure rules of the trade: no Django, no clock, no database. Everything here takes values and returns values."""
