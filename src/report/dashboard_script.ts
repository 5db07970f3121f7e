/** How often the page asks for news. */
const REFRESH_MS = 2000;

/**
 * Replaces the page's contents when they have changed; says so once nobody answers any more. What is being selected or
 * scrolled stays, as long as nothing changes.
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
    setTimeout(refresh, ${REFRESH_MS});
  } catch {
    const end = document.createElement("p");
    end.className = "notice";
    end.textContent = "The run's program has ended: this page shows what it served last.";
    document.querySelector("main").prepend(end);
  }
}
setTimeout(refresh, ${REFRESH_MS});
`;
