package core

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Parsing Markdown takes time in proportion to the text, but for a few constructs
// that take the square of what they hold. Each of these is measured before it is
// parsed, in about nanoseconds, and all of one text share a budget that grows with
// its length. What goes beyond stays plain text, by itself: the rest of the text
// renders.
const (
	budgetBase    = 15_000_000
	budgetPerByte = 200

	workPair = 1     // of two delimiters, brackets or definitions of a block
	workScan = 2     // a byte that the search for the end of a link passes
	workCell = 3_000 // a cell that a row leaves out, and the table adds
)

// maxNesting bounds quotes, lists (with their items) and footnotes inside each
// other: each line is looked at once for each that it stands in.
const maxNesting = 50

// maxFootnotes bounds the footnotes of a text, and the references to them: each
// reference looks through the footnotes.
const maxFootnotes = 1_000

// workAllowed is the budget of a text.
func workAllowed(source string) int { return budgetBase + budgetPerByte*len(source) }

var budgetKey = parser.NewContextKey()

// budget is what the parsing of one text has left.
type budget struct {
	left         int
	block        ast.Node // whose inline content was measured last
	escapedPipes int      // in tables
	notes, refs  int      // footnotes
}

func newBudget(left int) parser.Context {
	pc := parser.NewContext()
	pc.Set(budgetKey, &budget{left: left})
	return pc
}

func budgetOf(pc parser.Context) *budget { return pc.Get(budgetKey).(*budget) }

// spend takes work from the budget if it has as much.
func (b *budget) spend(work int) bool {
	if work > b.left {
		return false
	}
	b.left -= work
	return true
}

// newBoundedParser is goldmark's parser for CommonMark, within the budget.
func newBoundedParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(nested{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(nested{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithInlineParsers(util.Prioritized(inlineGuard{}, -1)),
		parser.WithParagraphTransformers(util.Prioritized(definitions{parser.LinkReferenceParagraphTransformer}, 100)),
	)
}

// nested opens blocks that hold blocks, to a certain depth.
type nested struct{ parser.BlockParser }

func (n nested) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for p := parent; p != nil; p = p.Parent() {
		if depth++; depth > maxNesting {
			return nil, parser.NoChildren
		}
	}
	return n.BlockParser.Open(parent, reader, pc)
}

// inlineGuard sees a block before all other inline parsers, and leaves one that
// would take too long as the text that it is.
type inlineGuard struct{}

func (inlineGuard) Trigger() []byte { return []byte("*_~[]!") }

func (inlineGuard) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	b := budgetOf(pc)
	if b.block == parent {
		return nil
	}
	b.block = parent
	if b.spend(inlineWork(parent.Lines().Value(block.Source()))) {
		return nil
	}
	var rest []byte
	for line, _ := block.PeekLine(); line != nil; line, _ = block.PeekLine() {
		rest = append(rest, line...)
		block.AdvanceLine()
	}
	plain := ast.NewString(bytes.TrimRight(rest, "\n"))
	plain.SetRaw(true)
	return plain
}

// inlineWork is what the inline content of one block may take beyond its length:
// delimiters and brackets are compared with each other, and the end of each link is
// searched for.
func inlineWork(block []byte) int {
	var delimiters, brackets, scans int
	closing := len(block) // the next closing parenthesis
	for i := len(block) - 1; i >= 0; i-- {
		switch c := block[i]; c {
		case '*', '_', '~':
			if i == 0 || block[i-1] != c { // a run counts once
				delimiters++
			}
		case '[':
			brackets++
		case ']':
			brackets++
			if i+1 < len(block) && block[i+1] == '(' {
				scans += closing - i
			}
		case ')':
			closing = i
		}
	}
	return workPair*(delimiters*delimiters+brackets*brackets) + workScan*scans
}

// definitions finds the link reference definitions of a paragraph.
type definitions struct{ parser.ParagraphTransformer }

func (d definitions) Transform(p *ast.Paragraph, reader text.Reader, pc parser.Context) {
	source := reader.Source()
	var begun, scans int
	closing := -1 // the next closing parenthesis
	for i := p.Lines().Len() - 1; i >= 0; i-- {
		segment := p.Lines().At(i)
		line := segment.Value(source)
		if at := bytes.IndexByte(line, ')'); at >= 0 {
			closing = segment.Start + at
		}
		switch first := bytes.TrimLeft(line, " \t"); {
		case len(first) == 0:
		case first[0] == '[':
			begun++
		case first[0] == '(': // a title
			if closing < segment.Start {
				closing = p.Lines().At(p.Lines().Len() - 1).Stop
			}
			scans += closing - segment.Start
		}
	}
	if budgetOf(pc).spend(workPair*begun*begun + workScan*scans) {
		d.ParagraphTransformer.Transform(p, reader, pc)
	}
}

// boundedTable is goldmark's extension for tables, within the budget.
type boundedTable struct{}

func (boundedTable) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithParagraphTransformers(util.Prioritized(tables{extension.NewTableParagraphTransformer()}, 200)),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(
		util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
	))
}

// tables finds the table of a paragraph. Rows are filled up to the width of the
// header, and pipes that are escaped in code are compared with each other.
type tables struct{ parser.ParagraphTransformer }

func (t tables) Transform(p *ast.Paragraph, reader text.Reader, pc parser.Context) {
	b := budgetOf(pc)
	var width, added, escaped int
	for i := range p.Lines().Len() {
		segment := p.Lines().At(i)
		line := segment.Value(reader.Source())
		pipes := bytes.Count(line, []byte("|"))
		escaped += bytes.Count(line, []byte(`\|`))
		if len(bytes.Trim(line, "|:- \t\r\n")) == 0 { // below a header
			width = max(width, pipes+1)
		}
		added += max(0, width-pipes-1)
	}
	all := b.escapedPipes + escaped
	if width > 0 && b.spend(workCell*added+workPair*(all*all-b.escapedPipes*b.escapedPipes)) {
		b.escapedPipes = all
		t.ParagraphTransformer.Transform(p, reader, pc)
	}
}

// boundedFootnote is goldmark's extension for footnotes, within its bound.
type boundedFootnote struct{}

func (boundedFootnote) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithBlockParsers(util.Prioritized(nested{notes{extension.NewFootnoteBlockParser()}}, 999)),
		parser.WithInlineParsers(util.Prioritized(noteReferences{extension.NewFootnoteParser()}, 101)),
		parser.WithASTTransformers(util.Prioritized(extension.NewFootnoteASTTransformer(), 999)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(extension.NewFootnoteHTMLRenderer(), 500)))
}

// notes opens footnotes.
type notes struct{ parser.BlockParser }

func (n notes) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	b := budgetOf(pc)
	if b.notes >= maxFootnotes {
		return nil, parser.NoChildren
	}
	node, state := n.BlockParser.Open(parent, reader, pc)
	if node != nil {
		b.notes++
	}
	return node, state
}

// noteReferences reads references to footnotes.
type noteReferences struct{ parser.InlineParser }

func (n noteReferences) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	b := budgetOf(pc)
	if b.refs >= maxFootnotes {
		return nil
	}
	node := n.InlineParser.Parse(parent, block, pc)
	if node != nil {
		b.refs++
	}
	return node
}
