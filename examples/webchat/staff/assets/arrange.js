// Merging, splitting and linking tickets.

import { el } from "./dom.js";
import { call, Refusal } from "./api.js";
import { state, change, reloadThread, sortedMessages, visitorName } from "./store.js";
import { dayText, timeText } from "./dates.js";
import { statusPill } from "./tickets.js";
import { ticketHref, go } from "./router.js";
import { ask, dialog, labelled, toast } from "./overlay.js";
import { errorText } from "./api.js";

// chooser lets people pick one of the end user's other tickets, or name any by its number.
function chooser(ticket) {
  const th = state.threads.get(ticket.id);
  const others = ((th && th.endUser && th.endUser.earlier) || []).filter((t) => t.id !== ticket.id && !t.merged_into && t.status !== "rejected");
  const number = el("input", { type: "text", class: "control", inputmode: "numeric", placeholder: "Number, as 42", "aria-label": "Number of the ticket" });
  const radios = others.map((t) => el("input", { type: "radio", name: "other-ticket", value: t.id }));
  const list = others.map((t, i) => el("label", { class: "pick" }, radios[i],
    el("span", { class: "pick-text" }, el("span", { dir: "auto" }, t.title || `Ticket #${t.number}`), el("small", {}, `#${t.number} · ${dayText(t.created)}`)), statusPill(t)));
  number.addEventListener("input", () => radios.forEach((r) => { r.checked = false; }));
  async function chosen() {
    const picked = radios.findIndex((r) => r.checked);
    if (picked >= 0) return { ...others[picked], mine: true };
    const n = Number(number.value.replace(/^#/, "").trim());
    if (!Number.isInteger(n) || n < 1) throw new Refusal("Choose a ticket, or give its number.");
    const { ticket: found } = await call("GET", `number?number=${n}`);
    return { ...found, mine: found.end_user.id === ticket.end_user.id && found.app === ticket.app };
  }
  const node = [
    list.length ? el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, `Other tickets of ${visitorName(ticket.end_user)}`), list) : null,
    labelled(list.length ? "Or another one" : "Ticket", number)];
  return { node, chosen };
}

export async function merge(ticket) {
  const { node, chosen } = chooser(ticket);
  const done = await dialog({
    title: `Merge #${ticket.number} into another ticket`, yes: "Merge", content: node, wide: true,
    text: "Its messages move to the other ticket, in order of time. This one is closed as a duplicate. It can be undone for 30 days.",
    async onSubmit() {
      const other = await chosen();
      if (!other.mine && !(await ask({
        title: "This is somebody else’s ticket", danger: true, yes: "Merge all the same",
        text: `#${other.number} belongs to another customer or app. The conversation will be there as one internal note, and the customer of #${ticket.number} sees only that his was closed.`,
      }))) throw new Refusal("Choose another ticket.");
      await change(ticket.id, "merge", { target: other.id, abroad: !other.mine });
      return other;
    },
  });
  if (!done) return;
  await Promise.all([reloadThread(ticket.id), reloadThread(done.id)].map((p) => p.catch(() => {})));
  go(ticketHref(done.id));
  toast(`#${ticket.number} is merged into #${done.number}.`, "good", { label: "Undo", run: () => unmerge(ticket.id) });
}

export async function unmerge(id) {
  try {
    const { ticket, other } = await change(id, "unmerge");
    await Promise.all([reloadThread(ticket.id), reloadThread(other.id)].map((p) => p.catch(() => {})));
    go(ticketHref(id));
    toast(`#${ticket.number} is a ticket of its own again.`, "good");
  } catch (err) {
    toast(errorText(err));
  }
}

export async function split(ticket) {
  const messages = sortedMessages(state.threads.get(ticket.id)).filter((m) => m.kind !== "system");
  const boxes = messages.map((m) => el("input", { type: "checkbox", value: String(m.seq) }));
  const title = el("input", { type: "text", class: "control", maxlength: "255", dir: "auto", placeholder: "What the new ticket is about" });
  const done = await dialog({
    title: `Split #${ticket.number}`, yes: "Split off", wide: true,
    text: "The chosen messages move to a new ticket of the same customer. The two stay linked.",
    content: [labelled("Title of the new ticket", title),
      el("fieldset", { class: "picks" }, el("legend", { class: "form-label" }, "Messages"), messages.map((m, i) => el("label", { class: "pick" }, boxes[i],
        el("span", { class: "pick-text" }, el("span", { class: "pick-message", dir: "auto" }, m.text || "(attachment)"),
          el("small", {}, `${m.author.kind === "end_user" ? visitorName(ticket.end_user) : m.author.name || "Agent"}${m.kind === "note" ? " · note" : ""} · ${dayText(m.time)}, ${timeText(m.time)}`)))))],
    async onSubmit() {
      const seqs = boxes.filter((b) => b.checked).map((b) => Number(b.value));
      if (!seqs.length) throw new Refusal("Choose the messages that go.");
      if (seqs.length === messages.length && !state.threads.get(ticket.id).older) throw new Refusal("At least one message has to stay.");
      return change(ticket.id, "split", { seqs, title: title.value.trim() });
    },
  });
  if (!done) return;
  await reloadThread(ticket.id).catch(() => {});
  go(ticketHref(done.other.id));
  toast(`#${done.other.number} was split off from #${ticket.number}.`, "good");
}

export const linkText = { duplicate_of: "Duplicate of", follow_up_of: "Follows", related: "Related to" };

export async function link(ticket) {
  const { node, chosen } = chooser(ticket);
  const kind = el("select", { class: "control" }, Object.entries(linkText).map(([id, text]) => el("option", { value: id, selected: id === "related" }, text)));
  await dialog({
    title: `Link #${ticket.number}`, yes: "Link", content: [labelled("How", kind), ...node], wide: true,
    onSubmit: async () => change(ticket.id, "link", { link: kind.value, target: (await chosen()).id }),
  });
}
