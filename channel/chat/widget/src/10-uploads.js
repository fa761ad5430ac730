// Files waiting in the composer: picked, pasted or dropped, uploaded at once.

function createUploads(onChange, onProblem) {
  const list = [];
  const node = el("ul", { class: "uploads", hidden: true });

  const limits = () => (state.config && state.config.attachments) || { max_bytes: 26214400, types: [], per_message: 20 };

  function refusal(file) {
    const { max_bytes, types, per_message } = limits();
    if (list.length >= (per_message || 20)) return t("too_many", { n: countText(per_message || 20) });
    if (max_bytes && file.size > max_bytes) return t("too_large", { name: file.name, limit: sizeText(max_bytes) });
    const fits = (type) => type === "*/*" || type === file.type || (type.endsWith("/*") && file.type.startsWith(type.slice(0, -1)));
    if (types && types.length && !types.some(fits)) return t("unsupported_type", { name: file.name });
    return "";
  }

  function add(files) {
    if (limits().off) return;
    for (const file of files) {
      const why = refusal(file);
      if (why) { onProblem(why); continue; }
      const item = { file, done: null, abort: new AbortController() };
      list.push(item);
      show(item);
      upload(item);
    }
    refresh();
  }

  function show(item) {
    const { file } = item;
    item.progress = el("progress", { max: "1", value: "0", "aria-label": t("uploading", { name: file.name, percent: "" }) });
    const image = /^image\/(png|jpe?g|gif|webp)$/.test(file.type);
    if (image) item.preview = URL.createObjectURL(file);
    item.node = el("li", { class: "upload" },
      image ? el("img", { src: item.preview, alt: "" }) : icon("file"),
      el("span", { class: "upload-text" }, el("span", { class: "file-name", dir: "auto" }, file.name), item.progress),
      iconButton("close", t("remove", { name: file.name }), () => remove(item)));
    node.append(item.node);
  }

  async function upload(item) {
    for (let attempt = 0; list.includes(item); attempt++) {
      try {
        item.done = await api.upload(item.file, (part) => { item.progress.value = part; }, item.abort.signal);
        item.progress.hidden = true;
        item.node.classList.add("done");
        break;
      } catch (err) {
        if (err.name === "AbortError") return;
        if (err.permanent) {
          onProblem(err.code === "unsupported_type" ? t("unsupported_type", { name: item.file.name })
            : t("upload_failed", { name: item.file.name }));
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
    node, add,
    off: () => !!limits().off,
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
