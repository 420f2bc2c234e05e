#pragma once

namespace plaquette {

/// The style sheet of a report: series colours c0 to c7 and grades in a light and a dark form, one
/// column of charts where the page is narrow.
inline constexpr const char* kReportStyle = R"(
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1c2126;--soft:#5c6670;--rule:#dfe2e5;
--good:#1a7f4b;--caution:#a35c00;--bad:#c22f2f;--minus:#c2571a;--plus:#2159b8;
--c0:#2159b8;--c1:#cf5a12;--c2:#12805f;--c3:#a8307f;--c4:#866a00;--c5:#6747c7;--c6:#08829c;--c7:#7b4b34}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2125;--ink:#e6e9eb;--soft:#9aa5ae;
--rule:#343b41;--good:#5fce93;--caution:#f0b04a;--bad:#ff8a80;--minus:#ff9c62;--plus:#7fb0ff;
--c0:#7fb0ff;--c1:#ff9c62;--c2:#54cfa6;--c3:#f08ccf;--c4:#e2c04a;--c5:#b7a1ff;--c6:#63cde4;--c7:#d5a88c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
main{max-width:1440px;margin:0 auto;padding:1.2rem clamp(.8rem,3vw,2.5rem) 3rem}
h1{font-size:1.6rem;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem;overflow-wrap:anywhere}
p{margin:.3rem 0}
ol{margin:.3rem 0;padding-left:1.4rem}
.note,small{color:var(--soft);font-size:.8rem}
small{display:block;font-weight:400}
.wide{overflow-x:auto;margin-top:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.3rem 1.2rem .3rem 0;border-bottom:1px solid var(--rule)}
thead th{min-width:9rem}
tbody th{font-weight:400;color:var(--soft)}
table.runs tbody tr:first-child td{font-weight:600}
table.runs td{max-width:28rem;overflow-wrap:anywhere}
table.verdicts{width:100%}
table.verdicts th[scope=row]{color:var(--ink);width:34rem;max-width:50vw}
.grade{display:inline-block;width:1.3rem;font-weight:700}
.good{color:var(--good)}.caution{color:var(--caution)}.bad{color:var(--bad)}.unknown{color:var(--soft)}
.dot{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;margin-right:.45rem;background:var(--c)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,25rem),1fr));gap:1rem}
figure{margin:0;padding:.8rem;background:var(--card);border:1px solid var(--rule);border-radius:6px;min-width:0}
figcaption{font-weight:600;font-size:.92rem;margin-bottom:.35rem}
svg{display:block;width:100%;height:auto;font-family:system-ui,sans-serif;font-variant-numeric:tabular-nums}
.chart,.bars{font-size:12px}
svg text{fill:var(--soft)}
.axis line{stroke:var(--rule)}
.axis.x text,text.name,.map text{text-anchor:middle}
.axis.y text,text.row,.map text.row{text-anchor:end}
svg text.level{fill:var(--ink);font-size:11px;paint-order:stroke;stroke:var(--card);stroke-width:3px}
line.level{stroke:var(--ink);stroke-dasharray:2 3}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}
.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}.c7{--c:var(--c7)}
.curve{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}
.dash1{stroke-dasharray:5 3}.dash2{stroke-dasharray:1.5 2.5}.dash3{stroke-dasharray:7 2 1.5 2}
.band{fill:var(--c);fill-opacity:.2}
.bar{fill:var(--c)}
.mark line{stroke:var(--c);stroke-width:1.6}
.mark circle{fill:var(--card);stroke:var(--c);stroke-width:1.8}
.legend{list-style:none;margin:.4rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.8rem}
.legend li{display:flex;align-items:center;gap:.4rem;overflow-wrap:anywhere;min-width:0}
.key{width:22px;flex:none}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,9.5rem),1fr));gap:.8rem}
.maps.large{grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),26rem))}
.maps figcaption{font-weight:400;font-size:.8rem}
.maps.large figcaption{min-height:2.4em}
.plus{fill:var(--plus)}.minus{fill:var(--minus)}
.frame{fill:none;stroke:var(--rule);stroke-width:1px;vector-effect:non-scaling-stroke}
.who{display:none}
@media(max-width:720px){table thead{display:none}
table,tbody,tr,tbody th,td{display:block}
tr{padding:.35rem 0;border-bottom:1px solid var(--rule)}
th,td{padding:.05rem 0;border:0}
table.verdicts th[scope=row]{width:auto;max-width:none}
.who{display:block;color:var(--soft);font-size:.8rem;font-weight:400}}
pre{overflow-x:auto;font-size:.8rem}
summary{cursor:pointer;overflow-wrap:anywhere}
)";

}  // namespace plaquette
