// Colours live in the style sheet alone; a canvas has to read them from there.

const root = document.documentElement;

// The hue of a recording: the same in charts, tiles and tables.
const HUES = { only: "--after", before: "--before", after: "--after" };

export function palette(role) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    main: read(HUES[role]),
    ink: read("--ink"),
    muted: read("--muted"),
    grid: read("--grid"),
    bad: read("--bad"),
    surface: read("--surface"),
  };
}

export function font(size) {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

export function isPrinting() {
  return root.classList.contains("printing");
}

// Calls `redraw` when the colours change: the reader's scheme, or paper, which is always light.
export function onThemeChange(redraw) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      root.classList.toggle("printing", printing);
      redraw();
    });
  }
}
