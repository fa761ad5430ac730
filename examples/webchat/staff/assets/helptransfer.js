// Articles from files and into files. An import is tried first: what would become of each
// entry is shown before anything is changed.

import { el, icon, remake } from "./dom.js";
import { errorText, uploadForm } from "./api.js";
import { changed } from "./base.js";
import { toast } from "./overlay.js";
import { count, helpHref } from "./helptext.js";

const shapes = [["", "By their names: .md, .csv, .json"], ["zendesk", "Zendesk’s JSON"], ["helpshift", "Helpshift’s JSON"]];
const outcomes = { created: ["new", "plus"], updated: ["changed", "write"], unchanged: ["as it is", "check"], refused: ["refused", "alert"] };
const most = 20 << 20; // bytes that are sent at once

export function createTransfer(loadTree) {
  let files = [], report = null, busy = false, done = false;
  const shape = el("select", { class: "control", "aria-label": "What kind of files", onchange: reset }, shapes.map(([v, text]) => el("option", { value: v }, text)));
  const draft = el("input", { type: "checkbox", onchange: reset });
  const picker = el("input", { type: "file", multiple: true, accept: ".md,.csv,.json", class: "hidden-text", tabindex: "-1", "aria-hidden": "true", onchange: () => take(picker) });
  const folder = el("input", { type: "file", webkitdirectory: true, class: "hidden-text", tabindex: "-1", "aria-hidden": "true", onchange: () => take(folder) });
  const place = el("div", { class: "transfer-drop", ondragover: (e) => { e.preventDefault(); place.classList.add("over"); }, ondragleave: () => place.classList.remove("over"),
    ondrop: (e) => { e.preventDefault(); place.classList.remove("over"); choose([...e.dataTransfer.files]); } },
  icon("file"), el("p", {}, "Drop files here, or choose them"),
  el("span", { class: "help-acts" }, el("button", { type: "button", class: "button", onclick: () => picker.click() }, "Choose files"), el("button", { type: "button", class: "button", onclick: () => folder.click() }, "Choose a folder")), picker, folder);
  const chosen = el("p", { class: "small", role: "status" });
  const go = el("button", { type: "button", class: "button primary", hidden: true, onclick: () => send(false) });
  const content = el("div", { "aria-live": "polite" });
  const node = el("div", { class: "transfer" },
    el("section", { "aria-labelledby": "import-title" }, el("h3", { id: "import-title" }, "Import"),
      el("p", { class: "soft" }, "Articles are known by their ids: importing again changes them, and never deletes one. Nothing is changed before you have seen what would be."),
      el("div", { class: "transfer-choice" }, shape, el("label", { class: "check" }, draft, "Keep everything a draft")), place, chosen, content, el("div", { class: "help-acts" }, go)),
    el("section", { "aria-labelledby": "export-title" }, el("h3", { id: "export-title" }, "Export"),
      el("p", { class: "soft" }, "All articles of the app in all languages: what readers see, and drafts of what they don’t."),
      el("div", { class: "transfer-out" }, [["md", "Markdown", "A folder as a ZIP file"], ["csv", "CSV", "A row for each translation"], ["json", "JSON", "An article a line"]].map(([format, name, hint]) =>
        el("a", { class: "transfer-format", href: `api/office/help/export?format=${format}`, download: "" }, icon("hand"), el("span", {}, el("strong", {}, name), el("small", { class: "soft" }, hint)))))));

  function take(input) {
    choose([...input.files]);
    input.value = "";
  }

  function choose(list) {
    files = list.filter((f) => /\.(md|csv|json)$/i.test(f.name));
    if (!files.length) { toast("None of that is a .md, .csv or .json file."); return; }
    if (files.reduce((sum, f) => sum + f.size, 0) > most) { toast("That is more than 20 MB: import it in parts."); files = []; return; }
    send(true);
  }

  function reset() {
    report = null;
    if (files.length) send(true); else changed();
  }

  async function send(dry) {
    if (busy || !files.length) return;
    busy = true;
    if (dry) report = null;
    changed();
    const form = new FormData();
    form.append("shape", shape.value);
    form.append("dry", String(dry));
    form.append("draft", String(draft.checked));
    for (const f of files) { form.append("path", f.webkitRelativePath.split("/").slice(1).join("/") || f.name); form.append("file", f, f.name); }
    try {
      report = await uploadForm("office/help/import", form);
      done = !dry;
      if (done) { files = []; toast("Imported.", "good"); loadTree(); }
    } catch (err) { toast(errorText(err)); if (dry) files = []; }
    busy = false;
    changed();
  }

  const row = (r) => el("li", { class: `transfer-row ${r.outcome}` }, icon(outcomes[r.outcome][1]),
    el("span", { class: "transfer-text" }, el("span", { dir: "auto" }, r.article ? el("a", { class: "help-title", href: helpHref("a", r.article) }, r.id || r.at) : r.id || r.at), el("small", { class: "soft", dir: "auto" }, r.outcome === "refused" ? `${r.at}: ${r.field} ${r.reason}` : r.at)),
    el("span", { class: "pill" }, outcomes[r.outcome][0]));

  function summary() {
    const parts = Object.entries(outcomes).filter(([what]) => report[what]).map(([what, [text]]) => `${report[what].toLocaleString()} ${text}`);
    return el("div", { class: "transfer-report" }, el("p", { class: "verdict" }, done ? "Done: " : "This would be: ", parts.join(", ") || "nothing", "."),
      el("ul", { class: "transfer-rows" }, report.results.map(row)), report.more ? el("p", { class: "soft small" }, "The first 500 are shown, refused ones first.") : null);
  }

  function render() {
    const what = report && !done ? report.created + report.updated : 0;
    go.hidden = !what;
    go.disabled = busy;
    go.textContent = `Import ${count(what, "entry", "entries")}`;
    chosen.textContent = busy ? "Reading the files…" : files.length ? `${files.slice(0, 3).map((f) => f.name).join(", ")}${files.length > 3 ? ` and ${files.length - 3} more` : ""}` : "";
    remake(content, JSON.stringify([report, done]), () => (report ? summary() : []));
  }
  return { node, render, enter: () => { files = []; report = null; done = false; } };
}
