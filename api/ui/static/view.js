// Asks for the warehouse a few times a second, and lets bots glide between two answers.

import { LevelPicture } from "./drawing.js";
import { showBalconies, showBots, showTold } from "./panels.js";
import { call, keys } from "./server.js";

const EVERY_MS = 250;
const MANY_CELLS = 12_000; // more than this, and one level at a time is shown
const GLIDE_UP_TO = 100; // faster than this, gliding would only blur

const $ = (id) => document.getElementById(id);
let levels = new Map();
let latest = null; // the last answer, and when it came
let site = null;
let asked = 0; // questions are numbered: an answer that was overtaken by a later one is not shown
let answered = 0;

function say(trouble) {
  $("trouble").hidden = !trouble;
  $("trouble").textContent = trouble ?? "";
}

function explain(error) {
  if (error.status === 401) return "A key is needed: enter it under Keys.";
  if (error.status === 403) return `${error.message} (see Keys)`;
  return error.status ? error.message : "The twin does not answer. Trying again.";
}

async function loadSite() {
  site = await call("GET", "view/site");
  $("site").textContent = `of ${site.site}`;
  document.title = `Live view of ${site.site}`;
  const cells = site.levels.reduce((sum, { map }) => sum + map.length * map[0].length, 0);
  const options = site.levels.map(({ level }) => new Option(`Level ${level}`, level));
  const all = new Option("All", "");
  $("level").replaceChildren(all, ...options);
  $("level").value = cells > MANY_CELLS ? site.levels[0].level : "";
  drawLevels();
}

function drawLevels() {
  const chosen = $("level").value;
  const shown = site.levels.filter(({ level }) => !chosen || String(level) === chosen);
  levels = new Map(shown.map((level) => [level.level, new LevelPicture(level)]));
  $("levels").replaceChildren(...[...levels.values()].map((picture) => picture.figure));
}

async function look() {
  if (site === null) await loadSite();
  const chosen = $("level").value;
  const number = ++asked;
  const view = await call("GET", chosen ? `view?level=${chosen}` : "view");
  if (number < answered || site === null || chosen !== $("level").value) return;
  answered = number;
  latest = { view, at: performance.now() };
  show(view);
}

function show(view) {
  for (const { level, carrier_at } of view.levels) {
    levels.get(level)?.show(carrier_at, view.bots.filter((bot) => bot.level === level), view.faults);
  }
  showBalconies($("balconies"), view.balconies, keys.get("key") !== "", trigger);
  showBots($("bots").tBodies[0], view.bots);
  showTold($("told"), view.told, clockTime);
  showClock(view);
  move(view.clock.now_ms);
}

function showClock({ clock, presentations }) {
  $("now").textContent = clock.now.replace("T", " ").slice(0, 19) + " UTC";
  $("now").dateTime = clock.now;
  const pace = clock.advancing ? "advancing" : clock.speed === 0 ? "paused" : clock.speed === "max" ? "flat out" : `${clock.speed}×`;
  const held = clock.leases ? `, held by ${clock.leases} lease${clock.leases > 1 ? "s" : ""}` : "";
  const lag = clock.lag_ms > 1000 ? `, ${(clock.lag_ms / 1000).toFixed(0)} s behind` : "";
  $("pace").textContent = `${pace}${held}${lag} · ${presentations} presentations`;
  for (const button of document.querySelectorAll("[data-speed]")) {
    button.setAttribute("aria-pressed", String(button.dataset.speed === String(clock.speed)));
  }
}

/** The time of day, UTC, of a simulated ms: as far from the instant shown as it is from its ms. */
function clockTime(ms) {
  const { clock } = latest.view;
  return new Date(Date.parse(clock.now) + ms - clock.now_ms).toISOString().slice(11, 19);
}

function move(ms) {
  for (const picture of levels.values()) picture.move(ms);
}

function glide() {
  requestAnimationFrame(glide);
  if (latest === null) return;
  const { clock } = latest.view;
  if (clock.speed === "max" || clock.speed === 0 || clock.speed > GLIDE_UP_TO || clock.leases || clock.advancing) return;
  move(clock.now_ms + (performance.now() - latest.at) * clock.speed);
}

async function act(work) {
  try {
    await work();
    await look();
    say();
  } catch (error) {
    say(explain(error));
  }
}

function trigger(job, status) {
  act(() => call("POST", `../api/v2/trigger/${encodeURIComponent(job)}`, { TriggerStatus: status }));
}

async function follow() {
  for (;;) {
    const begun = performance.now();
    if (!document.hidden) {
      try {
        await look();
        if ($("trouble").dataset.ofLook) say();
        delete $("trouble").dataset.ofLook;
      } catch (error) {
        say(explain(error));
        $("trouble").dataset.ofLook = "1";
        site = null; // who answers next may be another twin
      }
    }
    // A big site that takes long to ask for and to draw is asked for less often.
    await new Promise((done) => setTimeout(done, Math.max(EVERY_MS, 2 * (performance.now() - begun))));
  }
}

for (const name of ["key", "token"]) $(name).value = keys.get(name);
$("keys").addEventListener("submit", (event) => {
  event.preventDefault();
  for (const name of ["key", "token"]) keys.set(name, $(name).value.trim());
  site = latest = null; // another key may be of another world
  act(async () => {});
});
$("level").addEventListener("change", () => {
  drawLevels();
  act(async () => {});
});
$("clock").addEventListener("click", ({ target }) => {
  const { speed, advance } = target.dataset ?? {};
  if (speed !== undefined) act(() => call("PUT", "clock", { speed: speed === "max" ? speed : Number(speed) }));
  if (advance !== undefined) act(() => call("POST", "clock/advance", JSON.parse(advance)));
});
follow();
requestAnimationFrame(glide);
