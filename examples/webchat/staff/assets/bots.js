// Bots in the office: which there are, what they say, how far people get with them, and a
// place to try them.

import { el, icon, iconButton, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { state } from "./store.js";
import { go } from "./router.js";
import { ask, dialog, labelled, menu, toast } from "./overlay.js";
import { drawFlow } from "./botdraw.js";
import { createTrial } from "./bottry.js";

const stateText = { draft: "Draft", published: "At work", disabled: "Disabled" };
const statePill = { draft: "", published: " good", disabled: " bad" };
const guardText = {
  "too many steps": "Too many steps", "no answer in time": "No answer in time", "a step failed": "A step failed", "wants to talk to a person": "Asked for a person",
  "no answer that would do": "No answer that would do", "the flow ended": "The flow ended", "isn't solved": "It wasn’t solved",
};
const starter = JSON.stringify({ steps: [{ id: "hello", say: { text: "Hello! I am a bot." } }, { id: "person", hand_off: {} }] }, null, 2);

export function createBots() {
  const list = el("ul", { class: "bot-list", "aria-label": "Bots" });
  const main = el("div", { class: "bot-main" });
  const node = el("section", { "aria-labelledby": "bots-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "bots-title" }, "Bots"), el("p", { class: "soft" }, "They ask, look things up and answer, and hand over to people. Nobody is left alone with one.")),
      el("button", { type: "button", class: "button primary", onclick: () => edit(null) }, icon("plus"), "New bot")), el("div", { class: "bot-panes" }, list, main));
  let all = null, got = null, live = false, trial = null;

  const wanted = () => (state.route.sub && state.route.sub[0]) || (all && all[0] && all[0].id) || "";
  const path = (id, rest = "") => `office/bots/${encodeURIComponent(id)}${rest}`;

  async function load() {
    try {
      all = (await call("GET", "office/bots")).bots;
      const id = wanted();
      got = all.some((b) => b.id === id) ? await call("GET", `${path(id)}${live ? "?version=live" : ""}`) : null;
    } catch (err) { toast(errorText(err)); }
    changed();
  }

  async function attempt(work, done) {
    try { await work(); if (done) toast(done, "good"); } catch (err) { toast(errorText(err)); }
    await load();
  }

  // Where the address names another bot, that is loaded.
  let asked = "";
  function follow() {
    const id = wanted();
    if (!all || id === asked) return;
    asked = id;
    live = false;
    trial = null;
    if (!got || got.bot.id !== id) load();
  }

  const act = (b, what, done) => attempt(() => call("POST", path(b.id, `/${what}`), {}), done);

  const takesOf = (b) => ((all.find((x) => x.id === b.id) || b).takes || []).map((m) => ({ rule: `the rule “${m.name}”`, platform: `${got.flow.use === "feedback" ? "resolutions" : "new tickets"} of ${m.name}`, app: `what is reopened in ${m.name}`, bot: `the bot “${m.name}”` })[m.kind] || m.name);

  async function disable(b) {
    const takes = takesOf(b);
    const text = `Tickets that it has go to people at once.${takes.length ? ` It gets tickets from: ${takes.join(", ")}. They go to people from then on.` : ""}`;
    if (await ask({ title: `Disable “${b.name}”?`, text, yes: "Disable", danger: true })) await act(b, "disable", `${b.name} is disabled.`);
  }

  function edit(g) {
    const name = el("input", { class: "control", maxlength: "100", dir: "auto" }), id = el("input", { class: "control", maxlength: "60", placeholder: "shop-helper" });
    const source = el("textarea", { class: "control flow-source", rows: "22", spellcheck: "false", dir: "ltr" });
    name.value = g ? g.bot.name : "";
    source.value = g ? g.source : starter;
    return dialog({
      title: g ? `The draft of ${g.bot.name}` : "New bot", yes: "Save draft", wide: true,
      content: [g ? null : labelled("Short name", id, "a-z, 0-9, - and _; rules name it by this"), labelled("Name", name), labelled("Flow", source, "JSON or YAML. Saving changes nothing for visitors: publishing does.")].filter(Boolean),
      onSubmit: async () => {
        const to = g ? g.bot.id : id.value.trim();
        await call("POST", path(to, "/draft"), { name: name.value, source: source.value, revision: g && !g.live ? g.revision : g ? g.revision : 0 });
        live = false;
        if (!g) go(`#/office/bots/${encodeURIComponent(to)}`);
        await load();
      },
    });
  }

  const row = (b) => el("li", {}, el("a", { class: "bot-entry", href: `#/office/bots/${encodeURIComponent(b.id)}`, "aria-current": b.id === wanted() ? "true" : undefined },
    el("span", { class: "bot-face" }, icon("chat")),
    el("span", { class: "who-text" }, el("span", { class: "bot-name", dir: "auto" }, b.name), el("small", {}, `${b.steps} ${b.steps === 1 ? "step" : "steps"}${b.version ? ` · ${b.begun} ${b.begun === 1 ? "chat" : "chats"}` : ""}`)),
    el("span", { class: `pill${statePill[b.state]}` }, stateText[b.state])));

  function head() {
    const b = got.bot, errors = got.problems.filter((p) => !p.warning).length;
    const more = iconButton("more", `More on ${b.name}`, () => menu(more, b.name, [
      b.version > 1 ? { label: `Back to version ${b.version - 1}`, hint: "New tickets begin with it", run: () => act(b, "back", `Version ${b.version - 1} is at work.`) } : null,
      { label: "Its chart as Mermaid", hint: "To paste into documents", run: () => copy(got.mermaid) },
      b.state === "published" ? { label: "Disable…", danger: true, run: () => disable(b) } : null].filter(Boolean)), { "aria-haspopup": "menu", "aria-expanded": "false" });
    const version = (value, text) => el("button", { type: "button", class: "segment", "aria-pressed": String(live === value), onclick: () => { live = value; load(); } }, text);
    return el("header", { class: "bot-head" },
      el("div", { class: "bot-title" }, el("h3", { dir: "auto" }, b.name), el("span", { class: `pill${statePill[b.state]}` }, stateText[b.state]), b.version ? el("span", { class: "soft small" }, `Version ${b.version}`) : null,
        b.version && b.changed ? el("span", { class: "segments", role: "group", "aria-label": "What is shown" }, version(true, `Version ${b.version}`), version(false, "Draft")) : null),
      el("div", { class: "bot-acts" }, el("button", { type: "button", class: "button", onclick: () => edit(got) }, icon("write"), "Edit draft"),
        b.changed || b.state !== "published" ? el("button", { type: "button", class: "button primary", disabled: errors > 0 && !live, onclick: () => act(b, "publish", `${b.name} is at work.`) }, icon("bolt"), b.state === "disabled" && !b.changed ? "Put to work" : "Publish") : null, more),
      el("p", { class: "soft small bot-takes" }, ...(takesOf(b).length ? [`Gets tickets from: ${takesOf(b).join(", ")}`] : ["Nothing gives it tickets yet: a rule or a platform’s first bot does."])));
  }

  async function copy(text) {
    try { await navigator.clipboard.writeText(text); toast("Copied.", "good"); } catch {
      const box = el("textarea", { class: "control flow-source", rows: "16", readonly: true, dir: "ltr" });
      box.value = text;
      await dialog({ title: "The chart", yes: "Close", plain: true, wide: true, content: box, onSubmit: () => true });
    }
  }

  function problems() {
    const own = got.problems.filter((p) => !p.step || !got.flow.steps.some((s) => s.id === p.step));
    const errors = got.problems.filter((p) => !p.warning).length, warnings = got.problems.length - errors;
    if (!got.problems.length) return el("p", { class: "bot-check good" }, icon("check"), "Every step leads somewhere, and every text is there.");
    return el("div", { class: `bot-check${errors ? " bad" : " warn"}` }, icon("alert"), el("div", {},
      el("p", {}, [errors ? `${errors} ${errors === 1 ? "problem keeps" : "problems keep"} it from being published` : "", warnings ? `${warnings} ${warnings === 1 ? "thing" : "things"} to look at` : ""].filter(Boolean).join(", "), "."),
      el("ul", {}, got.problems.filter((p) => !own.includes(p)).map((p) => el("li", {}, el("button", { type: "button", class: "text-button", onclick: () => toStep(p.step) }, p.step), ` ${p.field}: ${p.reason}`)), own.map((p) => el("li", {}, `${p.step ? `${p.step} ` : ""}${p.field}: ${p.reason}`)))));
  }

  function toStep(id) {
    const card = main.querySelector(`.flow-step[data-step="${CSS.escape(id)}"]`);
    if (!card) return;
    card.scrollIntoView({ block: "center", inline: "center" });
    card.classList.add("shown");
    setTimeout(() => card.classList.remove("shown"), 1600);
  }

  function figures() {
    const r = got.report;
    if (!r || !r.begun) return null;
    const guards = r.guards || [], left = r.begun - r.ended, byGuard = guards.reduce((n, g) => n + g.ended, 0);
    const share = (n) => `${Math.round(n / r.begun * 100)} %`;
    const figure = (name, n, hint) => el("div", { class: "label-figure" }, el("dt", {}, name), el("dd", {}, String(n)), el("p", { class: "soft" }, hint));
    const lost = got.flow.steps.filter((s) => r.steps[s.id] && r.steps[s.id].ended).sort((a, b) => r.steps[b.id].ended - r.steps[a.id].ended);
    return el("section", { class: "bot-part", "aria-labelledby": "bot-figures" }, el("h4", { id: "bot-figures" }, `How far people get with version ${got.bot.version}`),
      el("dl", { class: "label-figures" }, figure("Conversations", r.begun, "begun"), figure("Ended by the flow", r.ended - byGuard, share(r.ended - byGuard)), figure("Ended by a guard", byGuard, guards.map((g) => `${guardText[g.guard] || g.guard}: ${g.ended}`).join(", ") || "none"), figure("Taken over, or going on", left, share(left))),
      lost.length ? el("table", { class: "office-table bot-drops" }, el("thead", {}, el("tr", {}, ["Where they ended", "Came here", "Ended here", ""].map((t) => el("th", { scope: "col" }, t)))),
        el("tbody", {}, lost.map((s) => el("tr", {}, el("th", { scope: "row" }, el("button", { type: "button", class: "text-button", onclick: () => toStep(s.id) }, s.id)), el("td", {}, r.steps[s.id].taken), el("td", {}, r.steps[s.id].ended), el("td", {}, bar(r.steps[s.id].ended / Math.max(1, r.steps[s.id].taken))))))) : null);
  }

  function bar(share) {
    const fill = el("span", { class: "share-fill" });
    fill.style.width = `${Math.round(share * 100)}%`;
    return el("span", { class: "share" }, el("span", { class: "share-bar" }, fill), el("span", { class: "share-text" }, `${Math.round(share * 100)} %`));
  }

  function view() {
    if (!got) return el("div", { class: "label-empty" }, icon("chat"), el("h3", {}, "No bot yet"), el("p", { class: "soft" }, "A bot asks who somebody is, answers with articles, looks orders up, and hands over to people."));
    trial ||= createTrial((body) => call("POST", path(got.bot.id, "/try"), { ...body, live }), (step) => toStep(step), got.bot.name);
    return [head(), problems(), figures(), el("div", { class: "bot-work" }, el("section", { class: "bot-part", "aria-labelledby": "bot-flow" }, el("h4", { id: "bot-flow" }, "Flow"), drawFlow({ ...got, report: got.live || !got.bot.changed ? got.report : null })), trial.node)];
  }

  function render() {
    if (!all) return;
    follow();
    remake(list, JSON.stringify([all, wanted()]), () => all.map(row));
    if (remake(main, JSON.stringify([got, all]), view) && trial) trial.restart();
  }
  return { node, load, render };
}
