"""The table: what is known of every operation of the reference. The one source of all that is shown of it.

``assumed`` names rows of ``docs/assumptions.md`` as ``section/row``, both as links are
written, or a whole section; a test follows every one. What holds for all operations is
in ``EVERYWHERE``.
"""

from __future__ import annotations

from typing import Final

from api.fidelity.accounts import ACCOUNTS
from api.fidelity.levels import Fidelity
from api.fidelity.settings import SETTINGS

EVERYWHERE: Final = ("access-and-refusals", "values")
_SYSTEM = (
    Fidelity("GET /api/v2/balconies", "all balconies, by id"),
    Fidelity(
        "GET /api/v2/levels", "all levels with their heights", ("health-system-bots/height-of-a-level",)
    ),
    Fidelity(
        "GET /api/v2/report",
        "an archive on the disk of the system, and where it is",
        (
            "support/get-report",
            "support/secrets-in-a-report",
            "support/tar-filename",
            "support/report-path",
            "support/status",
            "support/old-reports",
            "support/folder-of-all-files",
        ),
        ("logs of bots and controllers, which there are none of",),
    ),
    Fidelity(
        "POST /api/v2/restart_brain",
        "the parameter, the answer's field",
        ("health-system-bots/restart-brain",),
        ("no software is restarted: what a restart means for the floor is simulated",),
    ),
    Fidelity(
        "GET /api/v2/storage_status",
        "the seven states",
        ("health-system-bots/storage-status",),
        ("`ERROR` is an emergency stop; `OFF` and `SHUTTING_DOWN` never occur",),
    ),
    Fidelity(
        "POST /api/v2/system/charge_all_bots",
        "the field of the body",
        ("health-system-bots/charge-all-bots", "maintenance/charging-without-force"),
    ),
)

_BOTS = (
    Fidelity("DELETE /api/v2/bot", "the parameter, fields of the answer", ("health-system-bots/delete-bot",)),
    Fidelity(
        "GET /api/v2/bots",
        "fields and their types",
        (
            "health-system-bots/battery-level",
            "health-system-bots/is-charging",
            "health-system-bots/filters-of-get-bots",
            "physics/batteries",
            "physics/charging",
        ),
    ),
)

_BOXES: Final = "section codes in all their forms; no two boxes on the same sections"

_INVENTORY = (
    Fidelity(
        "POST /api/v2/box/swap-region",
        "all boxes are moved, or none",
        ("boxes-and-loads/swap-of-a-region",),
    ),
    Fidelity(
        "POST /api/v2/box/swap/{source_box_id}/{target_box_id}",
        "two boxes exchange their sections",
        ("boxes-and-loads/swap-of-boxes-on-two-carriers", "boxes-and-loads/swap-of-a-box-with-itself"),
    ),
    Fidelity("DELETE /api/v2/box/{box_id}", "what the answer has", ("boxes-and-loads/answer-of-a-deletion",)),
    Fidelity("PATCH /api/v2/box/{box_id}", _BOXES, ("boxes-and-loads/change-of-a-box-without-section-code",)),
    Fidelity("POST /api/v2/box/{carrier_id}", _BOXES, ("boxes-and-loads/new-box-without-section-code",)),
    Fidelity(
        "GET /api/v2/inventory_view",
        "fields, filters, search, the meaning of `none`",
        ("inventory-view", "listings"),
        (
            "`eta` knows no traffic and no queue",
            "`box_height_string_max` is always null: heights of boxes are not modelled",
        ),
    ),
    Fidelity(
        "DELETE /api/v2/load/{box_id}", "what the answer has", ("boxes-and-loads/answer-of-a-deletion",)
    ),
    Fidelity(
        "PATCH /api/v2/load/{box_id}",
        "fields; bookings always add up",
        ("boxes-and-loads/correction-of-a-load",),
    ),
    Fidelity("POST /api/v2/load/{box_id}", "fields; one SKU in a box"),
)

_WORK = (
    Fidelity(
        "GET /api/v2/events",
        "fields, filters, search",
        ("events", "listings"),
        ("single drives are left out",),
    ),
    Fidelity(
        "GET /api/v2/health",
        "it answers while the API works",
        ("health-system-bots/health",),
        ("there are no parts behind it that could be ill one by one",),
    ),
    Fidelity(
        "GET /api/v2/jobs",
        "fields, filters, search, order",
        (
            "listings",
            "requests-jobs-triggers/job-types",
            "requests-jobs-triggers/job-states",
            "requests-jobs-triggers/request-id-of-relocations-and-returns",
            "requests-jobs-triggers/quantity-of-a-fetch-job",
        ),
        ("`BUFFERING` jobs are made only with the policy `buffering=near_balcony`",),
    ),
    Fidelity(
        "GET /api/v2/requests",
        "fields, filters, search, order",
        (
            "listings",
            "requests-jobs-triggers/request-states",
            "requests-jobs-triggers/counter",
            "requests-jobs-triggers/placing-pos",
            "requests-jobs-triggers/bot-id-level-id-of-a-request",
            "requests-jobs-triggers/job-type-of-an-entity",
            "requests-jobs-triggers/completed-quantity",
        ),
        ("`warnings` is always empty",),
    ),
    Fidelity(
        "POST /api/v2/requests",
        "bodies of all types, booking of pieces, the body of an aborted request with its two codes",
        ("requests-jobs-triggers", "physics", "maintenance"),
        ("`action_type` of an RFID_WRITE is taken and not used", "tags of positions are not read again"),
    ),
    Fidelity(
        "POST /api/v2/trigger/{job_id}",
        "the field `TriggerStatus` and its default",
        (
            "requests-jobs-triggers/triggerstatus",
            "requests-jobs-triggers/trigger-for-a-job-that-does-not-wait",
            "requests-jobs-triggers/answer-of-a-trigger",
        ),
    ),
)

_SKUS = (
    Fidelity(
        "POST /api/v2/sku",
        "fields and defaults",
        ("skus/the-id-of-a-deleted-sku", "skus/ids-with", "skus/measurement-unit"),
    ),
    Fidelity(
        "POST /api/v2/sku/image",
        "fields, the parameter, `image_url`",
        (
            "skus/image-url",
            "skus/post-sku-image",
            "skus/a-picture-that-is-there-already",
            "skus/place-of-pictures",
            "skus/fetching-a-picture",
        ),
    ),
    Fidelity("DELETE /api/v2/sku/{id}", "what the answer has", ("skus/deleted-skus",)),
    Fidelity("PATCH /api/v2/sku/{id}", "fields", ("skus/a-change-of-nothing", "skus/ids-with")),
    Fidelity(
        "GET /api/v2/skus",
        "fields, filters, search; sums and bookings",
        ("listings", "skus/deleted-skus", "skus/carrier-utilization", "skus/image-url"),
    ),
)

_SUPPORT = (
    Fidelity(
        "POST /api/v2/support/create_issue",
        "payload as text of JSON, files, `key` and `url`",
        (
            "support/payload-of-an-issue",
            "support/files-of-an-issue",
            "support/key-url",
            "support/where-issues-go",
            "support/folder-of-all-files",
        ),
        ("nobody at the vendor's is told",),
    ),
)

TABLE: Final = (
    *ACCOUNTS,
    *_SYSTEM,
    *_BOTS,
    *_INVENTORY,
    *_WORK,
    *SETTINGS,
    *_SKUS,
    *_SUPPORT,
)
