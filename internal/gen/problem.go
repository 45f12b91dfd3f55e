package gen

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
)

// Problem is a mistake in a schema: where, and how to mend it.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all that was found, in the order of the files.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

func (ps *Problems) add(at *ast.Position, format string, args ...any) {
	p := Problem{Message: fmt.Sprintf(format, args...)}
	if at != nil {
		p.Line, p.Column = at.Line, at.Column
		if at.Src != nil {
			p.File = at.Src.Name
		}
	}
	*ps = append(*ps, p)
}

// notes are no mistakes, but what a project should know of what it declares: what
// a rule asks of every list and no index serves, which is slow once there are many
// documents, and what guarded fields do to those who may not read them.
func notes(doc *document) (ns Problems) {
	for _, name := range slices.Sorted(maps.Keys(doc.types)) {
		if def := doc.types[name]; !doc.used[name] && !isBaseFile(def.Position.Src.Name) && !doc.home {
			ns.add(def.Position, "note: no operation uses %s, so that clients do not see it.", name)
		}
	}
	for _, m := range doc.models {
		for _, rule := range m.spec.Rules {
			if rule.Verbs&core.Read == 0 || isBaseFile(m.def.Position.Src.Name) {
				continue
			}
			where := rule.Where
			if rule.Owner != "" {
				where = core.And(core.Eq(rule.Owner, ""), where)
			}
			if problem := m.spec.Unserved(where, core.All, []core.Order{m.order}); problem != "" {
				ns.add(m.def.Directives.ForName("auth").Position, "note: a rule lets callers list %s (@index with sortKeyFields makes one).", problem)
			}
		}
		for _, f := range m.fields {
			at := f.def.Position
			switch {
			case doc.home || isBaseFile(at.Src.Name):
			case f.unique && f.hidden():
				ns.add(at, "note: whether a value of %s is taken tells those who may not read it: @unique answers CONFLICT.", f.name)
			case f.searchable && f.hidden():
				ns.add(at, "note: search of %s is FORBIDDEN for those who may not read %s: it looks there, too.", m.plural, f.name)
			}
		}
	}
	return ns
}

// err is nil when there are none.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Message, b.Message))
	})
	return ps
}
