/** How often the page asks for news. */
const REFRESH_MS = 2000;

/**
 * Replaces the page's contents when they have changed, and the line that says what the run is doing; says so once
 * nobody answers any more. What is being selected or scrolled stays, as long as nothing changes.
 */
export const DASHBOARD_SCRIPT = `
let tag = "";
async function refresh() {
  try {
    const answer = await fetch("main", { headers: tag ? { "if-none-match": tag } : {} });
    if (answer.ok) {
      tag = answer.headers.get("etag") ?? "";
      document.querySelector("main").outerHTML = await answer.text();
    }
    const progress = await fetch("progress");
    if (progress.ok) document.getElementById("progress").textContent = await progress.text();
    setTimeout(refresh, ${REFRESH_MS});
  } catch {
    document.getElementById("progress").textContent = "";
    const end = document.createElement("p");
    end.className = "notice";
    end.textContent = "The run's program has ended: this page shows what it served last.";
    document.querySelector("main").prepend(end);
  }
}
setTimeout(refresh, ${REFRESH_MS});
`;
