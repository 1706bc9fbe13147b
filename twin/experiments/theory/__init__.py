"""What theory says: closed forms and small exact computations to hold a twin, or a plan, against.

``queueing``: waiting at persons and chargers, closed loops of bots. ``cycles``: travel
and cycle times. ``storing``: digging, puzzle moves, density. Times may be in any unit,
one for all arguments of a call. Each function names its source; ``docs/validation.md``
shows them beside the twin. What a formula is not made for raises ValueError, as does what would take it
minutes.
"""
