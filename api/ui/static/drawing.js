// Levels as SVG. What never changes is drawn once; carriers and bots are moved.

const SVG = "http://www.w3.org/2000/svg";
const CELL = 12;
const ARROWS = { ">": "→", "<": "←", "^": "↑", v: "↓" };

export function made(name, attributes = {}, children = []) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** One level: `show` what an answer says, `move` its bots to where they are at a simulated ms. */
export class LevelPicture {
  constructor({ level, map }) {
    this.level = level;
    this.width = map[0].length;
    this.carrierAt = [];
    this.carriers = new Map();
    this.bots = new Map();
    this.layers = Object.fromEntries(["ground", "carriers", "marks", "ways", "bots"].map((name) => [name, made("g", { class: name })]));
    this.ground(map);
    this.svg = made("svg", { viewBox: `0 0 ${this.width * CELL} ${map.length * CELL}`, role: "img", "aria-label": `Level ${level}` }, Object.values(this.layers));
    this.caption = document.createElement("figcaption");
    this.figure = document.createElement("figure");
    this.figure.append(this.caption, this.svg);
  }

  ground(map) {
    map.forEach((row, y) =>
      [...row].forEach((kind, x) => {
        const name = kind === "#" ? "cell cell-wall" : `cell cell-${kind.toLowerCase()}`;
        this.layers.ground.append(made("rect", { class: name, x: x * CELL + 0.5, y: y * CELL + 0.5, width: CELL - 1, height: CELL - 1 }));
        if (ARROWS[kind]) this.layers.ground.append(made("text", { class: "arrow", x: (x + 0.5) * CELL, y: (y + 0.75) * CELL }, [ARROWS[kind]]));
      }),
    );
  }

  at(cell) {
    return [((cell % this.width) + 0.5) * CELL, (Math.floor(cell / this.width) + 0.5) * CELL];
  }

  show(carrierAt, bots, faults) {
    this.showCarriers(carrierAt);
    this.showBots(bots);
    this.layers.marks.replaceChildren(
      ...faults.filter((f) => f.level === this.level && f.cell !== null).map((f) => {
        const [x, y] = this.at(f.cell);
        return made("rect", { class: "blocked", x: x - CELL / 2 + 1, y: y - CELL / 2 + 1, width: CELL - 2, height: CELL - 2 }, [made("title", {}, [f.kind])]);
      }),
    );
    const carriers = carrierAt.reduce((sum, carrier) => sum + (carrier > 0), 0);
    this.caption.textContent = `Level ${this.level} · ${carriers} carriers in place · ${bots.filter((b) => b.way.length).length} of ${bots.length} bots driving`;
  }

  showCarriers(carrierAt) {
    carrierAt.forEach((carrier, cell) => {
      if (carrier === (this.carrierAt[cell] ?? 0)) return;
      this.carriers.get(cell)?.remove();
      this.carriers.delete(cell);
      if (!carrier) return;
      const [x, y] = this.at(cell);
      const where = `carrier ${carrier} at x ${cell % this.width}, y ${Math.floor(cell / this.width)}`;
      const node = made("rect", { class: "carrier", x: x - CELL / 2 + 2, y: y - CELL / 2 + 2, width: CELL - 4, height: CELL - 4, rx: 1.5 }, [made("title", {}, [where])]);
      this.carriers.set(cell, node);
      this.layers.carriers.append(node);
    });
    this.carrierAt = carrierAt;
  }

  showBots(bots) {
    const there = new Set(bots.map((bot) => bot.bot));
    for (const [id, one] of this.bots) {
      if (there.has(id)) continue;
      one.node.remove();
      one.way.remove();
      this.bots.delete(id);
    }
    for (const bot of bots) {
      if (!this.bots.has(bot.bot)) this.bots.set(bot.bot, this.newBot(bot.bot));
      const one = this.bots.get(bot.bot);
      one.now = bot;
      one.node.setAttribute("class", `bot bot-${bot.doing}${bot.carrier === null ? "" : " loaded"}`);
      const load = bot.carrier === null ? "" : ` with carrier ${bot.carrier}`;
      one.title.textContent = `bot ${bot.bot}${load}: ${bot.doing.replace("_", " ")}, ${bot.soc_percent} %`;
      one.way.setAttribute("points", bot.way.map(([cell]) => this.at(cell).join(",")).join(" "));
    }
  }

  newBot(id) {
    const title = made("title");
    const node = made("g", { class: "bot" }, [
      title,
      made("rect", { class: "load", x: -CELL / 2 + 0.5, y: -CELL / 2 + 0.5, width: CELL - 1, height: CELL - 1, rx: 1.5 }),
      made("circle", { r: CELL * 0.42 }),
      made("text", id > 9 ? { y: 2.4, class: "longer" } : { y: 3 }, [String(id)]),
    ]);
    const way = made("polyline", { class: "way" });
    this.layers.bots.append(node);
    this.layers.ways.append(way);
    return { node, title, way, now: null };
  }

  move(ms) {
    for (const { node, now } of this.bots.values()) {
      const [x, y] = this.place(now, ms);
      node.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
    }
  }

  /** Where a bot is at a simulated ms: between the middles of two cells of its way. */
  place({ cell, way }, ms) {
    const next = way.findIndex(([, at]) => at > ms);
    if (next === 0 || way.length === 0) return this.at(way.length ? way[0][0] : cell);
    if (next < 0) return this.at(way[way.length - 1][0]);
    const [[from, left], [to, reached]] = [way[next - 1], way[next]];
    const share = (ms - left) / Math.max(1, reached - left);
    const [a, b] = [this.at(from), this.at(to)];
    return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
  }
}
