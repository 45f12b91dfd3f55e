package trusted

import (
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
)

// kinds are the files in which operations are looked for, by extension, with
// what leaves of them only the GraphQL or the script, in its place.
var kinds = map[string]func(text string) string{
	".graphql": nil, ".gql": nil,
	".js": whole, ".jsx": whole, ".mjs": whole, ".cjs": whole,
	".ts": whole, ".tsx": whole, ".mts": whole, ".cts": whole,
	".vue": scripts, ".svelte": scripts, ".astro": scripts,
}

func whole(text string) string { return text }

var (
	scriptTag   = regexp.MustCompile(`(?is)<script\b[^>]*>(.*?)</script>`)
	frontmatter = regexp.MustCompile(`(?s)\A\s*---\n(.*?)\n---`) // of Astro
	mention     = regexp.MustCompile(`(?i)gql|graphql`)
)

// scripts blanks a component but for its scripts: an apostrophe in the markup
// begins no string.
func scripts(text string) string {
	var b strings.Builder
	end := 0
	for _, m := range append(frontmatter.FindAllStringSubmatchIndex(text, 1), scriptTag.FindAllStringSubmatchIndex(text, -1)...) {
		if m[2] < end {
			continue // a tag that stands in the frontmatter
		}
		b.WriteString(blank(text[end:m[2]]))
		b.WriteString(text[m[2]:m[3]])
		end = m[3]
	}
	b.WriteString(blank(text[end:]))
	return b.String()
}

// blank is a text of the same lines and columns with nothing in it.
func blank(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, text)
}

// sourcesOf finds the GraphQL in a file. What comes before it in the file is
// blank in each source, so that positions are those of the file.
func sourcesOf(name, text string) ([]*ast.Source, gqlerror.List) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	script := kinds[filepath.Ext(name)]
	if script == nil {
		return []*ast.Source{{Name: name, Input: text}}, nil
	}
	if !mention.MatchString(text) {
		return nil, nil
	}
	s := &scanner{name: name, text: script(text)}
	s.code(false)
	return s.found, s.problems
}

// scanner finds tagged templates in JavaScript and TypeScript. It knows
// comments, strings, templates and, by what comes before a slash, regular
// expressions; JSX it takes for code, in which a string ends with its line.
type scanner struct {
	name     string
	text     string
	pos      int
	nesting  int
	found    []*ast.Source
	problems gqlerror.List
}

// maxNesting bounds templates in the insertions of templates.
const maxNesting = 50

// code reads to the end or, in an insertion, beyond the brace that ends it.
func (s *scanner) code(insertion bool) {
	value := false // whether an expression may end here: then a slash divides
	braces := 0
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if comment, ok := s.comment(); ok {
			if strings.EqualFold(strings.TrimSpace(comment), "graphql") {
				if s.space(); s.at('`') {
					s.document()
					value = true
				}
			}
			continue
		}
		switch {
		case isSpace(c):
			s.pos++
			continue
		case isName(c):
			name := s.word()
			if (name == "gql" || name == "graphql") && s.tags() {
				s.document()
			}
			value = !operators[name]
			continue
		case c == '"' || c == '\'':
			s.str(c)
			value = true
			continue
		case c == '`':
			s.template()
			value = true
			continue
		case c == '/' && !value && !strings.HasSuffix(s.text[:s.pos], "<"): // as in </p>
			s.regexp()
			value = true
			continue
		case c == '{':
			braces++
		case c == '}':
			if braces--; braces < 0 && insertion {
				s.pos++
				return
			}
		}
		value = c == ')' || c == ']' || c == '}'
		s.pos++
	}
}

// operators are words after which an expression begins.
var operators = map[string]bool{
	"return": true, "typeof": true, "case": true, "in": true, "of": true, "new": true, "delete": true, "void": true,
	"throw": true, "do": true, "else": true, "instanceof": true, "await": true, "yield": true, "default": true,
}

// tags moves from a tag to its template, or stays where it is: gql`…`,
// gql<T>`…`, gql(`…`), with comments and spaces anywhere.
func (s *scanner) tags() bool {
	start := s.pos
	s.space()
	if s.at('<') {
		s.generic()
		s.space()
	}
	if s.at('(') {
		s.pos++
		s.space()
	}
	if s.at('`') {
		return true
	}
	s.pos = start
	return false
}

// generic skips type arguments.
func (s *scanner) generic() {
	for depth := 0; s.pos < len(s.text) && !s.at(';') && !s.at('`'); s.pos++ {
		switch {
		case s.at('<'):
			depth++
		case s.at('>') && s.text[s.pos-1] != '=': // => is of a function type
			if depth--; depth == 0 {
				s.pos++
				return
			}
		}
	}
}

// document reads a template of GraphQL.
func (s *scanner) document() {
	start := s.pos
	text, insertions, ok := s.template()
	for _, in := range insertions {
		if !betweenDefinitions(text[:in.after]) {
			ok = false
			s.problem(in.at, "%s stands inside of a definition: only fragments can be inserted, before or after whole definitions.", in.text)
		}
	}
	if ok {
		line, column := s.place(start + 1)
		s.found = append(s.found, &ast.Source{
			Name:  s.name,
			Input: strings.Repeat("\n", line-1) + strings.Repeat(" ", column-1) + text,
		})
	}
}

// insertion is a ${…} in a template.
type insertion struct {
	at    int    // where it stands in the file
	after int    // where it stands in the text of the template
	text  string // itself
}

// template reads a template. Insertions are blank in its text. Of what is
// escaped, only characters that stand for themselves are unescaped: the others
// mean in a string of GraphQL what they mean in JavaScript.
func (s *scanner) template() (_ string, insertions []insertion, ok bool) {
	start := s.pos
	s.nesting++
	defer func() { s.nesting-- }()
	var b strings.Builder
	for s.pos++; s.pos < len(s.text); {
		rest := s.text[s.pos:]
		switch {
		case rest[0] == '`':
			s.pos++
			return b.String(), insertions, true
		case rest[0] == '\\' && len(rest) > 1:
			if strings.IndexByte("bfnrtvux0123456789\n", rest[1]) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(rest[1])
			s.pos += 2
		case strings.HasPrefix(rest, "${") && s.nesting < maxNesting:
			in := insertion{at: s.pos, after: b.Len()}
			s.pos += 2
			s.code(true)
			in.text = s.text[in.at:s.pos]
			b.WriteString(blank(in.text))
			insertions = append(insertions, in)
		default:
			b.WriteByte(rest[0])
			s.pos++
		}
	}
	if s.nesting == 1 { // not for each of those around it, too
		s.problem(start, "The template that begins here has no end.")
	}
	return "", nil, false
}

// betweenDefinitions reports whether a definition may follow on a text.
func betweenDefinitions(text string) bool {
	l := lexer.New(&ast.Source{Input: text})
	depth, complete := 0, true
	for {
		t, err := l.ReadToken()
		switch {
		case err != nil:
			return false // in a string
		case t.Kind == lexer.EOF:
			return depth == 0 && complete
		case t.Kind == lexer.Comment:
			continue
		case t.Kind == lexer.BraceL:
			depth++
		case t.Kind == lexer.BraceR:
			depth--
		}
		complete = t.Kind == lexer.BraceR
	}
}

// comment reads a comment. One without an end is none, but a part of JSX.
func (s *scanner) comment() (text string, ok bool) {
	rest := s.text[s.pos:]
	switch {
	case strings.HasPrefix(rest, "//"):
		text, _, _ = strings.Cut(rest, "\n")
		s.pos += len(text)
		return text, true
	case strings.HasPrefix(rest, "/*"):
		if text, _, ok = strings.Cut(rest[2:], "*/"); ok {
			s.pos += len(text) + 4
			return text, true
		}
	}
	return "", false
}

// space skips spaces and comments.
func (s *scanner) space() {
	for s.pos < len(s.text) {
		if isSpace(s.text[s.pos]) {
			s.pos++
		} else if _, ok := s.comment(); !ok {
			return
		}
	}
}

// str skips a string, to the end of its line when it has no other.
func (s *scanner) str(quote byte) {
	for s.pos++; s.pos < len(s.text) && !s.at('\n'); s.pos++ {
		switch s.text[s.pos] {
		case quote:
			s.pos++
			return
		case '\\':
			s.pos = min(s.pos+1, len(s.text)-1)
		}
	}
}

// regexp skips a regular expression, or the slash when there is none.
func (s *scanner) regexp() {
	set := false // in brackets, where a slash is itself
	for i := s.pos + 1; i < len(s.text) && s.text[i] != '\n'; i++ {
		switch c := s.text[i]; {
		case c == '\\':
			i++
		case c == '[':
			set = true
		case c == ']':
			set = false
		case c == '/' && !set:
			s.pos = i + 1
			return
		}
	}
	s.pos++
}

func (s *scanner) word() string {
	start := s.pos
	for s.pos < len(s.text) && isName(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

func (s *scanner) at(c byte) bool { return s.pos < len(s.text) && s.text[s.pos] == c }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

// place is the line and the column of an offset, both from 1.
func (s *scanner) place(offset int) (line, column int) {
	before := s.text[:offset]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

func (s *scanner) problem(offset int, format string, args ...any) {
	line, column := s.place(offset)
	s.problems = append(s.problems, gqlerror.ErrorLocf(s.name, line, column, format, args...))
}
