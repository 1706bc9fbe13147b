"""How faithful the API is to the vendor's reference, operation by operation."""
