// Requests to the desk. A token that ran out is renewed once, in one place.

class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `status ${status}`);
    this.status = status;
    this.code = body.code || "";
    this.limit = body.limit;
    this.retryAfter = retryAfter || 0;
  }
  // What a repetition of the same request can not mend.
  get permanent() {
    return this.status >= 400 && this.status < 500 && ![401, 408, 425, 429].includes(this.status);
  }
}

const api = {
  token: "",
  user: parseJSON(settings.user, null),
  renewing: null,

  url: (path) => `${base}/chat/v1${path}`,

  // ask begins a session; it becomes this page's by renew only.
  ask() {
    const body = { app: appID, platform: settings.platform || "webchat", device: deviceSecret(), language: askedLanguage() };
    if (this.user) body.user = this.user;
    if ("private" in settings && settings.private !== "false") body.private = true;
    return this.send("POST", "/session", body, "");
  },

  // Many requests may see a 401 together; they share one new session.
  renew() {
    if (!this.renewing) {
      this.renewing = this.ask()
        .then((answer) => { this.token = answer.token; bus.emit("session", answer); return answer; })
        .finally(() => { this.renewing = null; });
    }
    return this.renewing;
  },

  // A session that was asked for before does not know of the user yet.
  async renewAfresh() {
    if (this.renewing) await this.renewing.catch(() => {});
    return this.renew();
  },

  // An answer is marked as outdated where another end user has come meanwhile.
  async call(method, path, body) {
    const used = this.token;
    try {
      return await this.markedSend(method, path, body, used);
    } catch (err) {
      if (err.status !== 401) throw err;
      if (this.token === used) await this.renew();
      return this.markedSend(method, path, body, this.token);
    }
  },

  async markedSend(...request) {
    const whose = era;
    const answer = await this.send(...request);
    if (answer && whose !== era) answer.outdated = true;
    return answer;
  },

  async send(method, path, body, token) {
    const headers = { Accept: "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(this.url(path), {
      method, headers, credentials: "omit", cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout ? AbortSignal.timeout(20000) : undefined,
    });
    const text = response.status === 204 ? "" : await response.text();
    if (!response.ok) throw problemOf(response.status, text, response.headers.get("Retry-After"));
    // A body cut short by a dying server must count as a failure, not as an empty answer.
    return text ? JSON.parse(text) : null;
  },

  // fetch has no upload progress, hence XMLHttpRequest.
  upload(file, onProgress, signal) {
    const attempt = (token) => new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      xhr.open("POST", this.url("/attachments"));
      xhr.setRequestHeader("Authorization", `Bearer ${token}`);
      xhr.upload.onprogress = (e) => e.lengthComputable && onProgress(e.loaded / e.total);
      xhr.onload = () => (xhr.status < 300
        ? resolve(parseJSON(xhr.responseText, {}))
        : reject(problemOf(xhr.status, xhr.responseText, xhr.getResponseHeader("Retry-After"))));
      xhr.onerror = () => reject(new TypeError("network"));
      xhr.onabort = () => reject(new DOMException("", "AbortError"));
      signal.addEventListener("abort", () => xhr.abort());
      const form = new FormData();
      form.append("file", file, file.name || "image.png");
      xhr.send(form);
    });
    return attempt(this.token).catch(async (err) => {
      if (err.status !== 401) throw err;
      await this.renew();
      return attempt(this.token);
    });
  },
};

function problemOf(status, text, retryAfter) {
  const body = parseJSON(text, {});
  return new Problem(status, typeof body === "object" && body ? body : {}, Number(retryAfter) * 1000);
}

// attachmentURL joins the signed path to the prefix and lets only http(s) through.
function attachmentURL(path) {
  const joined = /^[a-z][a-z0-9+.-]*:/i.test(path) ? path : `${base}/${String(path).replace(/^\/+/, "")}`;
  return /^https?:/i.test(joined) ? joined : "";
}
