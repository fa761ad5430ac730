// What staff keeps of an end user: notes, and whether he is banned. It is loaded
// with the ticket at hand, and kept for as long as that is.

import { el, icon, iconButton } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText } from "./dates.js";
import { state, visitorName } from "./store.js";
import { ask, menu, toast } from "./overlay.js";
import { banDialog, lift } from "./bans.js";

const known = new Map(); // by end user

async function load(id) {
  known.set(id, { ...known.get(id), loading: true });
  try { known.set(id, await call("GET", `people/${encodeURIComponent(id)}/notes`)); } catch { known.delete(id); }
  changed();
}

export const asideSign = (id) => JSON.stringify(known.get(id) || null);

async function attempt(id, work) {
  try { await work(); } catch (err) { toast(errorText(err)); }
  load(id);
}

const fields = new Map(); // by end user: what is being written stays when the card is made anew

function noteField(id) {
  const had = fields.get(id);
  if (had) return had;
  const input = el("textarea", { class: "control note-input", rows: "1", maxlength: "500", placeholder: "Add a note on this person", "aria-label": "Add a note", dir: "auto" });
  input.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || e.shiftKey || e.isComposing || !input.value.trim()) return;
    e.preventDefault();
    const text = input.value;
    input.value = "";
    attempt(id, () => call("POST", `people/${encodeURIComponent(id)}/notes`, { text }));
  });
  fields.set(id, input);
  if (fields.size > 30) fields.delete(fields.keys().next().value);
  return input;
}

// notes are the card of an end user; it fills itself.
export function notes(user) {
  if (!user || !user.id) return null;
  const got = known.get(user.id);
  if (!got) { load(user.id); return null; }
  const mine = (n) => n.by.id === state.me.id || (state.may || []).includes("organise");
  return el("section", { class: "card", "aria-labelledby": "notes-title" },
    el("h3", { id: "notes-title" }, "Notes on this person"),
    el("ul", { class: "people-notes" }, (got.notes || []).map((n) => el("li", {}, el("p", { dir: "auto" }, n.text),
      el("small", { class: "soft" }, `${n.by.name || "The shop’s program"}, ${dayText(n.created)}`),
      mine(n) ? iconButton("close", "Delete the note", () => attempt(user.id, () => call("DELETE", `notes/${encodeURIComponent(n.id)}`)), { class: "tag-remove" }) : null))), noteField(user.id));
}

// banned is a line that says that the end user is kept out.
export function banned(user) {
  const got = user && known.get(user.id);
  if (!got || !got.ban) return null;
  return el("p", { class: "banned-line" }, icon("reject"), el("span", {}, "Banned", got.ban.until ? ` until ${dayText(got.ban.until)}` : "", got.ban.reason ? `: ${got.ban.reason}` : ""));
}

async function logOut(user) {
  try {
    const { devices } = await call("POST", `people/${encodeURIComponent(user.id)}/logout`, {});
    toast(devices ? `Logged out on ${devices} ${devices === 1 ? "device" : "devices"}.` : "No device was logged in.", "good");
  } catch (err) { toast(errorText(err)); }
}

async function erase(user) {
  const sure = await ask({ title: `Erase ${visitorName(user)}?`, yes: "Erase", danger: true,
    text: "Name, address, messages, files and notes go, everywhere and for good. What counts stays: that there were tickets, and how they went." });
  if (!sure) return;
  try { await call("POST", `people/${encodeURIComponent(user.id)}/erase`, {}); toast("It is being erased.", "good"); } catch (err) { toast(errorText(err)); }
  known.delete(user.id);
}

// personMenu is what can be done with an end user; extra are further choices.
export function personMenu(user, extra = []) {
  if (!user || !user.id) return null;
  const button = iconButton("more", "More on this person", () => {
    const got = known.get(user.id);
    const items = [...extra];
    if ((state.may || []).includes("organise")) {
      items.unshift(got && got.ban
        ? { label: "Lift the ban", run: async () => { if (await lift(got.ban)) load(user.id); } }
        : { label: "Ban this person…", danger: true, run: async () => { if (await banDialog({ id: user.id, name: visitorName(user) })) load(user.id); } });
    }
    if ((state.may || []).includes("configure")) {
      if (user.known) items.push({ label: "Log out everywhere", run: () => logOut(user) });
      items.push({ label: "Export all that is known", hint: "A file with messages, notes, events and files", run: () => { location.href = `api/people/${encodeURIComponent(user.id)}/export`; } });
      items.push({ label: "Erase this person…", danger: true, run: () => erase(user) });
    }
    if (!items.length) { toast("There is nothing more that you may do here.", "good"); return; }
    menu(button, "This person", items);
  }, { "aria-haspopup": "menu", "aria-expanded": "false", class: "icon-button person-more" });
  return button;
}
