// What the page shows, kept in the URL's fragment: whoever gets the link sees the same.

const TEXTS = { tab: "tab", type: "type", focus: "focus", only: "only", by: "by", find: "find", line: "line" };

export class State {
  constructor(defaults, onChange) {
    this.defaults = defaults;
    this.onChange = onChange;
    this.read();
    addEventListener("hashchange", () => {
      if (location.hash.slice(1) === this.written) return;
      this.read();
      onChange(this);
    });
  }

  read() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.keys(TEXTS)) this[name] = given.get(TEXTS[name]) ?? this.defaults[name] ?? "";
    this.hide = given.getAll("hide");
    this.work = given.has("per") ? given.get("per") === "work" : this.defaults.work;
    const [left, right] = (given.get("x") ?? "").split("-").map(Number);
    const usable = left >= 0 && right <= 1 && right - left > 1e-9;
    this.left = usable ? left : 0;
    this.right = usable ? right : 1;
  }

  // Changes some of it as a step to come back to; a zoom is none, or going back would take ages.
  set(changes, { step = true } = {}) {
    Object.assign(this, changes);
    this.write(step);
    this.onChange(this);
  }

  zoom(left, right) {
    Object.assign(this, { left, right });
    clearTimeout(this.pending);
    this.pending = setTimeout(() => this.write(false), 200);
  }

  write(step) {
    clearTimeout(this.pending);
    this.written = this.text();
    if (this.written === location.hash.slice(1)) return;
    if (step) location.hash = this.written;
    else location.replace(`#${this.written}`);
  }

  text() {
    const given = new URLSearchParams();
    for (const name of Object.keys(TEXTS)) {
      if (this[name] !== (this.defaults[name] ?? "")) given.set(TEXTS[name], this[name]);
    }
    for (const name of this.hide) given.append("hide", name);
    if (this.work !== this.defaults.work) given.set("per", this.work ? "work" : "all");
    if (this.left > 0 || this.right < 1) given.set("x", `${short(this.left)}-${short(this.right)}`);
    return String(given);
  }
}

function short(number) {
  return Number(number.toPrecision(6)).toFixed(9).replace(/\.?0+$/, "");
}
