// Function names, long and short, and the package a function belongs to.

const SPECIAL = "(";

// `net/http` of Go's `net/http.(*conn).serve`; of a name without a slash what stands before its
// first dot; else the folder of the file.
export function packageOf(name, file) {
  if (!name || name.startsWith(SPECIAL)) return "";
  const slash = plain(name).lastIndexOf("/") + 1;
  const dot = name.indexOf(".", slash);
  if (dot > 0) return name.slice(0, dot).replaceAll("%2e", ".");
  const folder = file.split("/").at(-2);
  return folder ?? "";
}

// `http.(*conn).serve`: without the path of the package, whose last part says enough in a box; of
// `acme/store/v3.Get` the last two, as `v3` is no name.
export function shortName(name) {
  const parts = plain(name).split("/");
  const said = /^v\d+(\.|$)/.test(parts.at(-1)) && parts.length > 1 ? 2 : 1;
  return name.slice(parts.slice(0, -said).join("/").length + (parts.length > said ? 1 : 0));
}

// The name up to its first bracket: slashes of type arguments belong to other packages.
function plain(name) {
  const bracket = name.search(/[[({<]/);
  return bracket > 0 ? name.slice(0, bracket) : name;
}
