package core

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
)

// maxElements bounds the elements of raw HTML that are open at a time.
const maxElements = 500

// sanitiser makes HTML that somebody wrote safe to stand in somebody else's page.
// What is dangerous goes: elements and attributes that run scripts, load, style or
// submit, and addresses of other schemes. What is said stays, whatever characters
// it holds, and so does the text inside an element that goes.
type sanitiser struct{ policy *bluemonday.Policy }

func newSanitiser() *sanitiser {
	p := bluemonday.UGCPolicy()
	p.AllowElements("kbd", "center")
	p.AllowElementsContent("frame", "frameset", "iframe", "noembed", "noframes", "noscript", "nostyle", "object")
	p.AllowAttrs("title").Globally()
	p.AllowAttrs("alt").OnElements("img", "area")
	p.AllowAttrs("abbr").OnElements("th", "td")
	p.AllowAttrs("summary").OnElements("table")
	p.AllowURLSchemes("mailto", "http", "https", "ftp", "tel", "sms", "xmpp", "geo")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("reversed").OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify)$`)).
		OnElements("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "table")
	p.AllowAttrs("id").Matching(name).Globally()
	p.AllowAttrs("name").Matching(name).OnElements("a")
	// The language of a code block, whatever its name.
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-\S+$`)).OnElements("code")
	// Task lists.
	p.AllowAttrs("type").Matching(regexp.MustCompile("^checkbox$")).OnElements("input")
	p.AllowAttrs("checked", "disabled").OnElements("input")
	// Footnotes.
	p.AllowAttrs("class").Matching(regexp.MustCompile("^footnotes$")).OnElements("div")
	p.AllowAttrs("class").Matching(regexp.MustCompile("^footnote-(back)?ref$")).OnElements("a")
	p.AllowAttrs("role").Matching(regexp.MustCompile("^doc-(endnotes|noteref|backlink)$")).OnElements("div", "a")
	return &sanitiser{p}
}

var name = regexp.MustCompile(`^\S+$`)

// clean sanitises a fragment. One that is raw, which a person wrote and not the
// renderer, is brought into form besides, so that it cannot end an element of the
// page around it, or leave one open.
func (s *sanitiser) clean(fragment *bytes.Buffer, raw bool) string {
	if !raw {
		return s.policy.SanitizeReader(fragment).String()
	}
	return balanced(s.policy.SanitizeReader(unwrapped(fragment.Bytes())))
}

// unwrapped takes the elements away whose content browsers do not read as HTML.
// Their content is read as if they were not there; that of script and style goes,
// where they end.
func unwrapped(fragment []byte) *bytes.Buffer {
	var out bytes.Buffer
	lower := bytes.ToLower(fragment)
	last := map[string]int{}
	for _, tag := range []string{"script", "style"} {
		last[tag] = bytes.LastIndex(lower, []byte("</"+tag))
	}
	within, at := "", 0
	z := html.NewTokenizer(bytes.NewReader(fragment))
	for z.Next() != html.ErrorToken {
		before := out.Len()
		out.Write(z.Raw()) // before Token, which may change it
		at += len(z.Raw())
		token := z.Token()
		drop := true
		switch {
		case token.Type == html.StartTagToken && (token.Data == "script" || token.Data == "style"):
			if at <= last[token.Data] {
				within = token.Data
			} else {
				z.NextIsNotRawText()
			}
		case token.Type == html.EndTagToken && token.Data == within:
			within = ""
		case within != "":
		case token.Type == html.StartTagToken && slices.Contains(rawText, token.Data):
			z.NextIsNotRawText()
		default:
			drop = false
		}
		if drop {
			out.Truncate(before)
		}
	}
	return &out
}

// rawText lists the elements, other than script and style, whose content is text.
var rawText = []string{"iframe", "noembed", "noframes", "noscript", "plaintext", "textarea", "title", "xmp"}

// balanced ends every element that was begun, in order, and begins every one that
// is ended.
func balanced(fragment io.Reader) string {
	var out strings.Builder
	var open []string
	z := html.NewTokenizer(fragment)
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Type {
		case html.StartTagToken, html.SelfClosingTagToken:
			if slices.Contains(empty, token.Data) {
				break
			}
			token.Type = html.StartTagToken // which "<div/>" is in HTML
			if len(open) > 0 && open[len(open)-1] == token.Data && slices.Contains(endsItself, token.Data) {
				out.WriteString("</" + token.Data + ">")
				open = open[:len(open)-1]
			}
			if len(open) == maxElements {
				continue
			}
			open = append(open, token.Data)
		case html.EndTagToken:
			i := len(open) - 1
			for i >= 0 && open[i] != token.Data {
				i--
			}
			if i < 0 {
				continue
			}
			for _, inside := range slices.Backward(open[i+1:]) {
				out.WriteString("</" + inside + ">")
			}
			open = open[:i]
		}
		out.WriteString(token.String())
	}
	for _, left := range slices.Backward(open) {
		out.WriteString("</" + left + ">")
	}
	return out.String()
}

// empty lists the elements that have no end tag (HTML, section 13.1.2), of those
// that the policy knows.
var empty = []string{"area", "br", "col", "hr", "img", "input", "wbr"}

// endsItself lists the elements that another of their kind ends.
var endsItself = []string{"dd", "dt", "li", "p", "td", "th", "tr"}

// names begin the attributes that give a name, and those that lead to one.
var names = []string{` id="`, ` name="`, ` href="#`, ` usemap="#`}

// ownNames puts owner before every name that a clean fragment gives, and before
// each of its links to one. Only an attribute holds a bare quotation mark there.
func ownNames(fragment, owner string) string {
	if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(fragment, name) }) {
		return fragment // most texts, which are kept and served without a copy
	}
	var owned []string
	for _, name := range names {
		owned = append(owned, name, name+owner+"-")
	}
	return strings.NewReplacer(owned...).Replace(fragment)
}
