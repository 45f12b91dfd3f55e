package core_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/grapnel/grapnel/core"
)

// What readers see of what people write.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# Hi\n\n*there*":            "<h1>Hi</h1>\n<p><em>there</em></p>\n",
		"~~no~~ https://example.org": `<p><del>no</del> <a href="https://example.org" rel="nofollow">https://example.org</a></p>` + "\n",

		// Attributes hold any text.
		`![Sales 2026: up](/a.png "50 % & more; a+b@c?")`:     `<p><img src="/a.png" alt="Sales 2026: up" title="50 % &amp; more; a+b@c?"></p>` + "\n",
		"![„Grüße“ — ‘ok’ 日本語 हिन्दी e\u0301 ไทย](/a.png)":    "<p><img src=\"/a.png\" alt=\"„Grüße“ — ‘ok’ 日本語 हिन्दी e\u0301 ไทย\"></p>\n",
		`[x](/y "say \"hi\" <b> $1 #2 ~ ^ {} \| =")`:          `<p><a href="/y" title="say &#34;hi&#34; &lt;b&gt; $1 #2 ~ ^ {} | =" rel="nofollow">x</a></p>` + "\n",
		`<abbr title="HyperText; Markup: 100%">HTML</abbr>`:   `<p><abbr title="HyperText; Markup: 100%">HTML</abbr></p>` + "\n",
		`<img src="/a.png" alt="a&quot;b" width=10 height=5>`: `<img src="/a.png" alt="a&#34;b" width="10" height="5">`,

		// Lists, tables, code.
		"3. c\n4. d": "<ol start=\"3\">\n<li>c</li>\n<li>d</li>\n</ol>\n",
		"0) a":       "<ol start=\"0\">\n<li>a</li>\n</ol>\n",
		"|a|b|c|d|\n|:-|-:|:-:|-|\n|1|2|3|4|": "<table>\n<thead>\n<tr>\n<th align=\"left\">a</th>\n<th align=\"right\">b</th>\n<th align=\"center\">c</th>\n<th>d</th>\n</tr>\n</thead>\n" +
			"<tbody>\n<tr>\n<td align=\"left\">1</td>\n<td align=\"right\">2</td>\n<td align=\"center\">3</td>\n<td>4</td>\n</tr>\n</tbody>\n</table>\n",
		"- [x] done\n- [ ] open":              "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> done</li>\n<li><input disabled=\"\" type=\"checkbox\"> open</li>\n</ul>\n",
		"```go\nx := 1\n```":                  "<pre><code class=\"language-go\">x := 1\n</code></pre>\n",
		"```c++\n```":                         "<pre><code class=\"language-c++\"></code></pre>\n",
		"```c#\n```":                          "<pre><code class=\"language-c#\"></code></pre>\n",
		"```F#\n```":                          "<pre><code class=\"language-F#\"></code></pre>\n",
		"```asp.net\n```":                     "<pre><code class=\"language-asp.net\"></code></pre>\n",
		"```objective-c\n```":                 "<pre><code class=\"language-objective-c\"></code></pre>\n",
		"```html+erb\n```":                    "<pre><code class=\"language-html+erb\"></code></pre>\n",
		"```js {1,3}\n```":                    "<pre><code class=\"language-js\"></code></pre>\n",
		"~~~ π:x/y\n~~~":                      "<pre><code class=\"language-π:x/y\"></code></pre>\n",
		"```a\"b\n```":                        "<pre><code class=\"language-a&#34;b\"></code></pre>\n",
		"<code class='language-x y'>a</code>": "<p><code>a</code></p>\n", // one language, no class of the page

		// Raw HTML.
		"<p>one</p>":                "<p>one</p>",
		"<h2 align=center>Big</h2>": `<h2 align="center">Big</h2>`,
		"a<br>b<sub>2</sub><sup>3</sup> <kbd>Ctrl</kbd> <mark>m</mark>":     "<p>a<br>b<sub>2</sub><sup>3</sup> <kbd>Ctrl</kbd> <mark>m</mark></p>\n",
		"<details open>\n<summary>More</summary>\n\n*text*\n\n</details>\n": "<details open=\"\">\n<summary>More</summary>\n<p><em>text</em></p>\n</details>\n",
		"<figure><img src=/a.png><figcaption>C</figcaption></figure>":       `<figure><img src="/a.png"><figcaption>C</figcaption></figure>`,
		"<dl><dt>t</dt><dd>d</dd></dl>":                                     "<dl><dt>t</dt><dd>d</dd></dl>",
		"<table><tr><td colspan=2>x</td></tr></table>":                      `<table><tr><td colspan="2">x</td></tr></table>`,
		"<div class=x style='color:red' onclick=go()>text</div>":            "<div>text</div>",

		// Links.
		"[t](tel:+1-555-0100) [s](sms:+15550100?body=hi) [x](xmpp:a@example.org) [g](geo:37.78,-122.39;u=35) [m](mailto:a@example.org)": `<p><a href="tel:+1-555-0100" rel="nofollow">t</a> <a href="sms:+15550100?body=hi" rel="nofollow">s</a> ` +
			`<a href="xmpp:a@example.org" rel="nofollow">x</a> <a href="geo:37.78,-122.39;u=35" rel="nofollow">g</a> <a href="mailto:a@example.org" rel="nofollow">m</a></p>` + "\n",
		"[x](javascript:alert(1)) [y](data:text/html,x) [z](vbscript:x)": "<p>x y z</p>\n",

		// What is refused leaves its text, script and style do not.
		"<script>alert(1)</script>":                        "",
		"<style>p {}</style>":                              "",
		"a <script>alert(1)</script> b":                    "<p>a  b</p>\n",
		"use the <script> tag":                             "<p>use the  tag</p>\n",
		"the <title> element and *more*":                   "<p>the  element and <em>more</em></p>\n",
		"a <textarea>b *c*</textarea> d <xmp>e</xmp>":      "<p>a b <em>c</em> d e</p>\n",
		"<iframe src=x>one</iframe><object>two</object>":   "onetwo",
		"<noscript>three</noscript> <button>four</button>": "<p>three four</p>\n",
		"<svg><text>five</text></svg>":                     "<p>five</p>\n",
		"<form><select><option>six</select></form>":        "six",
		"<img src=x onerror=alert(1)>":                     `<img src="x">`,
		"<!-- a comment -->text":                           "text",

		// What does not end ends with the text, and what did not begin does not end.
		"<div><b>bold":             "<div><b>bold</b></div>",
		"a </div></section> b":     "<p>a  b</p>\n",
		"<details><summary>x\n\ny": "<details><summary>x\n<p>y</p>\n</summary></details>",
		"<div/>x":                  "<div>x</div>",
		"<ul><li>a<li>b</ul>":      "<ul><li>a</li><li>b</li></ul>",
	} {
		got, err := core.RenderHTML(text)
		if err != nil || got != want {
			t.Errorf("%q:\n got %q, %v\nwant %q", text, got, err, want)
		}
	}
}

// Names within a text are its own: two texts on one page do not clash, and a link
// leads to the text that it stands in.
func TestMarkdownNames(t *testing.T) {
	t.Parallel()
	text := "A claim[^1], again[^1].\n\n[^1]: Its source.\n\n<a name=\"top\"></a> <i id=z></i> [up](#top) <code>id=\"a\"</code>\n"
	one, err := core.RenderFor("post_1", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<sup id="post_1-fnref:1"><a href="#post_1-fn:1" class="footnote-ref" role="doc-noteref" rel="nofollow">1</a></sup>`,
		`<div class="footnotes" role="doc-endnotes">`,
		`<li id="post_1-fn:1">`,
		`<a href="#post_1-fnref1:1" class="footnote-backref" role="doc-backlink" rel="nofollow">`,
		`<a name="post_1-top"></a> <i id="post_1-z"></i> <a href="#post_1-top" rel="nofollow">up</a> <code>id=&#34;a&#34;</code>`,
	} {
		if !strings.Contains(one, want) {
			t.Errorf("no %s in\n%s", want, one)
		}
	}
	two, _ := core.RenderFor("post_2", text) // from what is kept
	if two != strings.ReplaceAll(one, "post_1-", "post_2-") {
		t.Errorf("the same text of another post: %s", two)
	}
}

// A text names files without host and prefix; its HTML leads there from any page.
func TestMarkdownFiles(t *testing.T) {
	t.Parallel()
	got, err := core.RenderFor("post_1", "![a](/files/asset_1/a.png) [b](/files/asset_2/b.pdf?v=1) [c](/c) `src=\"/files/`")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`src="https://api.example.org/v1/files/asset_1/a.png"`, `href="https://api.example.org/v1/files/asset_2/b.pdf?v=1"`, `href="/c"`, `<code>src=&#34;/files/</code>`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// What takes the square of its length stays plain, and what stands beside it does not.
func TestMarkdownIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	const size = 200_000
	beside := "\n\n*beside*\n"
	for bomb, plain := range map[string]string{
		strings.Repeat("*a_ ", size/4):                "<p>*a_ *a_ *a_",
		strings.Repeat("_a*", size/3):                 "<p>_a*_a*_a*",
		"# " + strings.Repeat("_a*", size/3):          "<h1>_a*_a*_a*",
		"|a|\n|-|\n|" + strings.Repeat("_a*", size/3): "<td>_a*_a*_a*",
		"- " + strings.Repeat("~~a", size/3):          "<li>~~a~~a~~a",
		strings.Repeat("[a](<", size/5):               "<p>[a](&lt;[a](&lt;",
		strings.Repeat("[a](", size/4):                "<p>[a]([a](",
		strings.Repeat("[", size):                     "<p>[[[[",
		strings.Repeat("[a]: b\n(x\n", size/10):       "<p>[a]: b\n(x\n",
		strings.Repeat("|a", 9000) + "\n" + strings.Repeat("|-", 9000) + "\n" + strings.Repeat("|\n", 80_000): "<p>|a|a|a",
		"|a|\n|-|\n" + strings.Repeat("|`\\|`|\n", size/8):                                                    "<p>|a|\n|-|\n|<code>",
		strings.Repeat("[^1]\n\n", 2_000) + "[^1]: note\n":                                                    "<p>[^1]</p>",
	} {
		got, err := core.RenderHTML(bomb + beside)
		if err != nil || !strings.Contains(got, plain) || !strings.Contains(got, "<p><em>beside</em></p>") || len(got) > 10*size {
			t.Errorf("%.20q: %d bytes, %.60q … %.60q, %v", bomb, len(got), got, got[max(0, len(got)-60):], err)
		}
	}
	for _, deep := range []string{">", "> - ", "1. ", "- a ", "[^a]: ", "> [^a]: "} {
		got, err := core.RenderHTML(strings.Repeat(deep, size/len(deep)))
		if levels := strings.Count(got, "<blockquote>") + strings.Count(got, "<li>"); err != nil || levels > 60 {
			t.Errorf("%q: %d levels, %v", deep, levels, err)
		}
	}
	if got, _ := core.RenderHTML(strings.Repeat("<b>", size)); strings.Count(got, "<b>") > 500 {
		t.Error("thousands of elements are open")
	}
}

// A long text that somebody wrote for readers is rendered whole, as it is without bounds.
func TestLongMarkdown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; run without -short")
	}
	t.Parallel()
	lines := func(n int, line string) string { return strings.Repeat(line+"\n", n) }
	for name, text := range map[string]string{
		"code":        "```c\n" + lines(5000, `for (i = 0; i < n; i++) *p++ = a[i] & ~m[i]; /* x_y */`) + "```\n",
		"indented":    lines(3000, "    **argv[0] = &x[_a](b);"),
		"JSON":        "```json\n" + lines(4000, `  "a_b": ["*", {"c": [1, 2]}, "d:e@f"],`) + "```\n",
		"art":         "```\n" + lines(500, strings.Repeat(">", 80)) + lines(500, strings.Repeat("*_", 80)) + "```\n",
		"conflict":    lines(50, strings.Repeat(">", 20)+" > quoted"),
		"links":       lines(3000, "- [name](https://example.org/a_b) – *about* it"),
		"badges":      lines(1000, "[![a](https://example.org/a.svg)](https://example.org/b)"),
		"table":       "| a | b | c |\n| --- | :-: | --: |\n" + lines(3000, "| `a_b` | [x](/y) ![z](/z.png) | **1** |"),
		"ragged":      "| a | b | c | d |\n|---|---|---|---|\n" + lines(1000, "| a | b"),
		"definitions": lines(1, "[a1] and [b2]") + "\n" + lines(1500, "[a1]: https://example.org/x \"Title (one)\""),
		"prose":       lines(1, strings.Repeat("Some *words* and __more__, a [link](https://example.org) and `code`. ", 1000)),
		"footnotes":   strings.Repeat("A claim[^a]. ", 500) + "\n\n[^a]: note\n",
		"nested":      "- a\n  - b\n    - c\n      - d\n        - e\n          > - f\n            > > g\n",
		"HTML":        lines(2000, "<tr><td align=\"center\"><kbd>a</kbd></td></tr>"),
	} {
		got, err := core.RenderHTML(text)
		if want, _ := core.RenderUnbounded(text); err != nil || got != want || len(got) < 60 {
			t.Errorf("%s: %.80q, %v", name, got, err)
		}
	}
}

func BenchmarkMarkdown(b *testing.B) {
	for name, text := range map[string]string{
		"prose":  strings.Repeat("Some *words* and __more__, a [link](https://example.org) and `code`.\n\n", 3000),
		"table":  "|-|\n|-|\n" + strings.Repeat("|-|\n", 50_000),
		"list":   strings.Repeat("- a\n", 50_000),
		"nested": strings.Repeat(strings.Repeat("> - ", 16)+"a\n", 3000),
		"HTML":   strings.Repeat("<i><a href=x title=y>z</a></i>", 6500),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := core.RenderHTML(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Whatever somebody writes, what readers get runs nothing, and is in form.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{
		"# Hi *there*", "<div><p>a</i>", "<script>a</script><style>", "[a](javascript:b)", "<a href='java&#10;script:b' onclick=c>", "<svg><title><img src=x onerror=a>",
		"[^1]\n\n[^1]: a", "|a|\n|-|\n|b|", "<textarea><b>", "<!--", "<table><b><td>", "```c++\n```", "<math><style><a title='</style><img src=x>'>", "<plaintext>\n\na",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip()
		}
		got, err := core.RenderFor("o", text)
		if err != nil {
			t.Fatal(err)
		}
		var open []string
		z := html.NewTokenizer(strings.NewReader(got))
		for z.Next() != html.ErrorToken {
			token := z.Token()
			for _, a := range token.Attr {
				value := strings.ToLower(strings.TrimSpace(a.Val))
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(value, "javascript:") && (a.Key == "href" || a.Key == "src") ||
					a.Key == "id" && !strings.HasPrefix(a.Val, "o-") {
					t.Errorf("%q: %s=%q in %s", text, a.Key, a.Val, got)
				}
			}
			switch token.Type {
			case html.CommentToken, html.DoctypeToken:
				t.Errorf("%q: %s in %s", text, token, got)
			case html.StartTagToken:
				if slices.Contains([]string{"script", "style", "iframe", "svg", "math", "form", "title", "textarea", "object", "link", "meta", "base"}, token.Data) {
					t.Errorf("%q: %s in %s", text, token, got)
				}
				if !slices.Contains([]string{"area", "br", "col", "hr", "img", "input", "wbr"}, token.Data) {
					open = append(open, token.Data)
				}
			case html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("%q: </%s> ends nothing in %s", text, token.Data, got)
				}
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 {
			t.Errorf("%q leaves %v open in %s", text, open, got)
		}
	})
}
