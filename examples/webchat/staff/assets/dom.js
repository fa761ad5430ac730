// Making elements. Text only ever becomes a text node; nothing parses HTML.

export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const iconPaths = {
  chat: "M12 3C6.9 3 3 6.6 3 11c0 2.2 1 4.2 2.6 5.6L5 21l4.3-2.3c.9.2 1.8.3 2.7.3 5.1 0 9-3.6 9-8s-3.9-8-9-8Z",
  inbox: "M4 13h4l1.5 3h5L16 13h4M4 13v5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-5M4 13l2.6-7.6A2 2 0 0 1 8.5 4h7a2 2 0 0 1 1.9 1.4L20 13",
  clock: "M12 7v5l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.5 4 4L14 8.5m-3 7.5.5.5L20.5 8",
  done: "m8 12.5 2.8 2.8L16 9.5m5 2.5a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  all: "M4 6h16M4 12h16M4 18h10",
  back: "m14.5 5-7 7 7 7",
  close: "M6 6l12 12M18 6 6 18",
  send: "M4 12 20 4l-4.5 16-4-6.5L4 12Zm7.5 1.5L20 4",
  clip: "m20 11.5-8 8a5 5 0 0 1-7.1-7.1l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  file: "M7 3h7l5 5v13H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Zm7 0v5h5",
  alert: "M12 8v5m0 3v.1M12 3l9.5 17h-19L12 3Z",
  info: "M12 11v5m0-8.5v.1m9 4.4a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  note: "M5 4h14v10l-6 6H5V4Zm8 16v-6h6M8.5 8.5h7m-7 4h3",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  down: "m7 10 5 5 5-5",
  hand: "M12 3v12m0 0-4.5-4.5M12 15l4.5-4.5M5 20h14",
  release: "M12 15V4m0 0L7.5 8.5M12 4l4.5 4.5M5 20h14",
  assign: "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7 8.5c.6-4 3.4-6 7-6 1.4 0 2.7.3 3.8.9M15 18h6m-2.5-2.5L21 18l-2.5 2.5",
  reopen: "M4 4v5h5m-4.5 0A8.5 8.5 0 1 1 3.6 14",
  flag: "M6 21V4m0 0h11l-2 4 2 4H6",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  merge: "M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8",
  split: "M12 20v-5c0-4-6-4-6-8V4m6 11c0-4 6-4 6-8V4",
  link: "m9.5 14.5 5-5M8 11l-2.6 2.6a3.5 3.5 0 0 0 5 5L13 16m-2-8 2.6-2.6a3.5 3.5 0 0 1 5 5L16 13",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  write: "M4 20h4L19 9l-4-4L4 16v4Zm9-13 4 4",
  bolt: "M13 3 5 13.5h6L10 21l8-10.5h-6L13 3Z",
  star: "m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.9-5.2 2.9 1-5.9-4.3-4.1 5.9-.8L12 3.5Z",
  tag: "M4 4h8l8.5 8.5-7.5 7.5L4.5 11.5 4 4Zm4.5 4.5h.1",
  plus: "M12 5v14M5 12h14",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-1.5L20.5 20.5",
  folder: "M3.5 6.5a1.5 1.5 0 0 1 1.5-1.5h4.5l2 2.5H19A1.5 1.5 0 0 1 20.5 9v9a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 18V6.5Z",
  chart: "M4 4v16h16M8.5 16v-4.5M13 16V8M17.5 16v-6",
  filter: "M4 5h16l-6.2 7.5V19l-3.6-2v-4.5L4 5Z",
  bell: "M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 2h-15l1.5-2ZM10 20.5h4",
  desk: "M4 20V10m16 10V10M2.5 10h19M8 14h3m-3 3h3M9 10V6a3 3 0 0 1 6 0v4",
  mail: "M3.5 6h17v12h-17V6Zm0 .5 8.5 7 8.5-7",
  reject: "m6 6 12 12m3-6a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
};

export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", iconPaths[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, extra = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...extra }, icon(name));
}

// safeURL lets only addresses through that can not run anything here.
export function safeURL(text, kinds = ["http:", "https:", "mailto:"]) {
  try {
    const url = new URL(text, document.baseURI);
    return kinds.includes(url.protocol) ? url.href : "";
  } catch { return ""; }
}

const linkPattern = /https?:\/\/[^\s<>"'，。、）】」]+|mailto:[^\s<>"']+/gi;

export function outerLink(href, ...children) {
  return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

// linked splits text into text nodes and links.
export function linked(text) {
  const out = [];
  let at = 0;
  for (const match of String(text).matchAll(linkPattern)) {
    const shown = match[0].replace(/[.,;:!?)\]}»”’]+$/, "");
    const href = /^(https?|mailto):./i.test(shown) ? safeURL(shown) : "";
    if (!href) continue;
    out.push(text.slice(at, match.index), outerLink(href, shown));
    at = match.index + shown.length;
  }
  out.push(text.slice(at));
  return out.filter((part) => part !== "");
}

// reconcile makes parent's children match items [{key, sign, make}], keeping the
// nodes that did not change: focus stays, and a screen reader announces only what is new.
export function reconcile(parent, items) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    if (node && node.dataset.sign !== item.sign) {
      const fresh = item.make();
      const focused = node.contains(document.activeElement);
      if (node === place) place = fresh;
      node.replaceWith(fresh);
      if (focused) (fresh.querySelector("a, button") || fresh).focus({ preventScroll: true });
      node = fresh;
    }
    if (!node) node = item.make();
    node.dataset.key = item.key;
    node.dataset.sign = item.sign;
    old.delete(item.key);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

// remake replaces the children only when the sign says that something changed.
export function remake(node, sign, make) {
  if (node.dataset.sign === sign) return false;
  node.dataset.sign = sign;
  node.replaceChildren(...[make()].flat(2).filter(Boolean));
  return true;
}

// The colour of a face comes from the id, so a person looks the same everywhere.
export function avatar(person, name, extra = "") {
  let sum = 0;
  for (const ch of String((person && person.id) || name || "")) sum = (sum * 31 + ch.codePointAt(0)) % 997;
  const node = el("span", { class: `avatar tone${sum % 6} ${extra}`, "aria-hidden": "true" });
  const words = String(name || "?").trim().split(/\s+/);
  const initials = words.length > 1 ? [words[0], words.at(-1)] : words;
  const letters = initials.map((w) => [...w][0] || "").join("").toUpperCase() || "?";
  const picture = person && person.picture ? safeURL(person.picture, ["http:", "https:"]) : "";
  if (!picture) { node.append(letters); return node; }
  node.append(el("img", { src: picture, alt: "", onerror: () => node.replaceChildren(letters) }));
  return node;
}
