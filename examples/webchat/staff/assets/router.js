// The address: #/view/mine and #/ticket/ID. Reload and the back button work,
// because nothing else decides what is shown.

import { changed, storage, storeKey } from "./base.js";
import { state } from "./store.js";
import { viewOf, isSmart } from "./lists.js";

const rememberedView = storeKey("view");

export const viewHref = (view) => `#/view/${encodeURIComponent(view)}`;
export const officeHref = (pane) => `#/office/${encodeURIComponent(pane)}`;
export const ticketHref = (id) => `#/ticket/${encodeURIComponent(id)}`;

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

export function readRoute() {
  const [, kind, name, rest] = /^#\/(view|ticket|office)\/([^/?]+)(?:\/([^?]+))?/.exec(location.hash) || [];
  if (kind === "view") {
    const wanted = decode(name);
    const id = isSmart(wanted) ? wanted : viewOf(wanted).id;
    state.route = { view: id, ticket: null };
    storage.set(rememberedView, id);
  } else if (kind === "office") {
    state.route = { view: state.route.view, ticket: null, sub: rest ? rest.split("/").map(decode) : [], office: ["people", "roles", "queues", "now", "work", "rules", "bots", "labels", "help", "hours", "service", "mail", "bans", "keys", "audit"].includes(name) ? name : "people" };
  } else if (kind === "ticket") {
    state.route = { view: state.route.view, ticket: decode(name) };
  } else if (!/^#\w/.test(location.hash)) { // a skip link is not a place
    state.route = { view: state.route.view, ticket: null };
  }
  changed();
}

export function startRouter() {
  state.route.view = viewOf(storage.get(rememberedView)).id;
  window.addEventListener("hashchange", readRoute);
  readRoute();
}

// go replaces the entry when only the selection moves, so that j/k does not fill the history.
export function go(href, replace = false) {
  if (location.hash === href) return;
  if (replace) {
    history.replaceState(null, "", href);
    readRoute();
  } else {
    location.hash = href;
  }
}
