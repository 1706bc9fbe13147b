"""One small query layer for all listings: filters, search, sorting and pages, declared as data."""

from api.listing.complaints import Complaint
from api.listing.fields import Field, fraction, moments, text, whole
from api.listing.filters import Wire
from api.listing.query import LARGEST_PAGE, USUAL_PAGE, Listing, Slice, table

__all__ = [
    "LARGEST_PAGE",
    "USUAL_PAGE",
    "Complaint",
    "Field",
    "Listing",
    "Slice",
    "Wire",
    "fraction",
    "moments",
    "table",
    "text",
    "whole",
]
