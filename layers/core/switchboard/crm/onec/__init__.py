"""1C:Enterprise as the loyalty system: through an HTTP service of its own, or through OData."""
