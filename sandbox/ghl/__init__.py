"""A second provider in the same process: GoHighLevel, below ``/ghl`` of the first origin."""
