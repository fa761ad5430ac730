// Articles for the ticket at hand: what may answer it, how surely, and what is sent of it.

import { bus } from "./base.js";
import { call, errorText, ticketPath } from "./api.js";
import { el, icon } from "./dom.js";
import { state } from "./store.js";
import { dialog, toast } from "./overlay.js";
import { directionOf, languageName, prose } from "./prose.js";

const cards = new Map(); // by ticket

// get asks for articles; one that can't be asked for has none.
async function get(id, q) {
  try { return await call("GET", ticketPath(id, `/articles${q ? `?q=${encodeURIComponent(q)}` : ""}`)); } catch { return null; }
}

// How sure it is that an article answers, in words.
const surely = (confidence) => (confidence >= 0.75 ? "Very likely" : confidence >= 0.5 ? "Likely" : confidence >= little ? "Maybe" : "Hardly");

const little = 0.25; // below that it is noise beside one that fits

const building = 2000; // milliseconds between two looks at a search that is being built

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
    el("p", { class: "suggested-foot" }, el("span", { class: `sure${a.confidence >= 0.5 ? " good" : ""}`, title: `${percent}% sure that it answers` }, bar, `${surely(a.confidence)} · ${percent}%`), el("span", { class: "spring" }),
      a.internal ? el("span", { class: "pill audience-staff" }, "Staff only") : el("button", { type: "button", class: "button small", "aria-label": `Send “${a.title}”`, onclick: () => send(ticket, a) }, icon("send"), "Send")));
}

function makeCard(id) {
  let of = "", got = null, found = null, run = 0, timer = 0;
  const content = el("div", { "aria-live": "polite" });
  const search = el("input", { type: "search", class: "control suggested-find", placeholder: "Search the help center", "aria-label": "Search the help center", dir: "auto", maxlength: "200", oninput: look });
  const node = el("section", { class: "card", "aria-labelledby": "suggested-title", hidden: true }, el("h3", { id: "suggested-title" }, "Suggested articles"), search, content);
  const list = (some) => el("ul", { class: "suggested-list" }, some.map((a) => row(id, a)));

  function look() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const asked = ++run, q = search.value.trim();
      const answer = q ? await get(id, q) : null;
      if (asked !== run) return;
      show(found, found = answer);
      if (answer && answer.building && node.isConnected) timer = setTimeout(look, building);
    }, 250);
  }

  // show leaves what is there alone, which may have the focus, where it is the same.
  function show(before, now) { if (JSON.stringify(before) !== JSON.stringify(now)) paint(); }

  function paint() {
    node.hidden = !got || !got.search;
    if (node.hidden) return;
    const shown = found || got;
    content.replaceChildren(...[
      found ? (found.articles.length ? list(found.articles) : el("p", { class: "soft small" }, "No article is like that."))
        : got.fits ? list(got.articles.filter((a) => a.confidence >= little)) : [el("p", { class: "soft small" }, "No article fits well."), got.articles.length ? el("details", { class: "suggested-rest", open: got.articles[0].confidence >= little }, el("summary", {}, "The nearest ones"), list(got.articles)) : null],
      shown.building ? el("p", { class: "soft small" }, "The search is being built: there may be more.") : null,
    ].flat().filter(Boolean));
  }

  // follow asks anew when the customer has written, and as long as the search is being
  // built; where it got no answer, when the card is made the next time.
  async function follow(ticket) {
    const now = `${ticket.inbound}/${ticket.title}/${ticket.language}`;
    if (now === of) return;
    of = now;
    const answer = await get(id);
    if (of !== now) return;
    if (!answer) { of = ""; return; }
    show(got, got = answer);
    if (answer.building) setTimeout(() => { if (of === now) { of = ""; if (node.isConnected) follow(ticket); } }, building);
  }
  return { node, follow };
}

// suggested is the card of a ticket; it fills itself.
export function suggested(ticket) {
  if (!(state.may || []).includes("suggest FAQs")) return null;
  if (!cards.has(ticket.id)) {
    cards.set(ticket.id, makeCard(ticket.id));
    if (cards.size > 30) cards.delete(cards.keys().next().value);
  }
  const card = cards.get(ticket.id);
  card.follow(ticket);
  return card.node;
}
