/** What pages with a script add to the style of reports. */
export const WEB_STYLE = `
section.model { margin-bottom: 48px; }
section.model h3 { margin: 22px 0 8px; }
button, input, select { font: inherit; color: inherit; }
button {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 3px 12px; cursor: pointer;
}
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
input[type="password"], input[type="number"] {
  background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: 3px 8px;
}
dialog { background: var(--card); color: var(--text); border: 1px solid var(--line); border-radius: 10px; padding: 20px; max-width: 34em; }
dialog::backdrop { background: rgb(0 0 0 / 0.4); }
dialog p, dialog label { display: block; margin-bottom: 12px; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.current { color: var(--good); font-weight: 600; }
.candidate { color: var(--busy); font-weight: 600; }
.refused { color: var(--bad); }
.reason { max-width: 46em; }
.chart { display: block; width: 100%; max-width: 760px; height: auto; }
.chart text { font-size: 11px; fill: currentColor; }
.chart .grid { stroke: currentColor; stroke-opacity: 0.15; }
.chart .line { fill: none; stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 6px 0 14px; padding: 0; font-size: 13px; }
.legend svg { width: 12px; height: 12px; margin-right: 5px; }
.drawing { display: flex; flex-wrap: wrap; gap: 18px; align-items: flex-start; }
.pad { position: relative; width: 280px; touch-action: none; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.pad canvas { display: block; width: 100%; height: auto; cursor: crosshair; }
.pad .pen { position: absolute; width: 10px; height: 10px; margin: -5px 0 0 -5px; border: 2px solid var(--accent); border-radius: 50%; pointer-events: none; visibility: hidden; }
.pad canvas:focus-visible + .pen { visibility: visible; }
.pad.dropping { outline: 3px dashed var(--accent); }
.tools { width: 280px; margin-top: 8px; }
.tools .row { margin-bottom: 6px; }
.seen { width: 56px; height: 56px; object-fit: contain; image-rendering: pixelated; border: 1px solid var(--line); background: #000; }
.answers { flex: 1 1 320px; display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px; }
.answers .card { padding: 10px 14px; }
.answers b { display: block; font-size: 26px; line-height: 1.3; overflow-wrap: anywhere; }
.answers ol { list-style: none; margin: 6px 0 0; padding: 0; font-size: 13px; }
.answers li { display: grid; grid-template-columns: 1fr auto; gap: 0 8px; }
.answers li span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.answers progress { grid-column: 1 / -1; width: 100%; height: 6px; accent-color: var(--accent); }
`;
