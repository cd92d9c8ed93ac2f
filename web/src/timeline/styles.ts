import type { Theme } from "./theme.ts";

/** Style sheet of the element for a theme. */
export const styleOf = (theme: Theme): string => `
:host { display: flex; flex-direction: column; min-width: 0; color: ${theme.ink}; background: ${theme.surface};
  font: 12px/16px ${theme.family}; font-variant-numeric: tabular-nums; color-scheme: ${theme.name}; }
:host([hidden]) { display: none; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; padding: 4px 12px; min-height: 28px;
  border-bottom: 1px solid ${theme.line}; }
.presets { display: inline-flex; border: 1px solid ${theme.line2}; border-radius: 6px; overflow: hidden; }
button { font: inherit; color: ${theme.ink}; background: ${theme.surface}; border: 1px solid ${theme.line2};
  border-radius: 6px; height: 24px; padding: 0 8px; cursor: pointer; }
.presets button { border: 0; border-radius: 0; border-right: 1px solid ${theme.line}; }
.presets button:last-child { border-right: 0; }
button[aria-pressed="true"] { background: ${theme.ink}; color: ${theme.surface}; font-weight: 500; }
input { font: inherit; font-weight: 600; color: ${theme.ink}; background: transparent; border: 1px solid transparent;
  border-radius: 6px; height: 22px; padding: 0 4px; width: 204px; max-width: 100%; box-sizing: border-box; }
input:hover, input:focus { border-color: ${theme.line2}; }
input[aria-invalid="true"] { border-color: ${theme.bad}; }
.length, .hint { color: ${theme.ink3}; }
.last { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin-left: auto; }
.search { width: 104px; font-weight: 400; border-color: ${theme.line2}; }
.legend { display: flex; flex-wrap: wrap; gap: 2px; }
.legend button { display: inline-flex; align-items: center; gap: 5px; border: 0; padding: 0 6px; color: ${theme.ink2}; background: none; }
.legend button:hover { background: ${theme.sunk}; }
.legend button[aria-pressed="true"] { color: ${theme.ink}; background: ${theme.sunk}; font-weight: 600; box-shadow: inset 0 -2px ${theme.ink}; }
.legend.chosen button[aria-pressed="false"] i { opacity: 0.35; }
.legend i { width: 9px; height: 9px; border-radius: 2px; }
.surface { position: relative; flex: 1 1 auto; min-height: 140px; overflow: hidden; outline: none; touch-action: pan-y;
  cursor: default; user-select: none; -webkit-user-select: none; }
.surface:focus-visible { outline: 2px solid ${theme.ink}; outline-offset: -2px; }
:host(:focus-visible) { outline: none; }
canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.tip { position: absolute; z-index: 2; pointer-events: none; max-width: 300px; padding: 8px 10px; border-radius: 8px;
  background: ${theme.raised}; border: 1px solid ${theme.line2}; box-shadow: 0 4px 16px #0003; overflow-wrap: anywhere; }
.tip b { display: block; font-weight: 600; }
.tip div { color: ${theme.ink2}; }
.twin { overflow: auto; max-height: 360px; border-top: 1px solid ${theme.line}; }
.twin table { border-collapse: collapse; width: 100%; }
.twin th, .twin td { text-align: left; padding: 4px 8px; border-bottom: 1px solid ${theme.line}; vertical-align: top;
  overflow-wrap: anywhere; }
.twin th { position: sticky; top: 0; background: ${theme.sunk}; font-weight: 600; }
.twin tr[aria-selected="true"] td { background: ${theme.sunk}; font-weight: 600; }
.twin tr:focus-visible { outline: 2px solid ${theme.ink}; outline-offset: -2px; }
.twin p { margin: 8px; color: ${theme.ink3}; }
.live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
[hidden] { display: none !important; }
@media (max-width: 640px) { .last { margin-left: 0; } .tools { padding: 4px 8px; } }
@media print { .tools > button, .presets, .tools input, .tip, .hint { display: none; } .twin { max-height: none; } }
`;
