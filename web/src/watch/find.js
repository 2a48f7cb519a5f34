// The search box: rows whose service, state or problem does not have the words are hidden.

export function findRows(table) {
  const box = document.getElementById("find");
  const none = document.getElementById("none");
  const body = table.tBodies[0];

  function apply() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = `${row.cells[0].textContent} ${row.cells[1].textContent}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    none.hidden = shown > 0;
    none.textContent = body.rows.length ? "No service has these words." : "No service is watched yet.";
  }

  box.closest("label").hidden = false;
  box.addEventListener("input", apply);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select")) {
      event.preventDefault();
      box.select();
    }
    if (event.key === "Escape" && event.target === box) {
      box.value = "";
      apply();
    }
  });
  return { apply };
}
