"""Pure rules of the trade: values in, values out. No Django, no clock, no database."""
