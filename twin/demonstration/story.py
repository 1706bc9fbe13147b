"""The story: one morning of a warehouse management system at a new site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twin.demonstration.client import API, Body, Client, NotAnswered
from twin.demonstration.telling import Telling

TEA, CUP, POT = "TEA-250G", "CUP-BLUE", "POT-1L"
LEFT, RIGHT, WHOLE = "11110000", "00001111", "11111111"
WAITING, SUCCEEDED = "WAITING_FOR_TRIGGER", "SUCCEEDED"
OPEN = ("CREATED", "IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class Stocked:
    """Where a SKU was put: the carrier, how deep it stands, the pieces and the room for them."""

    sku: str
    carrier: str
    depth: int
    pieces: int
    room: int


def tell(client: Client, telling: Telling) -> None:
    """All of it, in order."""
    look_around(client, telling)
    stocked = stock(client, telling)
    replenish(client, telling, stocked[TEA])
    fulfil(client, telling, stocked)
    refuse(client, telling)
    come_to_rest(client, telling)


def look_around(client: Client, telling: Telling) -> None:
    """What kind of site is it?"""
    telling.chapter("The site")
    levels, balconies, bots = client.get("/levels"), client.get("/balconies"), client.get("/bots")
    telling.say(f"{len(levels)} levels, {len(bots)} bots, {len(balconies)} balconies")
    telling.check("storage status is RUNNING", client.get("/storage_status")["storage_status"], "RUNNING")
    telling.check("no bot carries anything", {bot["lifted_carrier"] for bot in bots}, {None})
    telling.check("who has no key is turned away", client.status_for_strangers(f"{API}/bots"), 401)


# -- master data and stock


def stock(client: Client, telling: Telling) -> dict[str, Stocked]:
    """Create SKUs, choose carriers, put boxes on them and loads into the boxes."""
    telling.chapter("Master data and stock")
    for sku, name in ((TEA, "Black tea, 250 g"), (CUP, "Blue cup"), (POT, "Tea pot, 1 l")):
        created = client.post("/sku", {"id": sku, "name": name})
        telling.check(f"SKU {sku} is created, without stock", created["total_quantity"], 0)
    front, buried = free_carriers(client, 0), free_carriers(client, 1)
    plan = [
        (Stocked(TEA, front[0]["carrier_id"], 0, 4, 30), LEFT),
        (Stocked(CUP, front[1]["carrier_id"], 0, 40, 60), RIGHT),
        (Stocked(POT, buried[0]["carrier_id"], buried[0]["depth"], 6, 8), WHOLE),
    ]
    for put, section_code in plan:
        put_into_store(client, telling, put, section_code)
    return {put.sku: put for put, _ in plan}


def free_carriers(client: Client, depth: int) -> list[Body]:
    """Carriers without a box, that deep or deeper; the deepest first."""
    rows = client.get("/inventory_view", depth__gte=depth, sort_by="-depth,carrier_id", size=1000)["items"]
    free = [row for row in rows if row["carrier_id"] is not None and row["box_id"] is None]
    wanted = [row for row in free if depth > 0 or row["depth"] == 0]
    if len(wanted) < 2:
        raise NotAnswered(f"the site has no two free carriers at depth {depth}")
    return wanted


def put_into_store(client: Client, telling: Telling, put: Stocked, section_code: str) -> None:
    """A box on a carrier, and pieces in it."""
    box = client.post(f"/box/{put.carrier}", {"section_code": section_code})
    digits = int("".join(digit * 4 for digit in section_code))
    telling.check(
        f"box {box['id']} stands on carrier {put.carrier} (depth {put.depth}), sections {section_code}",
        (box["section_code"], box["section_code_32"]),
        (int(section_code), digits),
    )
    load = {"sku_id": put.sku, "item_count": put.pieces, "item_count_max": put.room}
    client.post(f"/load/{box['id']}", load)
    check_stock(client, telling, put.sku, put.pieces)


def check_stock(
    client: Client, telling: Telling, sku: str, total: int, inward: int = 0, outward: int = 0
) -> None:
    """Stock and bookings of a SKU are as they should be."""
    seen = client.sku(sku)
    booked = f", {inward} booked in" if inward else f", {outward} booked out" if outward else ""
    telling.check(
        f"{sku}: {total} pieces{booked}",
        {key: seen[key] for key in _sums(seen, 0, 0, 0)},
        _sums(seen, total, inward, outward),
    )


def _sums(sku: Body, total: int, inward: int, outward: int) -> dict[str, int]:
    return {
        "total_quantity": total,
        "total_positive_inventory_bookings": inward,
        "total_negative_inventory_bookings": outward,
        "fulfillable": total - outward,
        "replenishable": sku["max_quantity"] - total - inward,
    }


# -- work


def replenish(client: Client, telling: Telling, tea: Stocked) -> None:
    """Fill tea into its box, end to end."""
    telling.chapter(f"Replenishment: 20 pieces of {TEA}")
    request = place(client, telling, "REPLENISHMENT", [(TEA, 20)])
    check_stock(client, telling, TEA, tea.pieces, inward=20)
    serve_jobs(client, telling, request)
    check_done(client, telling, request, [20])
    check_stock(client, telling, TEA, tea.pieces + 20)


def fulfil(client: Client, telling: Telling, stocked: dict[str, Stocked]) -> None:
    """Pick three lines, one of them from a carrier that stands behind others."""
    lines = [(TEA, 3), (CUP, 12), (POT, 2)]
    telling.chapter("Fulfillment: " + ", ".join(f"{count} {sku}" for sku, count in lines))
    before = {sku: client.sku(sku)["total_quantity"] for sku, _ in lines}
    request = place(client, telling, "FULFILLMENT", lines)
    for sku, count in lines:
        check_stock(client, telling, sku, before[sku], outward=count)
    serve_jobs(client, telling, request)
    check_digging(client, telling, request, stocked[POT])
    check_done(client, telling, request, [count for _, count in lines])
    for sku, count in lines:
        check_stock(client, telling, sku, before[sku] - count)


def place(client: Client, telling: Telling, kind: str, lines: list[tuple[str, int]]) -> str:
    """Post a request; its id."""
    entities = [{"sku_id": sku, "quantity": count} for sku, count in lines]
    request = client.post("/requests", {"type": kind, "entities": entities})
    telling.check(f"{kind} {request['id']} is accepted", request["status"], "CREATED")
    jobs = client.jobs(request_id__eq=request["id"])
    names = ", ".join(f"{job['id']} (carrier {job['carrier_id']})" for job in jobs)
    telling.check(f"it becomes {names}", [job["status"] for job in jobs], ["ACCEPTED"] * len(lines))
    return str(request["id"])


def serve_jobs(client: Client, telling: Telling, request: str) -> None:
    """Be the person at the balcony until a request has ended: take carriers as they come."""
    while client.request(request)["status"] in OPEN:
        outcome = client.advance_until("waiting")
        telling.check("a carrier comes to a balcony", outcome["reason"], "reached")
        for job in client.jobs(status__eq=WAITING):
            take(client, telling, job)


def take(client: Client, telling: Telling, job: Body) -> None:
    """Take out, or fill in, what a waiting job is about, and say so."""
    what = f"{job['quantity']} {job['sku_id']}"
    telling.say(f"{job['id']}: carrier {job['carrier_id']} is at balcony {job['balcony_id']} for {what}")
    check_lifted(client, telling, job)
    client.post(f"/trigger/{job['id']}", {"TriggerStatus": "SUCCEEDED_TRIGGER"})
    telling.check(f"{job['id']} is done", client.job(job["id"])["status"], SUCCEEDED)


def check_lifted(client: Client, telling: Telling, job: Body) -> None:
    """The bot of a waiting job holds its carrier."""
    lifted = {bot["id"]: bot["lifted_carrier"] for bot in client.get("/bots")}
    telling.check(f"bot {job['bot_id']} holds it", lifted[job["bot_id"]], int(job["carrier_id"]))


def check_digging(client: Client, telling: Telling, request: str, pot: Stocked) -> None:
    """Whatever stood in front of the buried carrier was moved out of the way."""
    moved = client.jobs(request_id__eq=request, type__eq="RELOCATION")
    carriers = ", ".join(job["carrier_id"] for job in moved)
    telling.check(
        f"{len(moved)} carriers in front of {pot.carrier} were moved out of its way ({carriers})",
        (len(moved), {job["status"] for job in moved}),
        (pot.depth, {SUCCEEDED}),
    )


def check_done(client: Client, telling: Telling, request: str, quantities: list[int]) -> None:
    """A request has succeeded to the last piece."""
    seen = client.request(request)
    telling.check(f"{request} has succeeded", seen["status"], SUCCEEDED)
    done = [(entity["succeeded_quantity"], entity["cancelled_quantity"]) for entity in seen["entities"]]
    telling.check("each line to the last piece", done, [(count, 0) for count in quantities])


# -- what is wrong is refused


def refuse(client: Client, telling: Telling) -> None:
    """Too large an order, and a trigger for a job that no longer waits."""
    telling.chapter("What cannot be is refused")
    cups = client.sku(CUP)["total_quantity"]
    entities = [{"sku_id": CUP, "quantity": cups + 1}, {"sku_id": TEA, "quantity": 1}]
    answer = client.ask("POST", f"{API}/requests", {"type": "FULFILLMENT", "entities": entities})
    telling.check(f"{cups + 1} {CUP} of {cups} are refused", answer.status_code, 400)
    telling.check("the reason names the SKU", _feedback(answer.json()), [(CUP, "Sku", "0x5082")])
    check_stock(client, telling, CUP, cups)
    check_stock(client, telling, TEA, client.sku(TEA)["total_quantity"])
    job = client.jobs(type__eq="FULFILLMENT")[0]
    again = client.ask("POST", f"{API}/trigger/{job['id']}", {})
    telling.check(f"a second trigger for {job['id']} is refused", again.status_code, 409)


def _feedback(body: Body) -> list[tuple[Any, ...]]:
    return [(one["entity_id"], one["entity_type"], one["error_code"]) for one in body["entity_feedback"]]


def come_to_rest(client: Client, telling: Telling) -> None:
    """Carriers go back into store, bots park."""
    telling.chapter("Back to rest")
    outcome = client.advance_until("idle")
    telling.check("all carriers are back in store, all bots parked", outcome["reason"], "reached")
    telling.check("no bot carries anything", {b["lifted_carrier"] for b in client.get("/bots")}, {None})
    states = {job["status"] for job in client.jobs()}
    telling.check("every job has ended well", states, {SUCCEEDED})
    returned = len(client.jobs(type__eq="RETURN"))
    telling.say(f"{len(client.jobs())} jobs in all, {returned} of them returns")
