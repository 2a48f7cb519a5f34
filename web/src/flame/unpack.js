// The page's data: gzipped JSON, base64 inside the page or fetched from the server that made it.

export async function unpack() {
  const block = document.getElementById("data");
  const bytes = block.dataset.from
    ? await fetched(block.dataset.from)
    : Uint8Array.from(atob(block.textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

async function fetched(url) {
  const response = await fetch(url, { cache: "no-store" });
  if (!response.ok) throw new Error((await response.text()).slice(0, 500));
  return new Uint8Array(await response.arrayBuffer());
}
