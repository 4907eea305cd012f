"""What a list page costs at least: the same million calls, no tenants, no rights, no design, and plain Django admin."""
