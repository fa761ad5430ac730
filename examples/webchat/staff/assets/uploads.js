// Files waiting in the composer: picked, pasted or dropped, uploaded at once.

import { pause, backoff } from "./base.js";
import { upload as send, errorText } from "./api.js";
import { el, icon, iconButton } from "./dom.js";
import { sizeText } from "./dates.js";

const most = 20;
const largest = 25 << 20;

export function createUploads(onChange, onProblem) {
  const list = [];
  const node = el("ul", { class: "uploads", "aria-label": "Attachments", hidden: true });

  function add(files) {
    for (const file of files) {
      if (list.length >= most) { onProblem(`A reply can carry ${most} files at most.`); break; }
      if (file.size > largest) { onProblem(`${file.name} is larger than ${sizeText(largest)}.`); continue; }
      const item = { file, done: null, abort: new AbortController() };
      list.push(item);
      show(item);
      upload(item);
    }
    refresh();
  }

  // restore puts back what was uploaded for a reply that is edited again.
  function restore(attachments) {
    for (const done of attachments || []) {
      const item = { file: { name: done.name, type: done.type, size: done.size }, done, abort: new AbortController() };
      list.push(item);
      show(item);
      item.progress.hidden = true;
    }
    refresh();
  }

  function show(item) {
    const { file } = item;
    item.progress = el("progress", { max: "1", value: "0", "aria-label": `Uploading ${file.name}` });
    const image = file instanceof Blob && /^image\/(png|jpe?g|gif|webp)$/.test(file.type);
    if (image) item.preview = URL.createObjectURL(file);
    item.node = el("li", { class: "upload" },
      image ? el("img", { src: item.preview, alt: "" }) : icon("file"),
      el("span", { class: "upload-text" }, el("span", { class: "file-name", dir: "auto" }, file.name),
        el("span", { class: "file-size" }, sizeText(file.size || 0)), item.progress),
      iconButton("close", `Remove ${file.name}`, () => remove(item)));
    node.append(item.node);
  }

  async function upload(item) {
    for (let attempt = 0; list.includes(item); attempt++) {
      try {
        item.done = await send(item.file, (part) => { item.progress.value = part; }, item.abort.signal);
        item.progress.hidden = true;
        break;
      } catch (err) {
        if (err.name === "AbortError") return;
        if (err.permanent) {
          onProblem(`${item.file.name}: ${errorText(err)}`);
          remove(item);
          return;
        }
        await pause(err.retryAfter || backoff(attempt));
      }
    }
    refresh();
  }

  function remove(item) {
    item.abort.abort();
    if (item.preview) URL.revokeObjectURL(item.preview);
    const i = list.indexOf(item);
    if (i >= 0) list.splice(i, 1);
    item.node.remove();
    refresh();
  }

  function refresh() {
    node.hidden = list.length === 0;
    onChange();
  }

  return {
    node, add, restore,
    busy: () => list.some((item) => !item.done),
    count: () => list.length,
    // take empties the list and gives the uploaded attachments.
    take() {
      const done = list.map((item) => item.done).filter(Boolean);
      for (const item of [...list]) remove(item);
      return done;
    },
  };
}
