// Articles for the ticket at hand: what may answer it, how surely, and what is sent of it.

import { bus, changed } from "./base.js";
import { call, errorText, ticketPath } from "./api.js";
import { el, icon } from "./dom.js";
import { state } from "./store.js";
import { dialog, toast } from "./overlay.js";
import { directionOf, languageName, prose } from "./prose.js";

const known = new Map(); // by ticket: what was asked for, and what came

async function load(id, of) {
  known.set(id, { ...known.get(id), of });
  try { known.set(id, { of, got: await call("GET", ticketPath(id, "/articles")) }); } catch { known.set(id, { of, got: null }); }
  changed();
}

export const suggestedSign = (id) => JSON.stringify(known.get(id) || null);

// How sure it is that an article answers, in words.
const surely = (confidence) => (confidence >= 0.75 ? "Very likely answers it" : confidence >= 0.5 ? "Likely answers it" : confidence >= 0.25 ? "May answer it" : "Hardly answers it");

const little = 0.25; // below that it is noise beside one that fits

const parts = (list) => list.map((text, i) => (i % 2 ? el("mark", {}, text) : text));

// send lets the composer take an article along.
function send(ticket, a) { bus.emit("article", { ticket, id: a.id, title: a.title }); }

async function look(ticket, a) {
  let page;
  try { page = await call("GET", ticketPath(ticket, `/articles/${encodeURIComponent(a.id)}`)); } catch (err) { toast(errorText(err)); return; }
  const content = el("div", { class: "version" }, el("div", { class: "help-preview", lang: page.language, dir: directionOf(page.language) }, el("div", { class: "prose" }, prose(page.html, page.text))));
  const sent = await dialog({ title: page.title, yes: a.internal ? "Close" : "Send it", plain: a.internal, wide: true, text: a.internal ? "For staff only: it can’t be sent." : `As the customer reads it, in ${languageName(page.language)}.`, content, onSubmit: () => true });
  if (sent && !a.internal) send(ticket, a);
}

function row(ticket, a) {
  const percent = Math.round(a.confidence * 100);
  const bar = el("span", { class: "sure-bar", "aria-hidden": "true" }, el("span", {}));
  bar.firstChild.style.inlineSize = `${percent}%`;
  return el("li", { class: "suggested" },
    el("button", { type: "button", class: "suggested-title", dir: "auto", lang: a.language, onclick: () => look(ticket, a) }, a.title),
    a.snippet.length ? el("p", { class: "snippet", dir: "auto", lang: a.language }, parts(a.snippet)) : null,
    el("p", { class: "suggested-foot" }, el("span", { class: `sure${a.confidence >= 0.5 ? " good" : ""}`, title: `${percent}% sure` }, bar, `${surely(a.confidence)} · ${percent}%`), el("span", { class: "spring" }),
      a.internal ? el("span", { class: "pill audience-staff" }, "Staff only") : el("button", { type: "button", class: "button small", "aria-label": `Send “${a.title}”`, onclick: () => send(ticket, a) }, icon("send"), "Send")));
}

// suggested is the card of a ticket; it fills itself, and anew when the customer writes.
export function suggested(ticket) {
  if (!(state.may || []).includes("suggest FAQs")) return null;
  const of = `${ticket.inbound}/${ticket.title}/${ticket.language}`, at = known.get(ticket.id);
  if (!at || at.of !== of) load(ticket.id, of);
  const got = at && at.got;
  if (!got) return null;
  if (!got.articles.length && !got.building) return null;
  const list = (some) => el("ul", { class: "suggested-list" }, some.map((a) => row(ticket.id, a)));
  return el("section", { class: "card", "aria-labelledby": "suggested-title" }, el("h3", { id: "suggested-title" }, "Suggested articles"),
    got.fits ? list(got.articles.filter((a) => a.confidence >= little)) : [el("p", { class: "soft small" }, "No article fits well."), got.articles.length ? el("details", { class: "suggested-rest" }, el("summary", {}, "The nearest ones"), list(got.articles)) : null],
    got.building ? el("p", { class: "soft small" }, "The search is being built: there may be more.") : null);
}
