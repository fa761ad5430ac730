// Making elements. Text only ever becomes a text node; nothing parses HTML.

function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

const iconPaths = {
  chat: "M12 3C6.9 3 3 6.6 3 11c0 2.2 1 4.2 2.6 5.6L5 21l4.3-2.3c.9.2 1.8.3 2.7.3 5.1 0 9-3.6 9-8s-3.9-8-9-8Z",
  close: "M6 6l12 12M18 6 6 18",
  back: "m14.5 5-7 7 7 7",
  forth: "m9.5 5 7 7-7 7",
  search: "m20 20-4.5-4.5M17 10.5a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z",
  send: "M4 12 20 4l-4.5 16-4-6.5L4 12Zm7.5 1.5L20 4",
  clip: "m20 11.5-8 8a5 5 0 0 1-7.1-7.1l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6",
  file: "M7 3h7l5 5v13H7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Zm7 0v5h5",
  plus: "M12 5v14M5 12h14",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.5 4 4L14 8.5m-3 7.5.5.5L20.5 8",
  clock: "M12 7v5l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  star: "m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.9-5.2 2.9 1-5.9-4.3-4.1 5.9-.8L12 3.5Z",
  alert: "M12 8v5m0 3v.1M12 3l9.5 17h-19L12 3Z",
};

function icon(name) {
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

function iconButton(name, label, onclick, extra = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...extra }, icon(name));
}

// linked splits text into text nodes and links. Only http, https and mailto become links.
function linked(text) {
  const out = [];
  let at = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"'，。、）】」]+|mailto:[^\s<>"']+@[^\s<>"']+/gi)) {
    const shown = match[0].replace(/[.,;:!?)\]}»”’]+$/, "");
    let url;
    try { url = new URL(shown); } catch { continue; }
    if (!["http:", "https:", "mailto:"].includes(url.protocol)) continue;
    out.push(text.slice(at, match.index));
    out.push(el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, shown));
    at = match.index + shown.length;
  }
  out.push(text.slice(at));
  return out.filter((part) => part !== "");
}

// reconcile makes parent's children match items [{key, sign, make}], keeping the
// nodes that did not change: a screen reader then announces only what is new.
function reconcile(parent, items) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    if (node && node.dataset.sign !== item.sign) {
      const fresh = item.make();
      if (node === place) place = fresh;
      node.replaceWith(fresh);
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

function avatar(person, name) {
  const node = el("span", { class: "avatar", "aria-hidden": "true" });
  const picture = person && person.picture ? attachmentURL(person.picture) : "";
  const initial = [...(name || "?")][0].toUpperCase();
  if (!picture) { node.append(initial); return node; }
  node.append(el("img", { src: picture, alt: "", onerror: () => node.replaceChildren(initial) }));
  return node;
}
