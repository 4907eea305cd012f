"""A stand-in for CallTrackingMetrics: its API, recordings and webhooks, with made-up traffic."""
