"""The style of all pages, in the page itself: a phone on a slow network loads one thing."""

STYLE = """
:root{--ink:#1c2430;--soft:#5a6575;--line:#c9d1dc;--edge:#8490a1;--back:#eef1f5;--card:#fff;--main:#14548f;
--on-main:#fff;--pale:#e4eef8;--bad:#a8201a;--bad-back:#fdecea}
@media (prefers-color-scheme:dark){:root{--ink:#e9edf3;--soft:#a9b4c3;--line:#46515f;--edge:#76859a;
--back:#12161c;--card:#1b2129;--main:#7db7f0;--on-main:#0b1623;--pale:#22364b;--bad:#ff9c94;
--bad-back:#3a1f1d}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);
font:17px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:36rem;margin:0 auto;padding:1rem}
@media (min-width:40rem){main{padding:3rem 1rem}}
.card{background:var(--card);border-radius:14px;padding:1.25rem;margin:0 0 1rem;
border:1px solid var(--line)}
h1{font-size:1.45rem;line-height:1.25;margin:0 0 .75rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}
p:last-child{margin-bottom:0}
.from,.note{color:var(--soft);font-size:.95rem}
.from{margin-bottom:.35rem}
.bonus{display:inline-block;background:var(--pale);border-radius:10px;padding:.6rem .9rem;
font-weight:600}
form{margin:0}
button{display:block;width:100%;min-height:3.25rem;padding:.75rem 1rem;border:0;border-radius:12px;
background:var(--main);color:var(--on-main);font:inherit;font-weight:600;cursor:pointer;
overflow-wrap:anywhere}
button:active{transform:translateY(1px)}
.problem{background:var(--bad-back);color:var(--bad);border-radius:10px;padding:.6rem .9rem;
margin:0 0 1rem}
fieldset{border:0;margin:0;padding:0;min-width:0}
legend,.question{display:block;padding:0;margin:0 0 .75rem;font-weight:600;overflow-wrap:anywhere}
.optional{font-weight:400;color:var(--soft)}
.scale{display:grid;gap:4px}
.of10{grid-template-columns:repeat(10,1fr)}
.of11{grid-template-columns:repeat(11,1fr)}
.ends{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);font-size:.85rem;
margin-top:.35rem}
.choices{display:grid;gap:.5rem}
.option{position:relative;display:block}
.option input{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:pointer}
.option span{display:flex;align-items:center;justify-content:center;min-height:2.9rem;
border:1px solid var(--edge);border-radius:9px;font-variant-numeric:tabular-nums}
.choices .option span{justify-content:flex-start;padding:.5rem .9rem;overflow-wrap:anywhere}
.option input:hover+span{background:var(--pale)}
.option input:checked+span{background:var(--main);border-color:var(--main);color:var(--on-main);
font-weight:600}
.option input:focus-visible+span,button:focus-visible,textarea:focus-visible{
outline:3px solid var(--main);outline-offset:2px}
textarea{display:block;width:100%;min-height:6rem;padding:.6rem .8rem;border:1px solid var(--edge);
border-radius:9px;background:transparent;color:inherit;font:inherit;resize:vertical}
"""
