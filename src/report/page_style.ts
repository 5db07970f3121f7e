/**
 * The page's style: light and dark by the reader's choice, tables that scroll by themselves, no resource from outside.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f6f7f9, #14171c);
  --card: light-dark(#ffffff, #1d2128);
  --text: light-dark(#1b2430, #e4e8ee);
  --faint: light-dark(#5d6875, #9aa5b3);
  --line: light-dark(#dfe4ea, #313843);
  --accent: light-dark(#1f5fae, #7db3f2);
  --mark: light-dark(#fff3cf, #453a16);
  --good: light-dark(#1c7a43, #6fce96);
  --bad: light-dark(#b3261e, #f2938c);
  --busy: light-dark(#8a5a00, #ecc06a);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 60px; }
#progress { max-width: 1180px; margin: 0 auto; padding: 10px 20px 0; color: var(--faint); font-variant-numeric: tabular-nums; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 6px 14px; margin-bottom: 16px; }
h1 { font-size: 24px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 34px 0 12px; overflow-wrap: anywhere; }
h3 { font-size: 15px; margin: 0; }
p { margin: 0; }
a { color: var(--accent); }
code { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.status { font-size: 13px; font-weight: 600; padding: 1px 10px; border: 1px solid currentColor; border-radius: 99px; }
.finished { color: var(--good); }
.failed { color: var(--bad); }
.running, .interrupted { color: var(--busy); }
.notice { border-left: 4px solid var(--busy); padding: 8px 14px; background: var(--card); margin: 0 0 14px; }
.notice.failed { border-color: var(--bad); color: var(--text); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
.tile b { display: block; font-size: 24px; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile span { color: var(--faint); font-size: 13px; }
.figures { columns: 2 480px; column-gap: 14px; margin-bottom: 14px; }
figure { margin: 0 0 14px; break-inside: avoid; }
figcaption { margin-bottom: 10px; }
figcaption p { color: var(--faint); font-size: 13px; }
.plot { overflow-x: auto; }
.plot svg { display: block; max-width: 100%; height: auto; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
.wide table { width: 100%; }
.settings { font-size: 14px; columns: 2 420px; column-gap: 40px; }
.settings div { display: flex; justify-content: space-between; gap: 16px; padding: 3px 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
.hash { margin-top: 8px; font-size: 13px; }
caption { text-align: left; color: var(--faint); font-size: 13px; padding-bottom: 8px; }
th, td { text-align: left; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--faint); font-weight: 500; font-size: 13px; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody th { font-weight: 500; }
.best { font-weight: 700; }
.different > * { background: var(--mark); }
details summary { cursor: pointer; }
@media print { body { background: none; } .card { break-inside: avoid; } }
`;
