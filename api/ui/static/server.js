// Calls to the twin. Keys stay in the tab: sessionStorage goes with it.

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const keys = {
  get: (name) => sessionStorage.getItem(name) ?? "",
  set: (name, value) => sessionStorage.setItem(name, value),
};

/** The JSON of an answer, or null where it has none. Throws Refused, and TypeError where nobody answers. */
export async function call(method, path, body) {
  const headers = {};
  if (keys.get("key")) headers["Authorization"] = `Bearer ${keys.get("key")}`;
  if (keys.get("token")) headers["Twin-Control"] = keys.get("token");
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  let told = null;
  try {
    told = text ? JSON.parse(text) : null;
  } catch {
    told = { detail: text.slice(0, 200) };
  }
  if (!answer.ok) throw new Refused(answer.status, sentence(told?.detail) ?? answer.statusText);
  return told;
}

function sentence(detail) {
  if (Array.isArray(detail)) return detail.map((one) => `${(one.loc ?? []).join(".")}: ${one.msg}`).join("; ");
  return typeof detail === "string" ? detail : undefined;
}
