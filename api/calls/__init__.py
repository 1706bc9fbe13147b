"""What clients have called: a journal, what of the API they have met, and faults on the way to them.

Nothing here knows the engine: a call is a method, a path, bytes and a status.
"""
