// Mail: what was held and why, and how the desk's own mails look.

import { el, icon, remake } from "./dom.js";
import { call, errorText } from "./api.js";
import { changed } from "./base.js";
import { dayText, timeText, sizeText } from "./dates.js";
import { ask, dialog, labelled, toast } from "./overlay.js";

const reasons = {
  unreadable: "Can’t be read", failed: "Went wrong", automatic: "Written by a program", rate: "Too many of one sender", report: "A report on a mail that the desk doesn’t know",
};
const languages = [["en", "English"], ["ja", "日本語"], ["de", "Deutsch"], ["fr", "Français"], ["es", "Español"], ["pt-BR", "Português (Brasil)"], ["it", "Italiano"], ["ru", "Русский"], ["ko", "한국어"], ["zh-Hans", "简体中文"], ["zh-Hant", "繁體中文"], ["ar", "العربية"]];

function edit(old, load) {
  const field = (value, props) => Object.assign(el("input", { type: "text", class: "control", dir: "auto", ...props }), { value: value || "" });
  const from = field(old.from, { placeholder: "help@shop.example" });
  const addresses = field((old.addresses || []).join(", "), { placeholder: "orders@shop.example, …" });
  const replies = field(old.replies, { placeholder: "As above" });
  const brand = field(old.brand, { maxlength: "255", placeholder: "The app’s name" });
  const logo = field(old.logo, { placeholder: "https://…" });
  const colour = el("input", { type: "color", class: "control colour" });
  colour.value = old.colour || "#3b5bdb";
  const footer = Object.assign(el("textarea", { class: "control", rows: "2", dir: "auto" }), { value: ((old.footer || []).find((f) => f.language === "en" || !f.language) || {}).text || "" });
  return dialog({
    title: "How the desk writes", yes: "Save", wide: true,
    content: [labelled("Mails come from", from, "Empty: nothing is sent by mail."), labelled("People also write to", addresses), labelled("Answers go to", replies, "Your mail server has to deliver addresses with a plus here: help+…@shop.example."),
      labelled("Brand", brand), labelled("Logo", logo), labelled("Colour", colour), labelled("Last line, in English", footer)],
    async onSubmit() {
      const others = (old.footer || []).filter((f) => f.language && f.language !== "en");
      await call("POST", "office/mailsettings", { revision: old.revision, from: from.value.trim(), addresses: addresses.value.split(/[\s,;]+/).filter(Boolean), replies: replies.value.trim(), brand: brand.value, logo: logo.value.trim(),
        colour: colour.value, footer: footer.value.trim() ? [{ language: "en", text: footer.value.trim() }, ...others] : others });
      await load();
    },
  });
}

export function createMail() {
  const content = el("div", {});
  const node = el("section", { "aria-labelledby": "mail-title" },
    el("header", { class: "office-head" }, el("div", {}, el("h2", { id: "mail-title" }, "Mail"), el("p", { class: "soft" }, "Mails that didn’t become messages by themselves. Nothing here goes away unless you say so.")),
      el("button", { type: "button", class: "button", onclick: () => load() }, icon("reopen"), "Look again")), content);
  let got = null, settings = null, language = "en";

  async function load() {
    try {
      got = await call("GET", "office/mail");
      settings = await call("GET", "office/mailsettings");
    } catch (err) { toast(errorText(err)); }
    changed();
  }

  async function decide(what, mail) {
    if (what === "discard" && !(await ask({ title: "Discard this mail?", text: `What ${mail.from || "somebody"} wrote is gone then.`, yes: "Discard", danger: true }))) return;
    try { await call("POST", `office/mail/${what}`, { id: mail.id }); } catch (err) { toast(errorText(err)); }
    await load();
  }

  function row(mail) {
    const button = (label, what) => el("button", { type: "button", class: "text-button", onclick: () => decide(what, mail) }, label);
    return el("tr", {}, el("td", { dir: "auto" }, el("strong", {}, mail.from || "Nobody named"), el("small", { class: "soft", dir: "auto" }, ` ${mail.subject || ""}`)),
      el("td", { "data-label": "Why" }, reasons[mail.reason] || mail.reason, mail.error ? el("small", { class: "soft", dir: "auto" }, ` ${mail.error}`) : null),
      el("td", { "data-label": "Came" }, el("time", { datetime: mail.time }, `${dayText(mail.time)}, ${timeText(mail.time)}`), el("small", { class: "soft" }, ` ${sizeText(mail.size)}`)),
      el("td", { class: "mail-acts" }, el("a", { class: "text-button", href: `api/office/mail/${encodeURIComponent(mail.id)}`, target: "_blank", rel: "noopener" }, "Read"), mail.reason === "automatic" || mail.reason === "rate" || mail.reason === "report" ? button("Let in", "letin") : button("Try again", "retry"), button("Discard", "discard")));
  }

  function looks() {
    if (!settings) return null;
    const pick = el("select", { class: "control", "aria-label": "Language", onchange: () => { language = pick.value; frame.src = previewOf(); } }, languages.map(([id, name]) => el("option", { value: id, selected: id === language }, name)));
    const previewOf = () => `api/office/mailpreview?language=${encodeURIComponent(language)}&revision=${settings.revision}`;
    const frame = el("iframe", { class: "mail-preview", title: "How a mail looks", sandbox: "", src: previewOf() });
    return [el("header", { class: "office-head second" }, el("div", {}, el("h2", {}, "How the desk writes"), el("p", { class: "soft" }, settings.from ? ["From ", el("strong", { dir: "ltr" }, settings.from)] : "No address yet: answers to mails can’t be sent.")),
      el("div", { class: "mail-acts" }, pick, el("button", { type: "button", class: "button", onclick: () => edit(settings, load) }, icon("write"), "Change"))), frame];
  }

  function render() {
    if (!got) return;
    remake(content, JSON.stringify([got, settings]), () => [
      got.held.length ? el("table", { class: "office-table" }, el("thead", {}, el("tr", {}, ["From", "Why", "Came", ""].map((t) => el("th", { scope: "col" }, t)))), el("tbody", {}, got.held.map(row)))
        : el("p", { class: "empty-line" }, "Nothing is held."),
      looks()]);
  }
  return { node, load, render };
}
