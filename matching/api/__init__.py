"""REST v1 of matching: rounds, reasons, previews, and for admins the marginal premiums."""
