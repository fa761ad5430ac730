// Who is at work: how agents stand, what they carry and can do; and what holds for all.

import { el, iconButton, avatar, remake, icon } from "./dom.js";
import { bus, changed } from "./base.js";
import { call, errorText, Refusal } from "./api.js";
import { span } from "./dates.js";
import { state } from "./store.js";
import { ask, dialog, labelled, menu, toast } from "./overlay.js";
import { readLength, written } from "./policies.js";
import { stateMenu, stateText, reasonText } from "./work.js";
import { list } from "./queues.js";

const text = (value, props) => Object.assign(el("input", { type: "text", class: "control", ...props }), { value });

function numberOf(node, what) {
  const n = node.value.trim() === "" ? 0 : Number(node.value);
  if (!(n >= 0)) throw new Refusal(`${what}: write a number, not “${node.value}”.`);
  return n;
}

// workSettings is the form of what holds for all queues.
export function workSettings(old, load) {
  const limit = text(old.limit || "", { placeholder: "Any number", "aria-label": "Limit of an agent" });
  const weights = text((old.weights || []).map((w) => `${w.channel}=${w.weight}`).join(", "), { placeholder: "chat=1, email=0.5", "aria-label": "Weights", spellcheck: "false" });
  const answered = text(old.answered || "", { placeholder: "0", "aria-label": "Answered" });
  const times = [["heartbeat", "Offline after"], ["inactivity", "Away after"], ["grace", "Tickets go back after"]].map(([key, what]) => [key, what, text(written(old[key]), { placeholder: "Never", maxlength: "20", "aria-label": what })]);
  const hints = { heartbeat: "Of no connection.", inactivity: "Of doing nothing.", grace: "Of being away." };
  const manual = el("input", { type: "checkbox", checked: old.manual });
  return dialog({
    title: "Settings of all queues", yes: "Save", wide: true,
    content: [el("div", { class: "pair" }, labelled("Limit of an agent", limit, "How much he carries at most, where his own limit doesn’t say."), labelled("An answered ticket counts", answered, "From 0 to 1, while the customer is to say something."),
      times.map(([key, what, node]) => labelled(what, node, hints[key])), labelled("Weights", weights, "What a ticket of a channel counts; 1 for the others.")),
    el("label", { class: "check" }, manual, "Agents take all tickets themselves")],
    async onSubmit() {
      const body = { revision: old.revision, manual: manual.checked, limit: numberOf(limit, "Limit of an agent"), answered: numberOf(answered, "An answered ticket counts") };
      body.weights = list(weights.value).map((part) => {
        const [channel, weight] = part.split("=").map((s) => s.trim());
        if (!(Number(weight) > 0)) throw new Refusal(`Weights: write channel=number, not “${part}”.`);
        return { channel, weight: Number(weight) };
      });
      for (const [key, what, node] of times) body[key] = readLength(node.value, what);
      await call("POST", "office/queues/settings", body);
      await load();
    },
  });
}

function edit(a, calendars, load) {
  const limit = text(a.limit || "", { placeholder: "What the desk says", "aria-label": "Limit" });
  const skills = text((a.skills || []).join(", "), { placeholder: "language=de, topic=Brewing", "aria-label": "Skills", spellcheck: "false" });
  const weight = text(a.weight || "", { placeholder: "1", "aria-label": "Weight" });
  const shift = el("select", { class: "control", "aria-label": "Shift" }, [["", "None"], ...calendars.map((c) => [c.id, c.name])].map(([id, name]) => el("option", { value: id, selected: id === a.shift }, name)));
  return dialog({
    title: a.name, yes: "Save", content: [labelled("Limit", limit, "How much is carried at most."), labelled("Skills", skills), labelled("Weight", weight, "The share where a queue gives by weight."), labelled("Shift", shift, "At its end the tickets go back to their queues.")],
    async onSubmit() {
      await call("POST", "office/work", { id: a.id, revision: a.revision, limit: numberOf(limit, "Limit"), weight: numberOf(weight, "Weight"), skills: list(skills.value), shift: shift.value });
      await load();
    },
  });
}

export function createStaffWork() {
  const content = el("div", {});
  const node = el("section", { "aria-labelledby": "work-title" }, el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "work-title" }, "At work"), el("p", { class: "soft" }, "Who gets tickets now, what they carry, and what they can do."))), content);
  let got = null, calendars = [], timer = 0, shown = false;
  const may = (what) => (state.may || []).includes(what);

  async function load() {
    try {
      got = (await call("GET", "office/work")).agents;
      calendars = (await call("GET", "office/queues")).calendars;
    } catch (err) { toast(errorText(err)); }
    changed();
  }
  function soon() {
    if (timer || !shown || state.route.office !== "work" || document.hidden) return;
    timer = setTimeout(() => { timer = 0; load(); }, 1000);
  }
  bus.on("work", soon);
  bus.on("ticket", soon);
  setInterval(soon, 30000); // how long they have been so

  async function attempt(work) {
    try { await work(); } catch (err) { toast(errorText(err)); }
    await load();
  }

  async function leave(a, act) {
    const end = act === "end";
    const sure = await ask({ title: end ? `End the shift of ${a.name}?` : `Give back what ${a.name} has?`, yes: end ? "End the shift" : "Give back", danger: true,
      text: `All ${a.open} open tickets go back to their queues, with their waits.` });
    if (sure) attempt(() => call("POST", `office/work/leave/${act}`, { agent: a.id }));
  }

  // stateCell is how an agent stands; who may change that gets a button.
  function stateCell(a) {
    const why = reasonText(a.reason);
    const told = [el("span", { class: `work-dot ${a.state}`, "aria-hidden": "true" }), stateText[a.state], why ? el("small", { class: "soft", dir: "auto" }, why) : null];
    if (!may("organise") && a.id !== state.me.id) return el("span", { class: "work-state" }, told);
    const button = el("button", { type: "button", class: "button small work-state", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": `State of ${a.name}`,
      onclick: () => stateMenu(button, a.name, a, (to, reason) => attempt(() => call("POST", "work", { agent: a.id, state: to, reason }))) }, told, icon("down"));
    return button;
  }

  function acts(a) {
    const more = iconButton("more", `More on ${a.name}`, () => menu(more, a.name, [
      { label: "End the shift…", hint: "Offline, and the tickets go back", danger: true, run: () => leave(a, "end") },
      { label: "Give tickets back…", danger: true, run: () => leave(a, "return") }]), { "aria-haspopup": "menu", "aria-expanded": "false" });
    return el("span", { class: "queue-acts" }, may("manage queues") ? iconButton("write", `Change ${a.name}`, () => edit(a, calendars, load)) : null, may("organise") || a.id === state.me.id ? more : null);
  }

  const row = (a) => el("tr", { class: a.state === "offline" ? "faded" : "" },
    el("td", {}, el("div", { class: "member who-whole" }, avatar(a, a.name, "small"), el("span", { class: "who-text" }, el("span", { class: "who-name", dir: "auto" }, a.name)))),
    el("td", { "data-label": "State" }, stateCell(a)),
    el("td", { "data-label": "Since" }, a.since ? el("span", {}, span(Date.now() - Date.parse(a.since)), a.by ? el("small", { class: "soft" }, ` by ${a.by}`) : null) : "–"),
    el("td", { "data-label": "Open tickets" }, a.most ? `${a.open}, limit ${a.most}` : String(a.open)),
    el("td", { "data-label": "Skills" }, el("div", { class: "chips" }, (a.skills || []).map((s) => el("span", { class: "tag" }, s)))),
    el("td", { "data-label": "Shift" }, (calendars.find((c) => c.id === a.shift) || { name: "–" }).name), el("td", {}, acts(a)));

  function render() {
    shown = true;
    if (!got) return;
    const minute = Math.floor(Date.now() / 60000);
    remake(content, JSON.stringify([got, calendars, state.may, minute]), () => el("table", { class: "office-table" },
      el("thead", {}, el("tr", {}, ["Name", "State", "Since", "Open tickets", "Skills", "Shift", ""].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, got.map(row))));
  }
  return { node, load, render };
}
