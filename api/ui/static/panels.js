// What stands beside the levels: balconies with their waiting jobs, bots, and what has happened.

function made(name, options = {}, ...children) {
  const node = Object.assign(document.createElement(name), options);
  node.append(...children);
  return node;
}

/** `trigger(job, status)` is called where a person says that a job is done, or cannot be. */
export function showBalconies(box, balconies, mayTrigger, trigger) {
  const shown = JSON.stringify([balconies, mayTrigger]);
  if (box.dataset.shown === shown) return; // buttons must not go away under the pointer
  box.dataset.shown = shown;
  box.replaceChildren(...balconies.map((balcony) => balconyOf(balcony, mayTrigger, trigger)));
}

function balconyOf(balcony, mayTrigger, trigger) {
  const notes = [balcony.away && "person away", balcony.blocked && "blocked"].filter(Boolean);
  const line = `${balcony.operator} · ${balcony.queued} queued, ${balcony.under_way} under way${notes.length ? " · " + notes.join(", ") : ""}`;
  const node = made("div", { className: "balcony" }, made("p", {}, made("b", {}, `Balcony ${balcony.balcony}`), ` ${line}`));
  node.append(...balcony.waiting.map((job) => jobOf(job, mayTrigger, trigger)));
  return node;
}

function jobOf(job, mayTrigger, trigger) {
  const what = job.sku === null ? job.type.toLowerCase() : `${job.quantity} × ${job.sku}`;
  const title = `${job.job} of ${job.request}: ${job.type}, carrier ${job.carrier ?? "–"}, box ${job.box ?? "–"}`;
  const row = made("div", { className: "job" }, made("span", { title, textContent: `${what} · carrier ${job.carrier ?? "–"}` }));
  for (const [word, status] of [["Done", "SUCCEEDED_TRIGGER"], ["Fail", "FAILED_TRIGGER"]]) {
    const hint = mayTrigger ? `${word}: ${job.job}` : "Enter an API key under Keys first";
    row.append(made("button", { textContent: word, title: hint, disabled: !mayTrigger, onclick: () => trigger(job.job, status) }));
  }
  return row;
}

export function showBots(body, bots) {
  body.replaceChildren(
    ...bots.map((bot) => {
      const charge = made("meter", { min: 0, max: 100, low: 25, high: 50, optimum: 100, value: bot.soc_percent, title: `${bot.soc_percent} %` });
      const load = bot.carrier === null ? "" : ` · ${bot.carrier}`;
      return made("tr", {}, made("td", { textContent: bot.bot }), made("td", { className: "doing", textContent: bot.doing.replace("_", " ") + load }), made("td", {}, charge), made("td", { textContent: `${bot.soc_percent} %` }));
    }),
  );
}

export function showTold(list, told, written) {
  list.replaceChildren(
    ...[...told].reverse().map((one) => made("li", { className: one.severity >= 3 ? "grave" : "" }, `${written(one.t_ms)} ${one.code} ${one.text}`)),
  );
}
