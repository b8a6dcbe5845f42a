internal import Forms

/// The page's style sheet; the pictures are coloured by it too, so that they follow light and dark.
enum GPUPageStyle {
    static let sheet: Markup = """

        :root {
          color-scheme: light dark;
          --ground: #ffffff; --sheet: #f6f7f9; --text: #1b1f24; --dim: #5c6672; --line: #d5dae1;
          --good: #12703c; --good-ground: #dff3e6; --warning: #8a5200; --warning-ground: #fdeccf;
          --bad: #a61b29; --bad-ground: #fbe0e2; --link: #0b5bb5;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #14171b; --sheet: #1c2026; --text: #e4e8ed; --dim: #9aa5b1; --line: #343b44;
            --good: #6ed699; --good-ground: #173a27; --warning: #f0b45b; --warning-ground: #402c0d;
            --bad: #ff8f97; --bad-ground: #471a1f; --link: #79b8ff;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1.5rem clamp(.8rem, 3vw, 2.5rem) 3rem; max-width: 1180px;
          background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif;
        }
        h1 { font-size: 1.6rem; margin: 0; }
        h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem; }
        h3 { font-size: 1rem; margin: 0 0 .4rem; }
        p { margin: .2rem 0 .8rem; }
        a { color: var(--link); }
        .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em; }
        .dim { color: var(--dim); } .good { color: var(--good); } .warning { color: var(--warning); }
        .bad { color: var(--bad); }
        .figures { display: flex; flex-wrap: wrap; gap: .6rem; list-style: none; padding: 0; margin: 1rem 0; }
        .figures li { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; padding: .4rem .8rem; }
        .figures b { font-size: 1.2rem; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; }
        th { text-align: left; font-weight: 600; color: var(--dim); }
        th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td.brief, td a { white-space: nowrap; } td.model { min-width: 11rem; }
        .host { border-top: 2px solid var(--line); margin-top: 2.5rem; }
        .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); gap: .8rem; }
        article { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
        .badges { margin: 0 0 .5rem; }
        .badge { display: inline-block; border: 1px solid currentColor; border-radius: 1em; padding: 0 .6em; margin: 0 0 .2rem;
          font-size: .82rem; }
        .badge.good { background: var(--good-ground); } .badge.warning { background: var(--warning-ground); }
        .badge.bad { background: var(--bad-ground); }
        dl { display: grid; grid-template-columns: 6.2rem minmax(0, 1fr); gap: .1rem .6rem; margin: 0; font-size: .9rem; }
        dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
        figure { margin: 1rem 0 0; } figcaption { color: var(--dim); font-size: .88rem; margin-bottom: .4rem; }
        svg { display: block; max-width: none; font: 12px ui-monospace, "DejaVu Sans Mono", monospace; }
        svg text { fill: var(--text); } svg .quiet { fill: var(--dim); } svg .good { fill: var(--good); }
        svg .bad { fill: var(--bad); } svg .warning { fill: var(--warning); }
        svg .branch { stroke: var(--line); stroke-width: 1.5; fill: none; }
        svg .card { fill: var(--sheet); stroke: var(--line); }
        svg .pill { fill: var(--ground); stroke: var(--dim); } svg .pill.good { fill: var(--good-ground); stroke: var(--good); }
        svg .pill.bad { fill: var(--bad-ground); stroke: var(--bad); }
        svg .bar { stroke: var(--dim); stroke-width: 2; fill: none; } svg .bar.good { stroke: var(--good); }
        svg .bar.bad { stroke: var(--bad); }
        @media print {
          :root {
            color-scheme: light; --ground: #ffffff; --sheet: #ffffff; --text: #000000; --dim: #444444; --line: #bbbbbb;
            --good: #12703c; --good-ground: #ffffff; --warning: #8a5200; --warning-ground: #ffffff; --bad: #a61b29;
            --bad-ground: #ffffff; --link: #000000;
          }
          body { max-width: none; padding: 0; font-size: 10pt; }
          article, tr { break-inside: avoid; } h2, h3, figcaption { break-after: avoid; }
          .wide { overflow: visible; } svg { max-width: 100%; height: auto; }
        }

        """
}
