package dashboard

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/graph/model"
)

// hint is what @admin says.
type hint struct {
	label, group string
	preview      string
	order        int32
	widget       *model.AdminWidget
	hidden       bool
	listed       *bool
	role         core.Role
	when         *value.JSON
	start        map[string]string
	creates      bool
}

func hintOf(list ast.DirectiveList) hint {
	d := list.ForName("admin")
	if d == nil {
		return hint{}
	}
	h := hint{label: text(d.Arguments, "label"), group: text(d.Arguments, "group"), preview: text(d.Arguments, "preview"), role: core.Role(text(d.Arguments, "role")), hidden: text(d.Arguments, "hidden") == "true", creates: text(d.Arguments, "creates") == "true"}
	if n := number(d.Arguments, "order"); n != nil {
		h.order = *n
	}
	if w := model.AdminWidget(text(d.Arguments, "widget")); w != "" {
		h.widget = &w
	}
	if v := argument(d.Arguments, "listed"); v != nil {
		listed := v.Raw == "true"
		h.listed = &listed
	}
	if v := argument(d.Arguments, "when"); v != nil {
		h.when = literal(v)
	}
	if v := argument(d.Arguments, "start"); v != nil {
		h.start = map[string]string{}
		for _, c := range v.Children {
			h.start[c.Name] = c.Value.Raw
		}
	}
	return h
}

// literal is a value of a directive as JSON; nil when it is none.
func literal(v *ast.Value) *value.JSON {
	x, err := v.Value(nil)
	j, wrong := value.NewJSON(x)
	if err != nil || wrong != nil {
		return nil // left out: the generator has checked it
	}
	return &j
}

// argument is what a directive was given; nil when it was left out, or null.
func argument(list ast.ArgumentList, name string) *ast.Value {
	if a := list.ForName(name); a != nil && a.Value.Kind != ast.NullValue {
		return a.Value
	}
	return nil
}

func text(list ast.ArgumentList, name string) string {
	if v := argument(list, name); v != nil {
		return v.Raw
	}
	return ""
}

func number(list ast.ArgumentList, name string) *int32 {
	n, err := strconv.ParseInt(text(list, name), 10, 32)
	if err != nil {
		return nil // left out: the generator has checked it
	}
	i := int32(n)
	return &i
}
